#if canImport(Glibc)
    import Glibc
#endif

/// Rényi differential privacy at many orders at once (Mironov 2017, arXiv 1702.07476): the largest Rényi divergence, in nats,
/// between the outputs on neighbours. Curves add up over releases, whatever the releases are, as long as all mean the same
/// neighbours; each release may depend on the ones before it.
package struct RenyiCurve: Equatable, Sendable {
    /// The orders α, ascending: those of Google's dp-accounting.
    package static let orders: [Double] = (1..<100).map { 1 + Double($0) / 10 } + (11..<64).map(Double.init) + [128, 256, 512, 1024]
    /// log(1 - 1/α), log(α) and α - 1 of each: every charge asks for them.
    private static let terms: [(logRest: Double, logOrder: Double, less: Double)] = orders.map { (log1p(-1 / $0), log($0), $0 - 1) }
    /// Stands for a divergence without a bound, and is a number, so that it can be stored.
    package static let unbounded = 1e300

    /// One divergence for each order; 0 to `unbounded`.
    package let divergences: [Double]

    /// Nothing is lost.
    package static let zero = RenyiCurve { _ in 0 }

    /// - Parameter divergence: a bound at an order; NaN and what is above counts as `unbounded`, what rounding brought below zero
    ///   as 0. Divergences grow with the order, so a smaller bound of a larger order takes the place of a larger one.
    init(_ divergence: (Double) -> Double) {
        var bounds = Self.orders.map { order in
            let value = divergence(order)
            return value < Self.unbounded ? max(0, value) : Self.unbounded
        }
        for i in bounds.indices.dropLast().reversed() { bounds[i] = min(bounds[i], bounds[i + 1]) }
        divergences = bounds
    }

    private init(bounded divergences: [Double]) { self.divergences = divergences }

    /// Both, one after the other.
    package static func + (a: RenyiCurve, b: RenyiCurve) -> RenyiCurve {
        RenyiCurve(bounded: zip(a.divergences, b.divergences).map { min($0 + $1, unbounded) })
    }

    /// At every order the larger of both: a bound for either.
    package static func larger(_ a: RenyiCurve, _ b: RenyiCurve) -> RenyiCurve {
        RenyiCurve(bounded: zip(a.divergences, b.divergences).map { max($0, $1) })
    }

    /// `count` such releases; none for less than one.
    package static func * (a: RenyiCurve, count: Int) -> RenyiCurve {
        RenyiCurve(bounded: a.divergences.map { count < 1 ? 0 : min($0 * Double(count), unbounded) })
    }

    /// The smallest ε that these orders prove at δ; infinite where they prove none.
    ///
    /// ε = D + log(1 - 1/α) - log(δα)/(α - 1), the smallest over the orders (Canonne, Kamath, Steinke 2020, arXiv 2004.00010,
    /// proposition 12; Asoodeh et al. 2020, arXiv 2001.05990), and 0 where the total variation, at most √(1 - e^-D), is below δ.
    package func epsilon(delta: Double) -> Double {
        guard delta > 0 else { return divergences.allSatisfy { $0 == 0 } ? 0 : .infinity }
        guard delta < 1 else { return 0 }
        // The smallest divergence bounds the total variation best.
        guard let smallest = divergences.min(), smallest < Self.unbounded else { return .infinity }
        if delta * delta + expm1(-smallest) > 0 { return 0 }
        let logDelta = log(delta)
        var best = Double.infinity
        for (term, divergence) in zip(Self.terms, divergences) where divergence < Self.unbounded {
            best = min(best, divergence + term.logRest - (logDelta + term.logOrder) / term.less)
        }
        return max(0, best)
    }

    /// The smallest δ that these orders prove at ε ≥ 0.
    package func delta(epsilon: Double) -> Double {
        guard epsilon >= 0 else { return 1 }
        var best = 0.0
        for (order, divergence) in zip(Self.orders, divergences) where divergence < Self.unbounded {
            guard divergence > 0 else { return 0 }
            let total = 0.5 * log1p(-exp(-divergence))
            best = min(best, total, (order - 1) * (divergence - epsilon + log1p(-1 / order)) - log(order))
        }
        return exp(best)
    }
}

extension RenyiCurve: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let values = try container.decode([Double].self)
        guard values.count == Self.orders.count, values.allSatisfy({ $0 >= 0 && $0 <= Self.unbounded }) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a Rényi curve has \(Self.orders.count) divergences of at least 0")
        }
        self.init(bounded: values)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(divergences)
    }
}
