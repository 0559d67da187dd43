package import DifferentialPrivacy
package import SecureAggregation
internal import Strategies
internal import StrictJSON

extension SessionSpec {
    /// Everything about differential privacy that can be known when a session is asked for.
    func validatePrivacy() throws(SpecError) {
        guard let privacy else { return }
        func refuse(_ field: String, _ issue: String, _ value: JSON) -> SpecError { SpecError(field: field, issue: issue, provided: value) }
        guard strategy.client == .plain else {
            throw refuse(
                "algorithm",
                "must be one whose clients send plain updates with differential_privacy; what else \(algorithm.rawValue) has them send would need noise of its own",
                .string(algorithm.rawValue))
        }
        guard aggregation.hasBoundedSensitivity else {
            throw refuse(
                "aggregation",
                "must be mean, trimmed_mean or median with differential_privacy: how far one client moves the result of \(aggregation.rawValue) has no bound here",
                .string(aggregation.rawValue))
        }
        guard overSelection == 1 else {
            throw refuse("over_selection", "must be 1 with differential_privacy: who answers first would decide whose data count", JSON(overSelection))
        }
        guard secureAggregation?.largestWeight ?? 0 == 0 else {
            throw refuse(
                "secure_aggregation.largest_weight", "must be 0 with differential_privacy: how many rows a client has is private, too",
                JSON(secureAggregation?.largestWeight))
        }
        guard privacy.noiseBy != .clients || (secureAggregation != nil && aggregation == .mean) else {
            throw refuse(
                "differential_privacy.noise_by",
                secureAggregation == nil
                    ? "must be coordinator without secure_aggregation: by itself a client's part of the noise hides little"
                    : "must be coordinator with \(aggregation.rawValue): a robust rule over means of groups takes noise in each of them for an attack, and the noise that it leaves is not known",
                .string("clients"))
        }
        guard privacy.l2Clip > 0, privacy.l2Clip <= 1000 else {
            throw refuse("differential_privacy.l2_norm_clip", "must be above 0 and at most 1000", JSON(privacy.l2Clip))
        }
        guard privacy.delta >= 1e-30, privacy.delta <= 0.1 else {
            throw refuse("delta", "must be 1e-30 to 0.1, and well below 1 / (number of clients)", JSON(privacy.delta))
        }
        if let noise = privacy.noiseMultiplier {
            guard (0...1000).contains(noise) else { throw refuse("differential_privacy.noise_multiplier", "must be 0 to 1000", JSON(noise)) }
        }
        if privacy.onBudget == .stopEarly {
            guard let noise = privacy.noiseMultiplier, noise >= DifferentialPrivacy.Limits.noiseMultiplierMin else {
                throw refuse(
                    "differential_privacy.noise_multiplier",
                    "must be given with on_budget stop_early, at least \(DifferentialPrivacy.Limits.noiseMultiplierMin): it stays what it is and the budget ends the session",
                    JSON(privacy.noiseMultiplier))
            }
        }
    }

    /// What a client may lose in this session at most, by the session's word.
    package var privacyCap: Double { privacyBudget ?? PrivacySpec.usualBudget }

    /// What is to be planned for rounds of `cohort` clients; nil without differential privacy.
    /// - Parameters:
    ///   - groups: of secure aggregation.
    ///   - epsilon: what may be lost: the session's word, or a member's smaller one.
    package func privacyDemand(
        cohort: Int, groups: SecureAggregationPlan?, dimension: Int, epsilon: Double, members: [LedgerEntry]
    ) throws(PrivacyError) -> PrivacyDemand? {
        guard let privacy else { return nil }
        let floors = privacyFloors(cohort: cohort, groups: groups)
        var request = PrivacyRequest(
            budget: try PrivacyBudget(epsilon: epsilon, delta: privacy.delta), rounds: rounds,
            // The coordinator knows every cohort, and so does each client of it: nothing is gained from drawing lots.
            model: try PrivacyModel(adjacency, .full),
            mechanism: mechanism(floors, groups),
            dimension: dimension, l2Clip: privacy.l2Clip,
            quantisation: secureAggregation.map { .init(coordinateClip: $0.coordinateRange, bits: $0.bits) })
        request.resultError = RoundComputer.arithmeticError(norm: privacy.l2Clip)
        return PrivacyDemand(request: request, floors: floors, noiseMultiplier: privacy.noiseMultiplier, onBudget: privacy.onBudget, members: members)
    }

    private func mechanism(_ floors: PrivacyFloors, _ groups: SecureAggregationPlan?) -> PrivacyRequest.Mechanism {
        guard aggregation == .mean else {
            return .centralTrimmedGroups(groups: floors.groups, smallestGroup: floors.smallestGroup, trimmed: floors.trimmed)
        }
        guard noiseBy == .clients, let groups else { return .centralMean(divisor: Double(floors.cohort)) }
        return .distributedSkellam(cohortMax: groups.largestGroup, honestSurvivors: groups.honestSummandsMin, divisor: Double(floors.cohort))
    }

    /// What every round of the session has at least. A median moves as its middle value does, and not as a mean of several.
    private func privacyFloors(cohort: Int, groups plan: SecureAggregationPlan?) -> PrivacyFloors {
        if let plan {
            let isMedian = aggregation == .median
            return PrivacyFloors(
                cohort: plan.members, groups: isMedian ? 1 : plan.groups - plan.voidGroupsBorne, smallestGroup: plan.groupFloor,
                trimmed: isMedian ? 0 : plan.byzantine)
        }
        if aggregation == .median { return PrivacyFloors(cohort: cohort, groups: 1, smallestGroup: 1, trimmed: 0) }
        let trimmed = aggregation == .mean ? 0 : byzantineTolerance ?? Self.defaultTolerance(cohort)
        return PrivacyFloors(
            cohort: cohort, groups: max(min(quorum ?? (try? clientsNeeded())?.count ?? minClients, cohort), 2 * trimmed + 1), smallestGroup: 1, trimmed: trimmed
        )
    }

    /// Who adds the noise in this session.
    package var noiseBy: PrivacySpec.NoiseBy {
        privacy?.noiseBy ?? (secureAggregation != nil && aggregation == .mean ? .clients : .coordinator)
    }

    /// What neighbours mean in this session.
    package var adjacency: Adjacency { privacy?.adjacency ?? (aggregation == .mean ? .zeroOut : .replaceOne) }
}

extension SessionSpec.Aggregation {
    /// Whether it is known how far one client of bounded norm moves the result.
    package var hasBoundedSensitivity: Bool {
        switch self {
        case .mean, .trimmedMean, .median: true
        case .krum, .multiKrum, .geometricMedian, .centeredClipping, .normBounding: false
        }
    }
}
