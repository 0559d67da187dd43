internal import DifferentialPrivacy
internal import Wire

extension SessionPrivacy {
    /// What every client is told of a round.
    var terms: PrivacyTerms {
        PrivacyTerms(
            l2Clip: l2Clip, epsilon: budget.epsilon, delta: budget.delta, noiseMultiplier: release.mechanism.noiseMultiplier,
            deviationSteps: deviationSteps, replacesOne: release.model.adjacency == .replaceOne, noiseByClients: share != nil)
    }
}
