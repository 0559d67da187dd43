import Foundation
internal import GRDB
internal import MerkleLog

// Whether the audit is what was written. Seals show a row that was damaged; who changes a row on purpose computes its seal anew. Here every
// entry is hashed again and held against its leaf, and the leaves against the tree. What was changed together with its leaf and
// its tree shows against a signed head that lies elsewhere.
extension StoredContents {
    /// In words, with the tenant and the entry, counted from 0.
    static func auditDamages(_ database: Database, _ rows: SealedRows) throws -> [String] {
        let tenants = try String.fetchAll(
            database, sql: "SELECT tenant FROM audit UNION SELECT tenant FROM audit_leaf UNION SELECT tenant FROM audit_tree ORDER BY tenant")
        var damages: [String] = []
        for tenant in tenants { damages += try examined(tenant, database, rows) }
        let stray = try Int64.fetchAll(database, sql: "SELECT number FROM audit WHERE number NOT IN (SELECT number FROM audit_leaf) ORDER BY number")
        return damages + stray.map { "row \($0) of table audit: it was added, for no leaf is its own" }
    }

    private static func examined(_ tenant: String, _ database: Database, _ rows: SealedRows) throws -> [String] {
        var (damages, changed, frontier) = ([String](), [ChangedEntry](), MerkleFrontier())
        func note(_ entry: String, _ what: String) { damages.append("audit of \(tenant), \(entry): \(what)") }
        let tree = try? rows.auditFrontier(tenant, database)
        // Of a row whose seal is wrong the caller knows already.
        var next: Int64 = 0
        while true {
            let page = try Row.fetchAll(
                database, sql: "SELECT leaf, number, hash FROM audit_leaf WHERE tenant = ? AND leaf >= ? ORDER BY leaf LIMIT ?",
                arguments: [tenant, next, Limits.auditPage])
            guard !page.isEmpty else { break }
            for row in page {
                guard let index = Int64.fromDatabaseValue(row[0] as DatabaseValue), let number = Int64.fromDatabaseValue(row[1] as DatabaseValue),
                    let hash = Data.fromDatabaseValue(row[2] as DatabaseValue).map({ [UInt8]($0) }), hash.count == MerkleLog.Limits.hashBytes
                else { continue }
                if index > next { note(entries(next..<index), "removed, and the leaf with it") }
                next = index + 1
                _ = frontier.append(leafHash: hash, rows.hasher)
                guard let found = try? rows.fetch(.audit, database, where: "number = ?", [number]) else { continue }
                guard let stored = found.first else {
                    note("entry \(index)", "removed")
                    continue
                }
                guard same(try stored.text("tenant"), tenant), let entry = try? stored.record(AuditRecord.self) else {
                    note("entry \(index)", "changed: it is another tenant's, or cannot be read")
                    continue
                }
                guard rows.hasher.leaf(AuditLeaf(tenant: tenant, index: index, entry: entry).bytes) != hash else { continue }
                changed.append(ChangedEntry(index: index, entry: entry, hash: hash))
            }
        }
        for one in changed {
            let origin = changed.prefix(Limits.movedEntries).first {
                rows.hasher.leaf(AuditLeaf(tenant: tenant, index: $0.index, entry: one.entry).bytes) == $0.hash
            }
            note("entry \(one.index)", origin.map { "moved: what stands here was written as entry \($0.index)" } ?? "changed")
        }
        guard let tree else { return damages }
        if tree.size == 0 {
            damages.append("audit of \(tenant): its row of table audit_tree was removed")
        } else if tree.size < next {
            note(entries(tree.size..<next), "added behind the end of the tree")
        } else if tree.size > next {
            note(entries(next..<tree.size), "removed, and the leaf with it")
        }
        if frontier.size == tree.size {
            damages += differing(frontier, tree).map { "audit of \(tenant), \(entries($0)): one of them was changed, and its leaf with it" }
        }
        return damages
    }

    private struct ChangedEntry {
        var index: Int64
        var entry: AuditRecord
        var hash: [UInt8]
    }

    /// Leaves of the perfect subtrees whose roots differ.
    private static func differing(_ one: MerkleFrontier, _ other: MerkleFrontier) -> [Range<Int64>] {
        var (start, left, found) = (Int64(0), one.size, [Range<Int64>]())
        for (a, b) in zip(one.hashes, other.hashes) {
            let count = Int64(1) << (63 - left.leadingZeroBitCount)
            if a != b { found.append(start..<(start + count)) }
            (start, left) = (start + count, left - count)
        }
        return found
    }

    private static func entries(_ range: Range<Int64>) -> String {
        range.count == 1 ? "entry \(range.lowerBound)" : "entries \(range.lowerBound) to \(range.upperBound - 1)"
    }
}
