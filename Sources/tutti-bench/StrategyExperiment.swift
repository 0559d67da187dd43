import Learning
import RobustAggregation
import Strategies

/// One data set dealt out to clients, with the local training that all algorithms share.
struct StrategyProblem {
    var name: String
    var spec: ModelSpec
    var clients: [Dataset]
    /// All the clients' rows, for the training loss, and the rows nobody trains on.
    var training, held: Dataset
    /// Clients of a round, and their epochs, batch and learning rate: plain SGD.
    var cohort, epochs, batch: Int
    var learningRate: Float
    /// FedProx's μ: for Synthetic(1, 1) the best of the paper's grid.
    var proximalMu: Float
    var rounds: Int

    /// Synthetic(1, 1) as in the FedProx paper: 30 devices, 10 a round, E = 20, batches of 10 at 0.01; a tenth of each
    /// device's rows is held out.
    static func synthetic(seed: UInt64) throws -> StrategyProblem {
        let devices = try Synthetic(.devices(alpha: 1, beta: 1), devices: 30, rowsMax: 2000).make(seed: seed)
        let cut = devices.map { $0.rows * 9 / 10 }
        let clients = zip(devices, cut).map { $0.selecting(Array(0..<$1)) }
        return StrategyProblem(
            name: "synthetic_1_1", spec: ModelSpec(kind: .softmaxRegression, layers: [Synthetic.inputs, Synthetic.outputs]),
            clients: clients, training: joined(clients), held: joined(zip(devices, cut).map { $0.selecting(Array($1..<$0.rows)) }),
            cohort: 10, epochs: 20, batch: 10, learningRate: 0.01, proximalMu: 1, rounds: 200)
    }

    /// The digits, ten clients with Dirichlet(alpha) shares of each class, all of them in every round; a fifth held out.
    static func digits(_ all: Dataset, alpha: Double, seed: UInt64) throws -> StrategyProblem {
        let parts = try partition(
            labels: all.labels, outputs: 10, clients: 10, scheme: .dirichlet(alpha: alpha), holdout: 0.2, seed: seed)
        let clients = parts.clients.map(all.selecting)
        return StrategyProblem(
            name: alpha == 0.1 ? "digits_0_1" : "digits_0_5", spec: ModelSpec(kind: .mlp, layers: [64, 128, 10]), clients: clients,
            training: joined(clients), held: all.selecting(parts.holdout), cohort: 10, epochs: 5, batch: 32, learningRate: 0.05,
            proximalMu: 0.1, rounds: 200)
    }

    private static func joined(_ parts: [Dataset]) -> Dataset {
        Dataset(
            features: parts.flatMap(\.features), labels: parts.flatMap(\.labels), inputs: parts.first?.inputs ?? 1,
            outputs: parts.first?.outputs ?? 1)
    }
}

/// An algorithm as the papers compare it.
struct StrategyTrial {
    var name: String
    var strategy = Strategy()
    var proximalMu: Float = 0
    /// Only federated averaging does; the others take what a straggler has managed.
    var dropsStragglers = false
}

/// A federation in one thread with the functions of production: the client's rule, the exact mean, the server's step.
struct StrategyExperiment {
    struct Point {
        var round: Int
        /// Of the model over all clients' rows, in nats.
        var loss: Double
        /// On the held-out rows.
        var accuracy: Double
    }

    let problem: StrategyProblem
    /// Cohorts, batches and stragglers of round r depend on it and r alone, whatever the algorithm.
    let seed: UInt64
    let stragglers: Stragglers
    /// The last rounds, whose mean is the final figure: with ten of thirty devices a single round is a matter of luck.
    static let last = 10

    /// The curve: every tenth round, and each of the last ten.
    func run(_ trial: StrategyTrial) throws -> [Point] {
        var model = problem.spec.initialParameters(seed: seed)
        var state = trial.strategy.initialState(parameters: model.count)
        let nothing = [Float](repeating: 0, count: trial.strategy.client == .controlled ? model.count : 0)
        var controls = problem.clients.map { _ in nothing }
        var trainer = LocalTrainer(spec: problem.spec)
        let members = problem.clients.reduce(Int64(0)) { $0 + Int64($1.rows) }
        var curve: [Point] = []
        for round in 1...problem.rounds {
            var order = Array(problem.clients.indices)
            var generator = SeededGenerator(seed: derivedSeed(seed, "cohort", "\(round)"))
            generator.shuffle(&order)
            let cohort = order.prefix(problem.cohort).sorted()
            let work = stragglers.epochs(problem.epochs, count: cohort.count, seed: derivedSeed(seed, "\(round)"))
            var (updates, weights): ([LocalUpdate], [Int64]) = ([], [])
            for (client, work) in zip(cohort, work) where !(trial.dropsStragglers && work.isStraggler) {
                let options = TrainingOptions(
                    epochs: work.epochs, batchSize: problem.batch, learningRate: problem.learningRate, proximalMu: trial.proximalMu,
                    seed: derivedSeed(seed, "training", "\(client)", "\(round)"))
                guard
                    let update = try trial.strategy.client.train(
                        &trainer, model: model, dataset: problem.clients[client], options: options,
                        controls: Controls(server: state.control, own: controls[client]))
                else { continue }
                updates.append(update)
                weights.append(Int64(problem.clients[client].rows))
                controls[client] = update.control
            }
            if !updates.isEmpty {
                let combined = try aggregate(
                    .mean, try MemoryUpdates(updates.map(\.values)), weights: weights,
                    maxAbs: updates.map { $0.values.reduce(0) { max($0, abs($1)) } })
                try trial.strategy.advance(
                    &model, &state, combined: combined,
                    round: .init(weights: weights, steps: updates.compactMap(\.steps), allWeights: members))
            }
            guard round % 10 == 0 || round > problem.rounds - Self.last else { continue }
            let training = evaluate(spec: problem.spec, parameters: model, dataset: problem.training)
            let held = evaluate(spec: problem.spec, parameters: model, dataset: problem.held)
            curve.append(Point(round: round, loss: training.loss, accuracy: held.accuracy))
        }
        return curve
    }

    /// The mean over the last rounds.
    static func final(_ curve: [Point]) -> Point {
        let points = curve.suffix(last)
        let count = Double(max(1, points.count))
        return Point(
            round: points.last?.round ?? 0, loss: points.reduce(0) { $0 + $1.loss } / count, accuracy: points.reduce(0) { $0 + $1.accuracy } / count)
    }
}
