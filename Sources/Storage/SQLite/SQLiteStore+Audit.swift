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

    /// There is one thread for the database, so that the log is read in pages and whoever writes comes in between.
    package func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64) {
        let size = try await commits.read { [rows] in try rows.auditFrontier(tenant, $0).size }
        let (offset, limit) = (max(0, filter.offset), max(0, filter.limit))
        var (found, total, end) = ([AuditLeaf](), Int64(0), size)
        if filter.isOpen { (total, end) = (size, offset < size ? size - offset : 0) }
        while end > 0, !filter.isOpen || found.count < limit {
            let page = max(0, end - Limits.auditLogPage)..<end
            for leaf in try await commits.read({ [rows] in try rows.auditEntries(tenant, page, $0) }).reversed() where filter.matches(leaf.entry) {
                if !filter.isOpen { total += 1 }
                if found.count < limit, filter.isOpen || total > offset { found.append(leaf) }
            }
            end = page.lowerBound
        }
        return (found, total)
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

    /// In order; one that was taken away is damage.
    fileprivate func auditEntries(_ tenant: String, _ leaves: Range<Int64>, _ database: Database) throws -> [AuditLeaf] {
        let places = try fetch(
            .auditLeaf, database, where: "tenant = ? AND leaf >= ? AND leaf < ? ORDER BY leaf", [tenant, leaves.lowerBound, leaves.upperBound])
        let stored = try fetch(
            .audit, database, where: "tenant = ? AND number IN (SELECT number FROM audit_leaf WHERE tenant = ? AND leaf >= ? AND leaf < ?)",
            [tenant, tenant, leaves.lowerBound, leaves.upperBound])
        var entries: [Int64: SealedRow] = [:]
        for row in stored { entries[try row.number("number")] = row }
        return try places.map { place in
            guard let row = entries[try place.number("number")] else {
                throw StorageError.damagedRow(table: place.table.name, key: place.key, problem: "its entry is missing")
            }
            return AuditLeaf(tenant: tenant, index: try place.number("leaf"), entry: try row.record(AuditRecord.self))
        }
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
