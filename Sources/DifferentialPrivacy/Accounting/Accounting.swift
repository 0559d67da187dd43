/// Which accountant answers.
package enum Accountant: String, Codable, Sendable {
    /// Rényi curves: any mechanism, any mixture.
    case renyi = "rdp"
    /// Privacy loss distributions: Gaussian mechanisms, discrete ones included, tighter.
    case lossDistribution = "pld"
    /// The smaller of the two: each is an upper bound.
    case tighter
}

/// ε of a number of releases to the same client, by either accountant.
package struct PrivacyReport: Equatable, Sendable {
    /// At which δ.
    package let delta: Double
    package let renyiEpsilon: Double
    /// nil where these releases have none.
    package let lossEpsilon: Double?

    package var epsilon: Double { min(renyiEpsilon, lossEpsilon ?? .infinity) }

    /// The releases' composition. All have to mean the same neighbours; each may depend on the ones before it.
    /// - Parameters:
    ///   - releases: kinds, and how many of each.
    ///   - accountant: with `renyi` the second one, which takes longer, is not asked.
    package init(_ releases: [(release: PrivateRelease, count: Int)], delta: Double, by accountant: Accountant = .tighter) throws(PrivacyError) {
        try Self.check(releases, delta)
        self.delta = delta
        renyiEpsilon = Self.curve(releases).epsilon(delta: delta)
        lossEpsilon = accountant == .renyi ? nil : LossAccountant.epsilon(releases, delta: delta)
    }

    /// The Rényi curve of all of them.
    package static func curve(_ releases: [(release: PrivateRelease, count: Int)]) -> RenyiCurve {
        releases.reduce(.zero) { $0 + $1.release.renyiCurve * $1.count }
    }

    /// Only what `accountant` says; infinite where it says nothing.
    package static func epsilon(_ releases: [(release: PrivateRelease, count: Int)], delta: Double, by accountant: Accountant) throws(PrivacyError) -> Double {
        try check(releases, delta)
        return switch accountant {
        case .renyi: curve(releases).epsilon(delta: delta)
        case .lossDistribution: LossAccountant.epsilon(releases, delta: delta) ?? .infinity
        case .tighter: min(curve(releases).epsilon(delta: delta), LossAccountant.epsilon(releases, delta: delta) ?? .infinity)
        }
    }

    private static func check(_ releases: [(release: PrivateRelease, count: Int)], _ delta: Double) throws(PrivacyError) {
        guard delta >= Limits.deltaMin, delta < 1 else { throw .invalid(field: "delta", problem: "\(delta): take a number from \(Limits.deltaMin) to below 1") }
        for (release, count) in releases {
            guard count >= 0, count <= Limits.roundsMax else { throw .invalid(field: "rounds", problem: "\(count): take 0 to \(Limits.roundsMax)") }
            guard release.model.adjacency == releases[0].release.model.adjacency else {
                throw .invalid(field: "adjacency", problem: "releases with different neighbours do not add up: account for each adjacency by itself")
            }
        }
    }
}
