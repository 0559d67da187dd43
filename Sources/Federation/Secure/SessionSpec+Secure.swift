internal import Learning
package import SecureAggregation
internal import Strategies
internal import StrictJSON

extension SessionSpec {
    /// Part of the members that has to stay where the session does not say how many.
    private static let usualQuorum = 0.9

    /// The plan for an epoch of so many members; nil where the session does not ask for secure aggregation.
    package func securePlan(members: Int, dimension: Int) throws(SecureAggregationError) -> SecureAggregationPlan? {
        guard let secure = secureAggregation else { return nil }
        var request = PlanRequest(members: members, dimension: dimension, l2Clip: privacy?.l2Clip ?? secure.clip, coordinateClip: secure.coordinateRange)
        request.differentialPrivacy = privacy != nil
        request.mode = secure.mode == .honestButCurious ? .honestButCurious : .maliciousServer
        // Nobody but the clients can know: each refuses the draw unless its own owner has given it the others' keys.
        request.identitiesPinned = true
        request.keyExchange = secure.keyAgreement == .xWing ? .xWing : .x25519
        request.robust = aggregation.withstandsLiars
        request.groupsBeyond = groupsBeyond
        request.byzantine = byzantineTolerance
        request.rosterFloor = secure.rosterFloor
        request.openingFloor = secure.groupFloor
        request.quorum = quorum.map { Double($0) / Double(minClients) } ?? Self.usualQuorum
        request.bits = secure.bits
        request.weightMax = secure.largestWeight
        return try SecureAggregationPlan(request)
    }

    /// Everything about secure aggregation that can be known when a session is asked for.
    func validateSecureAggregation() throws(SpecError) {
        guard let secure = secureAggregation else { return }
        func refuse(_ field: String, _ issue: String, _ value: JSON) -> SpecError { SpecError(field: field, issue: issue, provided: value) }
        guard strategy.client == .plain else {
            throw refuse(
                "algorithm",
                "must be one whose clients send plain updates with secure_aggregation; \(algorithm.rawValue) "
                    + (strategy.client == .controlled ? "needs each client's control" : "needs each client's number of steps"),
                .string(algorithm.rawValue))
        }
        guard overSelection == 1 else {
            throw refuse("over_selection", "must be 1 with secure_aggregation: everybody in the groups takes part", JSON(overSelection))
        }
        let most = Self.mostSecureClients(secure.keyAgreement)
        guard maxClients <= most else {
            throw refuse(
                "max_clients", "must be at most \(most) with secure_aggregation" + (secure.keyAgreement == .xWing ? " and key_agreement x_wing" : ""),
                JSON(maxClients))
        }
        guard (SecureAggregationSpec.trialFloor...1000).contains(secure.groupFloor) else {
            throw refuse("secure_aggregation.group_floor", "must be 3 to 1000; 3 is for trying it out", JSON(secure.groupFloor))
        }
        guard (4...24).contains(secure.bits) else { throw refuse("secure_aggregation.bits", "must be 4 to 24", JSON(secure.bits)) }
        for (name, value) in [("clip", secure.clip), ("coordinate_range", secure.coordinateRange)] where !(value > 0 && value <= 1e6) {
            throw refuse("secure_aggregation.\(name)", "must be above 0 and at most 1000000", JSON(value))
        }
        guard secure.largestWeight == 0 || aggregation == .mean else {
            throw refuse(
                "secure_aggregation.largest_weight", "must be 0 with \(aggregation.rawValue): what a client says of its rows cannot be checked",
                JSON(secure.largestWeight))
        }
    }
}

extension SecureAggregationError {
    /// For people.
    package var words: String {
        switch self {
        case .malformed(let field): "a message whose \(field) cannot be"
        case .plan(let why), .outOfOrder(let why), .contradiction(let why), .notAuthentic(let why), .tooFew(let why), .unencodable(let why): why
        case .belowFloor(let field, let offered, let floor): "\(field) is \(offered), and this client insists on \(floor)"
        case .alreadyAnswered: "this client has answered an attempt of the round already"
        case .otherTranscript: "model, plan, members or groups are others than this client was shown"
        case .secretsGone: "the secrets of this attempt are gone, as after a restart"
        }
    }
}
