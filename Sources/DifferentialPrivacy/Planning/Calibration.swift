/// The least noise that keeps a budget, found by bisection; every answer is accounted again before it is given.
package enum Calibration {
    /// A kind of mechanism whose noise is still open.
    package enum Kind: Equatable, Sendable {
        case gaussian
        /// On a lattice on which σ has this many steps.
        case discreteGaussian(deviationSteps: Double)
        /// Sensitivities in steps.
        case skellam(l2Sensitivity: Double, l1Sensitivity: Double)

        func mechanism(_ noiseMultiplier: Double) -> NoiseMechanism {
            switch self {
            case .gaussian: .gaussian(noiseMultiplier: noiseMultiplier)
            case .discreteGaussian(let steps): .discreteGaussian(noiseMultiplier: noiseMultiplier, deviationSteps: steps)
            case .skellam(let l2, let l1):
                .skellam(variance: noiseMultiplier * noiseMultiplier * l2 * l2, l2Sensitivity: l2, l1Sensitivity: l1)
            }
        }
    }

    /// The release with the smallest noise multiplier, within 10^-3, with which `rounds` of them stay within the budget.
    /// - Parameters:
    ///   - spent: what these clients' data have lost before; with any, only Rényi curves are asked, for they add up.
    ///   - accountant: whose ε has to stay below the budget's.
    /// - Throws: `unreachable` where no noise up to `Limits.noiseMultiplierMax` does.
    package static func release(
        _ kind: Kind, model: PrivacyModel, rounds: Int, budget: PrivacyBudget, spent: RenyiCurve = .zero, by accountant: Accountant = .tighter
    ) throws(PrivacyError) -> PrivateRelease {
        guard rounds >= 1, rounds <= Limits.roundsMax else { throw .invalid(field: "rounds", problem: "\(rounds): take 1 to \(Limits.roundsMax)") }
        func renyi(_ z: Double) throws(PrivacyError) -> Bool {
            let curve = try PrivateRelease(kind.mechanism(z), model).renyiCurve * rounds
            return (spent + curve).epsilon(delta: budget.delta) <= budget.epsilon
        }
        func loss(_ z: Double) throws(PrivacyError) -> Bool {
            try PrivacyReport.epsilon([(PrivateRelease(kind.mechanism(z), model), rounds)], delta: budget.delta, by: .lossDistribution) <= budget.epsilon
        }
        // The gap of the two accountants is small where both work, so the second search begins at the first one's end.
        var best: Double?
        if accountant != .lossDistribution { best = try smallest(from: Limits.noiseMultiplierMin, to: Limits.noiseMultiplierMax, renyi) }
        if accountant != .renyi, spent == .zero, kind.mechanism(1).gaussianMultiplier != nil {
            if best == nil { best = try smallest(from: 0.1, to: Limits.noiseMultiplierMax, loss) }
            if let top = best, try loss(top) {
                var low = top / 1.25
                while low > Limits.noiseMultiplierMin, try loss(low) { low /= 1.25 }
                best = try smallest(from: max(low, Limits.noiseMultiplierMin), to: top, loss)
            }
        }
        guard let best else {
            throw .unreachable(
                "no noise multiplier up to \(Limits.noiseMultiplierMax) brings \(rounds) rounds to epsilon \(budget.epsilon) at delta \(budget.delta)"
                    + (spent == .zero ? "" : " on top of what is spent, epsilon \(spent.epsilon(delta: budget.delta))")
                    + ": take fewer rounds, a larger epsilon, or a larger delta")
        }
        return try PrivateRelease(kind.mechanism(best), model)
    }

    /// How many rounds of `release` fit into the budget on top of what is spent; at most `most`.
    package static func rounds(
        of release: PrivateRelease, within budget: PrivacyBudget, spent: RenyiCurve = .zero, most: Int, by accountant: Accountant = .tighter
    ) throws(PrivacyError) -> Int {
        guard most >= 0, most <= Limits.roundsMax else { throw .invalid(field: "rounds", problem: "\(most): take 0 to \(Limits.roundsMax)") }
        let curve = release.renyiCurve
        var fit = accountant == .lossDistribution ? 0 : largest(from: 0, to: most) { (spent + curve * $0).epsilon(delta: budget.delta) <= budget.epsilon }
        guard accountant != .renyi, spent == .zero, fit < most else { return fit }
        func loss(_ count: Int) -> Bool { (LossAccountant.epsilon([(release, count)], delta: budget.delta) ?? .infinity) <= budget.epsilon }
        // Doubling first: what is far beyond the budget is the most work to account for.
        var reach = max(1, fit / 8)
        while fit + reach <= most, loss(fit + reach) { (fit, reach) = (fit + reach, 2 * reach) }
        fit = largest(from: fit, to: min(most, fit + reach - 1), where: loss)
        return fit
    }

    /// The largest in the range of which `holds`, which holds up to some number; the lower end is taken to.
    private static func largest(from: Int, to: Int, where holds: (Int) -> Bool) -> Int {
        var (low, high) = (from, to)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if holds(middle) { low = middle } else { high = middle - 1 }
        }
        return low
    }

    /// The smallest number, within a part of 5·10^-4, from which on `holds`; nil if it does not at the end.
    private static func smallest(from: Double, to: Double, _ holds: (Double) throws(PrivacyError) -> Bool) throws(PrivacyError) -> Double? {
        guard try holds(to) else { return nil }
        if try holds(from) { return from }
        var (low, high) = (from, to)
        while high > low * 1.0005 {
            let middle = (low * high).squareRoot()
            if try holds(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
