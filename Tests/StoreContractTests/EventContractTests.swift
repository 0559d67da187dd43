import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// What webhooks are told is stored with what it tells of: every change that takes events stores both, or neither.
@Suite struct EventContractTests {
    private enum NoChange: Error { case refused }

    private func told(_ store: any WholeStore) async throws -> [String] {
        try await store.dueDeliveries(Instant(milliseconds: 1_000_000_000), perWebhook: 10, limit: 100).map { String(decoding: $0.body, as: UTF8.self) }
            .sorted()
    }

    private func withHook(_ kind: StoreKind, _ work: (any WholeStore) async throws -> Void) async throws {
        try await withEach(kind) { store in
            #expect(try await store.addWebhook(webhook("w"), audit: note(.webhookCreated, "w"), limit: 9))
            try await work(store)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofAJob(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            let entry = note(.jobCreated, "j")
            #expect(try await store.submit(job("j"), audit: entry, openMax: 9, remembered: now) == .added)
            let old = try await store.beginJobEpoch()
            let epoch = try await store.beginJobEpoch()
            let end: @Sendable (JobRecord) -> JobChange? = { job in
                var job = job
                (job.state, job.finishedAt) = (.completed, now)
                return JobChange(record: job, audit: entry, events: [outboxEvent("e")])
            }
            #expect(try await store.changeJob("j", epoch: old, end) == .superseded)
            #expect(try await store.changeJob("none", epoch: epoch, end) == .missing)
            _ = try await store.changeJob("j", epoch: epoch) { _ in nil }
            #expect(try await told(store).isEmpty)
            for _ in 1...2 { #expect(try await store.changeJob("j", epoch: epoch, end).record?.state == .completed) }
            #expect(try await told(store) == [#"{"e"}"#], "the same fact is told once")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofATenant(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            let record = TenantRecord(id: "default", name: "d", performanceTier: .basic, createdAt: now)
            #expect(try await store.addTenant(record, audit: note(.tenantCreated, "default"), most: 9) == .added)
            let events: @Sendable (TenantRecord, TenantRecord) -> [OutboxEvent] = { before, after in
                [outboxEvent("\(before.performanceTier.rawValue)-\(after.performanceTier.rawValue)")]
            }
            typealias Outcome = Result<(record: TenantRecord, audit: AuditRecord)?, NoChange>
            _ = try await store.changeTenant("default", events: events) { _, _ -> Outcome in .success(nil) }
            _ = try await store.changeTenant("default", events: events) { _, _ -> Outcome in .failure(.refused) }
            _ = try await store.changeTenant("none", events: events) { record, _ -> Outcome in .success((record, note(.tenantUpdated, "none"))) }
            #expect(try await told(store).isEmpty)
            _ = try await store.changeTenant("default", events: events) { record, _ -> Outcome in
                var record = record
                record.performanceTier = .premium
                return .success((record, note(.tenantUpdated, "default")))
            }
            #expect(try await told(store) == [#"{"basic-premium"}"#])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofNumbers(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            let block = SeriesBlock(tenant: "", series: "m", tier: 0, number: 1, points: [1])
            for _ in 1...2 { try await store.putSeries([block], horizons: [:], events: [outboxEvent("a")]) }
            try await store.putSeries([], horizons: [:], events: [outboxEvent("b")])
            #expect(try await told(store) == [#"{"a"}"#, #"{"b"}"#], "also when there is nothing else to keep")
            #expect(try await store.series(tier: 0) == [block])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofALoginThatIsEnded(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            try await store.beginLogin(login("l"), token: refreshToken(1, login: "l"))
            let later = now.adding(seconds: 1)
            func refresh(_ hash: UInt8, _ next: UInt8) async throws -> RefreshOutcome {
                try await store.refresh(hash: [hash], next: ([next], later.adding(seconds: 30)), now: later) { [outboxEvent("of \($0.id)")] }
            }
            #expect(try await refresh(9, 10) == .unknown)
            #expect(try await refresh(1, 2) == .rotated(login("l")))
            #expect(try await told(store).isEmpty)
            guard case .reused = try await refresh(1, 3) else {
                Issue.record("it was spent")
                return
            }
            #expect(try await refresh(1, 3) == .ended)
            #expect(try await told(store) == [#"{"of l"}"#])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aDeliveryIsChangedWithItsAudit(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            try await store.enqueue(outboxEvent("e"))
            let id = try #require(try await store.deliveries(webhook: "w", tenant: "default", before: nil, limit: 9).first?.id)
            _ = try await store.changeDelivery(id, tenant: "default") { _ in nil }
            _ = try await store.changeDelivery(id, tenant: "other") { ($0, note(.webhookRedelivered, "w")) }
            func entries() async throws -> Int {
                try await store.audit(tenant: "default", after: 0, limit: 99).count { $0.entry.action == .webhookRedelivered }
            }
            #expect(try await entries() == 0)
            #expect(try await store.changeDelivery(id, tenant: "default") { ($0, note(.webhookRedelivered, "w")) }?.id == id)
            #expect(try await entries() == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func keysOfAllTenantsAreListed(_ kind: StoreKind) async throws {
        try await withHook(kind) { store in
            #expect(try await store.allTenantKeys().isEmpty)
            for (tenant, version) in [("two", 1), ("one", 2), ("one", 1)] {
                _ = try await store.addTenantKey(TenantKeyRecord(tenant: tenant, version: version, envelope: [1], createdAt: now), audit: nil)
            }
            #expect(try await store.allTenantKeys().map { "\($0.tenant)\($0.version)" } == ["one1", "one2", "two1"])
        }
    }
}
