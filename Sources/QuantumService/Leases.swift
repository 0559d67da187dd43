internal import CryptoSuite
package import Federation
package import Logging
package import Platform
package import Storage
internal import StrictJSON
package import Trust

/// A lease as somebody asks for it.
package struct LeaseRequest: Sendable, Equatable {
    package var qubits: Int
    package var seconds: Int
    package var priority: JobPriority
    package var workload: LeaseWorkload
    package var strategy: LeaseStrategy

    package init(qubits: Int, seconds: Int, priority: JobPriority, workload: LeaseWorkload, strategy: LeaseStrategy) {
        self.qubits = qubits
        self.seconds = seconds
        self.priority = priority
        self.workload = workload
        self.strategy = strategy
    }
}

/// Why there is no lease.
package enum LeaseFailure: Error, Sendable, Equatable {
    /// There is none, or it is another tenant's.
    case notFound(String)
    /// More than the tenant's plan has; `nextEnd`: when the first of its leases ends.
    case beyondPlan(limit: Int, used: Int, nextEnd: Instant?)
    /// More than the coordinator has.
    case beyondCapacity(limit: Int, used: Int, nextEnd: Instant?)
    /// So many leases of the tenant are kept already.
    case tooMany(limit: Int)
    case tenant(TenantError)
    case storage(StorageError)
}

