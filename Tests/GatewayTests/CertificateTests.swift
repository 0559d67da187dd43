import AsyncHTTPClient
import CoordinatorNode
import Foundation
import NIOHTTP1
import NIOPosix
import NIOSSL
import StrictJSON
import Testing
import Trust
import Wire

/// Certificates that end, are revoked or replaced while connections stand.
@Suite(.serialized) struct CertificateTests {
    private func join(_ live: LiveCoordinator, _ session: String, _ name: String, _ http: HTTPClient) async throws {
        let joined = try await live.call(.POST, "\(LiveCoordinator.sessions)/\(session)/join", Array(#"{"client_id":"\#(name)"}"#.utf8), through: http)
        try #require(joined.status == 200, "\(joined.json.encodedText)")
    }

    /// An idle connection, one that has half of an upload behind it, and a control channel whose client does not answer.
    @Test func revocationEndsEverySocketOfTheNodeWithinASecond() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("min_clients", 1)])
            let (certificate, key) = try await live.enrol("node-1")
            let (other, otherKey) = try await live.enrol("node-2")
            let http = try LiveCoordinator.client(authority: live.authority, certificate: certificate, key: key)
            try await join(live, session.id, "node-1", http)
            // An upload is read only when there is a round to send it for.
            _ = try await until("a round is open") {
                try await live.call(.GET, "\(LiveCoordinator.sessions)/\(session.id)/weights", through: http).headers.first(name: "tutti-open-round")
            }
            try await http.shutdown()
            let base = "\(LiveCoordinator.sessions)/\(session.id)"
            let get = "GET \(LiveCoordinator.sessions) HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let (readies, ready) = AsyncStream.makeStream(of: Void.self)
            /// Says that it stands, and afterwards what was still to be read and when it ended.
            @Sendable func ending(
                _ what: String, _ begin: @escaping @Sendable (inout RawStream) async throws -> Void
            ) async throws -> (what: String, rest: String, end: ContinuousClock.Instant) {
                try await RawConnection.open(live, certificate: certificate, key: key) { stream in
                    defer { ready.yield() }
                    try await begin(&stream)
                    ready.yield()
                    let rest = await stream.readToEnd()
                    return (what, rest, .now)
                }
            }
            async let idle = ending("idle connection") { stream in
                try await stream.send(get)
                #expect(try await stream.readResponse().head.hasPrefix("HTTP/1.1 200"))
            }
            // It neither answers the goodbye nor closes: the coordinator does.
            async let control = ending("control channel") { stream in
                #expect(try await stream.upgrade("\(base)/socket").hasPrefix("HTTP/1.1 101"))
                try await stream.sendFrame(0x82, helloFrame(session.id))
                _ = try await stream.readMessage()
            }
            async let upload = ending("upload") { stream in
                // The first request says that the connection stands; of the second there is only half.
                try await stream.send(get)
                _ = try await stream.readResponse()
                try await stream.send(
                    "POST \(base)/update?round=1&attempt=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n"
                        + "Content-Length: 100\r\n\r\nhalf of it")
            }
            let bystander = try LiveCoordinator.client(authority: live.authority, certificate: other, key: otherKey)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, through: bystander).status == 200)
            var standing = 0
            for await _ in readies {
                standing += 1
                if standing == 3 { break }
            }
            let started = ContinuousClock.now
            #expect(try await live.admin(.POST, "/api/v4/nodes/node-1/revoke").status == 200)
            for (what, rest, end) in [try await idle, try await control, try await upload] {
                let milliseconds = Int(started.duration(to: end) / .milliseconds(1))
                print("revocation ended the \(what) after \(milliseconds) ms")
                #expect((0...1000).contains(milliseconds))
                #expect(statuses(rest).isEmpty, "nothing is answered any more: \(rest)")
            }
            // The connections of other nodes stand.
            #expect(try await live.call(.GET, LiveCoordinator.sessions, through: bystander).status == 200)
            try await bystander.shutdown()
        }
    }

    @Test func aCertificateThatEndsTakesItsConnectionsAlong() async throws {
        var lives = CertificateLives()
        lives.node = 20
        try await LiveCoordinator.with(lives: lives) { live in
            let session = try await live.session([("min_clients", 2)])
            let (certificate, key) = try await live.enrol("node-1")
            let http = try LiveCoordinator.client(authority: live.authority, certificate: certificate, key: key)
            try await join(live, session.id, "node-1", http)
            let ends = try CertificateLife(pem: certificate).ends
            // Late enough that the next one outlives the first by a while.
            try await Task.sleep(for: .seconds(10))
            let next = try await until("a renewal is due") { try await live.renew(http) }
            try await RawConnection.open(live, certificate: certificate, key: key) { control in
                #expect(try await control.upgrade("\(LiveCoordinator.sessions)/\(session.id)/socket").hasPrefix("HTTP/1.1 101"))
                try await control.sendFrame(0x82, helloFrame(session.id))
                _ = try await control.readMessage()
                #expect(try await control.readClose() == 1008)
                #expect((-6...0.5).contains(ends.timeIntervalSinceNow), "when its certificate ended, and not before")
            }
            // The connection that began with it stands and says so; the next certificate is good.
            let late = try await live.call(.GET, LiveCoordinator.sessions, through: http)
            #expect(late.status == 401 && late.message.contains("has ended"), "\(late.status) \(late.message)")
            try await http.shutdown()
            let again = try LiveCoordinator.client(authority: next.authority, certificate: next.certificate, key: next.key)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, through: again).status == 200)
            try await again.shutdown()
        }
    }

    @Test func theServersOwnCertificateRotatesWhileItServes() async throws {
        var lives = CertificateLives()
        lives.server = 6
        try await LiveCoordinator.with(lives: lives) { live in
            @Sendable func present() throws -> ServerCertificate {
                try ServerCertificate(pem: String(contentsOfFile: live.folder.path + "/server.pem", encoding: .utf8))
            }
            let first = try present().expires
            try await RawConnection.open(live) { old in
                for wait in [0.0, first.timeIntervalSinceNow + 1] {
                    try await Task.sleep(for: .seconds(max(0, wait)))
                    try await old.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    #expect(try await old.readResponse().head.hasPrefix("HTTP/1.1 200"), "what began before goes on")
                }
            }
            let later = try present().expires
            #expect(later > first + 1)
            // A client checks the dates of what it is shown.
            let fresh = try LiveCoordinator.client(authority: live.authority)
            #expect(try await live.call(.GET, "/livez", through: fresh).status == 200)
            try await fresh.shutdown()
        }
    }

    @Test func theAuthorityIsReplacedWhileItServesAndEveryoneEnrolsInEveryPhase() async throws {
        try await LiveCoordinator.with { live in
            func trusted() throws -> String { try String(contentsOfFile: live.folder.authorityPath, encoding: .utf8) }
            /// With the pin that a new token comes with, as `join` does it.
            func enrol(_ name: String) async throws -> HTTPClient {
                let made = try await live.admin(.POST, "/api/v4/nodes/tokens", ["names": [.string(name)]])
                let pin = try #require(made.json["ca_pin"]?.text)
                let authority = try await PinnedBootstrap(pin: pin).authorityPEM(
                    host: "127.0.0.1", port: live.port, group: MultiThreadedEventLoopGroup.singleton)
                let plain = try LiveCoordinator.client(authority: authority)
                let nodeKey = NodeKey()
                let body: JSON = [
                    "token": try #require(made.json["tokens"]?.elements?.first?["token"]), "csr": .string(try nodeKey.certificateRequestPEM(commonName: "x")),
                ]
                let reply = try await live.call(.POST, "/api/v4/nodes/enrol", body.encoded(), through: plain)
                try await plain.shutdown()
                #expect(try trusted() == reply.json["ca_certificate"]?.text, "the whole bundle")
                return try LiveCoordinator.client(
                    authority: try #require(reply.json["ca_certificate"]?.text), certificate: try #require(reply.json["certificate"]?.text), key: nodeKey.pem)
            }
            func status(_ http: HTTPClient) async -> Int? { try? await live.call(.GET, LiveCoordinator.sessions, through: http).status }
            func roll(_ step: String, force: Bool = false) async throws -> LiveCoordinator.Reply {
                try await live.admin(.POST, "/api/v4/authorities/\(step)", ["force": .bool(force)])
            }
            let before = try await enrol("before")
            #expect(await status(before) == 200)
            let told = try await live.call(.GET, LiveCoordinator.sessions, through: before).headers.first(name: "tutti-authorities")
            #expect(try await live.call(.GET, "/livez").headers.first(name: "tutti-authorities") == nil, "only nodes are told")
            let prepared = try await roll("prepare")
            #expect(prepared.json["phase"] == "prepared")
            let changed = try await live.call(.GET, LiveCoordinator.sessions, through: before).headers.first(name: "tutti-authorities")
            #expect(told != nil && changed != nil && told != changed)
            let during = try await enrol("during")
            #expect(await status(during) == 200)
            let early = try await roll("activate")
            #expect(early.status == 409)
            let kept = try #require(try await live.renew(before))
            let renewed = try LiveCoordinator.client(authority: kept.authority, certificate: kept.certificate, key: kept.key)
            #expect(await status(renewed) == 200)
            let activated = try await roll("activate")
            #expect(activated.status == 200 && activated.json["cut_off"] == [], "\(activated.json.encodedText)")
            // The administrator's own connection knows the old authority alone; who reads the folder again knows both.
            let admin = try LiveCoordinator.client(authority: try trusted())
            #expect(try await live.call(.GET, "/livez", through: admin).status == 200)
            let after = try await enrol("after")
            for http in [before, renewed, during, after] { #expect(await status(http) == 200) }
            let again = try #require(try await live.renew(renewed))
            let last = try LiveCoordinator.client(authority: again.authority, certificate: again.certificate, key: again.key)
            #expect(await status(last) == 200)
            let refused = try await roll("retire")
            #expect(refused.status == 409 && refused.message.contains("1 nodes") && refused.message.contains("during"), "\(refused.message)")
            let retired = try await roll("retire", force: true)
            #expect(retired.json["phase"] == "steady" && retired.json["cut_off"] == ["during"], "\(retired.json.encodedText)")
            for http in [last, after] { #expect(await status(http) == 200) }
            #expect(await status(during) == nil, "neither its connection nor its certificate is good")
            let lost = try LiveCoordinator.client(authority: kept.authority, certificate: kept.certificate, key: kept.key)
            #expect(await status(lost) == nil)
            #expect(!FileManager.default.fileExists(atPath: live.folder.rollPath))
            for http in [before, during, renewed, admin, after, last, lost] { try await http.shutdown() }
        }
    }

    /// Every prefix of the writes of every step, as a process that is killed leaves it: the next one goes on from it.
    @Test func aDeathBetweenAnyTwoWritesOfAReplacementIsMended() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let old = try folder.authorities().signing
            let new = try CertificateAuthority(commonName: "next", now: Date(), lifetime: 86_400 * 400)
            let (server, serverKey) = (try text(folder, "server.pem"), try text(folder, "server.key"))
            let renewed = try #require(
                try new.renewal(of: server, keyPEM: serverKey, now: Date(), lifetime: 86_400, replacing: [old]))
            func roll(_ phase: String) -> String {
                JSON.object([.init("phase", .string(phase)), .init("certificate", .string(new.certificatePEM)), .init("key", .string(new.keyPEM))]).encodedText
            }
            let (bothOld, bothNew) = (old.certificatePEM + new.certificatePEM, new.certificatePEM + old.certificatePEM)
            /// File, content; nil removes it. The phase is what the folder stands for after the write.
            let writes: [(file: String, content: String?, phase: Authorities.Phase, signing: CertificateAuthority)] = [
                ("ca.roll", roll("prepared"), .prepared, old), ("ca.pem", bothOld, .prepared, old), ("ca.roll", roll("activated"), .activated, new),
                ("ca.pem", bothNew, .activated, new), ("server.pem", renewed.pem, .activated, new), ("ca.roll", roll("retiring"), .steady, new),
                ("ca.key", new.keyPEM, .steady, new), ("ca.pem", new.certificatePEM, .steady, new), ("ca.roll", nil, .steady, new),
            ]
            for count in 0...writes.count {
                let copy = CoordinatorFolder("\(path)/after-\(count)")
                try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
                for (file, content, _, _) in writes.prefix(count) {
                    if let content {
                        try SecretFile.write(Array(content.utf8), to: "\(copy.path)/\(file)")
                    } else {
                        try SecretFile.remove("\(copy.path)/\(file)")
                    }
                }
                let last = count == 0 ? nil : writes[count - 1]
                let found = try copy.authorities()
                #expect(found.phase == last?.phase ?? .steady && found.signing.pin == (last?.signing ?? old).pin, "after \(count) writes")
                #expect(try await copy.check().damages == [], "after \(count) writes")
                try await LiveCoordinator.serving(copy) { live async throws -> Void in
                    // Whoever has what is in the folder gets in, and the folder is in order.
                    #expect(try await live.call(.GET, "/livez").status == 200, "after \(count) writes")
                    #expect(try text(copy, "ca.pem") == found.bundlePEM)
                    #expect(FileManager.default.fileExists(atPath: copy.rollPath) == (found.phase != .steady))
                    if let next = found.next {
                        #expect(try await live.admin(.POST, "/api/v4/authorities/\(next.rawValue)").status == 200, "after \(count) writes")
                    }
                }
            }
        }
    }

    private func text(_ folder: CoordinatorFolder, _ name: String) throws -> String { try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8) }

    @Test func aRollFileThatOthersMayReadIsRefused() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            try Data("{}".utf8).write(to: URL(fileURLWithPath: folder.rollPath))
            chmod(folder.rollPath, 0o644)
            for mode: mode_t in [0o644, 0o600] {
                chmod(folder.rollPath, mode)
                let error = try await #require(throws: CoordinatorError.self) { try await LiveCoordinator.serving(folder) { _ in } }
                #expect(error.kind == .configuration && error.message.contains("ca.roll"), "\(error)")
            }
        }
    }
}
