package import DifferentialPrivacy

/// What a session asks of differential privacy. Its ε is `SessionSpec.privacyBudget`.
package struct PrivacySpec: Sendable, Equatable, Codable {
    package enum OnBudget: String, Sendable, Codable, CaseIterable {
        /// All rounds are run, with as much noise as that takes.
        case raiseNoise = "raise_noise"
        /// The noise stays as it was asked for, and the session ends when the budget does.
        case stopEarly = "stop_early"
    }

    /// The δ that ε is counted at.
    package var delta = 1e-5
    /// Largest Euclidean norm of a client's update (C); a larger one is scaled down.
    package var l2Clip = 1.0
    /// Standard deviation of the noise over what one client can change: the least there is with `raiseNoise`, what there is with
    /// `stopEarly`. nil: as little as the budget asks for.
    package var noiseMultiplier: Double?
    package var onBudget = OnBudget.raiseNoise
    /// Who adds the noise.
    package enum NoiseBy: String, Sendable, Codable, CaseIterable {
        /// To a round's result; it is trusted to.
        case coordinator
        /// Each a part, before its update is masked: only sums with the noise in them are ever opened.
        case clients
    }

    /// nil: the clients where a sum of masked updates is all that is opened, else the coordinator.
    package var noiseBy: NoiseBy?
    /// nil: zero-out for a mean, replace-one for a robust rule.
    package var adjacency: Adjacency?

    /// The ε of a session that names none.
    package static let usualBudget = 1.0

    package init() {}
}

extension PrivacySpec {
    package init(from decoder: any Decoder) throws {
        self.init()
        let record = try decoder.container(keyedBy: CodingKeys.self)
        delta = try record.decodeIfPresent(Double.self, forKey: .delta) ?? delta
        l2Clip = try record.decodeIfPresent(Double.self, forKey: .l2Clip) ?? l2Clip
        noiseMultiplier = try record.decodeIfPresent(Double.self, forKey: .noiseMultiplier)
        onBudget = try record.decodeIfPresent(OnBudget.self, forKey: .onBudget) ?? onBudget
        noiseBy = try record.decodeIfPresent(NoiseBy.self, forKey: .noiseBy)
        adjacency = try record.decodeIfPresent(Adjacency.self, forKey: .adjacency)
    }
}
