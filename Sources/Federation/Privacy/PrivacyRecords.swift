package import DifferentialPrivacy

/// The noise of a session and what it is measured against: decided once, before the first round, and kept.
package struct SessionPrivacy: Sendable, Equatable, Codable {
    /// The session's budget, or the smallest cap of a member that had joined when it was planned.
    package var budget: PrivacyBudget
    /// What each round is charged, to everybody whose update counts in it.
    package var release: PrivateRelease
    package var l2Clip: Double
    package var floors: PrivacyFloors
    /// How far one client moves a result, in L2 and in units of the model.
    package var sensitivity: Double
    /// Standard deviation of the noise on every coordinate of a round's result, in units of the model.
    package var noiseDeviation: Double
    /// The results are rounded to multiples of this, and so many of them are one standard deviation.
    package var latticeStep: Double
    package var deviationSteps: Double
    /// What each client adds before its update is masked; nil where the coordinator adds the noise.
    package var share: SkellamShare?
    package var rounds: Int
    /// Of these, the ones that the budget pays for.
    package var roundsThatFit: Int
    /// What is lost after them, by the smaller of both accountants; and after the first.
    package var epsilon: Double
    package var firstEpsilon: Double
    /// Norm of a round's noise over the largest norm of its result: above 1 a single round is mostly noise.
    package var noiseToSignal: Double
}

/// What a round commits with at least: the actual numbers can only be larger, and depend on who was there.
package struct PrivacyFloors: Sendable, Equatable, Codable {
    /// Clients of a cohort, or of all groups together; a mean is a sum over this number.
    package var cohort: Int
    /// Values that the rule combines: updates, or means of groups.
    package var groups: Int
    /// Updates in the smallest of them.
    package var smallestGroup: Int
    /// Cut off at either end of every coordinate.
    package var trimmed: Int

    package init(cohort: Int, groups: Int, smallestGroup: Int, trimmed: Int) {
        (self.cohort, self.groups, self.smallestGroup, self.trimmed) = (cohort, groups, smallestGroup, trimmed)
    }
}

/// One data set of one client, as the ledger knows it within a tenant.
package struct LedgerEntry: Sendable, Hashable, Codable, Comparable {
    package var client: String
    package var dataset: String
    package init(client: String, dataset: String) { (self.client, self.dataset) = (client, dataset) }
    package static func < (a: LedgerEntry, b: LedgerEntry) -> Bool { (a.client, a.dataset) < (b.client, b.dataset) }

    package func key(tenant: String) throws(PrivacyError) -> LedgerKey { try LedgerKey(tenant: tenant, client: client, dataset: dataset) }
}

/// What is to be planned: everything but what the members have lost before, which the ledger knows.
package struct PrivacyDemand: Sendable, Equatable {
    package var request: PrivacyRequest
    package var floors: PrivacyFloors
    package var noiseMultiplier: Double?
    package var onBudget: PrivacySpec.OnBudget
    /// Whose past counts, in order.
    package var members: [LedgerEntry]

    /// The session's plan. Takes about a second: not for an actor's own time.
    /// - Parameter spent: of the members' data sets, at every order the most that any of them has lost.
    package func plan(spent: RenyiCurve) throws(PrivacyError) -> SessionPrivacy {
        var request = request
        request.spent = spent
        if onBudget == .stopEarly, let noiseMultiplier { request.onBudget = .stopEarly(noiseMultiplier: noiseMultiplier) }
        var plan = try PrivacyPlan(request)
        if let least = noiseMultiplier, plan.release.mechanism.noiseMultiplier < least {
            request.onBudget = .stopEarly(noiseMultiplier: least)
            plan = try PrivacyPlan(request)
        }
        let one = try PrivacyReport([(plan.release, 1)], delta: request.budget.delta, by: request.accountant)
        return SessionPrivacy(
            budget: request.budget, release: plan.release, l2Clip: request.l2Clip, floors: floors, sensitivity: plan.sensitivity,
            noiseDeviation: plan.noiseDeviation, latticeStep: plan.latticeStep, deviationSteps: plan.deviationSteps, share: plan.share, rounds: request.rounds,
            roundsThatFit: plan.roundsThatFit, epsilon: spent == .zero ? plan.report.epsilon : plan.epsilonByRound.last ?? plan.report.epsilon,
            firstEpsilon: one.epsilon, noiseToSignal: plan.noiseToSignal)
    }
}

/// What a round's result costs, to be durable before its noise is drawn.
package struct PrivacyCharge: Sendable, Equatable {
    /// Unique for ever: session, round and attempt.
    package var id: String
    package var members: [LedgerEntry]
    package var release: PrivateRelease
    package var budget: PrivacyBudget
    /// The noise is in what was sent: what is computed again after a crash is the same result.
    package var isRepeatable: Bool

    package init(id: String, members: [LedgerEntry], release: PrivateRelease, budget: PrivacyBudget, isRepeatable: Bool = false) {
        (self.id, self.members, self.release, self.budget, self.isRepeatable) = (id, members, release, budget, isRepeatable)
    }
}

/// How a round is made private.
package struct PrivacyJob: Sendable, Equatable {
    package var charge: PrivacyCharge
    package var l2Clip: Double
    /// What a mean is a sum over; nil with a robust rule.
    package var divisor: Int?
    package var noise: Noise

    package enum Noise: Sendable, Equatable {
        /// Added to the result, rounded to multiples of the step.
        case coordinator(latticeStep: Double, deviationSteps: Double)
        /// In the sums already.
        case clients
    }

    package init(charge: PrivacyCharge, l2Clip: Double, divisor: Int?, noise: Noise) {
        (self.charge, self.l2Clip, self.divisor, self.noise) = (charge, l2Clip, divisor, noise)
    }
}

extension AggregationJob {
    /// What the machine is told when the ledger does not pay: a spent budget ends the session, anything else this attempt.
    package func unpaid(_ error: PrivacyError) -> CoordinatorEvent {
        if case .budgetExhausted = error { return .budgetRefused(AttemptKey(round: round, attempt: attempt), reason: "\(error)") }
        return .aggregationFailed(round: round, attempt: attempt, reason: "\(error)")
    }
}
