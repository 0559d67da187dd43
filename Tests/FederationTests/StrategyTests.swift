import CryptoSuite
import Federation
import Learning
import Strategies
import Testing
import Wire

/// Algorithms whose server keeps something besides the model, and whose updates are more than a difference.
@Suite struct StrategyTests {
    private let names = ["a", "b", "c"]

    private func spec(_ algorithm: SessionSpec.Algorithm, rounds: Int = 3) -> SessionSpec {
        var spec = smallSpec(clients: 3, rounds: rounds)
        spec.algorithm = algorithm
        return spec
    }

    private func restart(_ bench: inout Bench) {
        let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
        bench.machine = machine
        bench.run(effects)
        for name in names { bench.handle(.connected(client: name)) }
    }

    /// To the last round; dies before the given update, if any.
    private func train(_ spec: SessionSpec, restartBefore stop: Int? = nil) -> Bench {
        var bench = federation(names, spec)
        var delivered = 0
        for round in 1...spec.rounds {
            for client in names {
                if delivered == stop { restart(&bench) }
                if let start = bench.starts(round: round).first(where: { $0.client == client })?.start { _ = bench.deliver(client, start) }
                delivered += 1
            }
        }
        return bench
    }

    private func outcomes(_ bench: Bench) -> [RoundOutcome] {
        bench.durable.rounds.filter { $0.state == .committed }.sorted { $0.round < $1.round }.compactMap(\.outcome)
    }

    /// Every restart goes on with the model and the state that were committed together.
    @Test(arguments: SessionSpec.Algorithm.allCases) func aRestartGoesOnWithTheSameBits(algorithm: SessionSpec.Algorithm) {
        let undisturbed = train(spec(algorithm))
        #expect(undisturbed.machine.committedRounds == 3)
        let isStateful = spec(algorithm).strategy.isStateful
        #expect(outcomes(undisturbed).allSatisfy { ($0.state != nil) == isStateful })
        for stop in 0..<9 {
            let bench = train(spec(algorithm), restartBefore: stop)
            #expect(outcomes(bench).map(\.model) == outcomes(undisturbed).map(\.model), "restart before update \(stop)")
            #expect(outcomes(bench).map(\.state) == outcomes(undisturbed).map(\.state), "restart before update \(stop)")
        }
    }

    @Test func everyAlgorithmEndsElsewhere() {
        let ends = SessionSpec.Algorithm.allCases.filter { $0 != .fedProx }.compactMap { train(spec($0)).machine.model?.digest }
        #expect(Set(ends).count == 6)
    }

    /// The file of a round's state, decoded, is what the strategy computes from the round before.
    @Test func theStateOfAdamIsThatOfItsModel() throws {
        let bench = train(spec(.fedAdam))
        let strategy = spec(.fedAdam).strategy
        let states = try outcomes(bench).map { outcome in
            try ServerState(decoding: bench.states[outcome.state ?? ""] ?? [], strategy: strategy, parameters: 10)
        }
        #expect(states.map(\.round) == [1, 2, 3])
        var again = strategy.initialState(parameters: 10)
        var model = bench.models[bench.durable.initialModel ?? ""]?.parameters ?? []
        for (round, state) in states.enumerated() {
            let updates = names.map { bench.deltas["\($0)/\(round + 1)"] ?? [] }
            // All shards have as many rows.
            let mean = (0..<10).map { i in Float(updates.reduce(0.0) { $0 + Double($1[i]) } / 3) }
            try strategy.advance(&model, &again, combined: mean, round: Strategy.Round(weights: [12, 12, 12]))
            #expect(zip(again.first, state.first).allSatisfy { abs($0 - $1) <= 1e-6 })
            #expect(zip(again.second, state.second).allSatisfy { abs($0 - $1) <= 1e-6 })
        }
    }

