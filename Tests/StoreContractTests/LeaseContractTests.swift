import CryptoSuite
import Federation
import Storage
import Testing
import Trust

/// Leases and runs, in every store.
@Suite struct LeaseContractTests {
    private static let limits = LeaseLimits(tenant: 100, capacity: 150, kept: 5)

    private func lease(_ id: String, _ qubits: Int, tenant: String = "default", at: Double = 0, seconds: Double = 60) -> LeaseRecord {
        LeaseRecord(
            id: id, tenant: tenant, qubits: qubits, priority: .high, workload: .sampling, strategy: .quantumAnnealing, createdBy: "a",
            allocatedAt: now.adding(seconds: at), expiresAt: now.adding(seconds: at + seconds))
    }

    private func entry(_ action: AuditRecord.Action, _ id: String) -> AuditRecord { AuditRecord(at: now, action: action, actor: "a", subject: id) }

    private func add(_ store: any WholeStore, _ lease: LeaseRecord, _ limits: LeaseLimits = LeaseContractTests.limits) async throws -> LeaseAddition {
        try await store.addLease(lease, audit: entry(.leaseAllocated, lease.id), limits: limits)
    }

    @Test(arguments: StoreKind.allCases) func qubitsAreHeldToTheTenantsAndToAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let first = try await add(store, lease("a", 60))
            #expect(first == .added)
            #expect(try await add(store, lease("b", 41)) == .beyondTenant(used: 60, nextEnd: now.adding(seconds: 60)))
            #expect(try await add(store, lease("b", 40, seconds: 30)) == .added)
            #expect(try await add(store, lease("c", 51, tenant: "other")) == .beyondCapacity(used: 100, nextEnd: now.adding(seconds: 30)))
            #expect(try await add(store, lease("c", 50, tenant: "other")) == .added)
            // Those whose time is over take nothing, whether anybody has ended them or not.
            #expect(try await add(store, lease("d", 40, at: 30)) == .added)
            #expect(try await add(store, lease("e", 1, at: 30)) == .beyondTenant(used: 100, nextEnd: now.adding(seconds: 60)))
            #expect(try await add(store, lease("e", 1, at: 100)) == .added)
            #expect(try await add(store, lease("f", 1, at: 100)) == .added)
            #expect(try await add(store, lease("g", 1, at: 100)) == .tooMany(kept: 5))
            #expect(try await store.lease("a", tenant: "default") == lease("a", 60))
            #expect(try await store.lease("a", tenant: "other") == nil)
            #expect(try await store.audit(tenant: "default", after: 0, limit: 99).map(\.entry.subject) == ["a", "b", "d", "e", "f"])
            #expect(try await store.nextLeaseEnd() == now.adding(seconds: 30))
        }
    }

    @Test(arguments: StoreKind.allCases) func aPeriodHasWhatWasActiveInIt(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for (id, at) in [("a", 0.0), ("b", 10), ("c", 200)] { _ = try await add(store, lease(id, 1, at: at)) }
            _ = try await add(store, lease("z", 1, tenant: "other"))
            func ids(_ from: Double, _ to: Double) async throws -> [String] {
                try await store.leases(tenant: "default", from: now.adding(seconds: from), to: now.adding(seconds: to), limit: 9).map(\.id)
            }
            #expect(try await ids(0, 300) == ["c", "b", "a"])
            #expect(try await ids(60, 200) == ["b"])
            #expect(try await ids(70, 200) == [])
            #expect(try await ids(0, 10) == ["a"])
            #expect(try await store.leases(tenant: "default", from: now, to: now.adding(seconds: 300), limit: 1).map(\.id) == ["c"])
            #expect(try await store.leases(tenant: nil, from: now, to: now.adding(seconds: 5), limit: 9).map(\.id) == ["a", "z"])
        }
    }

    @Test(arguments: StoreKind.allCases) func anEndComesWithItsEntryAndItsEvent(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await add(store, lease("a", 5, seconds: 20))
            _ = try await add(store, lease("b", 5, seconds: 10))
            let hook = WebhookRecord(
                id: "w", tenant: "default", family: "v1", url: "https://example.org/", events: ["quantum.allocation.expired"], secrets: [], maxRetries: 1,
                retryDelaySeconds: 1, createdAt: now)
            #expect(try await store.addWebhook(hook, audit: entry(.webhookCreated, "w"), limit: 9))
            #expect(try await store.dueLeases(now.adding(seconds: 20), limit: 9).map(\.id) == ["b", "a"])
            #expect(try await store.dueLeases(now.adding(seconds: 19), limit: 9).map(\.id) == ["b"])
            let audit = entry(.leaseExpired, "b")
            func end() async throws -> LeaseRecord? {
                try await store.changeLease("b", tenant: "default") { lease in
                    guard lease.endedAt == nil else { return nil }
                    var ended = lease
                    (ended.endedAt, ended.end) = (lease.expiresAt, .expired)
                    return (ended, audit, [OutboxEvent(id: "evt", tenant: "default", name: "quantum.allocation.expired", at: lease.expiresAt, body: [1])])
                }
            }
            for _ in 0..<2 { #expect(try await end()?.end == .expired) }
            #expect(try await store.changeLease("b", tenant: "other") { ($0, audit, []) } == nil)
            #expect(try await store.dueLeases(now.adding(seconds: 20), limit: 9).map(\.id) == ["a"])
            #expect(try await store.nextLeaseEnd() == now.adding(seconds: 20))
            #expect(try await store.deliveries(webhook: "w", tenant: "default", before: nil, limit: 9).count == 1)
            #expect(try await store.audit(tenant: "default", after: 0, limit: 99).filter { $0.entry.action == .leaseExpired }.count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases) func aRunIsCountedOnce(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await add(store, lease("a", 5))
            func run(_ id: String, _ lease: String?, at: Double, tenant: String = "default") -> SolverRunRecord {
                SolverRunRecord(
                    id: id, tenant: tenant, lease: lease, endedAt: now.adding(seconds: at), solver: "exact", spins: 3, reads: 1, spinUpdates: 8,
                    microseconds: 7, energy: -1.5, reference: nil)
            }
            #expect(try await store.addRun(run("1", "a", at: 1)))
            #expect(try await !store.addRun(run("1", "a", at: 2)))
            #expect(try await store.addRun(run("2", "a", at: 3)))
            #expect(try await store.addRun(run("3", nil, at: 5)))
            // Another tenant counts nothing for this lease.
            #expect(try await store.addRun(run("4", "a", at: 4, tenant: "other")))
            let use = try #require(try await store.lease("a", tenant: "default")).use
            #expect(use.runs == 2 && use.spinUpdates == 16 && use.microseconds == 14 && use.spinMicroseconds == 42 && use.spinsMax == 3)
            #expect(try await store.solverRuns(tenant: "default", from: now, to: now.adding(seconds: 5), limit: 9).map(\.id) == ["2", "1"])
            #expect(try await store.solverRuns(tenant: "default", from: now, to: now.adding(seconds: 6), limit: 1) == [run("3", nil, at: 5)])
            let everybodys = try await store.solverRuns(tenant: nil, from: now, to: now.adding(seconds: 5), limit: 9)
            #expect(try await store.solverRunCount(from: now.adding(seconds: 1), to: now.adding(seconds: 5)) == 3)
            #expect(everybodys.map(\.id) == ["4", "2", "1"])
            // A lease that has not ended is kept, however old it is.
            #expect(try await store.forgetLeases(endedBefore: now.adding(seconds: 4), limit: 1) == 1)
            #expect(try await store.forgetLeases(endedBefore: now.adding(seconds: 4), limit: 9) == 1)
            #expect(try await store.solverRuns(tenant: "default", from: now, to: now.adding(seconds: 6), limit: 9).map(\.id) == ["3"])
            #expect(try await store.lease("a", tenant: "default") != nil)
        }
    }
}
