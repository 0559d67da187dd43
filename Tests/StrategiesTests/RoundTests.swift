import Learning
import RobustAggregation
import Strategies
import Testing

/// SCAFFOLD and FedNova, whole rounds with the production trainer and mean.
@Suite struct RoundTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var name, client: String
        var eta, momentum, mu: Float
        var server_rate: Double
        var weights: [Int64]
        var start: [Float]
        var clients: [Rows]
        var rounds: [Round]
    }
    struct Rows: Decodable {
        var features: [Float]
        var labels: [Int32]
    }
    struct Round: Decodable {
        var cohort, steps: [Int]
        var x, c: [Double]
        var own: [[Double]]
    }

    static let spec = ModelSpec(kind: .softmaxRegression, layers: [4, 3])

    /// `Tests/Golden/make_strategy_vectors.py`: the same rounds in NumPy and float64, with the papers' closed forms.
    @Test func asInThePapers() throws {
        for c in try golden(Vectors.self, "rounds.json").cases {
            let rule = try #require(Strategy.ClientRule(rawValue: c.client))
            var federation = SmallFederation(
                Strategy(client: rule, server: .averaging(learningRate: c.server_rate)), spec: Self.spec,
                clients: c.clients.map { Dataset(features: $0.features, labels: $0.labels, inputs: 4, outputs: 3) },
                weights: c.weights, model: c.start)
            for (index, round) in c.rounds.enumerated() {
                // One batch holds all rows, so that an epoch is a step.
                try federation.round(
                    round.cohort,
                    round.steps.map {
                        TrainingOptions(epochs: $0, batchSize: 100, learningRate: c.eta, momentum: c.momentum, proximalMu: c.mu, seed: 1)
                    })
                #expect(largestDifference(federation.model, round.x) < 2e-6, "\(c.name), round \(index)")
                guard rule == .controlled else { continue }
                #expect(largestDifference(federation.state.control, round.c) < 2e-6, "\(c.name), round \(index)")
                for (own, expected) in zip(federation.controls, round.own) {
                    #expect(largestDifference(own, expected) < 2e-6, "\(c.name), round \(index)")
                }
            }
        }
    }

    /// Clients whose rows pull apart, many local steps. Averaging stops where the clients' pulls balance, which is not
    /// where the loss over all rows is least; with controls it gets there.
    @Test func scaffoldReachesTheOptimumWhereAveragingDrifts() throws {
        var generator = SeededGenerator(seed: 3)
        let clients = (0..<3).map { client in
            let features = (0..<80).map { _ in Float(generator.normal() + Double(client - 1)) }
            // Each client has its own idea of what decides, with noise enough for a finite optimum.
            let labels = (0..<20).map { row -> Int32 in
                generator.uniform() < 0.2 ? Int32(generator.below(3)) : features[row * 4 + client] > Float(client - 1) ? Int32(client) : 0
            }
            return Dataset(features: features, labels: labels, inputs: 4, outputs: 3)
        }
        let all = Dataset(features: clients.flatMap(\.features), labels: clients.flatMap(\.labels), inputs: 4, outputs: 3)
        let start = [Float](repeating: 0, count: Self.spec.parameterCount)
        var (optimum, trainer) = (start, LocalTrainer(spec: Self.spec))
        _ = trainer.train(
            parameters: &optimum, dataset: all, options: TrainingOptions(epochs: 20_000, batchSize: 60, learningRate: 0.2, seed: 1))
        let least = evaluate(spec: Self.spec, parameters: optimum, dataset: all).loss

        func excess(_ strategy: Strategy) throws -> Double {
            var federation = SmallFederation(strategy, spec: Self.spec, clients: clients, weights: [20, 20, 20], model: start)
            for round in 0..<400 {
                let options = TrainingOptions(epochs: 20, batchSize: 20, learningRate: 0.1, seed: UInt64(round))
                try federation.round([0, 1, 2], [options, options, options])
            }
            return evaluate(spec: Self.spec, parameters: federation.model, dataset: all).loss - least
        }
        let averaging = try excess(Strategy())
        let scaffold = try excess(Strategy(client: .controlled))
        #expect(averaging > 1e-2, "\(averaging)")
        #expect(scaffold < 1e-5, "\(scaffold)")
    }

    /// Steps as unequal as they get: averaging leans to whom works most, the normalised mean does not.
    @Test func fedNovaDoesNotLeanToWhomWorksMost() throws {
        var generator = SeededGenerator(seed: 5)
        // The same rows with opposite labels half of the time: the optimum is where both have their say.
        let clients = (0..<2).map { client in
            let features = (0..<160).map { _ in Float(generator.normal()) }
            let labels = (0..<40).map { row in Int32((features[row * 4] > 0) == (client == 0) ? 1 : 2) }
            return Dataset(features: features, labels: labels, inputs: 4, outputs: 3)
        }
        let all = Dataset(features: clients.flatMap(\.features), labels: clients.flatMap(\.labels), inputs: 4, outputs: 3)
        func loss(_ strategy: Strategy) throws -> Double {
            let start = [Float](repeating: 0, count: Self.spec.parameterCount)
            var federation = SmallFederation(strategy, spec: Self.spec, clients: clients, weights: [40, 40], model: start)
            for round in 0..<300 {
                try federation.round(
                    [0, 1], [20, 1].map { TrainingOptions(epochs: $0, batchSize: 40, learningRate: 0.02, seed: UInt64(round)) })
            }
            return evaluate(spec: Self.spec, parameters: federation.model, dataset: all).loss
        }
        let (averaging, fedNova) = (try loss(Strategy()), try loss(Strategy(client: .normalised)))
        #expect(fedNova < 0.7 && averaging > fedNova + 0.2, "\(averaging) \(fedNova)")
    }
}
