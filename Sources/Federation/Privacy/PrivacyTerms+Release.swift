package import DifferentialPrivacy
package import Wire

extension SessionPrivacy {
    /// What every client is told of a round.
    var terms: PrivacyTerms {
        PrivacyTerms(
            l2Clip: l2Clip, epsilon: budget.epsilon, delta: budget.delta, noiseMultiplier: release.mechanism.noiseMultiplier,
            deviationSteps: deviationSteps, replacesOne: release.model.adjacency == .replaceOne)
    }
}

extension PrivacyTerms {
    /// What a client counts for the round. Who takes part is known to the coordinator, so nothing is gained from chance.
    package func release() throws(PrivacyError) -> PrivateRelease {
        try PrivateRelease(
            .discreteGaussian(noiseMultiplier: noiseMultiplier, deviationSteps: deviationSteps),
            try PrivacyModel(replacesOne ? .replaceOne : .zeroOut, .full))
    }
}

/// What a client asks its own ledger before it works for a round.
package struct PrivacyClaim: Sendable, Equatable {
    package var key: AttemptKey
    /// Of session and round: a second attempt at a round is not counted a second time, for one of them alone can count.
    package var id: String
    package var terms: PrivacyTerms

    package init(key: AttemptKey, id: String, terms: PrivacyTerms) { (self.key, self.id, self.terms) = (key, id, terms) }
}
