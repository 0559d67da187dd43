package import KernelTable
package import Learning
package import Strategies
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
    ///
    /// - Parameter controls: SCAFFOLD's, as long as the parameters; nil: zeros. The client's next one is its own plus the
    ///   update's `control`, so that what the server adds up is what the clients keep.
    /// - Parameter stopping: the client's own rule; nil: all epochs of the round.
    /// - Throws: when learning rate, momentum and proximal term together do not converge.
    package mutating func update(
        model: ModelFile, start: RoundStart, dataset: Dataset, controls: Controls? = nil, stopping: LocalStopping? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(StrategyError) -> UpdateBody? {
        let before = evaluation(model: model, dataset: dataset)
        let plan = start.training
        let rule: Strategy.ClientRule
        var controls = controls
        switch start.rule {
        case .plain: rule = .plain
        case .normalised: rule = .normalised
        case .controlled:
            rule = .controlled
            if controls == nil {
                let zeros = [Float](repeating: 0, count: model.parameters.count)
                controls = Controls(server: zeros, own: zeros)
            }
        }
        var trainer = trainer(for: model.spec)
        let local = try rule.train(
            &trainer, model: model.parameters, dataset: dataset,
            options: TrainingOptions(
                epochs: plan.localEpochs, batchSize: plan.batchSize, learningRate: plan.learningRate,
                momentum: plan.momentum, weightDecay: plan.weightDecay, proximalMu: plan.proximalMu, seed: plan.seed,
                optimizer: plan.adam.map { .adam(Adam(beta1: $0.beta1, beta2: $0.beta2, epsilon: $0.epsilon)) } ?? .sgd, stopping: stopping),
            controls: controls, isCancelled: isCancelled)
        self.trainer = (model.spec, trainer)
        guard let local else { return nil }
        let count = model.parameters.count
        var update = UpdateBody(
            spec: model.spec, kind: rule == .normalised ? .normalised : .delta,
            values: rule == .controlled ? Array(local.values.prefix(count)) : local.values, round: start.round, attempt: start.attempt,
            samples: Int64(local.training.samples), base: start.modelSHA256, loss: min(before.loss, ValidUpdate.maximumLoss),
            accuracy: before.accuracy, trainingLoss: local.training.loss)
        if rule == .controlled { update.control = Array(local.values.dropFirst(count)) }
        update.hasLostControl = controls?.isOwnLost ?? false
        update.steps = local.steps
        if let privacy = start.privacy { update.bound(privacy) }
        return update
    }

    /// What a round with controls begins with; nil when it has none.
    ///
    /// - Parameters:
    ///   - own: this client's control as last counted; nil: it has none.
    ///   - server: the file that the round names; nil: the server's control is zero.
    package static func controls(
        _ start: RoundStart, own: [Float]?, server: [UInt8]?, parameters: Int
    ) throws(StrategyError) -> Controls? {
        guard case .controlled(let control) = start.rule else { return nil }
        let zeros = [Float](repeating: 0, count: parameters)
        return Controls(
            server: try server.map { (file) throws(StrategyError) in try serverControl(file, parameters: parameters) } ?? zeros, own: own ?? zeros,
            isOwnLost: own == nil && control.countedRound > 0)
    }

    /// A client's control after `update`.
    package static func control(after update: UpdateBody, own: [Float]) -> [Float] { zip(own, update.control).map { $0 + $1 } }

    /// The server's control, from its file.
    package static func serverControl(_ file: [UInt8], parameters: Int) throws(StrategyError) -> [Float] {
        try ServerState(decoding: file, strategy: Strategy(client: .controlled), parameters: parameters).control
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
