import Strategies
import Testing

@Suite struct ServerOptimizerTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var rule: String
        var eta: Double
        var beta1, beta2, tau: Double?
        var start: [Float]
        var deltas: [[Float]]
        var rounds: [Round]

        var server: ServerOptimizer? {
            switch (rule, beta1, beta2, tau) {
            case ("averaging", _, _, _): .averaging(learningRate: eta)
            case ("momentum", let beta?, _, _): .momentum(learningRate: eta, beta: beta)
            case ("adagrad", let beta1?, _, let tau?): .adagrad(learningRate: eta, beta1: beta1, tau: tau)
            case ("adam", let beta1?, let beta2?, let tau?): .adam(learningRate: eta, beta1: beta1, beta2: beta2, tau: tau)
            case ("yogi", let beta1?, let beta2?, let tau?): .yogi(learningRate: eta, beta1: beta1, beta2: beta2, tau: tau)
            default: nil
            }
        }
    }
    struct Round: Decodable { var x, m, v: [Double] }

    static let every: [ServerOptimizer] = [
        .averaging(), .momentum(), .adagrad(learningRate: 0.1), .adam(learningRate: 0.1), .yogi(learningRate: 0.1),
    ]

    /// `Tests/Golden/make_strategy_vectors.py`: the paper's formulas in NumPy and float64.
    @Test func asInThePaper() throws {
        let cases = try golden(Vectors.self, "server.json").cases
        #expect(Set(cases.map(\.rule)) == Set(Self.every.map(\.name)))
        for c in cases {
            let strategy = Strategy(server: try #require(c.server))
            var (model, state) = (c.start, strategy.initialState(parameters: c.start.count))
            for (index, (delta, expected)) in zip(c.deltas, c.rounds).enumerated() {
                try strategy.advance(&model, &state, combined: delta, round: .init(weights: [1]))
                #expect(state.round == index + 1)
                #expect(largestDifference(model, expected.x) < 1e-6, "\(c.rule), round \(index)")
                if !state.first.isEmpty { #expect(largestDifference(state.first, expected.m) < 1e-6, "\(c.rule), round \(index)") }
                for (v, expected) in zip(state.second, expected.v) { #expect(abs(Double(v) - expected) <= 1e-6 * expected, "\(c.rule)") }
            }
        }
    }

    /// Where nothing else is asked for, federated averaging is the addition it has always been, to the bit.
    @Test func plainAveragingAdds() throws {
        let strategy = Strategy()
        let start: [Float] = [1, 0.1, -3e-8, 1e20, 16_777_216, 0.3]
        let delta: [Float] = [1e-8, 0.2, 1, -1e-3, 1, -0.3]
        var (model, state) = (start, strategy.initialState(parameters: start.count))
        try strategy.advance(&model, &state, combined: delta, round: .init(weights: [3]))
        #expect(model.map(\.bitPattern) == zip(start, delta).map { ($0 + $1).bitPattern })
        #expect(!strategy.isStateful)
    }

    /// Stored after every round and read again, it goes on with the same bits as without a break.
    @Test(arguments: every) func stateGoesOnFromItsFile(_ server: ServerOptimizer) throws {
        for client in Strategy.ClientRule.allCases {
            let strategy = Strategy(client: client, server: server)
            let count = 9
            let length = strategy.updateLength(parameters: count)
            var (model, state) = ([Float](repeating: 0.5, count: count), strategy.initialState(parameters: count))
            var (other, stored) = (model, state.encode(strategy))
            for index in 1...5 {
                let delta = (0..<length).map { Float((index * 37 + $0 * 11) % 23 - 11) / 64 }
                let round = Strategy.Round(weights: [2, 3], steps: [4, 4.5], allWeights: 7)
                try strategy.advance(&model, &state, combined: delta, round: round)
                var restored = try ServerState(decoding: stored, strategy: strategy, parameters: count)
                try strategy.advance(&other, &restored, combined: delta, round: round)
                stored = restored.encode(strategy)
                #expect(model.map(\.bitPattern) == other.map(\.bitPattern))
                #expect(restored == state && stored == state.encode(strategy))
            }
        }
    }

    @Test func aStateThatDoesNotFitIsRefused() throws {
        let adam = Strategy(server: .adam(learningRate: 0.1))
        let bytes = adam.initialState(parameters: 4).encode(adam)
        #expect(throws: StrategyError.self) { try ServerState(decoding: bytes, strategy: adam, parameters: 5) }
        #expect(throws: StrategyError.self) {
            try ServerState(decoding: bytes, strategy: Strategy(server: .yogi(learningRate: 0.1)), parameters: 4)
        }
        for length in 0..<bytes.count {
            #expect(throws: StrategyError.self) { try ServerState(decoding: Array(bytes[..<length]), strategy: adam, parameters: 4) }
        }
        for (field, value) in [(\ServerState.first, Float.nan), (\.second, -1), (\.second, .infinity)] {
            var state = adam.initialState(parameters: 4)
            state[keyPath: field][2] = value
            let bytes = state.encode(adam)
            #expect(throws: StrategyError.self) { try ServerState(decoding: bytes, strategy: adam, parameters: 4) }
        }
    }

    /// What a rule goes on from is what it gave last, beside whatever else is kept.
    @Test(arguments: every) func aReferenceIsKeptWithTheState(_ server: ServerOptimizer) throws {
        let strategy = Strategy(server: server, keepsReference: true)
        var (model, state) = ([Float](repeating: 1, count: 3), strategy.initialState(parameters: 3))
        #expect(strategy.isStateful && state.reference == [0, 0, 0])
        for combined in [[0.5, -0.5, 0.25], [0.125, 0, 1]] as [[Float]] {
            try strategy.advance(&model, &state, combined: combined, round: Strategy.Round(weights: [1]))
            #expect(state.reference == combined)
            #expect(try ServerState(decoding: state.encode(strategy), strategy: strategy, parameters: 3) == state)
        }
        let plain = Strategy(server: server)
        #expect(throws: StrategyError.self) { try ServerState(decoding: state.encode(strategy), strategy: plain, parameters: 3) }
        state.reference[1] = .nan
        #expect(throws: StrategyError.self) { try ServerState(decoding: state.encode(strategy), strategy: strategy, parameters: 3) }
    }

    /// A step that would leave the numbers behind changes neither the model nor the state.
    @Test(arguments: every) func nothingChangesWhenItFails(_ server: ServerOptimizer) throws {
        let strategy = Strategy(server: server)
        var (model, state) = ([Float](repeating: .greatestFiniteMagnitude, count: 3), strategy.initialState(parameters: 3))
        let before = (model, state)
        let delta: [Float] = [0, .greatestFiniteMagnitude, 0]
        #expect(throws: StrategyError.self) {
            for _ in 0..<2 { try strategy.advance(&model, &state, combined: delta, round: .init(weights: [1])) }
        }
        #expect(model == before.0 && state == before.1)
        #expect(throws: StrategyError.length(what: "the combined update", has: 2, needs: 3)) {
            try strategy.advance(&model, &state, combined: [1, 2], round: .init(weights: [1]))
        }
        var foreign = ServerState()
        foreign.first = [1]
        #expect(throws: StrategyError.self) { try strategy.advance(&model, &foreign, combined: delta, round: .init(weights: [1])) }
    }

    @Test func settingsThatCannotBeUsedAreNamed() {
        for server in Self.every { #expect(server.fault == nil) }
        #expect(ServerOptimizer.averaging(learningRate: 0).fault?.field == "server_learning_rate")
        #expect(ServerOptimizer.averaging(learningRate: .nan).fault?.field == "server_learning_rate")
        #expect(ServerOptimizer.momentum(beta: 1).fault?.field == "beta1")
        #expect(ServerOptimizer.adagrad(learningRate: 0.1, beta1: -0.1).fault?.field == "beta1")
        #expect(ServerOptimizer.adam(learningRate: 0.1, beta2: 1).fault?.field == "beta2")
        #expect(ServerOptimizer.yogi(learningRate: 0.1, tau: 0).fault?.field == "tau")
        #expect(ServerOptimizer.yogi(learningRate: 0.1, tau: .nan).fault?.field == "tau")
    }
}
