import Federation
import Foundation
import Learning
import Strategies
import Testing
import Wire

/// A session of model type `language_model`: what it may be asked for, what clients are told, and who may take part.
@Suite struct TextSessionTests {
    private func spec(_ change: (inout SessionSpec) -> Void = { _ in }) -> SessionSpec {
        var spec = SessionSpec()
        (spec.modelType, spec.minClients, spec.rounds) = (.languageModel, 2, 20)
        spec.takeUsualForText()
        spec.model = ModelSpec(transformer: TransformerShape(layers: 1, width: 8, heads: 2, hidden: 16, context: 12))
        change(&spec)
        return spec
    }

    @Test func whatCannotBeIsNamed() throws {
        try spec().validate()
        try spec { $0.aggregation = .median }.validate()
        try spec { $0.algorithm = .fedAdam }.validate()
        let wrong: [(String, (inout SessionSpec) -> Void)] = [
            ("algorithm", { $0.algorithm = .fedProx }),
            (
                "algorithm",
                {
                    $0.algorithm = .fedNova; $0.optimizer = .sgd
                }
            ), ("optimizer", { $0.optimizer = .sgd }),
            ("weight_decay", { $0.weightDecay = 0.1 }), ("local_epochs", { $0.localEpochs = 2 }), ("local_steps", { $0.localSteps = 0 }),
            ("local_steps", { $0.localSteps = 10_001 }), ("window", { $0.window = 13 }), ("window", { $0.window = 1 }),
            ("batch_size", { $0.batchSize = 65_536 }),
            ("learning_rate", { $0.learningRate = 2 }), ("model.kind", { $0.model = ModelSpec(kind: .mlp, layers: [2, 2]) }),
            ("early_stopping.metric", { $0.earlyStopping = EarlyStopping(metric: .accuracy, patience: 2) }),
            ("model.transformer.width", { $0.model?.transformer?.width = 9 }),
            (
                "batch_size",
                {
                    ($0.model, $0.batchSize) = (ModelSpec(transformer: TransformerShape(heads: 32, context: 1024)), 64); $0.window = 1024
                }
            ),
        ]
        for (field, change) in wrong {
            #expect("\(field)") { try spec(change).validate() } throws: { ($0 as? SpecError)?.field == field }
        }
        for change in [{ $0.localSteps = 5 }, { $0.window = 5 }] as [(inout SessionSpec) -> Void] {
            var rows = smallSpec(clients: 2, rounds: 1)
            change(&rows)
            #expect { try rows.validate() } throws: { ($0 as? SpecError)?.issue.contains("language_model") == true }
        }
    }

    @Test func aRecordComesBack() throws {
        let text = spec { ($0.localSteps, $0.window) = (7, 5) }
        #expect(try JSONDecoder().decode(SessionSpec.self, from: JSONEncoder().encode(text)) == text && text.needs.contains(.byteTransformer))
        #expect(!smallSpec(clients: 2, rounds: 1).needs.contains(.byteTransformer))
    }

    @Test func clientsAreToldStepsAndWindows() throws {
        var bench = Bench(spec { ($0.localSteps, $0.window) = (7, 5) })
        for name in ["a", "b"] { _ = bench.join(name, rows: 1000, schema: .text) }
        for name in ["a", "b"] { bench.handle(.connected(client: name)) }
        let starts = bench.starts(round: 1)
        #expect(starts.count == 2)
        for (_, start) in starts {
            #expect(start.training.text == TextPlan(steps: 7, window: 5) && start.training.batchSize == 16 && start.training.adam != nil)
            // The schedule is over the whole session: it begins low, and its rate is the round's.
            #expect(start.training.learningRate == Float(1e-3 * 0.5))
        }
        #expect(bench.machine.session.schema == .text)
    }

    @Test func textAndRowsDoNotMeet() {
        let rows = DataSchema(inputs: 2, outputs: 2, scale: .none)
        for (spec, schema, word) in [(spec(), rows, ".txt"), (smallSpec(clients: 2, rounds: 1), .text, "--task")] {
            var bench = Bench(spec)
            guard case .refused(.schemaDisagrees(let field, let session, _))? = bench.join("a", rows: 10, schema: schema) else {
                Issue.record("it was taken")
                continue
            }
            #expect(field == "data_schema.task" && session.contains(word), "\(session)")
        }
    }

    @Test func withoutAModelTheUsualOneIsTrained() {
        var bench = Bench(spec { $0.model = nil })
        _ = bench.join("a", rows: 10, schema: .text)
        #expect(bench.machine.session.model == ModelSpec(transformer: TransformerShape()))
    }

    /// A client with next to nothing says what it has too little of.
    @Test func tooLittleTextIsAnError() throws {
        let spec = ModelSpec(transformer: TransformerShape(layers: 1, width: 8, heads: 2, hidden: 16, context: 12))
        let model = ModelFile(spec: spec, schema: .text, parameters: spec.initialParameters(seed: 1))
        func start(_ plan: TextPlan?, adam: AdamPlan? = AdamPlan(beta1: 0.9, beta2: 0.99, epsilon: 1e-8)) -> RoundStart {
            RoundStart(
                sessionID: "s", round: 1, attempt: 1, modelSHA256: [UInt8](repeating: 1, count: 32), modelPath: "/m", updatePath: "/u", deadlineMs: 1,
                training: TrainingPlan(
                    learningRate: 1e-3, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 2, seed: 3, adam: adam, text: plan),
                uploadEncoding: .identity)
        }
        var computer = LocalComputer()
        let (short, long) = (try Dataset(files: [[1, 2, 3]]), try Dataset(files: [[UInt8](repeating: 65, count: 400)]))
        #expect(throws: StrategyError.self) { try computer.update(model: model, start: start(TextPlan(steps: 2, window: 12)), dataset: short) }
        #expect(throws: StrategyError.self, "no plan for text") { try computer.update(model: model, start: start(nil), dataset: long) }
        #expect(throws: StrategyError.self, "SGD") { try computer.update(model: model, start: start(TextPlan(steps: 2, window: 12), adam: nil), dataset: long) }
        let made = try #require(try computer.update(model: model, start: start(TextPlan(steps: 2, window: 12)), dataset: long))
        #expect(made.samples == 400 && made.accuracy == nil && made.loss != nil && made.values.contains { $0 != 0 })
        let again = try #require(try computer.update(model: model, start: start(TextPlan(steps: 2, window: 12)), dataset: long))
        #expect(again == made, "the same seed gives the same update")
        #expect(try computer.update(model: model, start: start(TextPlan(steps: 2, window: 12)), dataset: long, isCancelled: { true }) == nil)
    }
}
