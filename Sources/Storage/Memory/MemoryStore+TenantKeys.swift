internal import Federation
import Synchronization

extension MemoryStore: TenantKeyStore {
    package func tenantKeys(tenant: String) async throws(StorageError) -> [TenantKeyRecord] { tables.withLock { $0.tenantKeys(of: tenant) } }

    package func addTenantKey(_ key: TenantKeyRecord, audit: AuditRecord?) async throws(StorageError) -> [TenantKeyRecord] {
        tables.withLock { tables in
            if tables.tenantKeys[MemoryKey(key.tenant, key.version)] == nil {
                tables.tenantKeys[MemoryKey(key.tenant, key.version)] = key
                if let audit { tables.audit.append(.init(tenant: key.tenant, value: audit)) }
            }
            return tables.tenantKeys(of: key.tenant)
        }
    }

    package func rewrapTenantKeys(
        audit: AuditRecord, tenant: String, _ change: @escaping @Sendable (TenantKeyRecord) throws -> [UInt8]?
    ) async throws(StorageError) -> Int {
        try self.change { (tables) throws(StorageError) in
            var (next, changed) = (tables.tenantKeys, 0)
            for (key, record) in tables.tenantKeys {
                do {
                    guard let envelope = try change(record) else { continue }
                    next[key]?.envelope = envelope
                    changed += 1
                } catch let error as StorageError { throw error } catch { throw .io(path: "memory", problem: "\(error)") }
            }
            tables.tenantKeys = next
            tables.audit.append(.init(tenant: tenant, value: audit))
            return changed
        }
    }

    package func allTenantKeys() async throws(StorageError) -> [TenantKeyRecord] { tables.withLock { $0.tenantKeys.inOrder } }

    package func hasTenantKeys() async throws(StorageError) -> Bool { tables.withLock { !$0.tenantKeys.isEmpty } }
}

extension MemoryStore.Tables {
    fileprivate func tenantKeys(of tenant: String) -> [TenantKeyRecord] { tenantKeys.inOrder.filter { same($0.tenant, tenant) } }
}
