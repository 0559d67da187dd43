import ClientNode
import Federation
import Foundation
import StrictJSON
import Synchronization
import Testing
import Wire

private func fault(_ work: () async throws -> Void) async -> ClientNodeError? {
    do {
        try await work()
        return nil
    } catch { return error as? ClientNodeError }
}

/// Counts the times something was asked.
private final class Counter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

@Suite(.timeLimit(.minutes(2))) struct NodeTests {
    @Test func aNodeTakesPartAndLogsWhatLeftIt() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) {
            cooperative($0, $1, rounds: 2)
        }
        let (runner, folder) = try node(fake)
        let outcomes = try await runner.run(.session(sessionID))
        guard case .completed? = outcomes[sessionID] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(fake.requests.allSatisfy { $0.hasClientCertificate })
        let lines = sent(folder)
        #expect(lines.map { $0["what"]?.text } == ["join", "update", "receipt", "update", "receipt"])
        #expect(lines.map { $0["round"]?.whole } == [nil, 1, 1, 2, 2])
        // A receipt is of what was sent.
        #expect(lines[2]["sha256"] == lines[1]["sha256"] && lines[4]["sha256"] == lines[3]["sha256"])
        let log = lines.filter { $0["what"] != "receipt" }
        let bodies = [fake.requests("POST", "/join"), fake.requests("POST", "/update")].flatMap { $0 }.map(\.body)
        #expect(log.map { $0["bytes"]?.whole } == bodies.map { Int64($0.count) })
        #expect(log.allSatisfy { $0["sha256"]?.text?.count == 64 && $0["session"]?.text == sessionID })
        await fake.stop()
    }

    @Test func anUploadWithoutAnAnswerIsSentAgainUnchanged() async throws {
        let site = try FakeSite()
        let uploads = Counter()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) { request, fake in
            if request.path.hasPrefix("/update") {
                switch uploads.next() {
                case 1: return .hangUp
                case 2: return refused(503, headers: [("retry-after", "0")])
                default: break
                }
            }
            return cooperative(request, fake, rounds: 1)
        }
        let (runner, folder) = try node(fake)
        _ = try await runner.run(.session(sessionID))
        let bodies = fake.requests("POST", "/update")
        #expect(bodies.count == 3 && Set(bodies.map(\.body)).count == 1)
        #expect(fake.requests("GET", "/model").count == 1, "it trained once")
        #expect(sent(folder).filter { $0["what"] == "update" }.count == 3)
        await fake.stop()
    }

    @Test func aRestartedCoordinatorIsFoundAgain() async throws {
        let site = try FakeSite()
        let first = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome()] } else { [] } }) { cooperative($0, $1, rounds: 1) }
        let port = first.port
        let (runner, _) = try node(first)
        async let outcomes = runner.run(.session(sessionID))
        while first.messages.isEmpty { await Task.yield() }
        await first.stop()
        let second = try await FakeCoordinator.start(site, port: port, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) {
            cooperative($0, $1, rounds: 1)
        }
        guard case .completed? = try await outcomes[sessionID] else {
            Issue.record("the session did not go on")
            return
        }
        #expect(second.requests("POST", "/update").count == 1)
        await second.stop()
    }

    @Test func aBusyCoordinatorIsAskedAgain() async throws {
        let site = try FakeSite()
        let joins = Counter()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), sessionEnded] } else { [] } }) { request, fake in
            if request.path.hasSuffix("/join"), joins.next() == 1 { return refused(503) }
            return cooperative(request, fake, rounds: 1)
        }
        let (runner, _) = try node(fake)
        _ = try await runner.run(.session(sessionID))
        #expect(fake.requests("POST", "/join").count == 2)
        await fake.stop()
    }

    @Test(arguments: [(401, ClientNodeError.Kind.authentication), (403, .authentication), (426, .version), (404, .failed), (422, .failed)])
    func aRefusalEndsTheNodeWithItsReason(_ status: Int, _ kind: ClientNodeError.Kind) async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { request, fake in
            request.path.hasSuffix("/join") ? refused(status) : cooperative(request, fake, rounds: 1)
        }
        let (runner, _) = try node(fake)
        let fault = await fault { _ = try await runner.run(.session(sessionID)) }
        #expect(fault?.kind == kind && fault?.message.contains("not now") == true && fault?.remedy.isEmpty == false)
        #expect(fake.requests("POST", "/join").count == 1)
        await fake.stop()
    }

    @Test func anotherVersionOfTheProtocolEndsTheNode() async throws {
        let site = try FakeSite()
        for answer in [welcome(99), .refused(Refusal(code: "version", message: "too old"))] {
            let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [answer] } else { [] } }) { cooperative($0, $1, rounds: 1) }
            let (runner, _) = try node(fake, "client-\(UUID().uuidString)")
            #expect(await fault { _ = try await runner.run(.session(sessionID)) }?.kind == .version)
            await fake.stop()
        }
    }

    @Test func aSilentCoordinatorIsNotWaitedForForever() async throws {
        let site = try FakeSite()
        var limits = TimeLimits()
        limits.readSeconds = 0.2
        let fake = try await FakeCoordinator.start(site) { _, _ in .silence }
        let made = try site.node("x")
        let client = try CoordinatorClient(
            identity: NodeIdentity(
                card: .init(coordinator: "https://127.0.0.1:\(fake.port)", tenant: "default", client: "x"), certificatePEM: made.certificatePEM,
                authorityPEM: made.authorityPEM, keyPEM: made.keyPEM), data: site.folder, limits: limits)
        #expect(await fault { _ = try await client.session(sessionID) }?.kind == .connection)
        await client.shutdown()
        await fake.stop()
    }

    /// The channel opens and then nothing comes, not even a pong: it is opened anew.
    @Test func aDeadControlChannelIsOpenedAnew() async throws {
        let site = try FakeSite()
        var limits = TimeLimits()
        limits.silenceSeconds = 0.3
        let hellos = Counter()
        let fake = try await FakeCoordinator.start(
            site,
            talk: { message in
                guard case .hello = message else { return [] }
                return hellos.next() == 1 ? [] : [welcome(), sessionEnded]
            }
        ) { cooperative($0, $1, rounds: 1) }
        let (runner, _) = try node(fake, limits: limits)
        _ = try await runner.run(.session(sessionID))
        #expect(fake.messages.count >= 2)
        await fake.stop()
    }

    @Test func manyNodesShareAProcess() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) {
            cooperative($0, $1, rounds: 1)
        }
        let runners = try (1...8).map { try node(fake, "client-0\($0)").runner }
        let ends = try await withThrowingTaskGroup(of: [String: ClientOutcome].self) { group in
            for runner in runners { group.addTask { try await runner.run(.session(sessionID)) } }
            var ends: [[String: ClientOutcome]] = []
            for try await end in group { ends.append(end) }
            return ends
        }
        #expect(ends.count == 8 && ends.allSatisfy { if case .completed? = $0[sessionID] { true } else { false } })
        #expect(fake.requests("POST", "/join").count == 8)
        await fake.stop()
    }

    @Test func anExpiredCertificateIsToldBeforeAnythingIsSent() async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site) { cooperative($0, $1, rounds: 1) }
        let (runner, _) = try node(fake, ageSeconds: 7200)
        #expect(await fault { _ = try await runner.run(.session(sessionID)) }?.kind == .authentication)
        #expect(fake.requests.isEmpty)
        await fake.stop()
    }
}
