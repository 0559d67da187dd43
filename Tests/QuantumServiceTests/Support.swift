import Compute
import CryptoSuite
import Federation
import Foundation
import Logging
import Platform
import QuantumService
import Storage
import StrictJSON
import Trust
import WorkSharing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
let noon = Instant(milliseconds: 1_758_506_403_000)

/// Leases over a store in memory, at a time that the test says.
struct Bureau {
    let store: MemoryStore
    let tenants: Tenants

    init() async throws {
        store = MemoryStore(suite: .system)
        tenants = try await Tenants.open(store: store, random: .system, now: noon)
    }

    func leases(at seconds: Double = 0, capacity: Int = 2000) -> Leases {
        let now = noon.adding(seconds: seconds)
        return Leases(
            store: store, tenants: tenants, capacity: capacity, clock: JobClock(now: { now }, sleep: { _ in }), random: .system, log: quiet)
    }

    func allocate(_ qubits: Int, seconds: Int = 60, at: Double = 0, tenant: String = Tenants.defaultID, strategy: LeaseStrategy = .auto) async throws
        -> LeaseRecord
    {
        try await leases(at: at).allocate(
            LeaseRequest(qubits: qubits, seconds: seconds, priority: .normal, workload: .optimization, strategy: strategy), tenant: tenant, actor: "a",
            now: noon.adding(seconds: at))
    }

    func run(_ id: String, _ lease: String?, at: Double, spins: Int, milliseconds: Int64, energy: Double? = nil, reference: Double? = nil) async throws {
        _ = try await store.addRun(
            SolverRunRecord(
                id: id, tenant: Tenants.defaultID, lease: lease, endedAt: noon.adding(seconds: at), solver: "exact", spins: spins, reads: 1, spinUpdates: 100,
                microseconds: 1000 * milliseconds, energy: energy, reference: reference))
    }

    /// A queue that solves, at work until the body ends.
    func solving(_ body: (JobQueue, Artifacts) async throws -> Void) async throws {
        let artifacts = Artifacts(store: store, suite: .system, log: quiet)
        let pool = SolverPool(threads: 1, slice: 0.01)
        let clock = JobClock.system { noon }
        let leases = Leases(store: store, tenants: tenants, capacity: 2000, clock: clock, random: .system, log: quiet)
        let queue = JobQueue(
            store: store, artifacts: artifacts, runners: [AnnealingRunner(pool: pool, leases: leases, artifacts: artifacts)],
            clock: JobClock(now: { noon }, sleep: { _ in try? await Task.sleep(for: .milliseconds(2)) }), random: .system, log: quiet)
        try await queue.open()
        let running = Task { await queue.run() }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(queue, artifacts)) } catch { outcome = .failure(error) }
        await queue.drain()
        await running.value
        try outcome.get()
    }
}

struct InVain: Error {}

extension JobQueue {
    func solve(_ parameters: JSON, tenant: String = Tenants.defaultID) async throws -> JobRecord {
        let id = try await submit(JobRequest(name: "a job", type: .annealing, parameters: parameters), tenant: tenant, actor: "a").job.record.id
        return try await settled(id, tenant)
    }

    func settled(_ id: String, _ tenant: String = Tenants.defaultID) async throws -> JobRecord {
        for _ in 0..<60_000 {
            let job = try await job(id, tenant: tenant).record
            if job.state.isFinal { return job }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw InVain()
    }
}
