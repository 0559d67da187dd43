package import Federation
import Synchronization

extension MemoryStore: VaultKeyStore {
    package func addVaultKey(_ key: VaultKeyRecord, seen: [SeenKeyRecord], audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        try change { (tables) throws(StorageError) in
            guard tables.vaultKeys.values.count(where: { same($0.tenant, key.tenant) && $0.revokedAt == nil }) < limit else { return false }
            guard tables.vaultKeys[MemoryKey(key.id)] == nil else { throw .exists("vault key \(key.id)") }
            tables.vaultKeys[MemoryKey(key.id)] = key
            for one in seen { tables.see(one) }
            tables.audit.append(.init(tenant: key.tenant, value: audit))
            return true
        }
    }

    package func vaultKey(_ id: String, tenant: String) async throws(StorageError) -> VaultKeyRecord? { tables.withLock { $0.vaultKey(id, tenant) } }

    package func vaultKeys(tenant: String, revoked: Bool?, after: String, limit: Int) async throws(StorageError) -> [VaultKeyRecord] {
        tables.withLock { tables in
            let behind = MemoryKey(after)
            return Array(
                tables.vaultKeys.inOrder.filter { key in
                    same(key.tenant, tenant) && MemoryKey(key.id) > behind && revoked.map { $0 == (key.revokedAt != nil) } ?? true
                }.prefix(max(0, limit)))
        }
    }

    package func vaultAlgorithms(tenant: String, now: Instant) async throws(StorageError) -> [String] {
        tables.withLock { tables in
            let usable = tables.vaultKeys.values.filter { same($0.tenant, tenant) && $0.revokedAt == nil && $0.expiresAt > now }
            return Set(usable.map(\.algorithm)).sorted()
        }
    }

    package func changeVaultKey(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (VaultKeyRecord) -> (record: VaultKeyRecord, seen: SeenKeyRecord?, audit: AuditRecord)?
    ) async throws(StorageError) -> VaultKeyRecord? {
        tables.withLock { tables in
            guard let key = tables.vaultKey(id, tenant) else { return nil }
            guard let (changed, seen, entry) = change(key) else { return key }
            tables.vaultKeys[MemoryKey(id)] = changed
            if let seen { tables.see(seen) }
            tables.audit.append(.init(tenant: tenant, value: entry))
            return changed
        }
    }
}

extension MemoryStore.Tables {
    /// Unless it is known.
    mutating func see(_ key: SeenKeyRecord) {
        let place = MemoryKey(key.tenant, key.fingerprint)
        if seenKeys[place] == nil { seenKeys[place] = key }
    }

    fileprivate func vaultKey(_ id: String, _ tenant: String) -> VaultKeyRecord? {
        vaultKeys[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil }
    }
}
