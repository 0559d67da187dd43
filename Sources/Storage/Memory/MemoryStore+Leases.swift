package import Federation
import Synchronization

extension MemoryStore: LeaseStore {
    package func addLease(_ lease: LeaseRecord, audit: AuditRecord, limits: LeaseLimits) async throws(StorageError) -> LeaseAddition {
        try change { (tables) throws(StorageError) in
            try tables.refuseErased(lease.tenant)
            let active = tables.leases.values.filter { $0.isActive(at: lease.allocatedAt) }
            let answer = limits.answer(lease, active: active, kept: tables.leases.values.count { same($0.tenant, lease.tenant) })
            guard answer == .added else { return answer }
            guard tables.leases[MemoryKey(lease.id)] == nil else { throw .exists("lease \(lease.id)") }
            tables.leases[MemoryKey(lease.id)] = lease
            tables.audit.append(.init(tenant: lease.tenant, value: audit))
            return .added
        }
    }

    package func lease(_ id: String, tenant: String) async throws(StorageError) -> LeaseRecord? { tables.withLock { $0.lease(id, tenant) } }

    package func leases(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord] {
        let found = tables.withLock { tables in
            tables.leases.values.filter { lease in tenant.map { same(lease.tenant, $0) } ?? true }.filter { $0.allocatedAt < to && ($0.endedAt ?? $0.expiresAt) > from }
        }
        return Array(found.sorted { ($1.allocatedAt, MemoryKey($0.id)) < ($0.allocatedAt, MemoryKey($1.id)) }.prefix(max(0, limit)))
    }

    package func dueLeases(_ now: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord] {
        let found = tables.withLock { tables in tables.leases.values.filter { $0.endedAt == nil && $0.expiresAt <= now } }
        return Array(found.sorted { ($0.expiresAt, MemoryKey($0.id)) < ($1.expiresAt, MemoryKey($1.id)) }.prefix(max(0, limit)))
    }

    package func nextLeaseEnd() async throws(StorageError) -> Instant? {
        tables.withLock { tables in tables.leases.values.filter { $0.endedAt == nil }.map(\.expiresAt).min() }
    }

    package func changeLease(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (LeaseRecord) -> (record: LeaseRecord, audit: AuditRecord, events: [OutboxEvent])?
    ) async throws(StorageError) -> LeaseRecord? {
        tables.withLock { tables in
            guard let record = tables.lease(id, tenant) else { return nil }
            guard let next = change(record) else { return record }
            tables.leases[MemoryKey(id)] = next.record
            tables.audit.append(.init(tenant: tenant, value: next.audit))
            for event in next.events { tables.enqueue(event, suite) }
            return next.record
        }
    }

    package func addRun(_ run: SolverRunRecord) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            guard tables.solverRuns[MemoryKey(run.id)] == nil else { return false }
            tables.solverRuns[MemoryKey(run.id)] = run
            if let id = run.lease, tables.lease(id, run.tenant) != nil { tables.leases[MemoryKey(id)]?.use.add(run) }
            return true
        }
    }

    package func solverRuns(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [SolverRunRecord] {
        let found = tables.withLock { tables in
            tables.solverRuns.values.filter { run in tenant.map { same(run.tenant, $0) } ?? true }.filter { $0.endedAt >= from && $0.endedAt < to }
        }
        return Array(found.sorted { ($1.endedAt, MemoryKey($0.id)) < ($0.endedAt, MemoryKey($1.id)) }.prefix(max(0, limit)))
    }

    package func solverRunCount(from: Instant, to: Instant) async throws(StorageError) -> Int {
        tables.withLock { tables in tables.solverRuns.values.count { $0.endedAt >= from && $0.endedAt < to } }
    }

    package func forgetLeases(endedBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        tables.withLock { tables in
            let leases = tables.leases.values.filter { ($0.endedAt.map { $0 < endedBefore }) ?? false }
                .sorted { ($0.endedAt ?? $0.expiresAt, MemoryKey($0.id)) < ($1.endedAt ?? $1.expiresAt, MemoryKey($1.id)) }.prefix(max(0, limit))
            let runs = tables.solverRuns.values.filter { $0.endedAt < endedBefore }
                .sorted { ($0.endedAt, MemoryKey($0.id)) < ($1.endedAt, MemoryKey($1.id)) }.prefix(max(0, limit))
            for lease in leases { tables.leases[MemoryKey(lease.id)] = nil }
            for run in runs { tables.solverRuns[MemoryKey(run.id)] = nil }
            return leases.count + runs.count
        }
    }
}

extension MemoryStore.Tables {
    fileprivate func lease(_ id: String, _ tenant: String) -> LeaseRecord? {
        leases[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil }
    }
}
