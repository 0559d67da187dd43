internal import CryptoSuite
internal import MerkleLog
package import StrictJSON
package import Trust

/// An audit in a file: a line for each entry, `{"entry":…,"leaf_hash":…}`, and behind them `{"signed_head":…}`. What stands behind
/// `"entry":` is byte for byte what the leaf's hash is taken of, so that a reader needs SHA-256 and no library.
package struct AuditExport: Sendable {
    /// Of the entries as they stand there, by index, 32 bytes each.
    package let leafHashes: [[UInt8]]
    /// nil: there is none that is believed.
    package let head: SignedTreeHead?
    package let findings: [AuditFinding]

    /// Of whom it has every entry: the hashes are the leaves of the signed tree, right or wrong.
    var isComplete: Bool { head.map { $0.head.size == Int64(leafHashes.count) } ?? false }

    /// - Throws: `NoCanonicalForm` for what no entry is.
    package static func line(entry: JSON, leafHash: String) throws(NoCanonicalForm) -> [UInt8] {
        try JSON.object([.init("entry", entry), .init("leaf_hash", .string(leafHash))]).canonical()
    }

    package static func line(signedHead: String) -> [UInt8] { JSON.object([.init("signed_head", .string(signedHead))]).encoded() }
}

/// Reads the lines of an exported audit one after the other.
package struct AuditExportReader: Sendable {
    private let anchor: DocumentAnchor
    private let hasher = MerkleHasher(.system)
    private var lines = 0
    private var entries: [(index: Int64, hash: [UInt8])] = []
    private var findings: [AuditFinding] = []
    private var tenant: String?
    private var largest: Int64 = -1
    private var headText: String?

    package init(anchor: DocumentAnchor) { self.anchor = anchor }

    /// - Parameter line: without its end.
    package mutating func absorb(_ line: [UInt8]) {
        lines += 1
        guard headText == nil else { return note(.malformed(line: lines, problem: "it stands behind the signed head")) }
        guard line.count <= Limits.auditLineBytes else { return note(.malformed(line: lines, problem: "it has more than \(Limits.auditLineBytes) bytes")) }
        guard let value = try? JSON(parsing: line, maximumDepth: Limits.depth), let form = try? value.canonical(), form == line else {
            return note(.malformed(line: lines, problem: "it is no JSON in canonical form (RFC 8785)"))
        }
        if value.members?.map(\.name) == ["signed_head"], let text = value["signed_head"]?.text { return headText = text }
        guard entries.count < Limits.auditEntries else { return note(.malformed(line: lines, problem: "there are more than \(Limits.auditEntries) entries")) }
        guard value.members?.map(\.name) == ["entry", "leaf_hash"], let entry = value["entry"], let told = value["leaf_hash"]?.text,
            let index = entry["index"]?.whole, index >= 0, let owner = entry["tenant"]?.text, let bytes = try? entry.canonical()
        else { return note(.malformed(line: lines, problem: "it is neither an entry nor a signed head")) }
        let hash = hasher.leaf(bytes)
        if hexadecimal(hash) != told { note(.edited(index)) }
        if index < largest { note(.reordered(index)) }
        if tenant ?? owner != owner { note(.otherTenant(index)) }
        (largest, tenant) = (max(largest, index), tenant ?? owner)
        entries.append((index, hash))
    }

    private mutating func note(_ finding: AuditFinding) { if findings.count < Limits.findings { findings.append(finding) } }

    /// What the file holds, once its last line was read.
    package func finish() -> AuditExport {
        var rest = self
        var head: SignedTreeHead?
        if let headText {
            do throws(SignedDocumentProblem) { head = try SignedTreeHead(reading: Array(headText.utf8), anchor: anchor) } catch { rest.note(.head(error)) }
        } else {
            rest.note(.noHead)
        }
        if let head, let tenant, tenant != head.tenant { rest.note(.otherTenant(0)) }
        let hashes = rest.inPlace(of: head)
        if let head, head.head.size == Int64(hashes.count) {
            var frontier = MerkleFrontier()
            for hash in hashes { _ = frontier.append(leafHash: hash, hasher) }
            let isNamed = rest.findings.contains { if case .edited = $0 { true } else { false } }
            if frontier.root(hasher) != head.head.root, !isNamed { rest.note(.edited(nil)) }
        }
        return AuditExport(leafHashes: hashes, head: head, findings: rest.findings)
    }

    /// Hashes by index. What is missing, there twice or too much is noted.
    private mutating func inPlace(of head: SignedTreeHead?) -> [[UInt8]] {
        let sorted = entries.enumerated().sorted { ($0.element.index, $0.offset) < ($1.element.index, $1.offset) }.map(\.element)
        let size = head?.head.size ?? .max
        var (hashes, next) = ([[UInt8]](), Int64(0))
        for (index, hash) in sorted {
            if index < next || index >= size {
                note(.added(index))
                continue
            }
            if index > next { note(.removed(first: next, last: index - 1)) }
            hashes.append(hash)
            next = index + 1
        }
        if head != nil, next < size { note(.removed(first: next, last: size - 1)) }
        return hashes
    }
}
