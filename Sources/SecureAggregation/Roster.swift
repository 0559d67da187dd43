package import CryptoSuite

/// The members of an epoch in their fixed order; a member's place is its index in every message.
package struct Roster: Equatable, Sendable {
    package struct Member: Equatable, Sendable {
        /// The client's name.
        package var name: [UInt8]
        /// Ed25519 public key, 32 bytes; empty where nothing is signed.
        package var identity: [UInt8]
        package init(name: [UInt8], identity: [UInt8]) {
            self.name = name
            self.identity = identity
        }
    }

    package let members: [Member]

    /// Names rise strictly, and either all have a key, no two the same, or nobody has one.
    package init(_ members: [Member]) throws(SecureAggregationError) {
        guard (2...Limits.clientsMax).contains(members.count) else { throw .malformed(field: "roster") }
        for (a, b) in zip(members, members.dropFirst()) where !a.name.lexicographicallyPrecedes(b.name) { throw .malformed(field: "roster.name") }
        guard members.allSatisfy({ (1...Limits.sessionBytesMax).contains($0.name.count) }) else { throw .malformed(field: "roster.name") }
        let keys = members.map(\.identity).filter { !$0.isEmpty }
        guard keys.isEmpty || (keys.count == members.count && keys.allSatisfy { $0.count == 32 } && Set(keys).count == keys.count) else {
            throw .malformed(field: "roster.identity")
        }
        self.members = members
    }

    package var isPinned: Bool { members.allSatisfy { !$0.identity.isEmpty } }

    package func digest(_ suite: CryptoSuite) -> [UInt8] { suite.sha256(encoded) }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.roster)
        writer.list(members) { writer, member in
            writer.string(member.name)
            writer.string(member.identity)
        }
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .roster)
        let members = try reader.list("roster", max: Limits.clientsMax, itemBytesMin: 8) { (reader) throws(SecureAggregationError) in
            Member(name: try reader.string("name", max: Limits.sessionBytesMax), identity: try reader.string("identity", max: 32))
        }
        try reader.end()
        try self.init(members)
    }
}
