#if canImport(Glibc)
    import Glibc
#endif

/// A cohort of fixed size without replacement, neighbours that differ in one client: Wang, Balle, Kasiviswanathan 2019
/// (arXiv 1808.00087), theorem 9 for any mechanism and theorem 27 where the moments of the ratio minus one are known.
struct FixedSizeRenyi {
    /// q = cohort / population, below 1.
    let rate: Double
    /// Of the mechanism on the cohort, at whole orders from 2 on.
    let base: (Int) -> Double
    /// log E[(L - 1)^j] at even orders j up to `RatioMoments.orderMax`; nil where they are not known.
    let evenMoment: ((Int) -> Double)?

    func divergence(_ order: Int) -> Double {
        let logRate = log(rate)
        let second = base(2)
        var sum = LogSum()
        // 1 + C(α,2) q² min(4(e^D(2) - 1), 2e^D(2)) + ...
        sum.add(LogBinomials.shared(order, 2) + 2 * logRate + min(log(4) + logExpMinusOne(second), log(2) + second))
        for j in stride(from: 3, through: order, by: 1) {
            let exponent = Double(j - 1) * base(j)
            guard exponent < RenyiCurve.unbounded else { return .infinity }
            var term = log(2) + exponent
            if let evenMoment, order <= RatioMoments.orderMax {
                term = min(term, log(4) + 0.5 * (evenMoment(j / 2 * 2) + evenMoment((j + 1) / 2 * 2)))
            }
            sum.add(LogBinomials.shared(order, j) + Double(j) * logRate + term)
        }
        return logOnePlusExp(sum.value) / Double(order - 1)
    }

    func curve() -> RenyiCurve { betweenWholeOrders(divergence) }

    /// Of the Gaussian mechanism with noise multiplier z; of the discrete one, too (see `RatioMoments`).
    static func gaussian(_ z: Double, rate: Double) -> FixedSizeRenyi {
        let moments = RatioMoments(noiseMultiplier: z)
        return FixedSizeRenyi(rate: rate, base: { Double($0) / (2 * z * z) }, evenMoment: moments.log)
    }
}

/// log E[(L - 1)^j] for even j, L the ratio of N(1, z²) to N(0, z²) under N(0, z²).
///
/// The papers take it as j-th differences of E[L^i] = e^(i(i-1)/(2z²)). With z = 10 and j = 20 these differ by 10^-20 of
/// numbers near 1, and nothing of them is left in binary64; so the integral is summed up, whose terms are all positive. For the
/// discrete Gaussian and a whole-numbered shift all E[L^i] at whole i are the same numbers, the sums over the lattice
/// being shifted by whole vectors, hence so are these.
package struct RatioMoments {
    package static let orderMax = 256
    private let logs: [Double]

    package init(noiseMultiplier z: Double) {
        // Below, theorem 9's terms are as good, and the integrals long.
        guard z >= 0.25 else {
            logs = [Double](repeating: .infinity, count: Self.orderMax / 2 + 1)
            return
        }
        let step = 1.0 / 16
        let (first, count) = (-24.0, Int((48 + Double(Self.orderMax) / z) / step))
        let points = (0..<count).map { i in
            let t = first + Double(i) * step
            let logRatio = t / z - 1 / (2 * z * z)
            let distance = logRatio > 30 ? logRatio + log1p(-exp(-logRatio)) : Glibc.log(abs(expm1(logRatio)))
            return (weight: -t * t / 2, distance: distance)
        }
        logs = (0...Self.orderMax / 2).map { half in
            guard half > 0 else { return 0 }
            var sum = LogSum()
            for point in points { sum.add(point.weight + 2 * Double(half) * point.distance) }
            return sum.value + Glibc.log(step) - 0.5 * Glibc.log(2 * Double.pi)
        }
    }

    /// `order`: even, at most `orderMax`.
    package func log(_ order: Int) -> Double { logs[order / 2] }
}
