import Foundation
internal import GRDB
package import MerkleLog

extension SQLiteStore: AuditStore {
    package func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        try await commits.write { [rows] in try rows.append(entry, tenant, $0) }
    }

    package func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf] {
        try await commits.read { [rows] database in
            try rows.auditLeaves(tenant, after, limit, database).map { leaf in
                guard let row = try rows.fetchOne(.audit, database, where: "number = ? AND tenant = ?", [try leaf.number("number"), tenant]) else {
                    throw StorageError.damagedRow(table: leaf.table.name, key: leaf.key, problem: "its entry is missing")
                }
                return AuditLeaf(tenant: tenant, index: try leaf.number("leaf"), entry: try row.record(AuditRecord.self))
            }
        }
    }

    package func auditHead(tenant: String) async throws(StorageError) -> TreeHead {
        try await commits.read { [rows] in try rows.auditFrontier(tenant, $0).head(rows.hasher) }
    }

    package func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]] {
        try await commits.read { [rows] in try rows.auditLeaves(tenant, from, limit, $0).map { try $0.hash() } }
    }
}

extension SealedRows {
    var hasher: MerkleHasher { MerkleHasher(suite) }

    /// In the transaction of what it records: the entry, its leaf, and what the tree needs to grow on.
    func append(_ entry: AuditRecord, _ tenant: String, _ database: Database) throws {
        var frontier = try auditFrontier(tenant, database)
        guard try fetchOne(.auditLeaf, database, where: "tenant = ? AND leaf = ?", [tenant, frontier.size]) == nil else {
            throw StorageError.damagedRow(table: SealedTable.auditTree.name, key: tenant, problem: "there are leaves beyond its \(frontier.size)")
        }
        // Rows are only added, so that the largest number is the last one given; a leaf remembers it when its entry was taken away.
        let last = try Int64.fetchOne(
            database, sql: "SELECT max(last) FROM (SELECT max(number) AS last FROM audit UNION ALL SELECT max(number) FROM audit_leaf)")
        let number = (last ?? 0) + 1
        try insert(["number": number, "tenant": tenant, "record": try encode(entry)], into: .audit, database)
        try grow(&frontier, AuditLeaf(tenant: tenant, index: frontier.size, entry: entry), number: number, database)
        try keep(frontier, tenant, database)
    }

    func grow(_ frontier: inout MerkleFrontier, _ leaf: AuditLeaf, number: Int64, _ database: Database) throws {
        let hash = hasher.leaf(leaf.bytes)
        guard frontier.append(leafHash: hash, hasher) else { throw StorageError.io(path: "tutti.sqlite", problem: "the audit of \(leaf.tenant) is full") }
        try insert(["tenant": leaf.tenant, "leaf": leaf.index, "number": number, "hash": Data(hash)], into: .auditLeaf, database)
    }

    func keep(_ frontier: MerkleFrontier, _ tenant: String, _ database: Database) throws {
        try put(["tenant": tenant, "size": frontier.size, "frontier": Data(frontier.hashes.joined())], into: .auditTree, database)
    }

    func auditFrontier(_ tenant: String, _ database: Database) throws -> MerkleFrontier {
        try fetchOne(.auditTree, database, where: "tenant = ?", [tenant])?.frontier() ?? MerkleFrontier()
    }

    fileprivate func auditLeaves(_ tenant: String, _ from: Int64, _ limit: Int, _ database: Database) throws -> [SealedRow] {
        try fetch(.auditLeaf, database, where: "tenant = ? AND leaf >= ? ORDER BY leaf LIMIT ?", [tenant, max(0, from), max(0, limit)])
    }
}

extension SealedRow {
    func hash() throws(StorageError) -> [UInt8] {
        guard let hash = Data.fromDatabaseValue(value("hash")), hash.count == MerkleLog.Limits.hashBytes else {
            throw .damagedRow(table: table.name, key: key, problem: "it has no hash")
        }
        return [UInt8](hash)
    }

    func frontier() throws(StorageError) -> MerkleFrontier {
        let bytes = Data.fromDatabaseValue(value("frontier")).map { [UInt8]($0) } ?? []
        let width = MerkleLog.Limits.hashBytes
        let hashes = stride(from: 0, to: bytes.count, by: width).map { Array(bytes[$0..<min($0 + width, bytes.count)]) }
        guard let frontier = MerkleFrontier(size: try number("size"), hashes: hashes) else {
            throw .damagedRow(table: table.name, key: key, problem: "its hashes are not those of a tree of its size")
        }
        return frontier
    }
}
