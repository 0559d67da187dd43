package import Learning

/// What a client makes of a round: values to send, and what it must remember.
package struct LocalUpdate: Sendable, Equatable {
    /// `Strategy.updateLength` numbers.
    package var values: [Float]
    /// `normalised`: goes with the update. nil otherwise.
    package var steps: Double?
    /// `controlled`: c_i⁺, pending until the server has counted this update. Empty otherwise.
    package var control: [Float]
    package var training: TrainingResult

    package init(values: [Float], steps: Double? = nil, control: [Float] = [], training: TrainingResult) {
        (self.values, self.steps, self.control, self.training) = (values, steps, control, training)
    }
}

/// SCAFFOLD's two controls as a round begins; each as long as the model.
package struct Controls: Sendable, Equatable {
    package var server: [Float]
    /// As last counted; zeros before that.
    package var own: [Float]
    /// The server has counted a control of this client, and the client no longer has it: `own` is zero in its place.
    package var isOwnLost: Bool

    package init(server: [Float], own: [Float], isOwnLost: Bool = false) {
        self.server = server
        self.own = own
        self.isOwnLost = isOwnLost
    }
}

extension Strategy.ClientRule {
    /// Trains on a client's rows and makes the update of it. The same arguments give the same bits on one kernel level,
    /// so an attempt that is repeated sends the same update.
    ///
    /// - Parameters:
    ///   - model: the round's parameters.
    ///   - controls: needed by `controlled`, not used otherwise.
    /// - Returns: nil when cancelled.
    package func train(
        _ trainer: inout LocalTrainer, model: [Float], dataset: Dataset, options: TrainingOptions, controls: Controls? = nil,
        isCancelled: () -> Bool = { false }
    ) throws(StrategyError) -> LocalUpdate? {
        if self != .plain, options.optimizer != .sgd {
            throw .steps("\(rawValue) updates need the local optimiser sgd, for Adam's steps have no length to divide by")
        }
        var correction: [Float] = []
        if self == .controlled {
            guard let controls, controls.server.count == model.count else {
                throw .length(what: "the server's control", has: controls?.server.count ?? 0, needs: model.count)
            }
            correction = try Scaffold.correction(server: controls.server, own: controls.own)
        }
        var trained = model
        let training = trainer.train(
            parameters: &trained, dataset: dataset, options: options, correction: correction, isCancelled: isCancelled)
        if isCancelled() { return nil }
        let delta = zip(trained, model).map { $0 - $1 }
        let normaliser = FedNova.normaliser(
            steps: training.steps, learningRate: options.learningRate, momentum: options.momentum, proximalMu: options.proximalMu)
        switch self {
        case .plain: return LocalUpdate(values: delta, steps: nil, control: [], training: training)
        case .normalised:
            return LocalUpdate(
                values: try FedNova.normalise(delta, by: normaliser), steps: normaliser, control: [], training: training)
        case .controlled:
            let (own, server) = (controls?.own ?? [], controls?.server ?? [])
            let control = try Scaffold.renewed(
                own: own, server: server, delta: delta, normaliser: normaliser, learningRate: options.learningRate)
            return LocalUpdate(
                values: delta + zip(control, own).map { $0 - $1 }, steps: nil, control: control, training: training)
        }
    }
}
