/// A probability a/b in whole numbers, and its approximation that decides nearly always.
struct ExactRatio {
    /// a ≤ b < 2^106.
    let numerator: UInt128
    let denominator: UInt128
    let approximation: Double

    init(_ numerator: UInt128, _ denominator: UInt128) {
        (self.numerator, self.denominator) = (numerator, denominator)
        approximation = Self.rounded(numerator) / Self.rounded(denominator)
    }

    /// Off by two roundings at most; the library's own conversion is a loop over bits.
    private static func rounded(_ x: UInt128) -> Double {
        Double(UInt64(truncatingIfNeeded: x >> 64)) * 0x1p64 + Double(UInt64(truncatingIfNeeded: x))
    }
}

extension RandomWords {
    /// Uniform in 0..<bound, exactly (Lemire 2019). `bound` > 0.
    mutating func below(_ bound: UInt64) -> UInt64 {
        var (high, low) = next().multipliedFullWidth(by: bound)
        if low < bound {
            let rest = (0 &- bound) % bound
            while low < rest { (high, low) = next().multipliedFullWidth(by: bound) }
        }
        return high
    }

    /// Uniform in (0, 1) with 53 significant bits however small it is: below x with probability x·(1 ± 2^-52).
    mutating func fineUniform() -> Double {
        var (bits, scale) = (next(), 0x1p-64)
        while bits == 0 { (bits, scale) = (next(), scale * 0x1p-64) }
        let zeros = bits.leadingZeroBitCount
        if zeros > 0 { bits = bits << UInt64(zeros) | next() >> UInt64(64 - zeros) }
        return Double(bits | 1) * scale * Double(sign: .plus, exponent: -zeros, significand: 1)
    }

    /// True with probability a/(b·k), exactly.
    ///
    /// A uniform number with endlessly many bits is compared with the ratio. Its first 64 decide, by binary64, unless the two are
    /// closer than rounding may have moved them; then long division gives the ratio's bits one by one.
    mutating func chance(_ ratio: ExactRatio, over k: UInt64) -> Bool {
        let bits = next()
        let (drawn, wanted) = (Double(bits) * 0x1p-64 * Double(k), ratio.approximation)
        // Each side is off by at most six roundings, and the bits that are not drawn yet add less than k·2^-64.
        let margin = 0x1p-49 * wanted + Double(k) * 0x1p-63
        if drawn < wanted - margin { return true }
        if drawn > wanted + margin { return false }
        return settle(bits, ratio, over: k)
    }

    /// The comparison of `chance`, bit by bit.
    private mutating func settle(_ first: UInt64, _ ratio: ExactRatio, over k: UInt64) -> Bool {
        let whole = ratio.denominator * UInt128(k)
        var (rest, bits) = (ratio.numerator, first)
        if rest >= whole { return true }
        while true {
            for place in (0..<64).reversed() {
                rest *= 2
                let digit: UInt64 = rest >= whole ? 1 : 0
                if digit == 1 { rest -= whole }
                let drawn = bits >> UInt64(place) & 1
                if drawn != digit { return drawn < digit }
            }
            if rest == 0 { return false }
            bits = next()
        }
    }

    /// True with probability a/b, exactly. a ≤ b, b above 0.
    package mutating func chance(_ a: UInt64, of b: UInt64) -> Bool { chance(ExactRatio(UInt128(a), UInt128(b)), over: 1) }

    /// True with probability e^-(a/b) for a ≤ b, exactly (Canonne, Kamath, Steinke 2020, algorithm 1).
    ///
    /// A run of more than 2^20 hits, whose probability is below 2^-(10^7), ends it: only so is the arithmetic bounded.
    mutating func chanceOfExponential(_ ratio: ExactRatio) -> Bool {
        var k: UInt64 = 1
        while k < 1 << 20, chance(ratio, over: k) { k += 1 }
        return k & 1 == 1
    }

    /// The same for any whole part beside the ratio: e^-(whole + a/b).
    mutating func chanceOfExponential(whole: UInt64, _ ratio: ExactRatio) -> Bool {
        for _ in 0..<whole where !chanceOfExponential(ExactRatio.one) { return false }
        return chanceOfExponential(ratio)
    }

    /// Discrete Laplace noise, P(y) proportional to e^(-|y|/t), exactly (the same, algorithm 2). 0 < t ≤ 2^32.
    mutating func discreteLaplace(_ t: UInt64) -> Int64 {
        while true {
            let part = below(t)
            guard chanceOfExponential(ExactRatio(UInt128(part), UInt128(t))) else { continue }
            // Beyond 2^11 with a probability of e^-2048.
            var whole: UInt64 = 0
            while whole < 1 << 11, chanceOfExponential(ExactRatio.one) { whole += 1 }
            let magnitude = Int64(part + t * whole)
            let negative = next() & 1 == 1
            if negative, magnitude == 0 { continue }
            return negative ? -magnitude : magnitude
        }
    }
}

extension ExactRatio {
    static let one = ExactRatio(1, 1)
}