    /// The server's control is the mean of the clients', also with an attempt that was aborted and one client that was late.
    @Test func aControlCountsOnce() throws {
        var spec = spec(.scaffold, rounds: 4)
        spec.quorum = 2
        var bench = federation(names, spec)
        func everybody(_ round: Int, _ attempt: Int = 1) -> [(client: String, start: RoundStart)] { bench.starts(round: round, attempt: attempt) }
        for (client, start) in everybody(1) { _ = bench.deliver(client, start) }
        // Only one delivers, and the attempt is aborted: its control counts for nothing.
        let first = everybody(2)[0]
        _ = bench.deliver(first.client, first.start)
        let aborted = bench.deltas["a/2"]
        bench.now = bench.machine.nextDeadline!
        bench.handle(.tick)
        #expect(bench.durable.rounds.contains { $0.state == .aborted })
        for (client, start) in everybody(2, 2).prefix(2) {
            guard case .controlled(let control) = start.rule else {
                Issue.record("no control")
                return
            }
            #expect(control.countedRound == 1 && control.countedAttempt == 1 && control.sha256.count == 32)
            _ = bench.deliver(client, start)
        }
        #expect(bench.deltas["a/2"] == aborted, "a repeated attempt trains the same update")
        bench.now = bench.machine.nextDeadline!
        bench.handle(.tick)
        #expect(bench.machine.committedRounds == 2)
        restart(&bench)
        let counted = Dictionary(
            uniqueKeysWithValues: everybody(3).compactMap { client, start -> (String, Int)? in
                guard case .controlled(let control) = start.rule else { return nil }
                return (client, control.countedRound)
            })
        #expect(counted == ["a": 2, "b": 2, "c": 1])
        for round in 3...4 { for (client, start) in everybody(round) { _ = bench.deliver(client, start) } }
        #expect(bench.machine.committedRounds == 4)
        let file = try #require(outcomes(bench).last?.state.flatMap { bench.states[$0] })
        let server = try LocalComputer.serverControl(file, parameters: 10)
        for i in 0..<10 {
            let mean = names.reduce(0.0) { $0 + Double(bench.pending[$1]?.control[i] ?? .nan) } / 3
            #expect(abs(mean - Double(server[i])) <= 1e-5)
        }
    }

    /// Its folder is gone: the next update begins from zero, says so, and is counted as such.
    @Test func aLostControlIsCounted() throws {
        let names = ["a", "b", "c"]
        var bench = federation(names, spec(.scaffold, rounds: 3))
        for (client, start) in bench.starts(round: 1) { _ = bench.deliver(client, start) }
        bench.pending["b"] = nil
        for round in 2...3 { for (client, start) in bench.starts(round: round) { _ = bench.deliver(client, start) } }
        #expect(outcomes(bench).map(\.lostControls) == [0, 1, 0])
        var plain = federation(names, spec(.federatedAveraging, rounds: 1))
        for (client, start) in plain.starts(round: 1) { _ = plain.deliver(client, start) }
        #expect(outcomes(plain).map(\.lostControls) == [nil])
    }

