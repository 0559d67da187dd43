import Foundation
internal import GRDB

extension SQLiteStore: AuditStore {
    package func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        try await commits.write { [rows] in try rows.append(entry, tenant, $0) }
    }

    package func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [(number: Int64, entry: AuditRecord)] {
        try await commits.read { [rows] database in
            try rows.fetch(.audit, database, where: "tenant = ? AND number > ? ORDER BY number LIMIT ?", [tenant, after, max(0, limit)])
                .map { (try $0.number("number"), try $0.record(AuditRecord.self)) }
        }
    }
}

extension SealedRows {
    /// In the transaction of what it records. Rows are only added, so that the largest number is the last one given.
    func append(_ entry: AuditRecord, _ tenant: String, _ database: Database) throws {
        let last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM audit") ?? 0
        try insert(["number": last + 1, "tenant": tenant, "record": try encode(entry)], into: .audit, database)
    }
}
