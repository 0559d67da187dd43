#if canImport(Glibc)
    import Glibc
#endif

/// Skellam noise: the difference of two Poisson variables. Sums of independent ones are Skellam again, and their variances add up,
/// which is why many clients can each give a part of it (Agarwal, Kairouz, Liu 2021, arXiv 2110.04995).
package struct Skellam: Sendable {
    private let half: PoissonSampler

    /// - Parameter variance: in squared steps; rounded up to a multiple of 1/8. At most 2^49.
    package init(variance: Double) throws(PrivacyError) {
        guard variance > 0, variance <= 2 * Limits.poissonMeanMax else {
            throw .invalid(field: "variance", problem: "\(variance) squared steps: take more than 0 and at most 2^49, by a coarser lattice")
        }
        half = PoissonSampler(mean: (variance * 8).rounded(.up) / 16)
    }

    /// As it is drawn, in squared steps.
    package var variance: Double { 2 * half.mean }

    /// One number, each probability right within a factor 1 ± 2^-39.
    package func draw(_ random: inout RandomWords) -> Int64 { half.draw(&random) - half.draw(&random) }

    /// A magnitude that none of `count` draws exceeds but with probability e^logFailure, in steps: Chernoff's bound
    /// P(|X| ≥ x) ≤ 2e^(√(μ² + x²) - μ - x·arsinh(x/μ)).
    package static func bound(variance: Double, count: Int, logFailure: Double) -> Double {
        guard variance > 0 else { return 0 }
        let wanted = logFailure - log(2 * Double(max(count, 1)))
        func tail(_ x: Double) -> Double { x * x / ((variance * variance + x * x).squareRoot() + variance) - x * asinh(x / variance) }
        var (low, high) = (0.0, 1.0)
        while tail(high) > wanted, high < 0x1p100 { (low, high) = (high, 2 * high) }
        while high - low > 0x1p-20 * high {
            let middle = 0.5 * (low + high)
            if tail(middle) > wanted { low = middle } else { high = middle }
        }
        return high.rounded(.up)
    }
}
