/// What a client keeps over a restart: the one attempt it signed for or answered. Its secrets are not in it.
package struct ClientRecord: Equatable, Sendable {
    package var epoch: Int
    package var round: Int
    package var attempt: Int
    /// The partition of the epoch; another is refused.
    package var partitionHash: [UInt8]
    /// SHA-256 of the survivor notice it signed; empty: none.
    package var signed: [UInt8]
    /// SHA-256 of the unmask request it answered; empty: none.
    package var answered: [UInt8]

    package var encoded: [UInt8] {
        var writer = CanonicalWriter(.clientRecord)
        for number in [epoch, round, attempt] { writer.number32(number) }
        writer.fixed(partitionHash)
        writer.string(signed)
        writer.string(answered)
        return writer.bytes
    }

    package init(encoded: [UInt8]) throws(SecureAggregationError) {
        var reader = try CanonicalReader(encoded, .clientRecord)
        epoch = try reader.number32("epoch")
        round = try reader.number32("round")
        attempt = try reader.number32("attempt")
        partitionHash = try reader.fixed(32, "partition_hash")
        signed = try reader.string("signed", max: 32)
        answered = try reader.string("answered", max: 32)
        guard signed.isEmpty || signed.count == 32, answered.isEmpty || answered.count == 32 else { throw .malformed(field: "answered") }
        try reader.end()
    }

    package init(epoch: Int, round: Int, attempt: Int, partitionHash: [UInt8], signed: [UInt8], answered: [UInt8]) {
        self.epoch = epoch
        self.round = round
        self.attempt = attempt
        self.partitionHash = partitionHash
        self.signed = signed
        self.answered = answered
    }
}
