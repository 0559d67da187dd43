import CryptoSuite
import Federation
import Learning
import Testing
import Wire

@Suite struct CoordinatorMachineTests {
    private let names = ["a", "b", "c"]

    private func finish(_ bench: inout Bench, order: (Int) -> [String]) {
        for round in 1...bench.machine.session.spec.rounds {
            let starts = Dictionary(uniqueKeysWithValues: bench.starts(round: round).map { ($0.client, $0.start) })
            for client in order(round) { if let start = starts[client] { _ = bench.deliver(client, start) } }
        }
    }

    @Test func aSessionRunsToItsEnd() {
        var bench = federation(names, smallSpec(clients: 3))
        finish(&bench) { _ in names }
        #expect(bench.machine.committedRounds == 3)
        for name in names { bench.handle(.evaluationReported(client: name, round: 3, loss: 0.5, accuracy: 0.75, rows: 12)) }
        #expect(bench.machine.session.status == .completed)
        #expect(bench.machine.evaluation?.accuracy == 0.75)
        #expect(bench.durable.session.status == .completed)
    }

    @Test func theOrderOfArrivalDoesNotChangeTheModel() {
        var first = federation(names, smallSpec(clients: 3))
        finish(&first) { _ in names }
        var second = federation(names.reversed(), smallSpec(clients: 3))
        second.shards = first.shards
        finish(&second) { round in round % 2 == 0 ? ["b", "c", "a"] : ["c", "a", "b"] }
        #expect(first.machine.model?.digest == second.machine.model?.digest)
    }

    /// One local step on the whole shard, weights by rows: the mean of the steps is the step on all rows.
    @Test func oneFullStepEqualsCentralGradientDescent() {
        var spec = smallSpec(clients: 3, rounds: 1)
        spec.batchSize = 1000
        var bench = federation(names, spec)
        let start = bench.models[bench.machine.model!.digest]!
        finish(&bench) { _ in names }
        let all = names.map { bench.shards[$0]! }
        let central = Dataset(features: all.flatMap(\.features), labels: all.flatMap(\.labels), inputs: 4, outputs: 2)
        let (gradient, _) = fullGradient(spec: start.spec, parameters: start.parameters, dataset: central)
        let federated = bench.models[bench.machine.model!.digest]!.parameters
        for i in federated.indices {
            // Sums in another order, in Float: a few ulp of numbers around 1.
            #expect(abs(federated[i] - (start.parameters[i] - 0.1 * gradient[i])) <= 1e-6)
        }
    }

    @Test func aRestartBetweenAnyTwoUpdatesGivesTheSameModel() {
        var undisturbed = federation(names, smallSpec(clients: 3))
        finish(&undisturbed) { _ in names }
        for stop in 0..<9 {
            var bench = federation(names, smallSpec(clients: 3))
            var delivered = 0
            for round in 1...3 {
                for client in names {
                    if delivered == stop { restart(&bench) }
                    let start = bench.starts(round: round).first { $0.client == client }!.start
                    _ = bench.deliver(client, start)
                    delivered += 1
                }
            }
            #expect(bench.machine.model?.digest == undisturbed.machine.model?.digest, "restart before update \(stop)")
        }
    }

    private func restart(_ bench: inout Bench) {
        let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
        bench.machine = machine
        bench.run(effects)
        for name in names { bench.handle(.connected(client: name)) }
    }

    @Test func anEvaluationDoesWithoutAClientThatLeaves() {
        var bench = federation(names, smallSpec(clients: 3))
        finish(&bench) { _ in names }
        bench.handle(.evaluationReported(client: "a", round: 3, loss: 0.5, accuracy: 0.75, rows: 12))
        bench.handle(.disconnected(client: "b"))
        #expect(bench.machine.session.status == .training, "c is still there")
        bench.handle(.disconnected(client: "c"))
        #expect(bench.machine.session.status == .completed)
        #expect(bench.machine.evaluation?.clients == 1)
    }

    @Test func anEvaluationAfterARestartWaitsForThoseWhoTrained() {
        var bench = federation(names, smallSpec(clients: 3))
        finish(&bench) { _ in names }
        let (machine, effects) = CoordinatorMachine.restored(from: bench.durable, now: bench.now)
        bench.machine = machine
        bench.run(effects)
        bench.handle(.heartbeat(client: "a"))
        #expect(bench.machine.session.status == .training, "nobody has come back yet")
        for name in names {
            bench.handle(.connected(client: name))
            bench.handle(.evaluationReported(client: name, round: 3, loss: 0.5, accuracy: 0.75, rows: 12))
        }
        #expect(bench.machine.session.status == .completed)
        #expect(bench.machine.evaluation?.clients == 3)
    }

