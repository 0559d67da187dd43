internal import GRDB

extension SQLiteStore: UseStore {
    package func storedBytes(tenant: String) async throws(StorageError) -> StoredBytes {
        let (artifacts, inRows, models, updates) = try await commits.read { database -> (Int64, Int64, [String], [String]) in
            func sum(_ sql: String) throws -> Int64 { try Int64.fetchOne(database, sql: sql, arguments: [tenant]) ?? 0 }
            return (
                try sum("SELECT coalesce(sum(bytes), 0) FROM (SELECT DISTINCT digest, bytes FROM artifact WHERE tenant = ?)"),
                try sum("SELECT coalesce(sum(length(body)), 0) FROM update_body WHERE tenant = ?"),
                try String.fetchAll(database, sql: Self.modelDigests, arguments: ["tenant": tenant]),
                try String.fetchAll(database, sql: "SELECT DISTINCT sha256 FROM update_body WHERE tenant = ? AND body IS NULL", arguments: [tenant])
            )
        }
        let (modelBytes, updateBytes) = (await blobs.size(of: models), await self.updates.size(of: updates))
        return StoredBytes(artifacts: artifacts, models: modelBytes, updates: inRows + updateBytes)
    }

    /// Every file below `blobs` that a tenant's rows name, as `verify` looks for them.
    private static let modelDigests = """
        SELECT digest FROM (
            SELECT initial_model AS digest FROM session WHERE tenant = :tenant
            UNION SELECT CAST(record AS TEXT) ->> '$.warmStart' FROM session WHERE tenant = :tenant
            UNION SELECT CAST(record AS TEXT) ->> '$.receipt' FROM session WHERE tenant = :tenant
            UNION SELECT CAST(evaluation_set AS TEXT) ->> '$.file' FROM session WHERE tenant = :tenant AND evaluation_set IS NOT NULL
            UNION SELECT CAST(record AS TEXT) ->> '$.outcome.model' FROM round WHERE tenant = :tenant
            UNION SELECT CAST(record AS TEXT) ->> '$.outcome.state' FROM round WHERE tenant = :tenant)
        WHERE digest IS NOT NULL
        """
}
