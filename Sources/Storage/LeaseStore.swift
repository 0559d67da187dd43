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
    /// How its jobs that name neither solver nor sweeps are solved, as it was measured; nil: by its strategy.
    package var tuning: SolverTuning?
    /// What it had before it was resized, the oldest first; nil: it never was.
    package var earlier: [LeaseSize]?

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

/// What a lease had until it was resized.
package struct LeaseSize: Sendable, Equatable, Codable {
    package var qubits: Int
    package var until: Instant

    package init(qubits: Int, until: Instant) {
        self.qubits = qubits
        self.until = until
    }
}

extension LeaseRecord {
    /// What it had, one time after the other; the last goes on to its end.
    /// - Parameter end: up to where it is looked at.
    package func sizes(to end: Instant) -> [(from: Instant, to: Instant, qubits: Int)] {
        var (parts, from) = ([(from: Instant, to: Instant, qubits: Int)](), allocatedAt)
        for size in earlier ?? [] where size.until > from {
            parts.append((from, min(size.until, end), size.qubits))
            from = size.until
        }
        parts.append((from, end, qubits))
        return parts.filter { $0.from < $0.to }
    }

    package mutating func resize(to qubits: Int, at now: Instant) {
        guard qubits != self.qubits else { return }
        earlier = (earlier ?? []) + [LeaseSize(qubits: self.qubits, until: max(now, allocatedAt))]
        self.qubits = qubits
    }
}

/// A solver with its sweeps that pilot runs chose.
package struct SolverTuning: Sendable, Equatable, Codable {
    /// As the parameters of a job name it.
    package var solver: String
    /// nil: the solver has none, or its own.
    package var sweeps: Int?
    package var measuredAt: Instant

    package init(solver: String, sweeps: Int?, measuredAt: Instant) {
        self.solver = solver
        self.sweeps = sweeps
        self.measuredAt = measuredAt
    }
}

/// Leases and what was done by them. Every change of a lease writes its audit entry in the same transaction.
package protocol LeaseStore: Sendable {
    /// Adds a lease when its qubits fit beside those that are active at its `allocatedAt`.
    func addLease(_ lease: LeaseRecord, audit: AuditRecord, limits: LeaseLimits) async throws(StorageError) -> LeaseAddition
    func lease(_ id: String, tenant: String) async throws(StorageError) -> LeaseRecord?
    /// Those of a tenant that are or were active at some time in `from..<to`, the newest first. nil: of every tenant.
    func leases(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord]
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
    /// Runs of a tenant that ended in `from..<to`, the newest first. nil: of every tenant.
    func solverRuns(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [SolverRunRecord]
    /// Runs of every tenant that ended in `from..<to`.
    func solverRunCount(from: Instant, to: Instant) async throws(StorageError) -> Int
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
