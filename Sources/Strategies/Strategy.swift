/// An algorithm of federated optimisation, put together from what the clients do and what the server does:
///
///     algorithm                               client        server
///     federated_averaging, fedprox            plain         averaging
///     fedadagrad, fedadam, fedyogi            plain         adagrad, adam, yogi
///     fednova                                 normalised    averaging
///     scaffold                                controlled    averaging
///
/// (FedProx differs from averaging in the client's objective alone: `TrainingOptions.proximalMu`.) Any pair can be
/// computed; `fault` says which are not sound.
package struct Strategy: Sendable, Equatable {
    package var client: ClientRule
    package var server: ServerOptimizer
    /// Whether the rule of combination goes on from what it gave in the last round.
    package var keepsReference: Bool

    package init(client: ClientRule = .plain, server: ServerOptimizer = .averaging(), keepsReference: Bool = false) {
        self.client = client
        self.server = server
        self.keepsReference = keepsReference
    }

    /// What an update's values are, and how they are combined.
    package enum ClientRule: String, Sendable, CaseIterable {
        /// The trained parameters minus the model's. Any rule of combination.
        case plain
        /// The same divided by the client's number of steps (`FedNova`), which travels beside them. The mean only: what
        /// a client says of its steps cannot be checked, and scales the whole round.
        case normalised
        /// The parameters' change and after it the control's (`Scaffold`). The mean only: the server's control must stay
        /// the mean of the clients'.
        case controlled

        /// Whether the updates may be combined by a trimmed mean, a median and the like.
        package var allowsRobustRules: Bool { self == .plain }
    }

    /// Numbers in an update of a model of `parameters`.
    package func updateLength(parameters: Int) -> Int { client == .controlled ? 2 * parameters : parameters }

    /// Whether the server keeps anything from round to round besides the model. If so, a round is committed with the
    /// model *and* the state that came out of the same `advance`, in one transaction.
    package var isStateful: Bool { client == .controlled || server.keepsFirst || server.keepsSecond || keepsReference }

    /// The first setting that cannot be used, as the API names it, and what it must be; nil when all can.
    package var fault: (field: String, issue: String)? { server.fault }

    /// The state before the first round.
    package func initialState(parameters: Int) -> ServerState {
        var state = ServerState()
        if server.keepsFirst { state.first = [Float](repeating: 0, count: parameters) }
        if let tau = server.tau { state.second = [Float](repeating: Float(tau * tau), count: parameters) }
        if client == .controlled { state.control = [Float](repeating: 0, count: parameters) }
        if keepsReference { state.reference = [Float](repeating: 0, count: updateLength(parameters: parameters)) }
        return state
    }

    /// What the server must know of a round besides the combined update.
    package struct Round: Sendable, Equatable {
        /// Of the counted updates, as they were used in the mean.
        package var weights: [Int64]
        /// `normalised`: each update's normaliser, in the same order. Empty otherwise.
        package var steps: [Double]
        /// `controlled`: the weights of all members of the session, counted or not. Not used otherwise.
        package var allWeights: Int64

        package init(weights: [Int64], steps: [Double] = [], allWeights: Int64 = 0) {
            self.weights = weights
            self.steps = steps
            self.allWeights = allWeights
        }
    }

    /// Takes one round's step.
    ///
    /// - Parameters:
    ///   - combined: the weighted mean (or a robust combination) of the updates, `updateLength` numbers.
    ///   - model: the round's model; becomes the next.
    ///   - state: as the last round left it, or `initialState`.
    /// - Throws: when a length or a weight does not fit, or something would not be finite; nothing has changed then.
    package func advance(_ model: inout [Float], _ state: inout ServerState, combined: [Float], round: Round) throws(StrategyError) {
        let count = model.count
        guard combined.count == updateLength(parameters: count) else {
            throw .length(what: "the combined update", has: combined.count, needs: updateLength(parameters: count))
        }
        try checkLengths(state, parameters: count)
        var next = state
        next.round += 1
        if keepsReference { next.reference = combined }
        switch client {
        case .plain:
            try server.step(combined[...], &model, &next)
        case .normalised:
            let steps = try FedNova.effectiveSteps(round.steps, weights: round.weights)
            try server.step(combined.map { Float(Double($0) * steps) }[...], &model, &next)
        case .controlled:
            try Scaffold.absorb(combined[count...], into: &next, round: round)
            try server.step(combined[..<count], &model, &next)
        }
        state = next
    }

    func checkLengths(_ state: ServerState, parameters: Int) throws(StrategyError) {
        let length = updateLength(parameters: parameters)
        for (what, values, needs) in [
            ("the server's momentum", state.first, server.keepsFirst ? parameters : 0),
            ("the server's second moment", state.second, server.keepsSecond ? parameters : 0),
            ("the server's control", state.control, client == .controlled ? parameters : 0),
            ("the rule's reference", state.reference, keepsReference ? length : 0),
        ] {
            guard values.count == needs else { throw .length(what: what, has: values.count, needs: needs) }
        }
    }
}
