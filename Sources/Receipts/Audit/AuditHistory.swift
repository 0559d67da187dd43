internal import CryptoSuite
internal import MerkleLog
internal import Trust

/// What was kept of an audit earlier: a signed head, and perhaps the entries under it.
package struct AuditEvidence: Sendable {
    package var head: SignedTreeHead
    /// nil: the head alone.
    var leafHashes: [[UInt8]]?

    package init(head: SignedTreeHead) { self.head = head }

    /// nil for an export whose own head is not believed.
    package init?(_ export: AuditExport) {
        guard let head = export.head else { return nil }
        self.head = head
        leafHashes = export.isComplete && export.findings.isEmpty ? export.leafHashes : nil
    }
}

/// Whether an audit only grew. Each is signed, so what contradicts the other was signed by one who holds the coordinator's authority.
package enum AuditHistory {
    /// Of an exported audit, by its entries.
    package static func findings(from older: AuditEvidence, to newer: AuditExport) -> [AuditFinding] {
        guard let head = newer.head else { return [] }
        var found = early(older.head, head)
        // A file that was changed says nothing of the log that was signed.
        let isSound = newer.isComplete && newer.findings.isEmpty
        if found == nil, isSound {
            let hasher = MerkleHasher(.system)
            var frontier = MerkleFrontier()
            for hash in newer.leafHashes.prefix(Int(clamping: older.head.head.size)) { _ = frontier.append(leafHash: hash, hasher) }
            if frontier.root(hasher) != older.head.head.root { found = [.forked(older: older.head.head.size, newer: head.head.size)] }
        }
        guard let found, isSound, case .forked? = found.first, let leaves = older.leafHashes,
            let first = zip(leaves, newer.leafHashes).enumerated().first(where: { $0.element.0 != $0.element.1 })?.offset
        else { return found ?? [] }
        return found + [.rewritten(Int64(first))]
    }

    /// Of a head alone, by a consistency proof.
    /// - Parameter proof: of RFC 6962 §2.1.2, 32 bytes each.
    package static func findings(from older: SignedTreeHead, to newer: SignedTreeHead, proof: [[UInt8]]) -> [AuditFinding] {
        if let early = early(older, newer) { return early }
        let isConsistent = MerkleHasher(.system).isConsistent(older.head, newer.head, proof: proof)
        return isConsistent ? [] : [.forked(older: older.head.size, newer: newer.head.size)]
    }

    /// What the two heads say without anything else; nil: that remains to be seen.
    private static func early(_ older: SignedTreeHead, _ newer: SignedTreeHead) -> [AuditFinding]? {
        guard older.tenant == newer.tenant else { return [.otherAudit(older: older.tenant, newer: newer.tenant)] }
        if older.head.size > newer.head.size {
            return older.signedAt > newer.signedAt ? [.notOlder] : [.truncated(older: older.head.size, newer: newer.head.size)]
        }
        guard older.head.size == newer.head.size else { return nil }
        return older.head.root == newer.head.root ? [] : [.forked(older: older.head.size, newer: newer.head.size)]
    }
}
