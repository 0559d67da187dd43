import Federation
import Learning
import Testing
import Wire

/// A session of model type `linear`: its clients' rows have numbers to predict, and there is no accuracy.
@Suite struct RegressionSessionTests {
    private let names = ["a", "b", "c"]

    private func spec(_ change: (inout SessionSpec) -> Void = { _ in }) -> SessionSpec {
        var spec = smallSpec(clients: 3, rounds: 4)
        (spec.model, spec.modelType) = (nil, .linear)
        change(&spec)
        return spec
    }

    private let schema = DataSchema(inputs: 2, outputs: 1, scale: .none, task: .regression)

    /// y = 3·x₀ − 2·x₁ + 1, without noise.
    private func rows(_ seed: UInt64) -> Dataset {
        var generator = SeededGenerator(seed: seed)
        let features = (0..<40).map { _ in Float(generator.normal()) }
        let targets = (0..<20).map { (row: Int) -> Float in 3 * features[2 * row] - 2 * features[2 * row + 1] + 1 }
        return Dataset(features: features, targets: targets, inputs: 2)
    }

    @Test func itLearnsAndHasALossAndNoAccuracy() throws {
        var bench = Bench(spec { $0.rounds = 8 })
        for (index, name) in names.enumerated() { bench.shards[name] = rows(UInt64(index)) }
        for name in names { _ = bench.join(name, rows: 20, schema: schema) }
        #expect(bench.machine.session.model == ModelSpec(kind: .linear, layers: [2, 1]))
        for name in names { bench.handle(.connected(client: name)) }
        for round in 1...8 { for (client, start) in bench.starts(round: round) { _ = bench.deliver(client, start) } }
        let digest = try #require(bench.machine.model?.digest)
        let parameters = try #require(bench.models[digest]).parameters
        for (found, right) in zip(parameters, [3, -2, 1] as [Float]) { #expect(abs(found - right) < 0.05) }
        // What one of them says of an accuracy is not believed.
        for (name, accuracy) in zip(names, [nil, 0.9, nil] as [Double?]) {
            bench.handle(.evaluationReported(client: name, round: 8, loss: 2500, accuracy: accuracy, rows: 20))
        }
        #expect(bench.machine.session.status == .completed)
        let evaluation = try #require(bench.durable.evaluation)
        #expect(evaluation.loss == 2500 && evaluation.accuracy == nil && evaluation.rows == 60)
    }

    @Test func aRoundsOutcomeHasALossWithoutAnAccuracy() throws {
        var bench = Bench(spec { $0.rounds = 1 })
        for name in names { _ = bench.join(name, rows: 20, schema: schema) }
        for name in names { bench.handle(.connected(client: name)) }
        let delta = [Float](repeating: 0.5, count: 3)
        for name in names {
            bench.deltas["\(name)/1"] = delta
            let record = ContributionRecord(
                client: name, round: 1, attempt: 1, digest: [1], samples: 20, maxAbs: 0.5, wireBytes: 1, loss: name == "a" ? 4 : 1, accuracy: nil,
                receivedAt: bench.now)
            let ticket = bench.ticket()
            bench.handle(.updateStored(record, ticket))
        }
        let outcome = try #require(bench.durable.rounds.last { $0.state == .committed }?.outcome)
        #expect(outcome.federatedLoss == 2 && outcome.federatedAccuracy == nil)
    }

    @Test func dataOfTheOtherTaskIsRefusedWithARemedy() {
        let classes = DataSchema(inputs: 2, outputs: 2, scale: .none)
        for (spec, offered, remedy) in [(spec(), classes, "--task regression"), (smallSpec(clients: 3), schema, "--task classification")] {
            var bench = Bench(spec)
            guard case .refused(.schemaDisagrees(let field, let session, let client))? = bench.join("a", schema: offered) else {
                Issue.record("\(offered.task) was accepted")
                continue
            }
            #expect(field == "data_schema.task" && session.contains(remedy) && client == offered.task.rawValue)
            #expect(bench.machine.totalClients == 0)
        }
    }

    @Test func requestsThatContradictThemselvesAreRefused() throws {
        let wrong: [(SessionSpec, String)] = [
            (spec { $0.model = ModelSpec(kind: .mlp, layers: [2, 4, 2]) }, "model.kind"),
            (smallSpecWithLinearModel(), "model.kind"),
            (spec { $0.earlyStopping = EarlyStopping(metric: .accuracy, patience: 2) }, "early_stopping.metric"),
            (spec { $0.model = ModelSpec(kind: .linear, layers: [2, 3]) }, "model.layers"),
        ]
        for (spec, field) in wrong {
            let error = try #require(throws: SpecError.self) { try spec.validate() }
            #expect(error.field == field)
        }
        try spec().validate()
        try spec { $0.model = ModelSpec(kind: .linear, layers: [2, 1]) }.validate()
    }

    private func smallSpecWithLinearModel() -> SessionSpec {
        var spec = smallSpec(clients: 3)
        spec.model = ModelSpec(kind: .linear, layers: [4, 1])
        return spec
    }

    /// A mean squared error in the millions is a result and not a divergence.
    @Test func largeSquaredErrorsAreReported() throws {
        let model = ModelSpec(kind: .linear, layers: [1, 1])
        let body = UpdateBody(
            spec: model, kind: .delta, values: [1, 1], round: 1, attempt: 1, samples: 3, base: [UInt8](repeating: 7, count: 32), loss: 4e10)
        let valid = try ValidUpdate(
            body: body.encode(), claim: UpdateClaim(), spec: model, base: String(repeating: "07", count: 32), parameters: [0, 0])
        #expect(valid.loss == 4e10 && valid.accuracy == nil)
    }
}
