import ClientNode
import CryptoSuite
import Federation
import Foundation
import Learning
import Synchronization
import Testing
import Trust
import Wire

/// Short enough for a test, and as a share of the life the same.
private let quick: RenewalTimes = {
    var times = RenewalTimes()
    times.askSeconds = 0.3
    times.newsSpreadSeconds = 0.05
    return times
}()

private final class Notices: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    func all(_ part: String) -> [String] { texts.withLock { $0.filter { $0.contains(part) } } }
}

@Suite(.serialized) struct RenewalTests {
    /// Rounds of a tenth of a second each, until `end` and, on a machine that is busy, until updates came with as many certificates as are
    /// asked for; a renewal every few of them.
    private func slowRounds(
        _ request: FakeCoordinator.Request, _ fake: FakeCoordinator, _ end: ContinuousClock.Instant, certificates: Int = 0
    ) -> FakeCoordinator.Reply {
        guard request.path.hasPrefix("/update") else { return cooperative(request, fake, rounds: .max) }
        let round = request.path.split(separator: "?").last?.split(separator: "&").first.flatMap { Int($0.dropFirst("round=".count)) } ?? 0
        Task {
            try await Task.sleep(for: .milliseconds(100))
            let goesOn = ContinuousClock.now < end || Set(fake.requests("POST", "/update").map(\.certificate)).count < certificates
            fake.tell(goesOn ? roundStart(round + 1) : sessionEnded)
        }
        return .json(200, "{}")
    }

    /// As a coordinator does: on a new channel the round that is open is told again.
    private func hello(_ message: ClientMessage, _ fake: () -> FakeCoordinator?) -> [ServerMessage] {
        guard case .hello = message else { return [] }
        let round = fake().map { $0.requests("POST", "/update").count } ?? 0
        return [welcome(), roundStart(round + 1)]
    }

