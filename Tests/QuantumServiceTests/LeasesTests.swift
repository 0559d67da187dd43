import Federation
import Platform
import QuantumService
import Storage
import Testing

@Suite struct LeasesTests {
    /// Nobody was there when its time ended: it has ended then all the same, once, with its entry and its event.
    @Test func aLeaseEndsAlsoWhileNobodyRuns() async throws {
        let bureau = try await Bureau()
        let lease = try await bureau.allocate(100, seconds: 60)
        try await bureau.run("r", lease.id, at: 30, spins: 50, milliseconds: 6000)
        let hook = WebhookRecord(
            id: "w", tenant: Tenants.defaultID, family: "v1", url: "https://example.org/", events: ["quantum.allocation.expired"], secrets: [], maxRetries: 1,
            retryDelaySeconds: 1, createdAt: noon)
        let made = AuditRecord(at: noon, action: .webhookCreated, actor: "a", subject: "w")
        #expect(try await bureau.store.addWebhook(hook, audit: made, limit: 9))
        await bureau.leases(at: 59).expire()
        #expect(try await bureau.leases().find(lease.id, tenant: Tenants.defaultID).endedAt == nil)
        for _ in 0..<2 { await bureau.leases(at: 4000).expire() }
        let ended = try await bureau.leases().find(lease.id, tenant: Tenants.defaultID)
        #expect(ended.endedAt == lease.expiresAt && ended.end == .expired)
        let entries = try await bureau.store.audit(tenant: Tenants.defaultID, after: 0, limit: 99).map(\.entry)
        #expect(entries.filter { $0.action == .leaseExpired }.map(\.at) == [lease.expiresAt])
        let due = try await bureau.store.dueDeliveries(noon.adding(seconds: 4000), perWebhook: 9, limit: 9)
        let told = String(decoding: try #require(due.first).body, as: UTF8.self)
        // 50 spins for 6 s of 100 for 60.
        #expect(due.count == 1 && told.contains(#""qubits_released":100"#) && told.contains(#""utilization_percentage":5"#), "\(told)")
    }

    @Test func thePlanAndTheCapacityAreKeptTo() async throws {
        let bureau = try await Bureau()
        let one = try await bureau.tenants.create(NewTenant(name: "One", performanceTier: .basic), actor: "a", now: noon).id
        _ = try await bureau.allocate(50, seconds: 60, tenant: one)
        await #expect(throws: LeaseFailure.beyondPlan(limit: 50, used: 50, nextEnd: noon.adding(seconds: 60))) {
            _ = try await bureau.allocate(1, at: 59, tenant: one)
        }
        // What has expired takes nothing, also before anybody has ended it.
        _ = try await bureau.allocate(50, at: 60, tenant: one)
        _ = try await bureau.allocate(1500, seconds: 600)
        let two = try await bureau.tenants.create(NewTenant(name: "Two", performanceTier: .enterprise), actor: "a", now: noon).id
        await #expect(throws: LeaseFailure.beyondCapacity(limit: 2000, used: 1550, nextEnd: noon.adding(seconds: 120))) {
            _ = try await bureau.allocate(451, at: 60, tenant: two)
        }
        _ = try await bureau.allocate(450, at: 60, tenant: two)
        await #expect(throws: LeaseFailure.self) { _ = try await bureau.allocate(1, tenant: "nobody") }
    }

    @Test func whatIsReleasedIsFreeAtOnceAndStaysReleased() async throws {
        let bureau = try await Bureau()
        let lease = try await bureau.allocate(1500, seconds: 600)
        await #expect(throws: LeaseFailure.self) { _ = try await bureau.allocate(1) }
        func release(at: Double, _ tenant: String = Tenants.defaultID) async throws -> LeaseRecord {
            try await bureau.leases(at: at).release(lease.id, tenant: tenant, actor: "b", now: noon.adding(seconds: at))
        }
        await #expect(throws: LeaseFailure.notFound("allocation \(lease.id)")) { _ = try await release(at: 5, "other") }
        let ended = try await release(at: 10)
        #expect(ended.end == .released && ended.endedAt == noon.adding(seconds: 10))
        #expect(try await release(at: 20) == ended)
        _ = try await bureau.allocate(1500, at: 11)
        await bureau.leases(at: 700).expire()
        #expect(try await bureau.leases().find(lease.id, tenant: Tenants.defaultID).end == .released)
        // One whose time is over is not released any more.
        let late = try await bureau.allocate(5, seconds: 5, at: 2000)
        #expect(try await bureau.leases().release(late.id, tenant: Tenants.defaultID, actor: "b", now: noon.adding(seconds: 2100)).end == .expired)
    }

    /// Every number by hand.
    @Test func usageIsWhatWasLeasedAndDone() async throws {
        let bureau = try await Bureau()
        let first = try await bureau.allocate(100, seconds: 100)
        _ = try await bureau.allocate(50, seconds: 100, at: 50)
        try await bureau.run("1", first.id, at: 20, spins: 80, milliseconds: 10_000, energy: -9, reference: -10)
        try await bureau.run("2", first.id, at: 90, spins: 10, milliseconds: 1000, energy: -10, reference: -10)
        try await bureau.run("3", nil, at: 95, spins: 1000, milliseconds: 1000, energy: 5, reference: 5)
        func usage(_ seconds: Double, at: Double) async throws -> LeaseUsage {
            try await bureau.leases().usage(tenant: Tenants.defaultID, seconds: seconds, now: noon.adding(seconds: at))
        }
        let all = try await usage(1000, at: 200)
        #expect(all.qubits == 150 && all.peak == 150 && all.leasedSpinMilliseconds == 15_000_000)
        #expect(all.usedByLeases == 810_000 && all.usedSpinMilliseconds == 1_810_000 && all.runs == 3 && all.spinUpdates == 300)
        #expect(all.utilization == 100 * 810_000.0 / 15_000_000 && all.efficiency == 0.95)
        // Leases and runs only as far as they are within.
        let part = try await usage(20, at: 30)
        #expect(part.qubits == 100 && part.leasedSpinMilliseconds == 2_000_000 && part.usedByLeases == 800_000 && part.efficiency == 0.9)
        let cut = try await usage(5, at: 21)
        #expect(cut.usedByLeases == 4000 * 80 && cut.runs == 1)
        let before = try await usage(10, at: -5)
        #expect(before.utilization == nil && before.efficiency == nil && before.qubits == 0 && before.runs == 0)
        #expect(try await bureau.leases().estimate(tenant: Tenants.defaultID, now: noon.adding(seconds: 300)).value == nil)
        await bureau.leases(at: 300).expire()
        // 810,000 of 10,000,000 first, then nothing of the second.
        let estimate = try await bureau.leases().estimate(tenant: Tenants.defaultID, now: noon.adding(seconds: 300))
        #expect(estimate.leases == 2 && abs((estimate.value ?? 0) - 0.081 * 0.7) < 1e-12)
    }
}
