package import Learning

/// A committed model with the figures it was judged by.
package struct ScoredModel: Sendable, Equatable, Codable {
    package var round: Int
    /// SHA-256 (hex).
    package var model: String
    package var loss: Double
    /// nil where there is none, as in a regression.
    package var accuracy: Double?

    package init(round: Int, model: String, loss: Double, accuracy: Double?) {
        self.round = round
        self.model = model
        self.loss = loss
        self.accuracy = accuracy
    }
}

/// The committed models with the smallest loss so far, by each of the two ways a loss is measured. It lies in the record
/// of every committed round, so that a restart chooses the same model.
///
/// Losses measured on different rows cannot be compared, so one way decides: the coordinator's own test set as soon as
/// any round was measured on it, else what clients report. A model that is no better than an earlier one does not
/// replace it.
package struct BestModels: Sendable, Equatable, Codable {
    package var heldOut: ScoredModel?
    /// From the clients that trained from the model in the next round, or evaluated it at the end.
    package var federated: ScoredModel?

    package init() {}

    static func keepBetter(_ best: inout ScoredModel?, _ candidate: ScoredModel) {
        if candidate.loss < best?.loss ?? .infinity { best = candidate }
    }

    package var choice: ChosenModel? {
        heldOut.map { ChosenModel($0, by: .heldOutLoss) } ?? federated.map { ChosenModel($0, by: .federatedLoss) }
    }
}

/// What early stopping has seen so far. It begins anew with the first round that is measured on the coordinator's own
/// test set, because figures of other rows say nothing beside those.
package struct Progress: Sendable, Equatable, Codable {
    package var seen: BestRound
    package var isHeldOut: Bool

    mutating func absorb(heldOut: ScoredModel?, federated: ScoredModel?, _ rule: EarlyStopping, round: Int) {
        if heldOut != nil, !isHeldOut { self = Progress(seen: rule.begun, isHeldOut: true) }
        let figures = isHeldOut ? heldOut : federated
        seen.absorb(round: figures?.round ?? round, figure: rule.metric == .loss ? figures?.loss : figures?.accuracy)
    }
}

/// The model a session gives away once it has ended.
package struct ChosenModel: Sendable, Equatable, Codable {
    package enum Reason: String, Sendable, Codable {
        case heldOutLoss = "held_out_loss"
        case federatedLoss = "federated_loss"
        /// Nothing was measured by which one could choose.
        case last
    }

    package var round: Int
    /// SHA-256 (hex).
    package var model: String
    package var reason: Reason
    /// On the rows that `reason` says; nil: not measured.
    package var loss: Double?
    package var accuracy: Double?

    init(_ scored: ScoredModel, by reason: Reason) {
        round = scored.round
        model = scored.model
        self.reason = reason
        loss = scored.loss
        accuracy = scored.accuracy
    }

    init(last model: String, round: Int) {
        self.round = round
        self.model = model
        reason = .last
    }
}
