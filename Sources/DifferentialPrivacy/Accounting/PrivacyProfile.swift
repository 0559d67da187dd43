#if canImport(Glibc)
    import Glibc
#endif

/// δ(ε) of one sampled Gaussian release, exactly: the largest P(S) - e^ε Q(S) over all events S, for one pair of neighbours'
/// outputs that dominates every other (Balle and Wang 2018, arXiv 1805.06530; Zhu, Dong, Wang 2022, arXiv 2106.08567, theorem 11).
struct PrivacyProfile {
    enum Direction {
        /// P is the mixture of N(1, z²) and N(0, z²), Q is N(0, z²): somebody was taken out.
        case remove
        /// The other way round: somebody came in.
        case add
        /// Replacing one of a cohort of fixed size: `remove` where ε is at least 0 and `add` below. Both directions at once.
        case replace
    }

    let noiseMultiplier: Double
    /// q, at most 1.
    let rate: Double
    let direction: Direction

    /// ε may be negative. Relative error about 10^-15 of the larger of the two terms it is the difference of.
    func delta(_ epsilon: Double) -> Double {
        switch direction {
        case .remove: removed(epsilon)
        case .add: added(epsilon)
        case .replace: epsilon >= 0 ? removed(epsilon) : added(epsilon)
        }
    }

    /// With y = (e^ε - (1-q))/q the ratio N(1)/N(0) is y at z² log y + 1/2, and δ = q(P(N(1) > x) - y P(N(0) > x)).
    private func removed(_ epsilon: Double) -> Double {
        let (y, z) = (ratio(epsilon), noiseMultiplier)
        guard y > 0 else { return -expm1(epsilon) }
        let x = z * z * log(y) + 0.5
        return max(0, -expm1(epsilon), rate * (normalAbove((x - 1) / z) - y * normalAbove(x / z)))
    }

    /// With y = (e^-ε - (1-q))/q: δ = e^ε q (y P(N(0) < x) - P(N(1) < x)).
    private func added(_ epsilon: Double) -> Double {
        let (y, z) = (ratio(-epsilon), noiseMultiplier)
        guard y > 0 else { return 0 }
        let x = z * z * log(y) + 0.5
        return max(0, -expm1(epsilon), exp(epsilon) * rate * (y * normalBelow(x / z) - normalBelow((x - 1) / z)))
    }

    private func ratio(_ epsilon: Double) -> Double { rate == 1 ? exp(epsilon) : 1 + expm1(epsilon) / rate }

    /// Losses beyond have a probability below 10^-23 under P; those above still count, as infinite ones.
    var losses: ClosedRange<Double> {
        let (z, tail) = (noiseMultiplier, 10.0)
        func loss(_ x: Double) -> Double { rate == 1 ? (2 * x - 1) / (2 * z * z) : mixed((2 * x - 1) / (2 * z * z)) }
        switch direction {
        case .remove: return loss(-tail * z)...loss(1 + tail * z)
        case .add: return -loss(1 + tail * z) ... -loss(-tail * z)
        case .replace: return -loss(1 + tail * z)...loss(1 + tail * z)
        }
    }

    /// log(1 - q + q e^x).
    private func mixed(_ x: Double) -> Double { x > 30 ? x + log(rate) + log1p((1 - rate) / rate * exp(-x)) : log1p(rate * expm1(x)) }
}
