internal import Learning
internal import SecureAggregation
internal import StrictJSON

/// How many clients the rounds of a session take at least.
package struct ClientsNeeded: Sendable, Equatable {
    package var count: Int
    /// What takes more than `min_clients`; nil where that is what was asked for.
    package var why: String?

    package init(count: Int, why: String? = nil) {
        self.count = count
        self.why = why
    }
}

extension SessionSpec {
    /// A list of everybody's keys has to fit into one frame.
    static func mostSecureClients(_ agreement: SecureAggregationSpec.KeyAgreement) -> Int { agreement == .xWing ? 400 : 5000 }
    /// Numbers of clients that are tried for one whose members can hold each other's shares.
    private static let mostTried = 64

    /// The least number of clients, not below `min_clients`, with which the rule of combination and secure aggregation mean
    /// something. A session waits for so many; f is never lowered for lack of them.
    /// - Throws: when no number up to `max_clients` does, with the number it would take.
    package func clientsNeeded() throws(SpecError) -> ClientsNeeded {
        try secureAggregation == nil ? clientsNeededInTheClear() : clientsNeededForGroups()
    }

    private func clientsNeededInTheClear() throws(SpecError) -> ClientsNeeded {
        // The others say nothing of how many they withstand unless they are asked.
        guard assumesLiars || byzantineTolerance != nil else { return ClientsNeeded(count: minClients) }
        for count in minClients...max(minClients, maxClients) {
            let f = byzantineTolerance ?? Self.defaultTolerance(count)
            let needed = updatesNeeded(byzantine: f)
            if let quorum, quorum < needed {
                throw SpecError(
                    field: "byzantine_tolerance", issue: "\(Self.need(f)) a quorum of at least \(needed); raise quorum, or leave it out",
                    provided: JSON(byzantineTolerance))
            }
            guard needed <= count else { continue }
            return ClientsNeeded(count: count, why: count > minClients ? "\(Self.need(f)) \(needed) updates" : nil)
        }
        let f = byzantineTolerance ?? Self.defaultTolerance(maxClients)
        let needed = updatesNeeded(byzantine: f)
        throw SpecError(field: "max_clients", issue: "must be at least \(needed): \(Self.need(f)) \(needed) updates", provided: JSON(maxClients))
    }

    private func clientsNeededForGroups() throws(SpecError) -> ClientsNeeded {
        guard let floor = secureAggregation?.rosterFloor else { return ClientsNeeded(count: minClients) }
        let isRobust = aggregation.withstandsLiars
        if isRobust, byzantineTolerance == 0 {
            throw SpecError(field: "byzantine_tolerance", issue: "must be at least 1 with secure_aggregation and a robust rule", provided: 0)
        }
        let most = min(maxClients, Self.mostSecureClients(secureAggregation?.keyAgreement ?? .x25519))
        let first =
            isRobust
            ? GroupPlan.clientsNeeded(byzantine: byzantineTolerance, floor: floor, beyond: groupsBeyond, atLeast: minClients) : max(minClients, floor)
        guard let first else {
            throw SpecError(
                field: "byzantine_tolerance", issue: "must be lower with secure_aggregation: no number of clients makes so many groups of \(floor)",
                provided: JSON(byzantineTolerance))
        }
        let f = byzantineTolerance ?? GroupPlan.byzantine(of: first)
        let groups = isRobust ? "\(Self.need(f)) \(updatesNeeded(byzantine: f)) groups of \(floor)" : "a sum is one of \(floor) clients at least"
        guard first <= most else {
            throw SpecError(field: "max_clients", issue: "must be at least \(first): \(groups)", provided: JSON(maxClients))
        }
        var reason = ""
        for count in first...min(most, first + Self.mostTried) {
            do throws(SecureAggregationError) {
                _ = try securePlan(members: count, dimension: model?.parameterCount ?? 1)
                let margin = privacy != nil && isRobust
                let why = count == first ? groups : margin ? reason : "fewer cannot hold shares of each other's secrets"
                return ClientsNeeded(count: count, why: count > minClients ? why : nil)
            } catch { reason = reason.isEmpty ? error.words : reason }
        }
        throw SpecError(field: "secure_aggregation", issue: "cannot be done with \(first) clients: \(reason)", provided: .bool(true))
    }

    /// Groups that a rule needs beyond two for each liar.
    var groupsBeyond: Int { updatesNeeded(byzantine: 0) }

    private static func need(_ liars: Int) -> String { liars == 1 ? "1 modified client needs" : "\(liars) modified clients need" }
}
