/// What a member is shown before it takes part in an epoch: what the groups are drawn with, who is in it, and the plan in words.
package struct EpochInvitation: Equatable, Sendable {
    package var terms: PartitionTerms
    package var roster: Roster
    /// UTF-8, for people; its SHA-256 goes into the parameters of every round, so all members were shown the same.
    package var plan: [UInt8]

    package init(terms: PartitionTerms, roster: Roster, plan: [UInt8]) {
        self.terms = terms
        self.roster = roster
        self.plan = plan
    }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.epochInvitation)
        terms.write(&writer)
        writer.string(plan)
        writer.string(roster.encoded)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .epochInvitation)
        terms = try PartitionTerms(&reader)
        plan = try reader.string("plan", max: Limits.planBytesMax)
        roster = try Roster(encoded: try reader.string("roster", max: encoded.count))
        try reader.end()
    }

    /// The member's place in the roster; nil: it is not in it.
    package func index(of name: String) -> Int? {
        let name = Array(name.utf8)
        return roster.members.firstIndex { $0.name == name }
    }
}

extension PartitionTerms {
    init(_ reader: inout CanonicalReader) throws(SecureAggregationError) {
        session = try reader.string("session", max: Limits.sessionBytesMax)
        epoch = try reader.number32("epoch")
        rosterHash = try reader.fixed(32, "roster_hash")
        groups = try reader.number32("groups")
        rosterFloor = try reader.number32("roster_floor")
        missingMax = try reader.number32("missing_max")
    }
}

/// 32 bytes of a member or of many: commitments to nonces, or nonces. The kind says which.
package enum EpochEncoding {
    /// - Parameter kind: `.nonceCommitment` or `.partitionReveal`.
    package static func encode(_ item: IndexedBytes, _ kind: MessageKind) -> [UInt8] {
        var writer = CanonicalWriter(kind)
        writer.number32(item.index)
        writer.fixed(item.bytes)
        return writer.bytes
    }

    package static func decode(_ bytes: [UInt8], _ kind: MessageKind) throws(SecureAggregationError) -> IndexedBytes {
        var reader = try CanonicalReader(bytes, kind)
        let item = IndexedBytes(index: try reader.index("index"), bytes: try reader.fixed(32, "bytes"))
        try reader.end()
        return item
    }

    /// - Parameter kind: `.nonceCommitments` or `.nonces`.
    package static func encode(_ items: [IndexedBytes], _ kind: MessageKind) -> [UInt8] {
        var writer = CanonicalWriter(kind)
        writer.list(items) { writer, item in
            writer.number32(item.index)
            writer.fixed(item.bytes)
        }
        return writer.bytes
    }

    package static func decodeList(_ bytes: [UInt8], _ kind: MessageKind) throws(SecureAggregationError) -> [IndexedBytes] {
        var reader = try CanonicalReader(bytes, kind)
        let items = try reader.rising(
            "members", itemBytesMin: 36,
            { (reader) throws(SecureAggregationError) in IndexedBytes(index: try reader.index("index"), bytes: try reader.fixed(32, "bytes")) }, \.index)
        try reader.end()
        return items
    }
}

extension MessageKind {
    /// What an encoding says that it is; nil: nothing that is known here.
    package init?(of bytes: [UInt8]) {
        guard bytes.count >= 2, bytes[0] == CanonicalWriter.version else { return nil }
        self.init(rawValue: bytes[1])
    }
}
