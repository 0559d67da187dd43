import Foundation
internal import GRDB

extension SQLiteStore: TenantStore {
    package func addTenant(_ tenant: TenantRecord, audit: AuditRecord, most: Int) async throws(StorageError) -> TenantAddition {
        try await commits.write { [rows] database in
            if try rows.tenant(tenant.id, database) != nil { return .idTaken }
            if let domain = tenant.domain, try rows.fetchOne(.tenant, database, where: "domain = ?", [domain]) != nil { return .domainTaken }
            let present = try rows.fetch(.tenant, database, where: "1").filter { try $0.record(TenantRecord.self).erasedAt == nil }
            guard present.count < most else { return .tooMany }
            try rows.insert(try tenant.columns(), into: .tenant, database)
            try rows.append(audit, tenant.id, database)
            return .added
        }
    }

    package func tenant(_ id: String) async throws(StorageError) -> TenantRecord? {
        try await commits.read { [rows] in try rows.tenant(id, $0)?.record(TenantRecord.self) }
    }

    package func tenants(after: String, limit: Int) async throws(StorageError) -> [TenantRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.tenant, database, where: "tenant > ? ORDER BY tenant LIMIT ?", [after, max(0, limit)]).map { try $0.record(TenantRecord.self) }
        }
    }

    package func changeTenant<Failure: Error>(
        _ id: String, events: @escaping @Sendable (_ before: TenantRecord, _ after: TenantRecord) -> [OutboxEvent],
        _ change: @escaping @Sendable (TenantRecord, _ sessionsRunning: Int) -> Result<(record: TenantRecord, audit: AuditRecord)?, Failure>
    ) async throws(StorageError) -> Result<(before: TenantRecord, after: TenantRecord), Failure>? {
        try await commits.write { [rows] database in
            guard let row = try rows.tenant(id, database) else { return nil }
            let before = try row.record(TenantRecord.self)
            let running = try Int.fetchOne(database, sql: "SELECT count(*) FROM session WHERE tenant = ? AND is_final = 0", arguments: [id]) ?? 0
            switch change(before, running) {
            case .failure(let failure): return .failure(failure)
            case .success(nil): return .success((before, before))
            case .success((let after, let entry)?):
                try rows.change(row, try after.columns(), database)
                try rows.append(entry, id, database)
                for event in events(before, after) { try rows.enqueue(event, database) }
                return .success((before, after))
            }
        }
    }
}

extension TenantRecord {
    fileprivate func columns() throws -> SealedRows.Values { ["tenant": id, "domain": domain, "record": try Storage.encode(self)] }
}

extension SealedRows {
    fileprivate func tenant(_ id: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.tenant, database, where: "tenant = ?", [id])
    }

    /// - Throws: `missing` for a tenant that was erased, so that nothing begins in it any more.
    func refuseErased(_ id: String, _ database: Database) throws {
        if try tenant(id, database)?.record(TenantRecord.self).erasedAt != nil { throw StorageError.missing("tenant \(id)") }
    }
}