    @Test func anEvaluationEndsAtItsDeadline() {
        var bench = federation(names, smallSpec(clients: 3))
        finish(&bench) { _ in names }
        bench.handle(.evaluationReported(client: "a", round: 3, loss: 0.5, accuracy: 0.75, rows: 12))
        bench.now = bench.machine.nextDeadline!
        bench.handle(.tick)
        #expect(bench.machine.session.status == .completed)
        #expect(bench.machine.evaluation?.clients == 1)
    }

    @Test func aConvolutionalSessionTakesSquareImages() {
        var spec = smallSpec(clients: 2)
        (spec.model, spec.modelType) = (nil, .cnn)
        var bench = Bench(spec)
        let reply = bench.join("a", schema: DataSchema(inputs: 65, outputs: 10, scale: .none))
        guard case .refused(.schemaDisagrees(_, let session, _))? = reply else {
            Issue.record("65 values are no square image: \(String(describing: reply))")
            return
        }
        #expect(session.contains("shape of its images"))
        _ = bench.join("a", schema: DataSchema(inputs: 64, outputs: 10, scale: .none))
        #expect(bench.machine.session.model?.image == ImageShape(height: 8, width: 8))
        #expect(bench.machine.session.model?.problem == nil)
    }

    @Test func aSchemaThatNoModelFitsIsRefused() {
        var spec = smallSpec(clients: 2)
        spec.model = nil
        var bench = Bench(spec)
        let reply = bench.join("a", schema: DataSchema(inputs: 0, outputs: 2, scale: .none))
        guard case .refused(.schemaDisagrees(let field, _, _))? = reply else {
            Issue.record("a schema without inputs was accepted: \(String(describing: reply))")
            return
        }
        #expect(field == "data_schema")
        #expect(bench.machine.totalClients == 0)
    }

    @Test func aSealedRoundIsAggregatedAfterARestart() throws {
        var bench = federation(names, smallSpec(clients: 3, rounds: 1))
        for (client, start) in bench.starts(round: 1) { _ = bench.deliver(client, start) }
        let expected = bench.machine.model?.digest
        // As if the process had died right after the seal.
        var durable = bench.durable
        durable.session.status = .training
        var record = durable.rounds[0]
        (record.state, record.outcome) = (.sealed, nil)
        durable.rounds = [record]
        let late = ContributionRecord(
            client: "d", round: 1, attempt: 1, digest: [9], samples: 1, maxAbs: 0, wireBytes: 1, loss: nil, accuracy: nil, receivedAt: bench.now)
        durable.contributions.append(late)
        let (machine, effects) = CoordinatorMachine.restored(from: durable, now: bench.now)
        bench.machine = machine
        bench.run(effects)
        #expect(bench.machine.model?.digest == expected)
        #expect(bench.machine.committedRounds == 1)
    }

    @Test func lateStaleDuplicateAndForeignUpdatesAreRefused() {
        var bench = federation(names, smallSpec(clients: 3))
        let start = bench.starts(round: 1)[0]
        let first = bench.deliver("a", start.start)
        guard case .accepted(let record)? = first else {
            Issue.record("the update was not accepted")
            return
        }
        #expect(bench.store("a", 1, 1, digest: record.digest, maxAbs: 0) == .accepted(record), "the same body has the same receipt")
        #expect(bench.store("a", 1, 1, digest: [1], maxAbs: 0) == .refused(.duplicateDiffers(round: 1)))
        #expect(bench.store("b", 2, 1, digest: [1], maxAbs: 0) == .refused(.stale(round: 2, attempt: 1, open: 1)))
        #expect(bench.store("x", 1, 1, digest: [1], maxAbs: 0) == .refused(.notAMember))
        for (client, start) in bench.starts(round: 1) where client != "a" { _ = bench.deliver(client, start) }
        #expect(bench.machine.committedRounds == 1)
        #expect(bench.store("a", 1, 1, digest: record.digest, maxAbs: 0) == .accepted(record), "also after the commit")
        #expect(bench.store("b", 1, 1, digest: [7], maxAbs: 0) == .refused(.duplicateDiffers(round: 1)))
    }

