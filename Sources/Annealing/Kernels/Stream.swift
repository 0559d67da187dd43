/// A stream of random numbers for one purpose of one read: xoshiro128++ (Blackman and Vigna 2021), seeded through splitmix64 from the
/// seed, the read's number and the purpose's. The same three give the same stream, whatever else is drawn. Not for secrets.
struct Stream: RandomNumberGenerator {
    private(set) var state: (UInt32, UInt32, UInt32, UInt32)

    init(seed: UInt64, read: Int, part: Int = 0) {
        var mixed = seed
        var s = splitMix(&mixed) ^ UInt64(truncatingIfNeeded: read)
        var t = splitMix(&s) ^ UInt64(truncatingIfNeeded: part)
        let (x, y) = (splitMix(&t), splitMix(&t))
        // Only all zeros stay zero.
        func low(_ word: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: word) }
        state = (low(x), low(x >> 32), low(y), low(y >> 32) | 1)
    }

    @inline(__always) mutating func word() -> UInt32 {
        let sum = state.0 &+ state.3
        let result = ((sum << 7) | (sum >> 25)) &+ state.0
        let t = state.1 << 9
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = (state.3 << 11) | (state.3 >> 21)
        return result
    }

    mutating func next() -> UInt64 { UInt64(word()) << 32 | UInt64(word()) }

    /// Uniform in (0, 1), 52 bits.
    @inline(__always) mutating func uniform() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

    /// Uniform in 0..<bound, without bias (Lemire 2019). - Parameter bound: 1..<2³².
    mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0 && bound < 1 << 32)
        let n = UInt32(bound)
        while true {
            let (high, low) = word().multipliedFullWidth(by: n)
            if low >= (0 &- n) % n { return Int(high) }
        }
    }

    /// −1 or 1, as likely.
    mutating func spin() -> Int8 { word() >> 31 == 0 ? 1 : -1 }
}

func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}