/// Rights to solve problems of so many spins for a time. Every change is durable, with its audit entry, when a method returns.
package struct Leases: Sendable {
    private let store: any LeaseStore
    private let tenants: Tenants
    /// Qubits of all leases together.
    package let capacity: Int
    private let clock: JobClock
    private let random: RandomSource
    private let log: Logger

    package init(store: any LeaseStore, tenants: Tenants, capacity: Int, clock: JobClock, random: RandomSource, log: Logger) {
        self.store = store
        self.tenants = tenants
        self.capacity = capacity
        self.clock = clock
        self.random = random
        self.log = log
    }

    package var now: Instant { clock.now() }

    // MARK: Asking

    /// - Parameter actor: who asks, for the audit.
    package func allocate(_ request: LeaseRequest, tenant: String, actor: AuditActor, now: Instant) async throws(LeaseFailure) -> LeaseRecord {
        let limit = try await quota(tenant)
        let lease = LeaseRecord(
            id: "quantum_alloc_" + hexadecimal(random.bytes(16)), tenant: tenant, qubits: request.qubits, priority: request.priority,
            workload: request.workload, strategy: request.strategy, createdBy: actor.id, allocatedAt: now,
            expiresAt: now.adding(seconds: Double(request.seconds)))
        let entry = AuditRecord(
            at: now, action: .leaseAllocated, by: actor, of: lease.id,
            details: [
                "qubits": "\(lease.qubits)", "seconds": "\(request.seconds)", "priority": lease.priority.rawValue, "strategy": lease.strategy.rawValue,
            ])
        let limits = LeaseLimits(tenant: limit, capacity: capacity, kept: QuantumLimits.leasesKept)
        let answer: LeaseAddition
        do throws(StorageError) { answer = try await store.addLease(lease, audit: entry, limits: limits) } catch { throw .storage(error) }
        switch answer {
        case .added: return lease
        case .beyondTenant(let used, let nextEnd): throw .beyondPlan(limit: limit, used: used, nextEnd: nextEnd)
        case .beyondCapacity(let used, let nextEnd): throw .beyondCapacity(limit: capacity, used: used, nextEnd: nextEnd)
        case .tooMany: throw .tooMany(limit: QuantumLimits.leasesKept)
        }
    }

    /// The most qubits that the tenant leases at a time.
    package func quota(_ tenant: String) async throws(LeaseFailure) -> Int {
        do throws(TenantError) { return try await tenants.tenant(tenant).qubits } catch { throw .tenant(error) }
    }

    package func find(_ id: String, tenant: String) async throws(LeaseFailure) -> LeaseRecord {
        let found: LeaseRecord?
        do throws(StorageError) { found = try await store.lease(id, tenant: tenant) } catch { throw .storage(error) }
        guard let found else { throw .notFound("allocation \(id.clipped(64))") }
        return found
    }

    /// Ends a lease before its time. One that has ended stays as it is.
    package func release(_ id: String, tenant: String, actor: AuditActor, now: Instant) async throws(LeaseFailure) -> LeaseRecord {
        let released: LeaseRecord?
        do throws(StorageError) {
            released = try await store.changeLease(id, tenant: tenant) { lease in
                // Its time may be over and nobody has said so yet.
                guard lease.endedAt == nil, now < lease.expiresAt else { return lease.endedAt == nil ? Self.expired(lease) : nil }
                var ended = lease
                (ended.endedAt, ended.end) = (max(now, lease.allocatedAt), .released)
                let entry = AuditRecord(at: now, action: .leaseReleased, by: actor, of: id, details: ["qubits": "\(lease.qubits)"])
                return (ended, entry, [])
            }
        } catch { throw .storage(error) }
        guard let released else { throw .notFound("allocation \(id.clipped(64))") }
        return released
    }

    /// - Parameter seconds: before `now`.
    package func usage(tenant: String, seconds: Double, now: Instant) async throws(LeaseFailure) -> LeaseUsage {
        // What ended in this millisecond is among it.
        let (from, to) = (now.adding(seconds: -seconds), now.adding(seconds: 0.001))
        do throws(StorageError) {
            return LeaseUsage(
                leases: try await store.leases(tenant: tenant, from: from, to: to, limit: QuantumLimits.leasesKept),
                runs: try await store.solverRuns(tenant: tenant, from: from, to: to, limit: QuantumLimits.runsRead), from: from, to: now)
        } catch { throw .storage(error) }
    }

    /// Of every tenant that leased or ran something then, and of all together.
    package func everybodysUsage(seconds: Double, now: Instant) async throws(LeaseFailure) -> (all: LeaseUsage, tenants: [String: LeaseUsage]) {
        let (from, to) = (now.adding(seconds: -seconds), now.adding(seconds: 0.001))
        do throws(StorageError) {
            let leases = try await store.leases(tenant: nil, from: from, to: to, limit: QuantumLimits.runsRead)
            let runs = try await store.solverRuns(tenant: nil, from: from, to: to, limit: QuantumLimits.runsRead)
            let (byLease, byRun) = (Dictionary(grouping: leases, by: \.tenant), Dictionary(grouping: runs, by: \.tenant))
            var tenants: [String: LeaseUsage] = [:]
            for tenant in Set(byLease.keys).union(byRun.keys) {
                tenants[tenant] = LeaseUsage(leases: byLease[tenant] ?? [], runs: byRun[tenant] ?? [], from: from, to: now)
            }
            return (LeaseUsage(leases: leases, runs: runs, from: from, to: now), tenants)
        } catch { throw .storage(error) }
    }

    /// Of every tenant.
    package func runs(seconds: Double, now: Instant) async throws(LeaseFailure) -> Int {
        do throws(StorageError) {
            return try await store.solverRunCount(from: now.adding(seconds: -seconds), to: now.adding(seconds: 0.001))
        } catch { throw .storage(error) }
    }

    /// By the tenant's leases that have ended.
    package func estimate(tenant: String, now: Instant) async throws(LeaseFailure) -> EfficiencyEstimate {
        do throws(StorageError) {
            let all = try await store.leases(
                tenant: tenant, from: now.adding(seconds: -QuantumLimits.keptSeconds), to: now, limit: QuantumLimits.estimateLeases * 2)
            return EfficiencyEstimate(ended: all.filter { $0.endedAt != nil })
        } catch { throw .storage(error) }
    }

    /// Durable when it returns. What is told twice is counted once.
    package func count(_ run: SolverRunRecord) async throws(StorageError) { _ = try await store.addRun(run) }

    // MARK: Expiry

    /// Ends leases whose time is over, until the task is cancelled: also those whose time ended while nobody ran.
    package func run() async {
        var tidyAt = Instant(milliseconds: .min)
        while !Task.isCancelled {
            await expire()
            if clock.now() >= tidyAt {
                tidyAt = clock.now().adding(seconds: QuantumLimits.tidySeconds)
                await tidy()
            }
            await clock.sleep(clock.now().adding(seconds: QuantumLimits.lookSeconds))
        }
    }

    /// Ends what is due.
    package func expire() async {
        do throws(StorageError) {
            for lease in try await store.dueLeases(clock.now(), limit: QuantumLimits.endedAtOnce) {
                _ = try await store.changeLease(lease.id, tenant: lease.tenant) { $0.endedAt == nil ? Self.expired($0) : nil }
            }
        } catch { log.error("leases could not be ended", metadata: ["cause": "\(error)"]) }
    }

    private func tidy() async {
        do throws(StorageError) {
            _ = try await store.forgetLeases(
                endedBefore: clock.now().adding(seconds: -QuantumLimits.keptSeconds), limit: QuantumLimits.endedAtOnce)
        } catch { log.error("old leases could not be forgotten", metadata: ["cause": "\(error)"]) }
    }

    /// It ended when its time was over, whenever that is noticed.
    private static func expired(_ lease: LeaseRecord) -> (record: LeaseRecord, audit: AuditRecord, events: [OutboxEvent]) {
        var ended = lease
        (ended.endedAt, ended.end) = (lease.expiresAt, .expired)
        let entry = AuditRecord(
            at: lease.expiresAt, action: .leaseExpired, by: "coordinator", of: lease.id, details: ["qubits": "\(lease.qubits)"])
        let data: JSON = [
            "allocation_id": .string(lease.id), "tenant_id": .string(lease.tenant), "qubits_released": JSON(lease.qubits),
            "utilization_percentage": JSON(ended.utilization(to: lease.expiresAt)),
        ]
        let event = WebhookEvent.allocationExpired.outboxEvent(key: lease.id, tenant: lease.tenant, at: lease.expiresAt, data: data, .system)
        return (ended, entry, [event])
    }
}

extension JobPriority {
    /// Of a lease's runs among all.
    package var weight: Double {
        switch self {
        case .low: 1
        case .normal: 2
        case .high: 4
        }
    }
}