    @Test func settingsThatDoNotBelongTogetherAreRefused() {
        let breaks: [(String, (inout SessionSpec) -> Void)] = [
            ("beta1", { $0.beta1 = 0.5 }), ("tau", { $0.tau = 0.1 }), ("server_learning_rate", { $0.serverLearningRate = 0 }),
            (
                "beta2",
                {
                    $0.algorithm = .fedAdagrad
                    $0.beta2 = 0.5
                }
            ),
            (
                "beta1",
                {
                    $0.algorithm = .fedAdam
                    $0.beta1 = 1
                }
            ),
            (
                "tau",
                {
                    $0.algorithm = .fedYogi
                    $0.tau = 0
                }
            ),
            (
                "aggregation",
                {
                    $0.algorithm = .fedNova
                    $0.aggregation = .median
                }
            ),
            (
                "aggregation",
                {
                    $0.algorithm = .scaffold
                    $0.aggregation = .median
                }
            ),
        ]
        for (field, change) in breaks {
            var spec = smallSpec(clients: 3)
            change(&spec)
            do {
                try spec.validate()
                Issue.record("\(field) was accepted")
            } catch { #expect(error.field == field) }
        }
        var adam = smallSpec(clients: 3)
        adam.optimizer = .adam(Adam())
        #expect((try? adam.validate()) != nil && adam.needs == [.adam])
        for (field, change): (String, (inout SessionSpec) -> Void) in [
            ("momentum", { $0.momentum = 0.5 }), ("optimizer", { $0.algorithm = .scaffold }), ("optimizer.beta2", { $0.optimizer = .adam(Adam(beta2: 1)) }),
        ] {
            var spec = adam
            change(&spec)
            do {
                try spec.validate()
                Issue.record("\(field) was accepted")
            } catch { #expect(error.field == field) }
        }
        for algorithm in [SessionSpec.Algorithm.fedAdam, .fedYogi, .fedAdagrad, .federatedAveraging] {
            var spec = smallSpec(clients: 3)
            // A server that steps by a robust estimate is as robust as the estimate.
            (spec.algorithm, spec.aggregation, spec.serverLearningRate) = (algorithm, .median, 0.5)
            #expect((try? spec.validate()) != nil)
        }
    }

    @Test func clientsTrainByAdamWhenAsked() {
        var adam = spec(.federatedAveraging)
        adam.optimizer = .adam(Adam())
        let bench = train(adam)
        #expect(bench.starts(round: 1).allSatisfy { $0.start.training.adam == AdamPlan(beta1: 0.9, beta2: 0.999, epsilon: 1e-8) })
        #expect(bench.machine.committedRounds == 3 && bench.machine.model?.digest != train(spec(.federatedAveraging)).machine.model?.digest)
    }

    // MARK: Bodies

    private let model = ModelSpec(kind: .softmaxRegression, layers: [4, 2])
    private let base = [UInt8](repeating: 7, count: 32)

    private func read(_ body: UpdateBody, _ rule: Strategy.ClientRule) throws -> ValidUpdate {
        try ValidUpdate(
            body: body.encode(), claim: UpdateClaim(), spec: model, base: hexadecimal(base), parameters: [Float](repeating: 1, count: 10), rule: rule)
    }

    private func body(_ kind: UpdateBody.Kind = .delta) -> UpdateBody {
        UpdateBody(spec: model, kind: kind, values: (0..<10).map(Float.init), round: 1, attempt: 1, samples: 3, base: base)
    }

    private func field(_ read: () throws -> ValidUpdate) -> String? {
        do {
            _ = try read()
            return nil
        } catch UpdateError.claim(let field, _, _) { return field } catch { return "\(error)" }
    }

    @Test func anUpdateSaysHowManyStepsItAmountsTo() throws {
        #expect(field { try read(body(), .normalised) } == "steps")
        var update = body(.normalised)
        update.steps = 2
        let valid = try read(update, .normalised)
        #expect(valid.delta == update.values && valid.steps == 2)
        #expect(field { try read(update, .plain) } == "kind")
        // The division is left to the coordinator.
        update.kind = .delta
        #expect(try read(update, .normalised).delta == update.values.map { $0 / 2 })
        for steps in [-1.0, Double.infinity, Double.nan, 1e12] {
            update.steps = steps
            #expect(field { try read(update, .normalised) } == "steps", "\(steps)")
        }
    }

    @Test func anUpdateCarriesTheChangeOfTheControl() throws {
        #expect(field { try read(body(), .controlled) } == "control")
        var update = body()
        update.control = update.values.map { -$0 }
        let valid = try read(update, .controlled)
        #expect(valid.delta == update.values + update.control && valid.maxAbs == 9)
        #expect(field { try read(update, .plain) } != nil, "nobody asked for a control")
        #expect(!valid.hasLostControl)
        update.hasLostControl = true
        #expect(try read(update, .controlled).hasLostControl)
        update.hasLostControl = false
        var alien = body()
        alien.hasLostControl = true
        #expect(field { try read(alien, .plain) } == "control")
        update.control[3] = .nan
        let poisoned = update
        #expect(throws: UpdateError.notFinite(tensor: "control.layers.0.weight")) { try read(poisoned, .controlled) }
        // Weights: only the model's part is a difference to it.
        update.control[3] = 0
        update.kind = .weights
        let weights = try read(update, .controlled)
        #expect(weights.delta == update.values.map { $0 - 1 } + update.control)
    }
}
