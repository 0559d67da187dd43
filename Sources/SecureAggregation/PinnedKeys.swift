internal import CryptoSuite

/// The members' identity keys as a client was given them, outside the coordinator: what the coordinator says of a key is held
/// against them, and is never believed alone.
package struct PinnedKeys: Equatable, Sendable {
    private let keys: [[UInt8]: [UInt8]]

    /// - Parameter keys: Ed25519 public keys of 32 bytes, by the members' names.
    /// - Throws: `.malformed` for a key of another length, and for one key under two names.
    package init(_ keys: [String: [UInt8]]) throws(SecureAggregationError) {
        guard !keys.isEmpty, keys.count <= Limits.clientsMax, keys.values.allSatisfy({ $0.count == 32 }), Set(keys.values).count == keys.count else {
            throw .malformed(field: "pinned_keys")
        }
        self.keys = Dictionary(uniqueKeysWithValues: keys.map { (Array($0.key.utf8), $0.value) })
    }

    package var count: Int { keys.count }

    /// - Throws: `.notAuthentic` with the first member of the roster whose key is not the pinned one, and what to do.
    package func check(_ roster: Roster) throws(SecureAggregationError) {
        for member in roster.members {
            let name = String(decoding: member.name, as: UTF8.self)
            guard let pinned = keys[member.name] else {
                throw .notAuthentic(
                    "member \(name) is not among the pinned keys: have its key from its owner, who sees it with 'tutti-client identity show', and add it")
            }
            guard pinned == member.identity else {
                throw .notAuthentic(
                    "member \(name) is said to have the key \(Self.shown(member.identity)), and \(Self.shown(pinned)) is pinned: ask its owner whether it "
                        + "has a new one, and pin that; else the coordinator lies")
            }
        }
    }

    private static func shown(_ key: [UInt8]) -> String { key.isEmpty ? "none" : "ed25519:\(hexadecimal(key.prefix(8)))…" }
}

/// A member's word that it takes no part in a draw, and why.
package struct DrawRefusal: Equatable, Sendable {
    /// UTF-8.
    package var reason: [UInt8]

    package init(reason: [UInt8]) { self.reason = Array(reason.prefix(Limits.reasonBytesMax)) }

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.drawRefusal)
        writer.string(reason)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .drawRefusal)
        reason = try reader.string("reason", max: Limits.reasonBytesMax)
        try reader.end()
    }
}
