#if canImport(Glibc)
    import Glibc
#endif

/// ε by privacy loss distributions: tighter than Rényi curves, for Gaussian releases with one adjacency.
enum LossAccountant {
    /// Distance of two losses that is tried first: Google's.
    static let finestInterval = 1e-4
    private static let coarsestInterval = 0.1

    /// nil where these releases have no such distributions, or their losses no grid.
    static func epsilon(_ releases: [(release: PrivateRelease, count: Int)], delta: Double) -> Double? {
        let counted = releases.filter { $0.count > 0 }
        guard let adjacency = counted.first?.release.model.adjacency else { return 0 }
        guard counted.count <= Limits.lossKindsMax, counted.allSatisfy({ $0.release.model.adjacency == adjacency }) else { return nil }
        var kinds: [(z: Double, rate: Double, count: Int)] = []
        // Gaussian releases to the whole population are one with all their precision together.
        var precision = 0.0
        for (release, count) in counted {
            guard let z = release.mechanism.gaussianMultiplier else { return nil }
            if release.model.rate == 1 { precision += Double(count) / (z * z) } else { kinds.append((z, release.model.rate, count)) }
        }
        if precision > 0 { kinds.append((1 / precision.squareRoot(), 1, 1)) }
        let directions: [PrivacyProfile.Direction] = adjacency == .replaceOne || kinds.allSatisfy { $0.rate == 1 } ? [.replace] : [.remove, .add]
        var interval = finestInterval
        while interval <= coarsestInterval {
            let ends = directions.compactMap { direction in self.epsilon(kinds, direction, interval, delta) }
            if ends.count == directions.count { return ends.max() }
            interval *= 2
        }
        return nil
    }

    private static func epsilon(_ kinds: [(z: Double, rate: Double, count: Int)], _ direction: PrivacyProfile.Direction, _ interval: Double, _ delta: Double)
        -> Double?
    {
        var parts: [(PrivacyLoss, Int)] = []
        for kind in kinds {
            guard let loss = PrivacyLoss(PrivacyProfile(noiseMultiplier: kind.z, rate: kind.rate, direction: direction), interval: interval) else { return nil }
            parts.append((loss, kind.count))
        }
        return ComposedLoss(parts, delta: delta)?.epsilon(delta)
    }
}

extension NoiseMechanism {
    /// The noise multiplier of a Gaussian mechanism from which this one can be computed, so that it is at least as private; nil
    /// where none is known.
    ///
    /// A Gaussian value with σ'² = σ² - r², rounded at random by a discrete Gaussian of deviation r about it, is a discrete
    /// Gaussian with σ: but for a factor 1 ± 2e^(-2π²r²) on each coordinate (Peikert 2010, theorem 3.1). r = 2 makes it 10^-34,
    /// which 2^40 coordinates do not bring near a rounding error of ε.
    var gaussianMultiplier: Double? {
        switch self {
        case .gaussian(let z): return z
        case .discreteGaussian(let z, let steps):
            guard steps > 4 else { return nil }
            return z * (1 - 4 / (steps * steps)).squareRoot()
        case .skellam: return nil
        }
    }
}
