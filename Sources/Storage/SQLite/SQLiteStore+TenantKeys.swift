internal import Federation
import Foundation
internal import GRDB

extension SQLiteStore: TenantKeyStore {
    package func tenantKeys(tenant: String) async throws(StorageError) -> [TenantKeyRecord] {
        try await commits.read { [rows] in try rows.tenantKeys(tenant, $0) }
    }

    package func addTenantKey(_ key: TenantKeyRecord, audit: AuditRecord?) async throws(StorageError) -> [TenantKeyRecord] {
        try await commits.write { [rows] database in
            let known = try rows.fetchOne(.tenantKey, database, where: "tenant = ? AND version = ?", [key.tenant, key.version])
            if known == nil {
                try rows.insert(["tenant": key.tenant, "version": key.version, "record": try encode(key)], into: .tenantKey, database)
                if let audit { try rows.append(audit, key.tenant, database) }
            }
            return try rows.tenantKeys(key.tenant, database)
        }
    }

    package func rewrapTenantKeys(
        audit: AuditRecord, tenant: String, _ change: @escaping @Sendable (TenantKeyRecord) throws -> [UInt8]?
    ) async throws(StorageError) -> Int {
        try await commits.write { [rows] database in
            var changed = 0
            for row in try rows.fetch(.tenantKey, database, where: "true ORDER BY tenant, version") {
                var record = try row.record(TenantKeyRecord.self)
                guard let envelope = try change(record) else { continue }
                record.envelope = envelope
                try rows.change(row, ["record": try encode(record)], database)
                changed += 1
            }
            try rows.append(audit, tenant, database)
            return changed
        }
    }

    package func allTenantKeys() async throws(StorageError) -> [TenantKeyRecord] {
        try await commits.read { [rows] in
            try rows.fetch(.tenantKey, $0, where: "true ORDER BY tenant, version").map { try $0.record(TenantKeyRecord.self) }
        }
    }

    package func hasTenantKeys() async throws(StorageError) -> Bool {
        try await commits.read { try Int.fetchOne($0, sql: "SELECT 1 FROM tenant_key LIMIT 1") != nil }
    }
}

extension SealedRows {
    fileprivate func tenantKeys(_ tenant: String, _ database: Database) throws -> [TenantKeyRecord] {
        try fetch(.tenantKey, database, where: "tenant = ? ORDER BY version", [tenant]).map { try $0.record(TenantKeyRecord.self) }
    }
}
