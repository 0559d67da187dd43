package import MerkleLog
import Synchronization

extension MemoryStore: AuditStore {
    package func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        tables.withLock { $0.audit.append(.init(tenant: tenant, value: entry)) }
    }

    package func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf] {
        Array(leaves(tenant).dropFirst(Int(clamping: max(0, after))).prefix(max(0, limit)))
    }

    package func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64) {
        let all = leaves(tenant).filter { filter.matches($0.entry) }
        return (Array(all.reversed().dropFirst(Int(clamping: max(0, filter.offset))).prefix(max(0, filter.limit))), Int64(all.count))
    }

    /// Nothing of the tree is kept: it is made of all entries each time, as no other store does it.
    package func auditHead(tenant: String) async throws(StorageError) -> TreeHead {
        let hasher = MerkleHasher(suite)
        var frontier = MerkleFrontier()
        for leaf in leaves(tenant) { _ = frontier.append(leafHash: hasher.leaf(leaf.bytes), hasher) }
        return frontier.head(hasher)
    }

    package func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]] {
        try await audit(tenant: tenant, after: from, limit: limit).map { MerkleHasher(suite).leaf($0.bytes) }
    }

    private func leaves(_ tenant: String) -> [AuditLeaf] {
        let own = tables.withLock { $0.audit }.filter { same($0.tenant, tenant) }
        return own.enumerated().map { AuditLeaf(tenant: tenant, index: Int64($0.offset), entry: $0.element.value) }
    }
}