    @Test func aRoundEndsAtItsDeadline() {
        var spec = smallSpec(clients: 3, rounds: 1)
        spec.quorum = 2
        var bench = federation(names, spec)
        for (client, start) in bench.starts(round: 1).prefix(1) { _ = bench.deliver(client, start) }
        bench.now = bench.machine.nextDeadline!
        bench.handle(.tick)
        #expect(bench.machine.committedRounds == 0, "one update is no quorum")
        #expect(bench.durable.rounds.first?.state == .aborted)
        for (client, start) in bench.starts(round: 1, attempt: 2).prefix(2) { _ = bench.deliver(client, start) }
        bench.now = bench.machine.nextDeadline!
        bench.handle(.tick)
        #expect(bench.machine.committedRounds == 1)
        #expect(bench.machine.lastOutcome?.dropped == 1)
    }

    @Test func schemasMustAgree() {
        var spec = smallSpec(clients: 2)
        spec.model = nil
        var bench = Bench(spec)
        _ = bench.join("a", schema: DataSchema(inputs: 4, outputs: 2, scale: .none))
        #expect(bench.machine.session.model == ModelSpec(kind: .mlp, layers: [4, 128, 2]))
        let reply = bench.join("b", schema: DataSchema(inputs: 5, outputs: 2, scale: .none))
        #expect(reply == .refused(.schemaDisagrees(field: "data_schema.inputs", session: "4", client: "5")))
        #expect(bench.machine.totalClients == 1)
    }

    @Test func aSessionWaitsForClientsAndSaysSo() {
        var bench = Bench(smallSpec(clients: 3))
        guard case .joined(_, let round, let blockers)? = bench.join("a") else {
            Issue.record("not joined")
            return
        }
        #expect(round == 1)
        #expect(blockers.first?.what == "clients")
        #expect(blockers.first?.have == 1 && blockers.first?.asked == 3)
        #expect(bench.machine.session.status == .waiting)
    }

    @Test func timeNeverGoesBack() {
        var bench = federation(names, smallSpec(clients: 3))
        let deadline = bench.machine.nextDeadline!
        bench.now = Instant(milliseconds: 0)
        bench.handle(.tick)
        #expect(bench.machine.nextDeadline == deadline)
        #expect(bench.durable.rounds.last?.state == .configured)
    }
}

@Suite struct SessionSpecTests {
    @Test func everyFieldHasItsBounds() throws {
        try smallSpec(clients: 2).validate()
        let breaks: [(String, (inout SessionSpec) -> Void)] = [
            ("min_clients", { $0.minClients = 0 }), ("max_clients", { $0.maxClients = 1 }), ("rounds", { $0.rounds = 0 }),
            ("client_fraction", { $0.clientFraction = 0 }), ("client_fraction", { $0.clientFraction = .nan }), ("learning_rate", { $0.learningRate = 11 }),
            ("batch_size", { $0.batchSize = 0 }), ("local_epochs", { $0.localEpochs = 1001 }), ("momentum", { $0.momentum = 1 }),
            ("weight_decay", { $0.weightDecay = -1 }), ("proximal_mu", { $0.proximalMu = 1 }), ("round_deadline", { $0.roundDeadlineSeconds = 0 }),
            ("heartbeat_interval", { $0.heartbeatSeconds = 0 }), ("quorum", { $0.quorum = 3 }), ("privacy_budget", { $0.privacyBudget = 15 }),
            ("byzantine_tolerance", { $0.byzantineTolerance = 1 }),
            (
                "max_clients",
                {
                    $0.aggregation = .trimmedMean
                    $0.maxClients = 2
                }
            ),
            ("over_selection", { $0.overSelection = 0.9 }), ("over_selection", { $0.overSelection = .nan }), ("over_selection", { $0.overSelection = 11 }),
            ("learning_rate_schedule.factor", { $0.schedule = LearningRateSchedule(.exponential(factor: 2)) }),
            ("early_stopping.patience", { $0.earlyStopping = EarlyStopping(patience: 0) }),
            ("initial_model.round", { $0.initialModel = SessionSpec.InitialModel(round: 1) }),
            ("model.layers", { $0.model = ModelSpec(kind: .mlp, layers: [4]) }),
        ]
        for (field, change) in breaks {
            var spec = smallSpec(clients: 2)
            change(&spec)
            do {
                try spec.validate()
                Issue.record("\(field) was accepted")
            } catch { #expect(error.field == field) }
        }
    }

    @Test func theCohortFollowsFlowersConvention() {
        var spec = smallSpec(clients: 10)
        spec.clientFraction = 0.1
        #expect(spec.cohortSize(registered: 10) == 10)
        #expect(spec.cohortSize(registered: 200) == 20)
        spec.maxClients = 15
        #expect(spec.cohortSize(registered: 1000) == 15)
    }
}
