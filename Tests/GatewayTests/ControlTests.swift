import AsyncHTTPClient
import CoordinatorNode
import Foundation
import Learning
import NIOHTTP1
import StrictJSON
import Testing
import Wire

/// The control channel: who may open it, what is said first, how it ends.
struct ControlTests {
    @Test func aRefusedUpgradeHasAnAnswer() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            let (certificate, key) = try await live.enrol("stranger")
            let path = "\(LiveCoordinator.sessions)/\(session.id)/socket"
            func refusal(_ path: String, bearer: String?, certificate: String? = nil, key: String? = nil) async throws -> (head: String, body: String) {
                try await RawConnection.open(live, certificate: certificate, key: key) { stream in
                    let head = try await stream.upgrade(path, bearer: bearer)
                    return (head, await stream.readToEnd())
                }
            }
            for (name, answer, status, code) in [
                ("nobody", try await refusal(path, bearer: nil), 401, "AUTHENTICATION_ERROR"),
                ("wrong token", try await refusal(path, bearer: "tu_wrong"), 401, "AUTHENTICATION_ERROR"),
                ("registration token", try await refusal(path, bearer: session.registration), 401, "AUTHENTICATION_ERROR"),
                ("admin", try await refusal(path, bearer: live.key), 403, "AUTHORIZATION_ERROR"),
                ("not a member", try await refusal(path, bearer: nil, certificate: certificate, key: key), 403, "AUTHORIZATION_ERROR"),
                ("no session", try await refusal("\(LiveCoordinator.sessions)/fl-session-none/socket", bearer: token), 404, "NOT_FOUND"),
                ("elsewhere", try await refusal("/livez", bearer: token), 404, "NOT_FOUND"),
                ("hidden", try await refusal(path.replacing("/socket", with: "%2Fsocket"), bearer: token), 400, "VALIDATION_ERROR"),
            ] {
                #expect(answer.head.hasPrefix("HTTP/1.1 \(status) "), "\(name): \(answer)")
                let json = try JSON(parsing: Array(answer.body.utf8))
                #expect(json["success"] == false && json["error"]?["code"]?.text == code, "\(name): \(answer.body)")
                #expect(answer.head.lowercased().contains("x-request-id: \(json["error"]?["request_id"]?.text ?? "?")"))
                #expect(answer.head.lowercased().contains("x-content-type-options: nosniff"))
            }
        }
    }

    @Test func anUpgradeThatCannotBeIsRefusedWithItsReason() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            let path = "\(LiveCoordinator.sessions)/\(session.id)/socket"
            let plain = try await live.call(.GET, path, bearer: token)
            #expect((400..<500).contains(plain.status))
            let (key, version) = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Sec-WebSocket-Version: 13\r\n")
            let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            for (method, headers, field) in [
                ("GET", "Connection: Upgrade\r\nUpgrade: h2c\r\n", "Upgrade"),
                ("GET", "Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n" + key + version, "Upgrade"),
                ("GET", upgrade + version, "Sec-WebSocket-Key"), ("GET", upgrade + "Sec-WebSocket-Key: short\r\n" + version, "Sec-WebSocket-Key"),
                ("GET", upgrade + key + key + version, "Sec-WebSocket-Key"), ("GET", upgrade + key, "Sec-WebSocket-Version"),
                ("GET", upgrade + key + "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version"), ("POST", upgrade + key + version, "method"),
                ("GET", "Upgrade: websocket\r\n" + key + version, "Connection"), ("GET", upgrade + key + version + "Content-Length: 5\r\n", "body"),
            ] {
                let answer = try await RawConnection.answer(
                    live, "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\(headers)\r\n")
                #expect(statuses(answer) == ["400"] && answer.contains("\"field\":\"\(field)\""), "\(headers): \(answer)")
            }
            // Only the first request of a connection may upgrade.
            let second = try await RawConnection.open(live) { stream in
                try await stream.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                _ = try await stream.readResponse()
                let head = try await stream.upgrade(path, bearer: token)
                return head + (await stream.readToEnd())
            }
            #expect(statuses(second) == ["400"], "\(second)")
        }
    }

    @Test func helloIsAnsweredWithWelcomeAndARoundStarts() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            try await RawConnection.open(live) { stream in
                let head = try await stream.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket", bearer: token)
                #expect(head.hasPrefix("HTTP/1.1 101 ") && head.lowercased().contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "\(head)")
                // In two fragments, with a ping between them.
                let greeting = try helloFrame(session.id)
                try await stream.sendFrame(0x02, Array(greeting.prefix(5)))
                try await stream.sendFrame(0x89, Array("are you there".utf8))
                try await stream.sendFrame(0x80, Array(greeting.dropFirst(5)))
                let pong = try await stream.readFrame()
                #expect(pong.opcode == 10 && pong.payload == Array("are you there".utf8))
                guard case .welcome(let welcome) = try await stream.readMessage() else { throw TestFailure("no welcome") }
                #expect(welcome.sessionID == session.id && welcome.version == 1 && welcome.heartbeatSeconds == 30)
                guard case .roundStart(let start) = try await stream.readMessage() else { throw TestFailure("no round") }
                #expect(start.round == 1)
                try await stream.sendFrame(0x88, [0x03, 0xE8])
                #expect(try await stream.readClose() == 1000)
                #expect(await stream.readToEnd() == "")
            }
        }
    }

    @Test func whatBreaksTheProtocolEndsTheChannelAndSaysWhy() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("min_clients", 2)])
            let token = try await live.join(session, as: "a")
            let path = "\(LiveCoordinator.sessions)/\(session.id)/socket"
            func ending(_ say: @Sendable (RawStream) async throws -> Void) async throws -> Int {
                try await RawConnection.open(live) { stream in
                    _ = try await stream.upgrade(path, bearer: token)
                    try await say(stream)
                    return try await stream.readClose()
                }
            }
            let greeting = try helloFrame(session.id)
            #expect(try await ending { try await $0.sendFrame(0x81, Array("text".utf8)) } == 1003)
            #expect(try await ending { try await $0.sendFrame(0x82, greeting, masked: false) } == 1002)
            #expect(try await ending { try await $0.sendFrame(0xC2, greeting) } == 1002)
            #expect(try await ending { try await $0.sendFrame(0x82, [0xFF, 0xFF]) } == 1008)
            // A frame that says it is 2 MiB long; more fragments than anybody needs.
            #expect(try await ending { try await $0.send([0x82, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0, 1, 2, 3, 4]) } == 1009)
            let fragments = try await ending { stream in
                for number in 0..<80 { try? await stream.sendFrame(number == 0 ? 0x02 : 0x00, [1]) }
            }
            #expect(fragments == 1002)
            // Before the hello only a small message is taken, and only a hello for this session.
            let heartbeat = try ControlCodec.encode(.heartbeat(Heartbeat(sessionID: session.id, round: 0)))
            #expect(try await ending { try await $0.sendFrame(0x82, heartbeat) } == 1008)
            let other = try helloFrame("fl-session-other")
            #expect(try await ending { try await $0.sendFrame(0x82, other) } == 1008)

            let refused: ServerMessage = try await RawConnection.open(live) { stream in
                _ = try await stream.upgrade(path, bearer: token)
                try await stream.sendFrame(0x82, helloFrame(session.id, 7...9))
                return try await stream.readMessage()
            }
            guard case .refused(let refusal) = refused else { throw TestFailure("not refused: \(refused)") }
            #expect(refusal.code == "version" && refusal.message.contains("7 to 9"))
            #expect(try await live.call(.GET, "/readyz").status == 200)
        }
    }

    @Test func aHelloThatDoesNotComeEndsTheChannel() async throws {
        var times = GatewayTimes()
        times.hello = .milliseconds(200)
        try await LiveCoordinator.with(times: times) { live in
            let session = try await live.session([("min_clients", 2)])
            let token = try await live.join(session, as: "a")
            try await RawConnection.open(live) { stream in
                _ = try await stream.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket", bearer: token)
                guard case .refused(let refusal) = try await stream.readMessage() else { throw TestFailure("not refused") }
                #expect(refusal.code == "hello")
                #expect(try await stream.readClose() == 1008)
                // Without an answer to the goodbye the server ends the connection by itself.
                #expect(await stream.readToEnd() == "")
            }
        }
    }

    @Test func aPeerThatAnswersPingsStaysAndADeadOneIsNoticed() async throws {
        var times = GatewayTimes()
        times.ping = .milliseconds(500)
        times.silence = .seconds(12)
        try await LiveCoordinator.with(times: times) { live in
            let session = try await live.session([("min_clients", 2)])
            let token = try await live.join(session, as: "a")
            try await RawConnection.open(live) { stream in
                _ = try await stream.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket", bearer: token)
                try await stream.sendFrame(0x82, helloFrame(session.id))
                // So many pings take longer than any silence allowed.
                var pings = 0
                while pings < 26 {
                    let frame = try await stream.readFrame()
                    guard frame.opcode == 9 else { continue }
                    pings += 1
                    try await stream.sendFrame(0x8A, frame.payload)
                }
                // From here on it reads and says nothing; the server ends the connection.
                _ = await stream.readToEnd()
            }
        }
    }

    /// An older client would train something else; it is told so as soon as it says hello.
    @Test func aClientThatCannotWhatTheSessionNeedsIsToldToUpgrade() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("algorithm", "scaffold"), ("min_clients", 2)])
            let token = try await live.join(session, as: "a")
            for knows in [[], ["normalised"], ["controlled"]] as [[String]] {
                try await RawConnection.open(live) { stream in
                    _ = try await stream.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket", bearer: token)
                    try await stream.sendFrame(0x82, helloFrame(session.id, knows: knows))
                    let message = try await stream.readMessage()
                    let isWelcome = if case .welcome = message { true } else { false }
                    #expect(isWelcome == (knows == ["controlled"]), "\(knows)")
                    if case .refused(let refusal) = message {
                        #expect(refusal.code == "version" && refusal.message.contains("controlled") && refusal.message.contains("upgrade"))
                    }
                }
            }
        }
    }

    @Test func aNewChannelReplacesTheOldAndRevocationEndsIt() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("min_clients", 2)])
            let (certificate, key) = try await live.enrol("node-1")
            let http = try LiveCoordinator.client(authority: live.authority, certificate: certificate, key: key)
            let joined = try await live.call(
                .POST, "\(LiveCoordinator.sessions)/\(session.id)/join", Array(#"{"client_id":"node-1"}"#.utf8), through: http)
            #expect(joined.status == 200, "\(joined.json.encodedText)")
            try await http.shutdown()
            let path = "\(LiveCoordinator.sessions)/\(session.id)/socket"
            try await RawConnection.open(live, certificate: certificate, key: key) { first in
                _ = try await first.upgrade(path)
                try await first.sendFrame(0x82, helloFrame(session.id))
                _ = try await first.readMessage()
                try await RawConnection.open(live, certificate: certificate, key: key) { second in
                    _ = try await second.upgrade(path)
                    try await second.sendFrame(0x82, helloFrame(session.id))
                    _ = try await second.readMessage()
                    #expect(try await live.admin(.POST, "/api/v4/nodes/node-1/revoke").status == 200)
                    #expect(try await second.readClose() == 1008)
                }
                #expect(try await first.readClose() == 1008)
            }
            try await RawConnection.open(live, certificate: certificate, key: key) { stream in
                let head = try await stream.upgrade(path)
                #expect(head.hasPrefix("HTTP/1.1 403 "))
            }
        }
    }
}

func helloFrame(_ session: String, _ versions: ClosedRange<Int> = 1...1, knows: [String] = []) throws -> [UInt8] {
    let hello = Hello(
        versionMin: versions.lowerBound, versionMax: versions.upperBound, software: "test", sessionID: session, clientID: "a", lastRound: 0,
        knows: knows)
    return try ControlCodec.encode(.hello(hello))
}
