package import DifferentialPrivacy
internal import SecureAggregation
package import Wire

/// What a client asks its own ledger before it works for a round.
package struct PrivacyClaim: Sendable, Equatable {
    package var key: AttemptKey
    /// Of session and round: a second attempt at a round is not counted a second time, for one of them alone can count.
    package var id: String
    package var terms: PrivacyTerms
    /// The round's parameters of secure aggregation; nil without.
    package var masked: [UInt8]?

    package init(key: AttemptKey, id: String, terms: PrivacyTerms, masked: [UInt8]? = nil) {
        (self.key, self.id, self.terms, self.masked) = (key, id, terms, masked)
    }

    /// What the client counts. Who takes part is known to the coordinator, so nothing is gained from chance. Of noise that clients add
    /// nothing is believed that the client can work out from what it adds itself.
    package func release() throws(PrivacyError) -> PrivateRelease {
        let model = try PrivacyModel(terms.replacesOne ? .replaceOne : .zeroOut, .full)
        guard terms.noiseByClients else {
            return try PrivateRelease(.discreteGaussian(noiseMultiplier: terms.noiseMultiplier, deviationSteps: terms.deviationSteps), model)
        }
        guard let masked, let parameters = try? RoundParameters(encoded: masked), let noise = parameters.encoding.noise else {
            throw .invalid(field: "noise_by", problem: "clients are to add the noise, and the round does not say how much: it cannot be counted")
        }
        let encoding = parameters.encoding
        let (l2, l1) = try Sensitivity.steps(
            norm: encoding.roundedNormMax(dimension: parameters.dimension), step: encoding.step, dimension: parameters.dimension,
            adjacency: model.adjacency)
        return try PrivateRelease(
            .skellam(variance: noise.variance * Double(parameters.honestSummandsMin), l2Sensitivity: l2, l1Sensitivity: l1), model)
    }
}
