import Federation
import Foundation
package import Learning
import Wire

/// The work a node does on its own rows: training and evaluation. The rows stay here.
package struct LocalWork: Sendable {
    let dataset: Dataset
    let attack: Attack

    package init(dataset: Dataset, attack: Attack = .none) {
        self.dataset = dataset
        self.attack = attack
    }

    /// A lie a test client tells, to show what the robust rules withstand.
    package enum Attack: Sendable, Equatable {
        case none
        /// Sends −scale times its update.
        case signFlip(scale: Float)
    }

    /// Trains from `model` as the round asks and gives the body of the update; nil when cancelled.
    func update(model: ModelFile, start: RoundStart, isCancelled: @escaping () -> Bool) throws -> [UInt8]? {
        try check(model)
        let before = Learning.evaluate(spec: model.spec, parameters: model.parameters, dataset: dataset)
        var parameters = model.parameters
        var trainer = LocalTrainer(spec: model.spec)
        let plan = start.training
        let result = trainer.train(
            parameters: &parameters, dataset: dataset,
            options: TrainingOptions(
                epochs: plan.localEpochs, batchSize: plan.batchSize, learningRate: plan.learningRate,
                momentum: plan.momentum, weightDecay: plan.weightDecay, proximalMu: plan.proximalMu, seed: plan.seed),
            isCancelled: isCancelled)
        if isCancelled() { return nil }
        var delta = zip(parameters, model.parameters).map { $0 - $1 }
        switch attack {
        case .none: break
        case .signFlip(let scale): for index in delta.indices { delta[index] *= -scale }
        }
        return UpdateBody(
            spec: model.spec, kind: .delta, values: delta, round: start.round, attempt: start.attempt,
            samples: Int64(dataset.rows), base: start.modelSHA256, loss: min(before.loss, 1e9), accuracy: before.accuracy,
            trainingLoss: result.loss
        ).encode()
    }

    func evaluation(model: ModelFile) throws -> Evaluation {
        try check(model)
        return Learning.evaluate(spec: model.spec, parameters: model.parameters, dataset: dataset)
    }

    /// A model that does not fit the rows must never reach a kernel.
    private func check(_ model: ModelFile) throws(ClientNodeError) {
        guard model.schema.inputs == dataset.inputs, model.schema.outputs == dataset.outputs else {
            throw ClientNodeError(
                .failed,
                "The session's model takes \(model.schema.inputs) inputs and \(model.schema.outputs) outputs; "
                    + "the local data have \(dataset.inputs) and \(dataset.outputs).",
                remedy: "Join a session whose schema fits, or give other data.")
        }
    }
}
