import Federation
import Synchronization

extension MemoryStore: ServiceStore {
    package func serviceStates() async throws(StorageError) -> [ServiceStateRecord] {
        tables.withLock { $0.services.values.sorted { MemoryKey($0.service) < MemoryKey($1.service) } }
    }

    package func putServiceState(_ record: ServiceStateRecord, audit: AuditRecord, tenant: String) async throws(StorageError) -> Bool {
        try change { (tables) throws(StorageError) in
            guard (tables.services[MemoryKey(record.service)]?.isOpen ?? true) != record.isOpen else { return false }
            tables.services[MemoryKey(record.service)] = record
            tables.audit.append(.init(tenant: tenant, value: audit))
            return true
        }
    }
}
