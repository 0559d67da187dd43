/// The noise of one release, measured against what one client can change.
package enum NoiseMechanism: Equatable, Hashable, Codable, Sendable {
    /// N(0, z²Δ²) on every coordinate, Δ the L2 sensitivity, z the noise multiplier.
    case gaussian(noiseMultiplier: Double)
    /// The discrete Gaussian on a lattice; `deviationSteps` is its σ in steps of the lattice, `noiseMultiplier` that σ over the L2
    /// sensitivity, both of whole-numbered vectors (Canonne, Kamath, Steinke 2020, arXiv 2004.00010).
    case discreteGaussian(noiseMultiplier: Double, deviationSteps: Double)
    /// The difference of two Poisson variables of mean `variance`/2 on every coordinate of whole-numbered vectors with these
    /// sensitivities in steps (Agarwal, Kairouz, Liu 2021, arXiv 2110.04995).
    case skellam(variance: Double, l2Sensitivity: Double, l1Sensitivity: Double)

    /// σ over the L2 sensitivity.
    package var noiseMultiplier: Double {
        switch self {
        case .gaussian(let z), .discreteGaussian(let z, _): z
        case .skellam(let variance, let l2, _): variance.squareRoot() / l2
        }
    }
}

/// One noised release: its noise and what the account of it assumes.
package struct PrivateRelease: Equatable, Hashable, Codable, Sendable {
    package let mechanism: NoiseMechanism
    package let model: PrivacyModel

    package init(_ mechanism: NoiseMechanism, _ model: PrivacyModel) throws(PrivacyError) {
        let z = mechanism.noiseMultiplier
        // Skellam's is worked out from its variance, and may be a rounding off what was asked for.
        guard z >= Limits.noiseMultiplierMin * (1 - 1e-12), z <= Limits.noiseMultiplierMax * (1 + 1e-12) else {
            throw .invalid(field: "noise_multiplier", problem: "\(z): take \(Limits.noiseMultiplierMin) to \(Limits.noiseMultiplierMax)")
        }
        switch mechanism {
        case .gaussian: break
        case .discreteGaussian(_, let steps):
            guard steps > 0, steps <= Limits.deviationStepsMax else {
                throw .invalid(field: "deviation_steps", problem: "\(steps): take a lattice on which the noise has at most \(Limits.deviationStepsMax) steps")
            }
        case .skellam(let variance, let l2, let l1):
            guard variance > 0, variance.isFinite, l2 >= 1, l2.isFinite, l1 >= l2, l1.isFinite else {
                throw .invalid(
                    field: "skellam", problem: "variance \(variance), L2 \(l2) and L1 \(l1) steps: the sensitivities are at least one step, L1 at least L2")
            }
        }
        self.mechanism = mechanism
        self.model = model
    }

    private enum CodingKeys: CodingKey { case mechanism, model }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(values.decode(NoiseMechanism.self, forKey: .mechanism), values.decode(PrivacyModel.self, forKey: .model))
    }
}
