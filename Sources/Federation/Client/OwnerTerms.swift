internal import Wire

/// What a node's owner insists on in every round, whatever the coordinator said of the session when it was joined.
package struct OwnerTerms: Sendable, Equatable {
    /// Updates leave under masks alone.
    package var needsMasks = false
    /// What leaves is bounded and counted.
    package var needsPrivacy = false
    /// The noise is in it before it leaves.
    package var needsClientNoise = false

    package init(needsMasks: Bool = false, needsPrivacy: Bool = false, needsClientNoise: Bool = false) {
        (self.needsMasks, self.needsPrivacy, self.needsClientNoise) = (needsMasks, needsPrivacy, needsClientNoise)
    }

    /// Why a round is not taken part in; nil: it may be.
    func refusal(of start: RoundStart) -> String? {
        if needsMasks, case .plainUpdate = start.phase { return "the round asks for an update without masks, and this node's owner wants secure aggregation" }
        guard needsPrivacy || needsClientNoise else { return nil }
        guard let privacy = start.privacy else { return "the round has no differential privacy, and this node's owner wants it" }
        if needsClientNoise && !privacy.noiseByClients { return "the coordinator would add the noise, and this node's owner wants its clients to" }
        return nil
    }

    /// How a model does on the node's rows is measured on them, and is not counted.
    var allowsEvaluation: Bool { !needsPrivacy && !needsClientNoise }
}
