internal import CryptoSuite
package import SecureAggregation

/// The groups of a session, drawn once and kept: the canonical messages they follow from, in hexadecimal.
package struct SecureEpoch: Sendable, Equatable, Codable {
    package var invitation: String
    package var commitments: String
    package var nonces: String
}

/// What an open secure attempt needs over a restart.
package struct SecureRound: Sendable, Equatable, Codable {
    /// Roster indices of those that may take part, rising.
    package var allowed: [Int]
    /// The canonical parameters, in hexadecimal.
    package var parameters: String
    /// Roster indices on the list of keys, once it was sent: a retry may have no others.
    package var advertised: [Int]?
    /// What unmasking goes on from (base64url), from sealing until the round is closed: megabytes where there are many members.
    package var sealedState: String?
    /// What members had done to the protocol when it was sealed.
    package var offences: [Evidence]?

    /// Versions before this one wrote hexadecimal. Both begin with the same byte, in letters of their own.
    var sealedBytes: [UInt8]? { sealedState.flatMap { $0.hasPrefix("0") ? bytes(hexadecimal: $0) : bytes(base64URL: $0) } }
}

/// What stands beside a masked update in its record.
package struct MaskedFacts: Sendable, Equatable, Codable {
    /// T, 32 bytes: the attempt's transcript, which binds the masks.
    package var transcript: [UInt8]
    /// Coordinates that were cut off, as the client says.
    package var saturated: Int
    /// Whether the whole update was scaled down to the norm, as the client says.
    package var wasScaled: Bool

    package init(transcript: [UInt8], saturated: Int, wasScaled: Bool) {
        self.transcript = transcript
        self.saturated = saturated
        self.wasScaled = wasScaled
    }
}

/// How a secure attempt went, measured and counted.
package struct SecureOutcome: Sendable, Equatable, Codable {
    package var groups: Int
    /// Members in each group's sum; 0 where it was not opened.
    package var groupSizes: [Int] = []
    /// Why groups were not opened or not used, one text each.
    package var void: [String] = []
    /// Members whose keys and shares were usable (U2), and of them those whose vectors count (U3).
    package var confirmed = 0
    package var survivors = 0
    /// Coordinates that were cut off, over all survivors, and survivors that scaled their update down.
    package var saturated: Int64 = 0
    package var scaled = 0
    /// Bytes of keys, shares and answers, as they crossed.
    package var keyBytesUp: Int64 = 0
    package var keyBytesDown: Int64 = 0
    /// Members that would not go on, and what was wrong with what members sent; the first few of each.
    package var refusals: [String] = []
    package var evidence: [String] = []
    /// The round was closed without a change of the model.
    package var isUnchanged = false

    package init(groups: Int) { self.groups = groups }
}

/// What a client keeps of secure aggregation over a restart. No secret is in it.
package struct SecureClientState: Sendable, Equatable, Codable {
    /// The draw this client committed in last.
    package var epoch: Int
    /// Its commitment there, in hexadecimal.
    package var commitment: String
    /// Digest (hex) of the groups it has taken; others are refused from then on.
    package var partition: String?
    /// The attempt it answered (`ClientRecord`, hex).
    package var record: String?

    package init(epoch: Int, commitment: String, partition: String? = nil, record: String? = nil) {
        (self.epoch, self.commitment, self.partition, self.record) = (epoch, commitment, partition, record)
    }
}
