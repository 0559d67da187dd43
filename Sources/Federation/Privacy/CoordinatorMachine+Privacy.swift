internal import DifferentialPrivacy
internal import Learning

// Differential privacy: the noise is planned once, before the first round, and every round is paid for before its noise is drawn.
extension CoordinatorMachine {
    /// What has to happen before a round may begin; nil: nothing.
    /// - Parameter cohort: clients the round would have.
    mutating func beforePrivateRound(cohort: Int, _ now: Instant) -> [CoordinatorEffect]? {
        guard session.spec.privacy != nil else { return nil }
        if let privacy = session.privacy {
            guard committedRounds >= privacy.roundsThatFit else { return nil }
            return end(.budgetExhausted, budgetReason(privacy), now)
        }
        if isPlanningPrivacy { return [] }
        guard let demand = privacyDemand(cohort: cohort) else { return end(.failed, "differential privacy cannot be planned for these groups", now) }
        isPlanningPrivacy = true
        return [.planPrivacy(demand)]
    }

    func budgetReason(_ privacy: SessionPrivacy) -> String {
        "the budget, epsilon \(privacy.budget.epsilon) at delta \(privacy.budget.delta), pays for \(privacy.roundsThatFit) of \(privacy.rounds) rounds "
            + "with noise multiplier \(privacy.release.mechanism.noiseMultiplier)"
    }

    private func privacyDemand(cohort: Int) -> PrivacyDemand? {
        guard let dimension = session.model?.parameterCount, session.spec.secureAggregation == nil || epoch != nil else { return nil }
        let caps = trainers.compactMap { members[$0]?.maxPrivacyBudget }
        return try? session.spec.privacyDemand(
            cohort: cohort, groups: epoch?.plan, dimension: dimension, epsilon: min(session.spec.privacyCap, caps.min() ?? .infinity),
            members: trainers.map(ledgerEntry))
    }

    func ledgerEntry(_ client: String) -> LedgerEntry { LedgerEntry(client: client, dataset: members[client]?.dataset ?? "default") }

    mutating func privacyPlanned(_ plan: SessionPrivacy, _ now: Instant) -> [CoordinatorEffect] {
        guard session.privacy == nil, isPlanningPrivacy, !session.status.isFinal else { return [] }
        isPlanningPrivacy = false
        session.privacy = plan
        return [.persist(.session(session))] + proceed(now)
    }

    mutating func budgetRefused(_ key: AttemptKey?, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        guard let key else {
            guard isPlanningPrivacy, !session.status.isFinal else { return [] }
            isPlanningPrivacy = false
            return end(.budgetExhausted, reason, now)
        }
        guard case .aggregating(let open) = phase, open.key == key else { return [] }
        return abort(open, ending: .budgetExhausted, reason, now)
    }

    /// How the round's result is made private; nil without differential privacy.
    func privacyJob(_ open: OpenRound) -> PrivacyJob? {
        guard let privacy = session.privacy else { return nil }
        return PrivacyJob(
            charge: PrivacyCharge(
                id: "\(session.id)/\(open.record.round)/\(open.record.attempt)", members: (open.record.sealed ?? []).map(ledgerEntry),
                release: privacy.release, budget: privacy.budget, isRepeatable: privacy.share != nil),
            l2Clip: privacy.l2Clip, divisor: session.spec.aggregation == .mean ? privacy.floors.cohort : nil,
            noise: privacy.share == nil ? .coordinator(latticeStep: privacy.latticeStep, deviationSteps: privacy.deviationSteps) : .clients)
    }

    /// The noise is planned for the smallest cap there was; a smaller one comes too late.
    func capRefusal(_ request: JoinRequest) -> Refused? {
        guard let plan = session.privacy, let cap = request.maxPrivacyBudget, cap < plan.budget.epsilon, request.dataSize > 0 else { return nil }
        return .unfit(
            field: "privacy_preferences.max_privacy_budget",
            issue: "is less than the session's plan may cost each client, epsilon \(plan.budget.epsilon); the noise was planned before this client joined")
    }
}
