package import CryptoSuite

/// Where noise comes from: 64 random bits at a time, from blocks that are numbered, so that the source is a value.
package struct RandomWords: Sendable {
    private let block: @Sendable (UInt64) -> [UInt64]
    private var number: UInt64 = 0
    private var words: [UInt64] = []
    private var place = 0

    /// `block`: some words, at least one, for every number; independent of each other and never the same in two sources.
    package init(block: @escaping @Sendable (_ number: UInt64) -> [UInt64]) { self.block = block }

    /// AES-128 in counter mode under a key of the release alone.
    /// - Parameters:
    ///   - entropy: 32 secret bytes. Where the coordinator adds the noise, drawn for this release and kept nowhere else.
    ///   - release: what the noise is for. The same entropy and id give the same noise, so an id never stands for two results.
    ///   - lane: which part of the vector, where parts are drawn apart.
    package init(entropy: Secret, release: String, lane: UInt64 = 0, suite: CryptoSuite) {
        precondition(entropy.count == 32, "noise needs 32 bytes of entropy")
        let info = Array("tutti noise".utf8) + [0] + Array(release.utf8) + [0] + (0..<8).map { UInt8(truncatingIfNeeded: lane >> (8 * $0)) }
        let key = Secret(suite.hkdfSHA256(entropy.bytes, [], info, 16))
        let bytesAtOnce = 1 << 14
        self.init { number in
            suite.keystream(key.bytes, number &* UInt64(bytesAtOnce / 16), bytesAtOnce).withUnsafeBytes { raw in
                (0..<bytesAtOnce / 8).map { UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self)) }
            }
        }
    }

    package mutating func next() -> UInt64 {
        if place == words.count {
            words = block(number)
            precondition(!words.isEmpty, "a block of a source of noise has words")
            (number, place) = (number &+ 1, 0)
        }
        place += 1
        return words[place - 1]
    }
}
