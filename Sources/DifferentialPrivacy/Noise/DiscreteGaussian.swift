#if canImport(Glibc)
    import Glibc
#endif

/// Whole-numbered noise with P(x) proportional to e^(-x²/(2σ²)), drawn exactly: by whole numbers, and by binary64 only where it
/// cannot be wrong (Canonne, Kamath, Steinke 2020, arXiv 2004.00010, algorithm 3). How long a draw takes depends on the noise: on a
/// machine that others time, draw before anybody waits for it.
package struct DiscreteGaussian: Sendable {
    /// σ² = squared / 2^scale, not below what was asked for and at most 2^-24 of it above.
    private let squared: UInt64
    private let scale: UInt64
    private let laplaceScale: UInt64

    /// - Parameter deviation: σ in steps of the lattice, 2^-10 to 2^26.
    package init(deviation: Double) throws(PrivacyError) {
        guard deviation >= 0x1p-10, deviation <= Limits.deviationStepsMax else {
            throw .invalid(field: "deviation", problem: "\(deviation) steps: take 2^-10 to 2^26, by a finer or coarser lattice")
        }
        // Products stay below 2^127: see `draw`. A small σ needs places behind the point, a large one none.
        scale = deviation >= 4096 ? 0 : deviation >= 1 ? 24 : 44
        squared = UInt64((deviation * deviation * Double(UInt64(1) << scale)).rounded(.up))
        laplaceScale = UInt64(deviation) + 1
    }

    /// σ as it is drawn, in steps.
    package var deviation: Double { (Double(squared) / Double(UInt64(1) << scale)).squareRoot() }

    /// One number; of magnitude below 2^38.
    package func draw(_ random: inout RandomWords) -> Int64 {
        let (t, n, d) = (UInt128(laplaceScale), UInt128(squared), UInt128(1) << UInt128(scale))
        while true {
            let y = random.discreteLaplace(laplaceScale)
            // e^-((|y| - σ²/t)² / (2σ²)) = e^-((|y|td - n)² / (2ndt²)).
            let scaled = UInt128(y.magnitude) * t * d
            let distance = scaled > n ? scaled - n : n - scaled
            // Nothing beyond comes within 2^-100 of acceptance; and its square would not fit.
            guard distance < 1 << 63 else { continue }
            let (numerator, denominator) = (distance * distance, 2 * n * d * t * t)
            let (whole, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
            if random.chanceOfExponential(whole: UInt64(truncatingIfNeeded: whole), ExactRatio(rest, denominator)) { return y }
        }
    }

    /// A magnitude that none of `count` draws exceeds but with probability e^logFailure, in steps: 2e^(-x²/(2σ²)) each.
    package static func bound(deviation: Double, count: Int, logFailure: Double) -> Double {
        deviation * (2 * max(0, log(2 * Double(max(count, 1))) - logFailure)).squareRoot()
    }
}