    private func life(_ folder: String) throws -> CertificateLife { try #require(try NodeIdentity.load(from: folder).life) }

    @Test func aNodeRotatesUnderARunningSession() async throws {
        let site = try FakeSite()
        let end = ContinuousClock.now + .seconds(27)
        let holder = Mutex<FakeCoordinator?>(nil)
        let fake = try await FakeCoordinator.start(site, talk: { hello($0) { holder.withLock { $0 } } }) { request, fake in
            request.path.hasSuffix("/nodes/renew") ? site.renewal(request, "client-01", lifeSeconds: 8) : slowRounds(request, fake, end, certificates: 4)
        }
        holder.withLock { $0 = fake }
        let notices = Notices()
        let (runner, folder) = try node(fake, lifeSeconds: 8, renewal: quick) { notices.add($0) }
        let outcome = try await runner.run(.session(sessionID))
        guard case .completed? = outcome[sessionID] else { Issue.record("\(outcome)"); return }
        let seconds = (end - .seconds(27)).duration(to: .now) / .seconds(1)
        // Twice the life of any certificate has passed: without renewals the session would have ended early.
        let renewals = fake.requests("POST", "/nodes/renew")
        #expect(renewals.count >= 3 && Double(renewals.count) <= seconds / 2, "\(renewals.count) in \(seconds) s")
        #expect(Set(renewals.map(\.certificate)).count == renewals.count, "each with the certificate that the last one gave")
        // Every round was trained once and sent once, whichever certificate it was sent with.
        let rounds = fake.requests("POST", "/update").map(\.path)
        #expect(rounds.count > 20 && Set(rounds).count == rounds.count, "\(rounds.count)")
        #expect(Set(fake.requests("POST", "/update").map(\.certificate)).count >= 4)
        // The last renewal may have come just as the session ended.
        #expect((renewals.count...renewals.count + 1).contains(fake.sockets.ever), "each renewal moved the control channel, and nothing else opened one")
        #expect((renewals.count - 1...renewals.count).contains(notices.all("was renewed").count) && notices.all("not renewed").isEmpty)
        #expect(try life(folder).ends > Date())
        #expect(!FileManager.default.fileExists(atPath: NodeIdentity.folder(folder) + "/renewed.json"))
        holder.withLock { $0 = nil }
        await fake.stop()
    }

    @Test func whatDoesNotWorkIsToldOnceAndTriedAgain() async throws {
        let site = try FakeSite()
        let end = ContinuousClock.now + .seconds(7)
        let tries = Mutex(0)
        let holder = Mutex<FakeCoordinator?>(nil)
        let fake = try await FakeCoordinator.start(site, talk: { hello($0) { holder.withLock { $0 } } }) { request, fake in
            guard request.path.hasSuffix("/nodes/renew") else { return slowRounds(request, fake, end) }
            let number = tries.withLock { tries in
                tries += 1
                return tries
            }
            switch number {
            // The coordinator has done its part, and the reply is lost.
            case 1: return .hangUp
            case 2: return refused(409, headers: [("retry-after", "3600")])
            case 3: return refused(500)
            // A reply that would make the identity useless.
            case 4: return .json(201, #"{"tenant":"default","client_id":"client-01","certificate":"x","ca_certificate":"y"}"#)
            case 5: return site.renewal(request, "client-02", lifeSeconds: 60)
            default: return site.renewal(request, "client-01", lifeSeconds: 60)
            }
        }
        holder.withLock { $0 = fake }
        let notices = Notices()
        var times = quick
        times.retrySecondsMax = 0.3
        let (runner, folder) = try node(fake, lifeSeconds: 8, renewal: times) { notices.add($0) }
        let outcome = try await runner.run(.session(sessionID))
        guard case .completed? = outcome[sessionID] else { Issue.record("\(outcome)"); return }
        #expect(fake.requests("POST", "/nodes/renew").count == 6)
        #expect(notices.all("not renewed yet").count == 1 && notices.all("was renewed").count == 1)
        #expect(try life(folder).ends > Date() + 30)
        holder.withLock { $0 = nil }
        await fake.stop()
    }

    @Test func otherAuthoritiesAreAReasonToRenewAtOnce() async throws {
        let site = try FakeSite()
        let isReplaced = Mutex(true)
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome()] } else { [] } }) { request, fake in
            let told = isReplaced.withLock { $0 } ? String(repeating: "ab", count: 32) : site.bundle
            if request.path.hasSuffix("/nodes/renew") {
                isReplaced.withLock { $0 = false }
                Task {
                    try await Task.sleep(for: .milliseconds(500))
                    fake.tell(sessionEnded)
                }
                return site.renewal(request, "client-01", lifeSeconds: 3600)
            }
            // Nobody calls but the node that asks by itself.
            if request.path == "/readyz" { return .json(200, "{}", headers: [("tutti-authorities", told)]) }
            return cooperative(request, fake, rounds: 1)
        }
        let (runner, _) = try node(fake, renewal: quick)
        _ = try await runner.run(.session(sessionID))
        #expect(fake.requests("POST", "/nodes/renew").count == 1, "and once, for now it has them")
        #expect(!fake.requests("GET", "/readyz").isEmpty)
        await fake.stop()
    }

    /// Whatever was written when the process died: a complete identity is there, the new one from the first write on.
    @Test func aDeathBetweenAnyTwoWritesLeavesOneIdentity() throws {
        let site = try FakeSite()
        let folder = site.folder + "/node"
        func identity(_ life: Double) throws -> NodeIdentity {
            let made = try site.node("client-01", lifeSeconds: life)
            return NodeIdentity(
                card: .init(coordinator: "https://127.0.0.1:1", tenant: "default", client: "client-01"), certificatePEM: made.certificatePEM,
                authorityPEM: made.authorityPEM, keyPEM: made.keyPEM)
        }
        let files = [("client.key", \NodeIdentity.keyPEM), ("client.pem", \NodeIdentity.certificatePEM), ("ca.pem", \NodeIdentity.authorityPEM)]
        let place = NodeIdentity.folder(folder)
        for copied in 0...files.count {
            let (old, new) = (try identity(100), try identity(200))
            try old.save(to: folder)
            #expect(try NodeIdentity.load(from: folder).keyPEM == old.keyPEM)
            let whole = #"{"certificate":\#(quoted(new.certificatePEM)),"ca_certificate":\#(quoted(new.authorityPEM)),"key":\#(quoted(new.keyPEM))}"#
            try SecretFile.write(Array(whole.utf8), to: place + "/renewed.json")
            for (name, path) in files.prefix(copied) { try SecretFile.write(Array(new[keyPath: path].utf8), to: "\(place)/\(name)") }
            #expect(try NodeIdentity.load(from: folder).keyPEM == new.keyPEM, "\(copied) copied")
            #expect(FileManager.default.fileExists(atPath: place + "/renewed.json"), "who only reads changes nothing")
            // A node that starts finishes it.
            _ = try NodeRunner(data: folder, rows: LocalRows(dataset), schema: .init(inputs: 2, outputs: 2, scale: .none), house: house())
            #expect(!FileManager.default.fileExists(atPath: place + "/renewed.json"))
            for (name, path) in files { #expect(try String(contentsOfFile: "\(place)/\(name)", encoding: .utf8) == new[keyPath: path], "\(name)") }
            #expect(try NodeIdentity.load(from: folder).certificatePEM == new.certificatePEM)
        }
        try SecretFile.write(Array("{".utf8), to: place + "/renewed.json")
        #expect(throws: ClientNodeError.self) { try NodeIdentity.load(from: folder) }
    }

    private func quoted(_ text: String) -> String { "\"" + text.replacing("\n", with: "\\n") + "\"" }

    @Test func aNodeTakesUpWhatWasRenewedByHand() async throws {
        let site = try FakeSite()
        let end = ContinuousClock.now + .seconds(3)
        let holder = Mutex<FakeCoordinator?>(nil)
        let fake = try await FakeCoordinator.start(site, talk: { hello($0) { holder.withLock { $0 } } }) { request, fake in
            request.path.hasSuffix("/nodes/renew") ? site.renewal(request, "client-01", lifeSeconds: 60) : slowRounds(request, fake, end)
        }
        holder.withLock { $0 = fake }
        let (runner, folder) = try node(fake, lifeSeconds: 3, renewal: quick)
        async let run = runner.run(.session(sessionID))
        try await Task.sleep(for: .milliseconds(300))
        let byHand = try await Renewal.renew(data: folder)
        _ = try await run
        #expect(fake.requests("POST", "/nodes/renew").count == 1)
        #expect(try NodeIdentity.load(from: folder).certificatePEM == byHand.certificatePEM)
        #expect(fake.sockets.ever == 2)
        holder.withLock { $0 = nil }
        await fake.stop()
    }
}
