internal import Learning
package import StrictJSON

/// A field of a session request that cannot be accepted, in the words of the API's error details.
package struct SpecError: Error, Sendable, Equatable, CustomStringConvertible {
    package var field: String
    package var issue: String
    /// The value that was checked, as a request would say it.
    package var provided: JSON

    package init(field: String, issue: String, provided: JSON) {
        self.field = field
        self.issue = issue
        self.provided = provided
    }

    package var description: String { "\(field): \(issue) (given: \(provided.encodedText))" }
}

extension SessionSpec {
    /// Checks every field and the ways in which they depend on each other.
    package func validate() throws(SpecError) {
        try Self.check(minClients, 1...100_000, "min_clients")
        try Self.check(maxClients, 1...100_000, "max_clients")
        guard minClients <= maxClients else {
            throw SpecError(field: "max_clients", issue: "must be at least min_clients (\(minClients))", provided: JSON(maxClients))
        }
        try Self.check(rounds, 1...100_000, "rounds")
        try Self.check(clientFraction, above: 0, atMost: 1, "client_fraction")
        guard overSelection >= 1, overSelection <= Self.mostOverSelection else {
            throw SpecError(field: "over_selection", issue: "must be 1 to \(Self.mostOverSelection)", provided: JSON(overSelection))
        }
        try Self.check(learningRate, above: 0, atMost: 10, "learning_rate")
        if let fault = schedule.fault {
            throw SpecError(field: "learning_rate_schedule.\(fault.field)", issue: fault.issue, provided: schedule.json[fault.field] ?? .null)
        }
        if let rule = earlyStopping, rule.metric == .accuracy, task != .classification {
            throw SpecError(
                field: "early_stopping.metric", issue: "must be loss: a \(task == .language ? "language model" : "regression") has no accuracy",
                provided: .string(rule.metric.rawValue))
        }
        if let rule = earlyStopping, let fault = rule.fault {
            throw SpecError(field: "early_stopping.\(fault.field)", issue: fault.issue, provided: rule.json[fault.field] ?? .null)
        }
        if let source = initialModel {
            if let round = source.round {
                guard source.session != nil else {
                    throw SpecError(field: "initial_model.round", issue: "belongs to initial_model.session_id", provided: JSON(round))
                }
                try Self.check(round, 0...100_000, "initial_model.round")
            }
        }
        try Self.check(batchSize, 1...65_536, "batch_size")
        try Self.check(localEpochs, 1...1000, "local_epochs")
        guard momentum >= 0, momentum < 1 else {
            throw SpecError(field: "momentum", issue: "must be at least 0 and below 1", provided: JSON(momentum))
        }
        guard weightDecay >= 0, weightDecay <= 10 else {
            throw SpecError(field: "weight_decay", issue: "must be 0 to 10", provided: JSON(weightDecay))
        }
        guard proximalMu >= 0, proximalMu <= 1000 else {
            throw SpecError(field: "proximal_mu", issue: "must be 0 to 1000", provided: JSON(proximalMu))
        }
        if algorithm != .fedProx && proximalMu != 0 {
            throw SpecError(field: "proximal_mu", issue: "belongs to algorithm fedprox", provided: JSON(proximalMu))
        }
        try validateStrategy()
        try Self.check(roundDeadlineSeconds, above: 0, atMost: 7 * 86_400, "round_deadline")
        try Self.check(heartbeatSeconds, 1...3600, "heartbeat_interval")
        if let quorum { try Self.check(quorum, 1...minClients, "quorum") }
        if let budget = privacyBudget, !(budget >= 0.1 && budget <= 10) {
            throw SpecError(field: "privacy_budget", issue: "must be between 0.1 and 10.0", provided: JSON(budget))
        }
        try validateRule()
        if let model, model.task != task {
            throw SpecError(
                field: "model.kind",
                issue: "\(model.kind.rawValue) is for \(model.task.rawValue), model_type \(modelType.rawValue) for \(task.rawValue); change one of them",
                provided: .string(model.kind.rawValue))
        }
        if let model, let fault = model.fault {
            throw SpecError(field: "model.\(fault.field)", issue: fault.issue, provided: model.json[fault.field] ?? .null)
        }
        try validateText()
        try validatePrivacy()
        try validateSecureAggregation()
        _ = try clientsNeeded()
    }

    /// ⌈5 % of the cohort⌉.
    package static func defaultTolerance(_ cohort: Int) -> Int { (cohort + 19) / 20 }

    /// max(⌈fraction · registered⌉, minimum), at most the maximum (Flower's convention).
    /// - Parameter needed: the minimum, where that is more than `min_clients` (`clientsNeeded`).
    package func cohortSize(registered: Int, needed: Int = 0) -> Int {
        let share = (clientFraction * Double(registered)).rounded(.up)
        return min(max(Int(share), minClients, needed), maxClients)
    }

    private static let mostOverSelection = 10.0

    /// How many clients are asked where `wanted` answers are needed.
    package func selectionSize(wanted: Int) -> Int { Int((overSelection * Double(wanted)).rounded(.up)) }

    private static func check(_ value: Int, _ range: ClosedRange<Int>, _ field: String) throws(SpecError) {
        guard range.contains(value) else {
            throw SpecError(
                field: field, issue: "must be between \(range.lowerBound) and \(range.upperBound)", provided: JSON(value))
        }
    }

    private static func check(_ value: Double, above low: Double, atMost high: Double, _ field: String) throws(SpecError) {
        guard value > low, value <= high else {
            throw SpecError(field: field, issue: "must be above \(low) and at most \(high)", provided: JSON(value))
        }
    }
}
