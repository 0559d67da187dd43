#if canImport(Glibc)
    import Glibc
#endif

/// xoshiro256++ (Blackman and Vigna 2019), seeded through splitmix64: everything random in Tutti that is not a secret
/// comes from one of these, so that a seed reproduces a run.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var s = seed
        state = (splitMix(&s), splitMix(&s), splitMix(&s), splitMix(&s))
    }

    package mutating func next() -> UInt64 {
        func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotate(state.0 &+ state.3, 23) &+ state.0
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = rotate(state.3, 45)
        return result
    }

    /// Uniform in [0, 1), 53 bits.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in 0..<bound, without bias (Lemire 2019).
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0)
        let n = UInt64(bound)
        while true {
            let (high, low) = next().multipliedFullWidth(by: n)
            if low >= (0 &- n) % n { return Int(high) }
        }
    }

    /// Standard normal (Marsaglia's polar method).
    package mutating func normal() -> Double {
        while true {
            let (u, v) = (2 * uniform() - 1, 2 * uniform() - 1)
            let s = u * u + v * v
            if s > 0 && s < 1 { return u * (-2 * log(s) / s).squareRoot() }
        }
    }

    /// Gamma(shape, 1) (Marsaglia and Tsang 2000). `shape` > 0.
    package mutating func gamma(_ shape: Double) -> Double {
        if shape < 1 { return gamma(shape + 1) * pow(1 - uniform(), 1 / shape) }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let v = (1 + c * x) * (1 + c * x) * (1 + c * x)
            if v > 0 && log(1 - uniform()) < 0.5 * x * x + d - d * v + d * log(v) { return d * v }
        }
    }

    /// Fisher and Yates.
    package mutating func shuffle<Element>(_ values: inout [Element]) {
        guard values.count > 1 else { return }
        for i in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(i, below(i + 1)) }
    }
}

private func splitMix(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// A seed for one purpose, from the seed of the whole and labels that name the purpose. Not for secrets.
package func derivedSeed(_ seed: UInt64, _ labels: String...) -> UInt64 {
    // FNV-1a over the labels with a separator that cannot occur in UTF-8. The seed is mixed first, else it could undo
    // the difference between two labels.
    var mixed = seed
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ splitMix(&mixed)
    for label in labels {
        for byte in label.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x0000_0100_0000_01B3
    }
    return splitMix(&hash)
}
