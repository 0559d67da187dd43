import Foundation
internal import GRDB

extension SQLiteStore: AuditStore {
    package func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        try await commits.write { try Self.append(entry, tenant, $0) }
    }

    /// In the transaction of what it records.
    static func append(_ entry: AuditRecord, _ tenant: String, _ database: Database) throws {
        try database.execute(sql: "INSERT INTO audit (tenant, record) VALUES (?, ?)", arguments: [tenant, try encode(entry)])
    }

    package func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [(number: Int64, entry: AuditRecord)] {
        try await commits.read { database in
            try Row.fetchAll(
                database, sql: "SELECT number, record FROM audit WHERE tenant = ? AND number > ? ORDER BY number LIMIT ?",
                arguments: [tenant, after, limit]
            ).map { ($0["number"], try decode(AuditRecord.self, $0["record"])) }
        }
    }
}
