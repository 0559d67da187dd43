package import Federation

/// What a lease is meant for: where it has no strategy of its own, its solver goes by it.
package enum LeaseWorkload: String, Sendable, Codable, CaseIterable { case optimization, sampling, simulation, ml }

/// How the problems of a lease are solved.
package enum LeaseStrategy: String, Sendable, Codable, CaseIterable {
    case auto
    case quantumAnnealing = "quantum_annealing"
    case simulatedBifurcation = "simulated_bifurcation"
    case simulatedAnnealing = "simulated_annealing"
}

/// A tenant's right to solve problems of so many spins, for a time. `active → expired | released`.
package struct LeaseRecord: Sendable, Equatable, Codable {
    package enum End: String, Sendable, Codable { case expired, released }

    package var id: String
    package var tenant: String
    package var qubits: Int
    package var priority: JobPriority
    package var workload: LeaseWorkload
    package var strategy: LeaseStrategy
    package var createdBy: String
    package var allocatedAt: Instant
    package var expiresAt: Instant
    /// When it ended: for one that expired its `expiresAt`, whenever that was noticed.
    package var endedAt: Instant?
    package var end: End?
    /// What was done by it, counted.
    package var use = SolverUse()

    package init(
        id: String, tenant: String, qubits: Int, priority: JobPriority, workload: LeaseWorkload, strategy: LeaseStrategy, createdBy: String,
        allocatedAt: Instant, expiresAt: Instant
    ) {
        self.id = id
        self.tenant = tenant
        self.qubits = qubits
        self.priority = priority
        self.workload = workload
        self.strategy = strategy
        self.createdBy = createdBy
        self.allocatedAt = allocatedAt
        self.expiresAt = expiresAt
    }

    /// Also one whose time is over and that nobody has ended yet is not.
    package func isActive(at now: Instant) -> Bool { endedAt == nil && now < expiresAt }
}

/// Work of solvers. Sums stay at the largest number instead of running over.
package struct SolverUse: Sendable, Equatable, Codable {
    package var runs: Int64 = 0
    package var spinUpdates: Int64 = 0
    package var milliseconds: Int64 = 0
    /// Spins of each run times its milliseconds.
    package var spinMilliseconds: Int64 = 0

    package init() {}

    package mutating func add(_ run: SolverRunRecord) {
        func sum(_ a: Int64, _ b: Int64) -> Int64 { a.addingReportingOverflow(b).overflow ? .max : a + b }
        runs = sum(runs, 1)
        spinUpdates = sum(spinUpdates, run.spinUpdates)
        milliseconds = sum(milliseconds, run.milliseconds)
        spinMilliseconds = sum(spinMilliseconds, run.spinMilliseconds)
    }
}

/// One run of a solver, as it was measured.
package struct SolverRunRecord: Sendable, Equatable, Codable {
    /// The same run has the same id: what is told twice is counted once.
    package var id: String
    package var tenant: String
    /// nil: it had none.
    package var lease: String?
    package var endedAt: Instant
    package var solver: String
    package var spins: Int
    package var reads: Int
    package var spinUpdates: Int64
    /// At work, waiting not counted.
    package var milliseconds: Int64
    /// The lowest that was found; nil: the run was stopped before there was one.
    package var energy: Double?
    /// The energy to be reached, as whoever asked gave it.
    package var reference: Double?

    package init(
        id: String, tenant: String, lease: String?, endedAt: Instant, solver: String, spins: Int, reads: Int, spinUpdates: Int64, milliseconds: Int64,
        energy: Double?, reference: Double?
    ) {
        self.id = id
        self.tenant = tenant
        self.lease = lease
        self.endedAt = endedAt
        self.solver = solver
        self.spins = spins
        self.reads = reads
        self.spinUpdates = spinUpdates
        self.milliseconds = milliseconds
        self.energy = energy
        self.reference = reference
    }

    package var spinMilliseconds: Int64 {
        let (product, isOver) = milliseconds.multipliedReportingOverflow(by: Int64(spins))
        return isOver ? .max : product
    }
}

/// Leases and what was done by them. Every change of a lease writes its audit entry in the same transaction.
package protocol LeaseStore: Sendable {
    /// Adds a lease when its qubits fit beside those that are active at its `allocatedAt`.
    func addLease(_ lease: LeaseRecord, audit: AuditRecord, limits: LeaseLimits) async throws(StorageError) -> LeaseAddition
    func lease(_ id: String, tenant: String) async throws(StorageError) -> LeaseRecord?
    /// Those of a tenant that are or were active at some time in `from..<to`, the newest first.
    func leases(tenant: String, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord]
    /// Leases of every tenant that have not ended and whose time is over, the earliest first.
    func dueLeases(_ now: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord]
    /// When the next lease expires; nil: there is none.
    func nextLeaseEnd() async throws(StorageError) -> Instant?
    /// Changes a lease as it is at that moment: no other change comes in between.
    /// - Parameter change: called once inside the transaction; nil changes nothing.
    /// - Returns: the record afterwards, changed or not; nil when there is none.
    func changeLease(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (LeaseRecord) -> (record: LeaseRecord, audit: AuditRecord, events: [OutboxEvent])?
    ) async throws(StorageError) -> LeaseRecord?
    /// Stores a run and counts it for its lease, which may have ended meanwhile. false: it was told before.
    func addRun(_ run: SolverRunRecord) async throws(StorageError) -> Bool
    /// Runs of a tenant that ended in `from..<to`, the newest first.
    func solverRuns(tenant: String, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [SolverRunRecord]
    /// Forgets leases and runs that ended before, at most `limit` of each. Gives how many.
    func forgetLeases(endedBefore: Instant, limit: Int) async throws(StorageError) -> Int
}

package struct LeaseLimits: Sendable, Equatable {
    /// Qubits of the tenant's leases together.
    package var tenant: Int
    /// Of all leases together.
    package var capacity: Int
    /// Leases of the tenant that are kept, active or not.
    package var kept: Int
    package init(tenant: Int, capacity: Int, kept: Int) {
        self.tenant = tenant
        self.capacity = capacity
        self.kept = kept
    }
}

package enum LeaseAddition: Sendable, Equatable {
    case added
    /// The tenant has so many; `nextEnd`: when the first of its leases ends.
    case beyondTenant(used: Int, nextEnd: Instant?)
    case beyondCapacity(used: Int, nextEnd: Instant?)
    case tooMany(kept: Int)
}

extension LeaseLimits {
    /// - Parameters:
    ///   - active: leases of every tenant at that moment.
    ///   - kept: how many of the tenant there are in all.
    func answer(_ lease: LeaseRecord, active: [LeaseRecord], kept: Int) -> LeaseAddition {
        let own = active.filter { same($0.tenant, lease.tenant) }
        func used(_ leases: [LeaseRecord]) -> Int { leases.reduce(0) { $0 + $1.qubits } }
        guard kept < self.kept else { return .tooMany(kept: kept) }
        guard lease.qubits <= tenant - used(own) else { return .beyondTenant(used: used(own), nextEnd: own.map(\.expiresAt).min()) }
        guard lease.qubits <= capacity - used(active) else { return .beyondCapacity(used: used(active), nextEnd: active.map(\.expiresAt).min()) }
        return .added
    }
}
