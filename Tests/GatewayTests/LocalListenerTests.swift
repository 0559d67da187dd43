import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Testing

struct LocalListenerTests {
    @Test func itServesRESTAndNothingElse() async throws {
        try await LiveCoordinator.with(flags: ["server.local_listen": "127.0.0.1:0"]) { live in
            let port = try #require(live.localPort)
            let plain = "http://127.0.0.1:\(port)"
            #expect(try await live.call(.GET, "/readyz", base: plain).status == 200)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, base: plain).status == 401)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, bearer: live.key, base: plain).status == 200)
            // What a reply of this listener points at is the TLS port.
            let created = try await live.call(.POST, LiveCoordinator.sessions, Array(#"{"min_clients":1}"#.utf8), bearer: live.key, base: plain)
            #expect(created.status == 201 && created.json["aggregation_server"]?.text?.hasPrefix(live.url) == true, "\(created.json.encodedText)")
            #expect(created.json["coordinator_endpoint"]?.text?.hasPrefix("wss://127.0.0.1:\(live.port)/") == true)
            let id = try #require(created.json["session_id"]?.text)
            let body: JSON = ["client_id": "a", "registration_token": created.json["client_registration_token"] ?? .null]
            let joined = try await live.call(.POST, "\(LiveCoordinator.sessions)/\(id)/join", body.encoded(), base: plain)
            for name in ["model_weights_url", "update_endpoint"] {
                #expect(joined.json[name]?.text?.hasPrefix(live.url + "/api/v4/") == true, "\(joined.json.encodedText)")
            }
            let token = try #require(joined.json["update_token"]?.text)
            for base in ["/api/v4", "/v4"] {
                for (method, leaf) in [
                    ("GET", "weights"), ("HEAD", "weights"), ("POST", "update"), ("GET", "socket"), ("PUT", "evaluation"), ("GET", "w%65ights"),
                ] {
                    let path = "\(base)/federated-learning/sessions/\(id)/\(leaf)"
                    let reply = try await live.call(.RAW(value: method), path, bearer: token, base: plain)
                    #expect(reply.status == 403 && (method == "HEAD" || reply.message.contains(live.url)), "\(path): \(reply.json.encodedText)")
                }
            }
            // A name of somebody else's that resolves to the loopback.
            #expect(try await live.call(.GET, "/livez", headers: [("host", "evil.example:8080")], base: plain).status == 403)
            // Upgrades are not spoken here; a library that offers h2c on its own is served without it.
            for upgrade in ["h2c", "websocket"] {
                let answer = try await RawConnection.open(live, .plain, port: port) { stream in
                    try await stream.send("GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: \(upgrade)\r\n\r\n")
                    return await stream.readToEnd()
                }
                #expect(statuses(answer) == ["200"], "\(answer)")
            }
            let tls = try await RawConnection.open(live, .plain, port: port) { stream in
                try await stream.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0D, 0x0A, 0x0D, 0x0A])
                return await stream.readToEnd()
            }
            #expect(statuses(tls) == ["400"])
        }
    }

    @Test func aBusyPortIsNamedWithItsSetting() async throws {
        try await LiveCoordinator.with(flags: ["server.local_listen": "127.0.0.1:0"]) { live in
            let local = "127.0.0.1:\(try #require(live.localPort))"
            for (flag, address) in [("server.local_listen", local), ("server.listen", "127.0.0.1:\(live.port)")] {
                try await withTemporaryFolder { path in
                    let other = CoordinatorFolder(path + "/data")
                    _ = try await other.create(listen: "127.0.0.1:0", names: [])
                    let error = try await #require(throws: CoordinatorError.self) {
                        try await LiveCoordinator.serving(other, flags: [flag: address]) { _ in }
                    }
                    #expect(error.kind == .configuration && error.message.contains(address) && error.remedy.contains(flag), "\(error)")
                }
            }
        }
    }
}
