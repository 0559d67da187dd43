internal import ByteLanguage
package import KernelTable
package import Learning
package import Strategies
package import Wire

/// The arithmetic of a client: an update or an evaluation from a model and rows. The same in production and wherever many
/// clients live in one process. It keeps the workspace of the model it trained last, so it stays on one thread at a time;
/// clients that take turns share one.
package struct LocalComputer {
    private let kernels: KernelTable?
    private var task: (any LocalTask)?

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
        var task = self.task(for: model.spec)
        let before = task.assessment(model.parameters, dataset)
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
        let local = try task.train(
            model.parameters, dataset, RoundWork(plan: start.training, rule: rule, controls: controls, stopping: stopping), isCancelled: isCancelled)
        self.task = task
        guard let local else { return nil }
        let count = model.parameters.count
        var update = UpdateBody(
            spec: model.spec, kind: rule == .normalised ? .normalised : .delta,
            values: rule == .controlled ? Array(local.values.prefix(count)) : local.values, round: start.round, attempt: start.attempt,
            samples: Int64(local.training.samples), base: start.modelSHA256, loss: before.rows > 0 ? min(before.loss, ValidUpdate.maximumLoss) : nil,
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

    /// Of a model on what this client judges by: its rows, or the part of its text that it does not train on.
    package func evaluation(model: ModelFile, dataset: Dataset) -> Assessment {
        if model.spec.transformer != nil { return Self.assessment(of: model, on: Dataset(texts: dataset.heldOut.judging), kernels: kernels) }
        return Self.assessment(of: model, on: dataset, kernels: kernels)
    }

    /// Of a model of any kind on all of the rows, or on the whole text. They must fit the model.
    package static func assessment(of model: ModelFile, on dataset: Dataset, kernels: KernelTable? = nil) -> Assessment {
        guard let shape = model.spec.transformer else {
            return assess(spec: model.spec, parameters: model.parameters, dataset: dataset, kernels: kernels)
        }
        return TextTask.assessment(shape, model.parameters, dataset.texts, kernels)
    }

    /// Everything there is to say of a model of any kind on rows or text that fit it.
    package static func measures(of model: ModelFile, on dataset: Dataset) -> ModelMeasures {
        guard model.spec.transformer != nil else { return ModelMeasures(of: model, on: dataset) }
        let told = assessment(of: model, on: dataset)
        return .language(LanguageMeasures(bytes: told.rows, nats: told.loss))
    }

    private mutating func task(for spec: ModelSpec) -> any LocalTask {
        if let kept = task, kept.spec == spec {
            // Taken out, so that its buffers are changed in place.
            task = nil
            return kept
        }
        if let shape = spec.transformer { return TextTask(spec, shape, kernels: kernels) }
        return TableTask(spec, kernels: kernels)
    }
}
