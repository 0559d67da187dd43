/// The Skellam mechanism: the Gaussian's divergence of the same variance and a correction for the lattice.
///
/// At whole orders α ≥ 2, with variance μ and sensitivities Δ2 and Δ1 of whole-numbered vectors (Agarwal, Kairouz, Liu 2021,
/// arXiv 2110.04995, theorem 3.5): αΔ2²/(2μ) + min(((2α - 1)Δ2² + 6Δ1)/(4μ²), 3Δ1/(2μ)).
struct SkellamRenyi {
    let variance: Double
    let l2Sensitivity: Double
    let l1Sensitivity: Double

    func divergence(_ order: Int) -> Double {
        let (alpha, mu, square) = (Double(order), variance, l2Sensitivity * l2Sensitivity)
        let correction = min(((2 * alpha - 1) * square + 6 * l1Sensitivity) / (4 * mu * mu), 3 * l1Sensitivity / (2 * mu))
        return alpha * square / (2 * mu) + correction
    }
}

extension PrivateRelease {
    /// What one such release costs, as a Rényi curve.
    package var renyiCurve: RenyiCurve {
        switch mechanism {
        case .gaussian(let z):
            switch model.sampling {
            case .full: return GaussianRenyi(noiseMultiplier: z, rate: 1).curve()
            case .poisson(let rate): return GaussianRenyi(noiseMultiplier: z, rate: rate).curve()
            case .fixedSize: return model.rate < 1 ? FixedSizeRenyi.gaussian(z, rate: model.rate).curve() : GaussianRenyi(noiseMultiplier: z, rate: 1).curve()
            }
        case .discreteGaussian(let z, _):
            // Without sampling the Gaussian's bound holds at every order (Canonne, Kamath, Steinke 2020, proposition 5), with it at
            // whole orders, where the moments are the same.
            if model.rate < 1, case .fixedSize = model.sampling { return FixedSizeRenyi.gaussian(z, rate: model.rate).curve() }
            guard model.rate < 1 else { return GaussianRenyi(noiseMultiplier: z, rate: 1).curve() }
            return PoissonRenyi(rate: model.rate) { Double($0) / (2 * z * z) }.curve()
        case .skellam(let variance, let l2, let l1):
            let base = SkellamRenyi(variance: variance, l2Sensitivity: l2, l1Sensitivity: l1)
            guard model.rate < 1 else { return betweenWholeOrders(base.divergence) }
            if case .fixedSize = model.sampling { return FixedSizeRenyi(rate: model.rate, base: base.divergence, evenMoment: nil).curve() }
            return PoissonRenyi(rate: model.rate, base: base.divergence).curve()
        }
    }
}
