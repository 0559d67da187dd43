/// When a training that no longer gets better ends, judged by one figure a round.
package struct EarlyStopping: Sendable, Equatable, Codable {
    package enum Metric: String, Sendable, Codable, CaseIterable {
        /// Of the model's own kind; the smaller the better.
        case loss
        /// Share of right answers; the larger the better. A regression has none.
        case accuracy
    }

    package var metric: Metric
    /// So many measured rounds in a row may bring no improvement; the last of them ends the training.
    package var patience: Int
    /// What a figure must be better by, in its own unit, to count as an improvement; any more when 0.
    package var minimumImprovement: Double

    package init(metric: Metric = .loss, patience: Int, minimumImprovement: Double = 0) {
        self.metric = metric
        self.patience = patience
        self.minimumImprovement = minimumImprovement
    }

    /// The state before the first round.
    package var begun: BestRound { BestRound(metric, minimumImprovement: minimumImprovement) }

    package func shouldStop(_ best: BestRound) -> Bool { best.roundsWithoutImprovement >= patience }

    /// Why the rule cannot be used, and the field that says so; nil when it can.
    package var fault: (field: String, issue: String)? {
        if !(1...Limits.scheduleRounds).contains(patience) {
            return ("patience", "must be 1 to \(Limits.scheduleRounds) rounds, not \(patience)")
        }
        if !(minimumImprovement >= 0 && minimumImprovement <= 1e9) {
            return ("minimum_improvement", "must be 0 to 1e9, not \(minimumImprovement)")
        }
        return nil
    }
}

/// Which round was the best so far, and for how long nothing has become better. A value: whoever feeds it the same
/// figures again, for example after a restart, has the same state.
package struct BestRound: Sendable, Equatable, Codable {
    package let metric: EarlyStopping.Metric
    package let minimumImprovement: Double
    /// The first round with the best figure; nil before the first measured one.
    package private(set) var round: Int?
    package private(set) var figure: Double?
    /// Measured rounds since the last one that was better by more than `minimumImprovement`.
    package private(set) var roundsWithoutImprovement = 0
    /// What improvements are measured from: many small ones add up to one that counts.
    private var reference: Double?

    package init(_ metric: EarlyStopping.Metric, minimumImprovement: Double = 0) {
        self.metric = metric
        self.minimumImprovement = minimumImprovement
    }

    /// - Parameter measured: nil where the round was not measured, which says nothing for or against it. A figure that
    ///   is not finite is that of a model that has diverged: never the best, never an improvement.
    package mutating func absorb(round: Int, figure measured: Double?) {
        guard let measured else { return }
        guard measured.isFinite else {
            roundsWithoutImprovement += 1
            return
        }
        if figure.map({ isBetter(measured, than: $0, by: 0) }) ?? true { (self.round, figure) = (round, measured) }
        if reference.map({ isBetter(measured, than: $0, by: minimumImprovement) }) ?? true {
            reference = measured
            roundsWithoutImprovement = 0
        } else {
            roundsWithoutImprovement += 1
        }
    }

    private func isBetter(_ a: Double, than b: Double, by margin: Double) -> Bool {
        switch metric {
        case .loss: b - a > margin
        case .accuracy: a - b > margin
        }
    }
}
