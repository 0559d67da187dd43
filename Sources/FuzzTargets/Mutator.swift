/// Makes inputs out of inputs, the same ones from the same seed. It knows nothing of coverage: a minute of it looks around the
/// corpus, and the long runs (`cluster/fuzz`) look further.
package struct Mutator: Sendable {
    private var state: UInt64
    private let words: [[UInt8]]
    private let maximumBytes: Int
    private static let telling: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 40, UInt64.max >> 1, 1 << 63, .max,
    ]

    package init(seed: UInt64, words: [String], maximumBytes: Int) {
        state = seed
        self.words = words.map { Array($0.utf8) }
        self.maximumBytes = maximumBytes
    }

    /// SplitMix64.
    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

    /// One to eight changes to one of the inputs.
    package mutating func input(from corpus: [[UInt8]]) -> [UInt8] {
        guard !corpus.isEmpty else { return (0..<below(64)).map { _ in UInt8(below(256)) } }
        var bytes = corpus[below(corpus.count)]
        for _ in 0...below(8) { change(&bytes, corpus) }
        return Array(bytes.prefix(maximumBytes))
    }

    private mutating func change(_ bytes: inout [UInt8], _ corpus: [[UInt8]]) {
        let at = below(bytes.count + 1)
        switch below(words.isEmpty ? 8 : 9) {
        case 0 where at < bytes.count: bytes[at] ^= 1 << UInt8(below(8))
        case 1 where at < bytes.count: bytes[at] = UInt8(below(256))
        case 2: bytes.insert(UInt8(below(256)), at: at)
        case 3 where at < bytes.count: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(8)))
        case 4 where at < bytes.count: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + below(32))], at: below(bytes.count + 1))
        case 5 where at < bytes.count:
            let (value, count) = (Self.telling[below(Self.telling.count)] &+ UInt64(bitPattern: Int64(below(3) - 1)), [1, 2, 4, 8][below(4)])
            let isBigEndian = below(2) == 0
            for k in 0..<min(count, bytes.count - at) { bytes[at + k] = UInt8(truncatingIfNeeded: value >> UInt64(8 * (isBigEndian ? count - 1 - k : k))) }
        case 6:
            let other = corpus[below(corpus.count)]
            bytes = Array(bytes.prefix(at)) + other.dropFirst(below(other.count + 1))
        case 7 where at < bytes.count: bytes.removeSubrange(at...)
        case 8: bytes.insert(contentsOf: words[below(words.count)], at: at)
        default: bytes.append(UInt8(below(256)))
        }
    }
}
