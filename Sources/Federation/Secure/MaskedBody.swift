package import CryptoSuite
package import SecureAggregation

/// What a masked update of a client has to be at the coordinator's door.
package struct MaskedUpload: Sendable, Equatable {
    package var key: AttemptKey
    package var header: MaskedInput
    package var lanes: Int
    /// Bits of a lane.
    package var width: Int

    package init(key: AttemptKey, header: MaskedInput, lanes: Int, width: Int) {
        (self.key, self.header, self.lanes, self.width) = (key, header, lanes, width)
    }

    package var packedBytes: Int { (lanes * width + 7) / 8 }
    package var bodyBytes: Int { MaskedBody.headerBytes + packedBytes }
}

/// The body of a masked update: the protocol's header, `u32` coordinates that were cut off, `u8` 1 where the update was scaled
/// down, and the packed lanes. Little-endian.
package struct MaskedBody: Sendable, Equatable {
    static let headerBytes = MaskedInput.byteCount + 5

    package var facts: MaskedFacts
    package var packed: [UInt8]

    /// Adds the masks and packs: what leaves the client.
    package static func make(_ job: MaskingJob, _ update: EncodedUpdate, suite: CryptoSuite) -> [UInt8] {
        var vector = MaskedVector(update, width: job.width)
        vector.add(job.terms, suite: suite)
        var body = job.header.encoded
        for shift in stride(from: 0, to: 32, by: 8) { body.append(UInt8(truncatingIfNeeded: update.saturated >> shift)) }
        body.append(update.wasScaled ? 1 : 0)
        return body + vector.packed
    }

    /// - Throws: `.claim` with what is wrong; nothing is kept of a body that is not accepted.
    package init(_ body: [UInt8], expected: MaskedUpload) throws(UpdateError) {
        func refuse(_ field: String, _ issue: String) -> UpdateError { .claim(field: field, issue: issue, provided: nil) }
        guard body.count == expected.bodyBytes else {
            throw refuse("body", "must be a masked update of \(expected.bodyBytes) bytes, and has \(body.count); this session takes no plain updates")
        }
        guard let header = try? MaskedInput(encoded: Array(body.prefix(MaskedInput.byteCount))) else {
            throw refuse("header", "is no header of a masked update")
        }
        guard header.index == expected.header.index else { throw refuse("index", "is another member's") }
        guard header.transcript == expected.header.transcript else { throw refuse("transcript", "is that of another attempt; drop the update") }
        var saturated = 0
        for place in 0..<4 { saturated |= Int(body[MaskedInput.byteCount + place]) << (8 * place) }
        guard saturated <= expected.lanes, body[MaskedBody.headerBytes - 1] <= 1 else { throw refuse("saturated", "must be at most the model's parameters") }
        packed = Array(body.dropFirst(MaskedBody.headerBytes))
        let used = expected.lanes * expected.width % 8
        guard used == 0 || (packed.last ?? 0) >> UInt8(used) == 0 else { throw refuse("lanes", "has bits behind the last lane") }
        facts = MaskedFacts(transcript: header.transcript, saturated: saturated, wasScaled: body[MaskedBody.headerBytes - 1] == 1)
    }
}

/// The last step at a client: add these masks to the encoded update of the attempt.
package struct MaskingJob: Sendable, Equatable {
    package var key: AttemptKey
    package var header: MaskedInput
    package var terms: [MaskTerm]
    package var width: Int
}

/// What the coordinator opens: group sums and nothing else.
package struct MaskedJob: Sendable, Equatable {
    package var parameters: RoundParameters
    package var groups: [OpenedGroup]
    /// By roster index.
    package var names: [String]
    package var grouping: GroupedAggregation
}

/// What became of the groups.
package struct MaskedSums: Sendable, Equatable {
    /// By group; 0 where there is no sum.
    package var groupSizes: [Int]
    package var void: [String]
}
