internal import Federation
import Synchronization

extension MemoryStore: TenantStore {
    package func addTenant(_ tenant: TenantRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> TenantAddition {
        tables.withLock { tables in
            guard tables.tenants[MemoryKey(tenant.id)] == nil else { return .idTaken }
            if let domain = tenant.domain, tables.tenants.values.contains(where: { $0.domain.map { same($0, domain) } ?? false }) { return .domainTaken }
            guard tables.tenants.values.count(where: { $0.erasedAt == nil }) < most else { return .tooMany }
            tables.tenants[MemoryKey(tenant.id)] = tenant
            tables.audit.append(.init(tenant: tenant.id, value: audit))
            return .added
        }
    }

    package func tenant(_ id: String) async throws(StorageError) -> TenantRecord? { tables.withLock { $0.tenants[MemoryKey(id)] } }

    package func tenants(after: String, limit: Int) async throws(StorageError) -> [TenantRecord] {
        let all = tables.withLock { $0.tenants.inOrder }
        return Array(all.filter { MemoryKey(after) < MemoryKey($0.id) }.prefix(max(0, limit)))
    }

    package func changeTenant<Failure: Error>(
        _ id: String, events: @escaping @Sendable (_ before: TenantRecord, _ after: TenantRecord) -> [OutboxEvent],
        _ change: @escaping @Sendable (TenantRecord, _ sessionsRunning: Int) -> Result<(record: TenantRecord, audit: AuditRecord)?, Failure>
    ) async throws(StorageError) -> Result<(before: TenantRecord, after: TenantRecord), Failure>? {
        tables.withLock { tables in
            guard let before = tables.tenants[MemoryKey(id)] else { return nil }
            let running = tables.sessions.values.count { same($0.record.tenant, id) && !$0.record.status.isFinal }
            switch change(before, running) {
            case .failure(let failure): return .failure(failure)
            case .success(nil): return .success((before, before))
            case .success((let after, let entry)?):
                tables.tenants[MemoryKey(id)] = after
                tables.audit.append(.init(tenant: id, value: entry))
                for event in events(before, after) { tables.enqueue(event, suite) }
                return .success((before, after))
            }
        }
    }
}

extension MemoryStore.Tables {
    /// - Throws: `missing` for a tenant that was erased, so that nothing begins in it any more.
    func refuseErased(_ id: String) throws(StorageError) {
        if tenants[MemoryKey(id)]?.erasedAt != nil { throw .missing("tenant \(id)") }
    }
}
