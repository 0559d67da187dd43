internal import Learning

// Which of the models is the session's, and whether more rounds are worth their while.
extension CoordinatorMachine {
    /// The model that the session gives away: after its end the chosen one, before it the newest.
    package var given: (digest: String, round: Int)? { session.chosen.map { ($0.model, $0.round) } ?? model }

    /// The model that clients evaluate when the rounds are over: the one that is chosen already, else the last.
    var evaluated: (digest: String, round: Int)? {
        guard session.spec.modelSelection == .best, let best = best.heldOut else { return model }
        return (best.model, best.round)
    }

    /// What clients say of a model counts only where what they say of their updates does: a robust rule is asked for
    /// where some of them may lie.
    private var believesClients: Bool { session.spec.aggregation == .mean }

    /// Takes in the figures of a round that is about to be committed.
    /// - Parameter base: the model the round started from, with its round.
    mutating func judge(_ outcome: inout RoundOutcome, _ key: AttemptKey, base: String) {
        let heldOut = outcome.model.flatMap { model in
            outcome.heldOutLoss.map { ScoredModel(round: key.round, model: model, loss: $0, accuracy: outcome.heldOutAccuracy) }
        }
        // Clients measure the model they are given: their figures are of the round before.
        var federated: ScoredModel?
        if key.round > 1, believesClients, let loss = outcome.federatedLoss {
            federated = ScoredModel(round: key.round - 1, model: base, loss: loss, accuracy: outcome.federatedAccuracy)
        }
        if session.spec.modelSelection == .best {
            if let heldOut { BestModels.keepBetter(&best.heldOut, heldOut) }
            if let federated { BestModels.keepBetter(&best.federated, federated) }
            outcome.best = best
        }
        if let rule = session.spec.earlyStopping {
            var progress = progress ?? Progress(seen: rule.begun, isHeldOut: false)
            progress.absorb(heldOut: heldOut, federated: federated, rule, round: key.round)
            self.progress = progress
            outcome.progress = progress
        }
    }

    /// Why the rounds are over; nil when another one follows. An empty string: all of them were run.
    var isEnough: String? {
        if committedRounds >= session.spec.rounds { return "" }
        guard let rule = session.spec.earlyStopping, let seen = progress?.seen, rule.shouldStop(seen) else { return nil }
        return "early stopping after round \(committedRounds) of \(session.spec.rounds): the \(rule.metric.rawValue) has not improved "
            + "for \(seen.roundsWithoutImprovement) rounds; the best was round \(seen.round ?? 0)"
    }

    /// The choice at the end; nil where it is the last model by order.
    func choose() -> ChosenModel? {
        guard session.spec.modelSelection == .best, let model, model.round > 0 else { return nil }
        var best = best
        if believesClients, let evaluation, evaluation.round == model.round {
            BestModels.keepBetter(
                &best.federated, ScoredModel(round: model.round, model: model.digest, loss: evaluation.loss, accuracy: evaluation.accuracy))
        }
        return best.choice ?? ChosenModel(last: model.digest, round: model.round)
    }
}
