internal import GRDB
internal import MerkleLog

extension Schema {
    /// `audit_leaf`: the hash of every entry of the audit at its place in its tenant's tree. `audit_tree`: how large the tree is, and
    /// the roots of its perfect subtrees, the largest first, 32 bytes each. An entry is no foreign key's target, so that one that was
    /// taken away leaves its leaf as a witness.
    private static let auditTrees = """
        CREATE TABLE audit_leaf (
            tenant TEXT NOT NULL, leaf INTEGER NOT NULL, number INTEGER NOT NULL UNIQUE, hash BLOB NOT NULL, seal BLOB,
            PRIMARY KEY (tenant, leaf)) STRICT;
        CREATE TABLE audit_tree (
            tenant TEXT NOT NULL PRIMARY KEY, size INTEGER NOT NULL, frontier BLOB NOT NULL, seal BLOB) STRICT;
        """

    /// The trees of the entries that exist, in the order in which they were written.
    static func growAuditTrees(_ database: Database, _ rows: SealedRows) throws {
        try database.execute(sql: auditTrees)
        var trees: [MemoryKey: (tenant: String, frontier: MerkleFrontier)] = [:]
        var last: Int64 = .min
        while true {
            let page = try rows.fetch(.audit, database, where: "number > ? ORDER BY number LIMIT ?", [last, Limits.auditPage])
            guard !page.isEmpty else { break }
            for row in page {
                let tenant = try row.text("tenant")
                last = try row.number("number")
                // By bytes, as the database tells tenants apart.
                var tree = trees[MemoryKey(tenant)] ?? (tenant, MerkleFrontier())
                let leaf = AuditLeaf(tenant: tenant, index: tree.frontier.size, entry: try row.record(AuditRecord.self))
                try rows.grow(&tree.frontier, leaf, number: last, database)
                trees[MemoryKey(tenant)] = tree
            }
        }
        for tree in trees.inOrder { try rows.keep(tree.frontier, tree.tenant, database) }
    }
}
