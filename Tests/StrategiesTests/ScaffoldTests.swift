import Learning
import Strategies
import Testing

@Suite struct ScaffoldTests {
    private let strategy = Strategy(client: .controlled)

    /// f_i(x) = h_i/2·(x − o_i)²: the optimum of the mean is known, and each client's is elsewhere.
    private let curvature: [Float] = [1, 4]
    private let own: [Float] = [-1, 3]
    private let learningRate: Float = 0.05
    private let steps = 10

    /// Rounds of gradient steps by hand, all clients each time.
    private func rounds(_ count: Int, controlled: Bool) throws -> Float {
        let rule = controlled ? strategy : Strategy()
        var (model, state): ([Float], ServerState) = ([0], rule.initialState(parameters: 1))
        var controls: [[Float]] = [[0], [0]]
        for _ in 0..<count {
            var sum = [Float](repeating: 0, count: rule.updateLength(parameters: 1))
            for i in 0..<2 {
                let correction = controlled ? try Scaffold.correction(server: state.control, own: controls[i])[0] : 0
                var y = model[0]
                for _ in 0..<steps { y -= learningRate * (curvature[i] * (y - own[i]) + correction) }
                sum[0] += (y - model[0]) / 2
                guard controlled else { continue }
                let renewed = try Scaffold.renewed(
                    own: controls[i], server: state.control, delta: [y - model[0]], normaliser: Double(steps), learningRate: learningRate)
                sum[1] += (renewed[0] - controls[i][0]) / 2
                controls[i] = renewed
            }
            try rule.advance(&model, &state, combined: sum, round: .init(weights: [1, 1], allWeights: 2))
        }
        return model[0]
    }

    @Test func onAQuadratic() throws {
        let optimum = (curvature[0] * own[0] + curvature[1] * own[1]) / (curvature[0] + curvature[1])
        #expect(abs(try rounds(300, controlled: true) - optimum) < 1e-4)
        #expect(abs(try rounds(300, controlled: false) - optimum) > 0.2)
    }

    /// With the momentum's normaliser the new control is a mean of the gradients: all of them where they are equal.
    @Test func theNewControlIsTheMeanGradient() throws {
        for momentum: Float in [0, 0.5, 0.9] {
            let (gradient, correction): (Float, Float) = (0.75, 0.25 - 0.5)
            var (y, velocity): (Float, Float) = (0, 0)
            for _ in 0..<25 {
                velocity = momentum * velocity + gradient + correction
                y -= 0.01 * velocity
            }
            let renewed = try Scaffold.renewed(
                own: [0.5], server: [0.25], delta: [y],
                normaliser: FedNova.normaliser(steps: 25, learningRate: 0.01, momentum: momentum), learningRate: 0.01)
            #expect(abs(renewed[0] - gradient) < 1e-5)
        }
    }

    /// c stays the weighted mean of all members' controls while members come and go unequal and uncounted.
    @Test func theServersControlIsTheMeanOfTheClients() throws {
        var generator = SeededGenerator(seed: 9)
        var (model, state): ([Float], ServerState) = ([0, 0], strategy.initialState(parameters: 2))
        var (weights, controls): ([Int64], [[Float]]) = ([5, 1, 7], [[0, 0], [0, 0], [0, 0]])
        for round in 0..<20 {
            if round == 8 {
                weights.append(40)
                controls.append([0, 0])
            }
            let cohort = [round % weights.count, (round + 1) % weights.count]
            var (sum, counted) = ([0.0, 0.0], Int64(0))
            for i in cohort {
                let renewed = [Float(generator.normal()), Float(generator.normal())]
                for k in 0..<2 { sum[k] += Double(weights[i]) * Double(renewed[k] - controls[i][k]) }
                counted += weights[i]
                controls[i] = renewed
            }
            try strategy.advance(
                &model, &state, combined: [0, 0] + sum.map { Float($0 / Double(counted)) },
                round: .init(weights: cohort.map { weights[$0] }, allWeights: weights.reduce(0, +)))
            for k in 0..<2 {
                let mean = zip(weights, controls).reduce(0.0) { $0 + Double($1.0) * Double($1.1[k]) } / Double(weights.reduce(0, +))
                #expect(abs(Double(state.control[k]) - mean) < 1e-6)
            }
        }
    }

    /// The same arguments, the same update: an attempt that is repeated sends what it sent. A client without rows
    /// changes nothing.
    @Test func trainingIsRepeatable() throws {
        let spec = RoundTests.spec
        let model = spec.initialParameters(seed: 1)
        let options = TrainingOptions(epochs: 2, batchSize: 3, learningRate: 0.1, seed: 5)
        let controls = Controls(server: model.map { $0 / 8 }, own: model.map { $0 / -4 })
        let rows = Dataset(features: (0..<40).map { Float($0 % 7) }, labels: (0..<10).map { Int32($0 % 3) }, inputs: 4, outputs: 3)
        var trainer = LocalTrainer(spec: spec)
        let first = try strategy.client.train(&trainer, model: model, dataset: rows, options: options, controls: controls)
        #expect(try strategy.client.train(&trainer, model: model, dataset: rows, options: options, controls: controls) == first)
        #expect(first?.values.count == 2 * model.count && first?.control.count == model.count)
        let none = try #require(
            try strategy.client.train(&trainer, model: model, dataset: rows.selecting([]), options: options, controls: controls))
        #expect(none.values.allSatisfy { $0 == 0 } && none.control == controls.own)
        #expect(throws: StrategyError.self) { try strategy.client.train(&trainer, model: model, dataset: rows, options: options) }
        var adam = options
        adam.optimizer = .adam(Adam())
        #expect(throws: StrategyError.self) {
            try strategy.client.train(&trainer, model: model, dataset: rows, options: adam, controls: controls)
        }
        #expect(
            try strategy.client.train(&trainer, model: model, dataset: rows, options: options, controls: controls, isCancelled: { true }) == nil)
    }

    @Test func weightsMustFitEachOther() throws {
        for round in [Strategy.Round(weights: [2, 3], allWeights: 4), .init(weights: [0], allWeights: 4), .init(weights: [1])] {
            var (model, state): ([Float], ServerState) = ([1], strategy.initialState(parameters: 1))
            #expect(throws: StrategyError.self) { try strategy.advance(&model, &state, combined: [1, 1], round: round) }
            #expect(model == [1] && state == strategy.initialState(parameters: 1))
        }
    }
}
