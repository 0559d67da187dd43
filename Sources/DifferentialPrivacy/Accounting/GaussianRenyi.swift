#if canImport(Glibc)
    import Glibc
#endif

/// The Gaussian mechanism with noise multiplier z, and the same on a cohort of a Poisson sample.
///
/// Full participation: α/(2z²) (Mironov 2017). Sampled with probability q, zero-out or add-or-remove: log(A)/(α - 1) with
/// A = E[((1 - q) + q·L)^α], L the ratio of N(1, z²) to N(0, z²), the expectation under N(0, z²); the other direction is never
/// larger (Mironov, Talwar, Zhang 2019, arXiv 1908.10530, theorems 4 and 5).
struct GaussianRenyi {
    let noiseMultiplier: Double
    /// q.
    let rate: Double

    func curve() -> RenyiCurve {
        let z = noiseMultiplier
        guard rate < 1 else { return RenyiCurve { $0 / (2 * z * z) } }
        let whole = PoissonRenyi(rate: rate) { Double($0) / (2 * z * z) }
        // Below, the quadrature would need many points for orders that no budget is met with.
        guard z >= 0.1 else { return whole.curve() }
        let quadrature = SampledGaussianQuadrature(noiseMultiplier: z, rate: rate)
        return RenyiCurve { $0 == $0.rounded() ? whole.divergence(Int($0)) : log1pExp(quadrature.logMoment($0)) / ($0 - 1) }
    }

    private func log1pExp(_ x: Double) -> Double { logOnePlusExp(x) }
}

/// Poisson sampling of any additive mechanism whose noise is symmetric and whose divergences at whole orders are known: the
/// binomial sum of Mironov, Talwar and Zhang (2019), section 3.3. Orders between whole ones lie on the chord, for (α - 1)·D is
/// convex (Wang, Balle, Kasiviswanathan 2019, corollary 10).
struct PoissonRenyi {
    /// q, above 0 and below 1.
    let rate: Double
    /// Of the mechanism without sampling, at whole orders from 2 on.
    let base: (Int) -> Double

    /// At a whole order α ≥ 2: A - 1 = Σ C(α,k) q^k (1-q)^(α-k) (e^((k-1)D(k)) - 1) over k ≥ 2. Without the -1 the terms of small q
    /// would drown in 1.
    func divergence(_ order: Int) -> Double {
        let (logRate, logRest) = (log(rate), log1p(-rate))
        var sum = LogSum()
        for k in 2...order {
            let exponent = Double(k - 1) * base(k)
            guard exponent < RenyiCurve.unbounded else { return .infinity }
            sum.add(LogBinomials.shared(order, k) + Double(k) * logRate + Double(order - k) * logRest + logExpMinusOne(exponent))
        }
        return logOnePlusExp(sum.value) / Double(order - 1)
    }

    func curve() -> RenyiCurve { betweenWholeOrders(divergence) }
}

/// A curve from divergences at whole orders from 2 on.
func betweenWholeOrders(_ divergence: (Int) -> Double) -> RenyiCurve {
    var whole: [Int: Double] = [:]
    func at(_ order: Int) -> Double {
        if order < 2 { return 0 }
        if let known = whole[order] { return known }
        let value = divergence(order)
        whole[order] = value
        return value
    }
    return RenyiCurve { order in
        let (below, above) = (Int(order.rounded(.down)), Int(order.rounded(.up)))
        guard below < above else { return at(below) }
        let part = order - Double(below)
        return ((1 - part) * Double(below - 1) * at(below) + part * Double(above - 1) * at(above)) / (order - 1)
    }
}

/// A - 1 at any order by the trapezoidal rule, which for an analytic integrand that vanishes at both ends has an error below
/// rounding: the nearest singularity is πz away from the axis, and the step is at most z/4.
private struct SampledGaussianQuadrature {
    private let step: Double
    /// At each point: log of the normal weight, u = q(L - 1), log(1 + u) and log(qL).
    private let points: [(weight: Double, change: Double, logOnePlus: Double, logLarge: Double)]

    init(noiseMultiplier z: Double, rate q: Double) {
        step = min(0.125, z / 4)
        // The largest order that is not whole is 10.9: the integrand's last peak is at 10.9/z.
        let end = 11 / z + 12
        var points: [(Double, Double, Double, Double)] = []
        var t = -12.0
        while t <= end {
            let logRatio = t / z - 1 / (2 * z * z)
            let large = log(q) + logRatio
            let change = logRatio > 600 ? Double.infinity : q * expm1(logRatio)
            let onePlus = logRatio > 30 ? large + log1p((1 - q) * exp(-large)) : log1p(change)
            points.append((-t * t / 2, change, onePlus, large))
            t += step
        }
        self.points = points
    }

    /// log(A - 1): the integrand is (1+u)^α - 1 - αu, which is never negative, for u has mean 0.
    func logMoment(_ order: Double) -> Double {
        let series = (3...6).reduce(into: [order * (order - 1) / 2]) { $0.append($0[$0.count - 1] * (order - Double($1) + 1) / Double($1)) }
        var sum = LogSum()
        for point in points {
            let u = point.change
            if abs(u) < 1e-3 {
                let tail = series.reversed().reduce(0) { $0 * u + $1 }
                if u != 0 { sum.add(point.weight + 2 * log(abs(u)) + log(tail)) }
                continue
            }
            let power = order * point.logOnePlus
            if power > 1 {
                let linear = u > 1e15 ? log(order) + point.logLarge : log1p(order * u)
                sum.add(point.weight + power + log1p(-exp(linear - power)))
            } else {
                sum.add(point.weight + log(expm1(power) - order * u))
            }
        }
        return sum.value + log(step) - 0.5 * log(2 * Double.pi)
    }
}
