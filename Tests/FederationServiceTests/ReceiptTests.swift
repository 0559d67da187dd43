import CryptoSuite
import Federation
import FederationService
import Foundation
import Learning
import Receipts
import Storage
import StrictJSON
import Testing
import Trust

/// By the pin of the tests' authority.
func verified(_ receipt: SessionReceipt) throws -> VerifiedReceipt {
    try ReceiptVerifier(.pin(try AuthorityPin(try authority.get().pin))).verify(Array(receipt.text.utf8))
}

/// What a session leaves behind for those who have to answer for it.
@Suite struct SessionReceiptTests {
    private let names = ["a", "b"]

    private func run(_ service: Service, rounds: Int) async throws -> String {
        let (session, _) = try await sessionWithMembers(service.engine, names, smallSpec(clients: 2, rounds: rounds))
        #expect(try await takePart(names.map { (TestClient(service.engine, session, $0), TestChannel()) }))
        return session
    }

    @Test func aReceiptSaysWhatTheSessionDid() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let session = try await run(service, rounds: 3)
            let receipt = try await service.engine.receipt(session, tenant: tenant)
            let read = try verified(receipt)
            let view = try await service.engine.status(session, tenant: tenant)
            let rounds = try await service.engine.rounds(session, tenant: tenant, after: 0, limit: 100)
            #expect(read.content.session.status == "completed" && read.content.session.isFinal && read.content.session.tenant == tenant)
            #expect(read.content.rounds.map(\.model) == rounds.compactMap { $0.outcome?.model } && read.content.rounds.allSatisfy { $0.contributors == 2 })
            #expect(read.content.model?.sha256 == view.model && read.content.model?.round == 3)
            let model = try await service.engine.weights(session, member: Member(tenant: tenant, client: "a"), round: nil, isHeld: { _ in false })
            #expect(try read.round(ofModel: model.bytes ?? []) == 3)
            #expect(read.payload["configuration"]?["rounds"] == 3 && read.payload["configuration"]?["model"]?["layers"] == [4, 2])
            #expect(read.payload["protection"]?["secure_aggregation"] == .null && read.epsilon == nil)
            try read.check(roster: receipt.roster.encoded())
            #expect(receipt.roster["members"]?.elements?.compactMap { $0["client_id"]?.text } == names && read.content.roster.members == 2)
            await #expect(throws: FederationFailure.notFound("session \(session)")) { try await service.engine.receipt(session, tenant: "other") }
            await service.stop()
        }
    }

    /// The same for ever: asked at once by many, asked again, after a restart, and with another authority.
    @Test func thereIsOneReceipt() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let session = try await run(service, rounds: 1)
            let first = try await service.engine.receipt(session, tenant: tenant)
            let engine = service.engine
            let all = try await withThrowingTaskGroup(of: SessionReceipt.self) { group in
                for _ in 0..<8 { group.addTask { try await engine.receipt(session, tenant: tenant) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(all.allSatisfy { $0 == first })
            let report = try await service.store.verify(folder: folder, suite: .system)
            #expect(report.damages.isEmpty, "\(report.damages)")
            await service.stop()
            service = try await Service(folder)
            #expect(try await service.engine.receipt(session, tenant: tenant) == first)
            let rolled = try CertificateAuthority(commonName: "the next one", now: Date(), lifetime: 86_400)
            let next = FederationEngine(around: service.around, identities: service.store, authority: rolled, random: .system)
            #expect(try await next.receipt(session, tenant: tenant) == first)
            #expect(try verified(first).content.session.id == session)
            // A receipt that is gone is told, and not made anew in silence.
            let blob = try #require(try await service.store.session(session, tenant: tenant)?.receipt)
            await service.stop()
            try FileManager.default.removeItem(atPath: "\(folder)/blobs/\(blob)")
            service = try await Service(folder)
            await #expect(throws: FederationFailure.self) { try await service.engine.receipt(session, tenant: tenant) }
            #expect(try await service.store.verify(folder: folder, suite: .system).damages.contains { $0.contains("receipt") })
            await service.stop()
        }
    }

    @Test func aRunningSessionSaysThatItRuns() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, ["a"], smallSpec(clients: 2, rounds: 2))
            let early = try verified(try await service.engine.receipt(session, tenant: tenant))
            #expect(!early.content.session.isFinal && early.content.rounds.isEmpty && early.content.model == nil && early.content.roster.members == 1)
            #expect(try await service.store.session(session, tenant: tenant)?.receipt == nil, "nothing is kept of it")
            _ = try await service.engine.stop(session, tenant: tenant, reason: "enough")
            let last = try verified(try await service.engine.receipt(session, tenant: tenant))
            #expect(last.content.session.status == "stopped" && last.content.session.reason == "enough" && last.content.rounds.isEmpty)
            await service.stop()
        }
    }

    /// More attempts than are read at a time.
    @Test func longSessionsAreWhole() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let (session, _) = try await sessionWithMembers(service.engine, [], smallSpec(clients: 2, rounds: 5000))
            let now = Instant(milliseconds: 1_780_000_000_000)
            func digest(_ round: Int) -> String { hexadecimal(CryptoSuite.system.sha256(Array("model \(round)".utf8))) }
            var changes: [DurableChange] = [.initialModel(digest: digest(0))]
            for round in 1...700 {
                for attempt in 1...3 {
                    var record = RoundRecord(
                        round: round, attempt: attempt, state: attempt == 3 ? .committed : .aborted, cohort: names, baseModel: digest(round - 1),
                        configuredAt: now, deadline: now)
                    record.outcome = RoundOutcome(selected: 2, contributors: attempt == 3 ? 2 : 0, seconds: 0.1, endedAt: now)
                    if attempt == 3 { record.outcome?.model = digest(round) }
                    changes.append(.round(record))
                }
            }
            var record = try #require(try await service.store.session(session, tenant: tenant))
            (record.status, record.startedAt, record.endedAt, record.model) = (.stopped, now, now, ModelSpec(kind: .softmaxRegression, layers: [4, 2]))
            changes.append(.session(record))
            try await service.store.apply(changes, session: session, tenant: tenant)
            await service.stop()
            let again = try await Service(folder)
            let read = try verified(try await again.engine.receipt(session, tenant: tenant))
            #expect(read.content.rounds.count == 700 && read.content.rounds.allSatisfy { $0.attempts == 3 } && read.content.model?.sha256 == digest(700))
            await again.stop()
        }
    }

    /// What is asked for and is not in the receipt could be denied afterwards.
    @Test func everyFieldOfTheRequestIsInTheReceipt() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            var spec = smallSpec(clients: 6, rounds: 2)
            (spec.secureAggregation, spec.privacy, spec.seed) = (SecureAggregationSpec(groupFloor: 4), PrivacySpec(), .max)
            let (session, _) = try await sessionWithMembers(service.engine, [], spec)
            let configuration = try #require(try verified(try await service.engine.receipt(session, tenant: tenant)).payload["configuration"])
            // And one more: the form of the rows, which the members decide.
            #expect(configuration.members?.count == Mirror(reflecting: spec).children.count + 1)
            #expect(configuration["differential_privacy"]?.members?.count == Mirror(reflecting: PrivacySpec()).children.count)
            #expect(configuration["secure_aggregation"]?.members?.count == Mirror(reflecting: SecureAggregationSpec()).children.count)
            #expect(configuration["seed"]?.text == "18446744073709551615")
            await service.stop()
        }
    }
}
