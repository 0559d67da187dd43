package import KernelTable
package import Learning
package import Wire

/// The arithmetic of a client: an update or an evaluation from a model and rows. The same in production and wherever many
/// clients live in one process. It keeps the workspace of the model it trained last, so it stays on one thread at a time;
/// clients that take turns share one.
package struct LocalComputer {
    private let kernels: KernelTable?
    private var trainer: (spec: ModelSpec, trainer: LocalTrainer)?

    /// - Parameter kernels: nil: the best the machine has.
    package init(kernels: KernelTable? = nil) { self.kernels = kernels }

    /// Trains from `model` as the round asks; nil when cancelled. The rows must fit the model.
    package mutating func update(
        model: ModelFile, start: RoundStart, dataset: Dataset, isCancelled: () -> Bool = { false }
    ) -> UpdateBody? {
        let before = evaluation(model: model, dataset: dataset)
        var parameters = model.parameters
        var trainer = trainer(for: model.spec)
        let plan = start.training
        let result = trainer.train(
            parameters: &parameters, dataset: dataset,
            options: TrainingOptions(
                epochs: plan.localEpochs, batchSize: plan.batchSize, learningRate: plan.learningRate,
                momentum: plan.momentum, weightDecay: plan.weightDecay, proximalMu: plan.proximalMu, seed: plan.seed),
            isCancelled: isCancelled)
        self.trainer = (model.spec, trainer)
        if isCancelled() { return nil }
        for i in parameters.indices { parameters[i] -= model.parameters[i] }
        return UpdateBody(
            spec: model.spec, kind: .delta, values: parameters, round: start.round, attempt: start.attempt,
            samples: Int64(dataset.rows), base: start.modelSHA256, loss: min(before.loss, ValidUpdate.maximumLoss),
            accuracy: before.accuracy, trainingLoss: result.loss)
    }

    package func evaluation(model: ModelFile, dataset: Dataset) -> Assessment {
        assess(spec: model.spec, parameters: model.parameters, dataset: dataset, kernels: kernels)
    }

    private mutating func trainer(for spec: ModelSpec) -> LocalTrainer {
        if let kept = trainer, kept.spec == spec {
            // Taken out, so that its buffers are changed in place.
            trainer = nil
            return kept.trainer
        }
        return LocalTrainer(spec: spec, kernels: kernels)
    }
}
