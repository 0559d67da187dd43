import CryptoSuite
import Federation
import FederationService
import Foundation
import Learning
import Storage
import Testing
import Wire

@Suite struct RestartTests {
    private let names = ["a", "b"]

    /// The receipt of an update outlives the coordinator, the round and the session, with and without a query.
    /// What is written of every session.
    private static let ofTheSession: Set<AuditRecord.Action> = [.sessionCreated, .sessionStarted, .sessionEnded]

    @Test func theSameUpdateHasTheSameReceiptForEver() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: 2))
            var client = TestClient(service.engine, session, "a")
            let (channel, other) = (TestChannel(), TestChannel())
            try await service.engine.attach(session, client.member, channel)
            try await service.engine.attach(session, TestClient(service.engine, session, "b").member, other)
            let start = try #require(try await client.nextStart(channel))
            let body = try await client.body(start)
            let header = UpdateHeader(round: 1, attempt: 1)
            let first = try await client.send(body)
            #expect(!first.again && first.round == 1 && first.attempt == 1)
            let different = Array(
                UpdateBody(
                    spec: ModelSpec(kind: .softmaxRegression, layers: [4, 2]), kind: .delta, values: [Float](repeating: 1, count: 10), round: 1, attempt: 1,
                    samples: 1, base: start.modelSHA256
                ).encode())

            func expectTheReceipt(_ place: Comment) async throws {
                for header in [UpdateHeader(), header] {
                    let again = try await client.send(body, header)
                    #expect(again.again && again.round == 1 && again.attempt == 1 && again.digest == first.digest, place)
                    await #expect("\(place)") { _ = try await client.send(different, header) } throws: {
                        if case FederationFailure.conflict = $0 { true } else { false }
                    }
                }
            }
            func restart() async throws {
                await service.stop()
                service = try await Service(folder)
                client = TestClient(service.engine, session, "a")
            }
            try await expectTheReceipt("in its round")
            try await restart()
            try await expectTheReceipt("in its round, after a restart")
            // Then b, and the session to its end.
            #expect(try await takePart(names.map { (TestClient(service.engine, session, $0), TestChannel()) }))
            try await expectTheReceipt("after the session")
            try await restart()
            try await expectTheReceipt("after the session and a restart")
            // Each of the attempts to replace it was written down.
            let audit = try await service.store.audit(tenant: tenant, after: 0, limit: 100).map(\.entry).filter { $0.resourceType == "session" }
                .filter { !Self.ofTheSession.contains($0.action) }
            #expect(audit.count == 8 && audit.allSatisfy { $0.action == .updateConflict && $0.actor == "a" && $0.subject == session })
            await service.stop()
        }
    }

    @Test func anUpdateThatCameTooLateHasNoReceipt() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, names + ["c"], smallSpec(clients: 2, rounds: 1))
            let (absent, channel) = (TestClient(service.engine, session, "c"), TestChannel())
            try await service.engine.attach(session, absent.member, channel)
            let engine = service.engine
            let clients = names.map { (client: TestClient(engine, session, $0), channel: TestChannel()) }
            async let ended = takePart(clients)
            let start = try #require(try await absent.nextStart(channel))
            let failed = RoundFailed(sessionID: session, round: start.round, attempt: start.attempt, reason: "no time")
            await service.engine.received(.roundFailed(failed), session, absent.member)
            channel.close()
            await service.engine.detach(session, absent.member) { ($0 as? TestChannel) === channel }
            #expect(try await ended)
            await service.stop()
            service = try await Service(folder)
            let client = TestClient(service.engine, session, "c")
            let model = try await service.engine.weights(session, member: client.member, round: 0, isHeld: { _ in false })
            let body = UpdateBody(
                spec: ModelSpec(kind: .softmaxRegression, layers: [4, 2]), kind: .delta, values: [Float](repeating: 1, count: 10), round: 1, attempt: 1,
                samples: 1,
                base: bytes(hexadecimal: model.digest) ?? []
            ).encode()
            await #expect(throws: FederationFailure.self) { try await client.send(body) }
            await service.stop()
        }
    }

    @Test func aTokenOfAnEndedSessionStillReadsItsModel() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (session, tokens) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: 1))
            #expect(try await takePart(names.map { (TestClient(service.engine, session, $0), TestChannel()) }))
            let digest = try await service.engine.status(session, tenant: tenant).model
            await service.stop()
            service = try await Service(folder)
            let member = try await service.engine.member(session, credential: .updateToken(tokens["a"] ?? ""))
            #expect(member == Member(tenant: tenant, client: "a"))
            let served = try await service.engine.weights(session, member: member, round: nil, isHeld: { _ in false })
            #expect(served.digest == digest && served.bytes != nil)
            await #expect(throws: FederationFailure.self) { try await service.engine.member(session, credential: .updateToken("tu_nothing")) }
            // A client that joins anew hears that the session is over, not that there is none.
            await #expect { _ = try await service.engine.start(session, tenant: tenant) } throws: {
                if case FederationFailure.conflict = $0 { true } else { false }
            }
            await service.stop()
        }
    }

    @Test func theEvaluationSetOutlivesTheCoordinator() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: 2, autoStart: false))
            let csv = Array("1,2,3,4,0\n4,3,2,1,1\n2,2,2,2,1\n".utf8)
            try await service.engine.setEvaluation(session, tenant: tenant, csv: csv, label: nil)
            await #expect(throws: FederationFailure.self) {
                try await service.engine.setEvaluation(session, tenant: tenant, csv: Array("1,2,0\n2,1,1\n".utf8), label: nil)
            }
            await service.stop()
            service = try await Service(folder)
            let engine = service.engine
            let clients = names.map { (client: TestClient(engine, session, $0), channel: TestChannel()) }
            async let ended = takePart(clients)
            _ = try await service.engine.start(session, tenant: tenant)
            #expect(try await ended)
            let rounds = try await service.engine.rounds(session, tenant: tenant, after: 0, limit: 10)
            #expect(rounds.count == 2 && rounds.allSatisfy { $0.outcome?.heldOutAccuracy != nil && $0.outcome?.heldOutLoss != nil })
            await service.stop()
        }
    }
}
