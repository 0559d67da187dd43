internal import DifferentialPrivacy
internal import Learning
package import SecureAggregation

/// What a session would be with so many clients: who sees what, who is withstood, what it costs. Nothing is created, and what
/// cannot be done is said with the numbers. The same decisions as a running session's, from the same code.
package struct SessionPlan: Sendable {
    package let spec: SessionSpec
    /// Registered clients, and those of a round.
    package let clients: Int
    package let cohort: Int
    /// nil without secure aggregation, or while there are too few clients for it.
    package let groups: SecureAggregationPlan?
    /// nil without differential privacy, or where no noise keeps the budget.
    package let privacy: SessionPrivacy?
    /// Why no round would be run with these clients; nil: it would.
    package let obstacle: String?
    /// Bytes of a client in a round, without headers and before compression; nil while the model is unknown.
    package let bytesUp: Int?
    package let bytesDown: Int?

    /// - Parameters:
    ///   - clients: that will have joined.
    ///   - dimension: parameters of the model; nil: unknown.
    package init(_ spec: SessionSpec, clients: Int, dimension: Int?) {
        self.spec = spec
        self.clients = clients
        let needed = (try? spec.clientsNeeded()) ?? ClientsNeeded(count: spec.minClients)
        cohort = min(spec.cohortSize(registered: clients, needed: needed.count), max(clients, 1))
        var groups: SecureAggregationPlan?
        var privacy: SessionPrivacy?
        var obstacle =
            clients < needed.count ? "\(clients) clients of \(needed.count)" + (needed.why.map { ": \($0)" } ?? ", which are min_clients") : nil
        do throws(SecureAggregationError) { groups = try spec.securePlan(members: cohort, dimension: dimension ?? 1) } catch {
            obstacle = obstacle ?? error.words
        }
        if spec.privacy != nil, obstacle == nil {
            if let dimension {
                do throws(PrivacyError) {
                    privacy = try spec.privacyDemand(cohort: cohort, groups: groups, dimension: dimension, epsilon: spec.privacyCap, members: [])?
                        .plan(spent: .zero)
                } catch { obstacle = "\(error)" }
            }
        }
        (self.groups, self.privacy, self.obstacle) = (groups, privacy, obstacle)
        let keys = groups.map { MessageBytes($0) }
        let vector = groups.map { plan in
            let encoding = privacy?.share.map { plan.encoding.with($0) } ?? plan.encoding
            return MaskedBody.headerBytes + encoding.packedBytes(dimension: plan.dimension)
        }
        bytesUp = dimension.map { (vector ?? 4 * spec.updateLength(parameters: $0)) + (keys?.up ?? 0) }
        bytesDown = dimension.map { 4 * $0 + (keys?.down ?? 0) }
    }

    // MARK: In words

    /// What the coordinator learns in one round, and in many.
    package var serverSees: String {
        if let groups { return groups.disclosure }
        guard spec.secureAggregation == nil else { return "nothing yet: the groups cannot be drawn" }
        return "each round the coordinator sees the update of every one of \(cohort) clients; over many rounds, of every client that takes part"
    }

    /// Modified clients of a round whose updates do not steer the model.
    package var modifiedClientsBorne: Int {
        let combined = groups?.groups ?? cohort
        switch spec.aggregation {
        case .mean, .normBounding: return 0
        case .median, .geometricMedian, .centeredClipping: return (combined - 1) / 2
        case .trimmedMean, .krum, .multiKrum: return groups?.byzantine ?? min(spec.byzantineTolerance ?? SessionSpec.defaultTolerance(cohort), (cohort - 1) / 2)
        }
    }

    package var robustness: String {
        switch spec.aggregation {
        case .mean: return "none: the mean believes every update, and one modified client steers it"
        case .normBounding: return "none are withstood: each update counts up to the norm \(spec.normBound ?? 0), a modified client's too"
        default: break
        }
        let borne = modifiedClientsBorne
        let unit = groups == nil ? "of the updates" : "of the means of \(groups?.groups ?? 0) groups"
        return "\(borne) modified clients in a round are borne, by the \(spec.aggregation.rawValue) \(unit)"
            + (groups == nil ? "" : "; a modified client spoils its own group for as long as the groups are kept")
    }

    /// Honest updates in everything that the coordinator opens, at least; nil without secure aggregation.
    package var honestSummands: Int? { groups?.honestSummandsMin }

    package var privacyMeaning: String {
        guard let asked = spec.privacy else { return "none: nothing bounds what the models tell of a client" }
        guard let plan = privacy else {
            return
                "asked for, epsilon at most \(spec.privacyCap) at delta \(asked.delta); not planned: \(obstacle ?? "how much noise it takes is known once the model is; give 'model'")"
        }
        let neighbours = spec.adjacency == .replaceOne ? "any other update in its place" : "no update of it at all"
        var text =
            "all that one client has, against \(neighbours), changes the probability of any outcome of the session by at most a factor e^\(plan.budget.epsilon), "
            + "but for \(asked.delta); "
            + (plan.share == nil
                ? "the coordinator adds the noise and is trusted with that"
                : "each client adds its part of the noise before its update is masked, and nobody is trusted with adding it: the parts of "
                    + "\(groups?.honestSummandsMin ?? 0) honest ones are enough")
        text += "; noise multiplier \(plan.release.mechanism.noiseMultiplier), \(plan.noiseDeviation) on every coordinate of a round"
        if plan.noiseToSignal > 1 {
            text +=
                "; a round's noise is \(plan.noiseToSignal) times as long as its result can be: more clients, fewer rounds, a smaller model or a larger budget help"
        }
        if plan.roundsThatFit < plan.rounds { text += "; the budget ends the session after \(plan.roundsThatFit) of \(plan.rounds) rounds" }
        return text
    }
}
