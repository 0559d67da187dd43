package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: VaultKeyStore {
    package func addVaultKey(_ key: VaultKeyRecord, seen: [SeenKeyRecord], audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM vault_key WHERE tenant = ? AND is_revoked = 0", arguments: [key.tenant]) ?? 0
            guard count < limit else { return false }
            guard try rows.fetchOne(.vaultKey, database, where: "id = ?", [key.id]) == nil else { throw StorageError.exists("vault key \(key.id)") }
            try rows.insert(SealedRows.values(key), into: .vaultKey, database)
            for one in seen { try rows.see(one, database) }
            try rows.append(audit, key.tenant, database)
            return true
        }
    }

    package func vaultKey(_ id: String, tenant: String) async throws(StorageError) -> VaultKeyRecord? {
        try await commits.read { [rows] in try rows.vaultKey(id, tenant, $0)?.record(VaultKeyRecord.self) }
    }

    package func vaultKeys(tenant: String, revoked: Bool?, after: String, limit: Int) async throws(StorageError) -> [VaultKeyRecord] {
        try await commits.read { [rows] database in
            let which = revoked.map { " AND is_revoked = \($0 ? 1 : 0)" } ?? ""
            return try rows.fetch(.vaultKey, database, where: "tenant = ? AND id > ?\(which) ORDER BY id LIMIT ?", [tenant, after, max(0, limit)])
                .map { try $0.record(VaultKeyRecord.self) }
        }
    }

    package func vaultAlgorithms(tenant: String, now: Instant) async throws(StorageError) -> [String] {
        try await commits.read { database in
            try String.fetchAll(
                database, sql: "SELECT DISTINCT algorithm FROM vault_key WHERE tenant = ? AND is_revoked = 0 AND expires_ms > ? ORDER BY algorithm",
                arguments: [tenant, now.milliseconds])
        }
    }

    package func changeVaultKey(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (VaultKeyRecord) -> (record: VaultKeyRecord, seen: SeenKeyRecord?, audit: AuditRecord)?
    ) async throws(StorageError) -> VaultKeyRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.vaultKey(id, tenant, database) else { return nil }
            let key = try row.record(VaultKeyRecord.self)
            guard let (changed, seen, entry) = change(key) else { return key }
            try rows.change(row, SealedRows.values(changed), database)
            if let seen { try rows.see(seen, database) }
            try rows.append(entry, tenant, database)
            return changed
        }
    }
}

extension SealedRows {
    fileprivate static func values(_ key: VaultKeyRecord) throws -> Values {
        [
            "tenant": key.tenant, "id": key.id, "is_revoked": key.revokedAt == nil ? 0 : 1, "algorithm": key.algorithm,
            "expires_ms": key.expiresAt.milliseconds, "record": try encode(key),
        ]
    }

    func hasSeen(_ key: SeenKeyRecord, _ database: Database) throws -> Bool {
        try fetchOne(.seenKey, database, where: "tenant = ? AND fingerprint = ?", [key.tenant, Data(key.fingerprint)]) != nil
    }

    /// Unless it is known.
    func see(_ key: SeenKeyRecord, _ database: Database) throws {
        guard try !hasSeen(key, database) else { return }
        let values: Values = [
            "tenant": key.tenant, "fingerprint": Data(key.fingerprint), "session": key.session, "seen_ms": key.seenAt.milliseconds,
        ]
        try insert(values, into: .seenKey, database)
    }

    fileprivate func vaultKey(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.vaultKey, database, where: "id = ? AND tenant = ?", [id, tenant])
    }
}
