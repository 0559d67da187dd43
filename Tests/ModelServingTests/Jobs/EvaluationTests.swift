import ByteLanguage
import Foundation
import Inference
import Learning
import ModelServing
import Platform
import Storage
import StrictJSON
import Testing

/// Models measured on what they were not asked before: the same figures as whoever computes them directly.
@Suite struct EvaluationTests {
    @Test func aClassifierIsMeasuredAsLearningMeasuresIt() async throws {
        let world = JobWorld()
        let file = model(ModelSpec(kind: .mlp, layers: [4, 6, 3]), seed: 3, labels: ["ash", "birch", "cedar"])
        world.shelf.put("m", file.encode())
        var rows = features(600, 4, seed: 9)
        let names = (0..<600).map { file.schema.labels[($0 * 7 + $0 / 5) % 3] }
        var lines = ["a,b,c,d,kind"]
        for (row, name) in names.enumerated() { lines.append((0..<4).map { "\(rows[row * 4 + $0])" }.joined(separator: ",") + "," + name) }
        let text = lines.joined(separator: "\n")
        try await world.upload(text, "held-out.csv")
        let (job, content) = try await world.done(.modelEvaluation, nil, ["input_source": "held-out.csv", "model": "m", "label_column": "kind"])
        #expect(job.state == .completed && job.progress == JobProgress(completed: 600, total: 600), "\(String(describing: job.error))")
        file.schema.scale.apply(to: &rows, inputs: 4)
        let labels = names.map { Int32(file.schema.labels.firstIndex(of: $0) ?? 0) }
        let direct = ModelMeasures(of: file, on: Dataset(features: rows, labels: labels, inputs: 4, outputs: 3)).json(names: file.schema.labels)
        let said = try #require(try JSON(parsing: content)["measures"])
        for name in ["rows", "accuracy", "balanced_accuracy", "confusion_matrix", "classes"] { #expect(said[name] == direct[name], "\(name)") }
        for name in ["loss", "roc_auc", "expected_calibration_error", "brier_score"] {
            let (a, b) = (try #require(said[name]?.double), try #require(direct[name]?.double))
            #expect(abs(a - b) < 1e-5, "\(name): \(a), \(b)")
        }
        #expect(try JSON(parsing: job.figures ?? "")["measures"]?["accuracy"] == direct["accuracy"])
    }

    @Test func aRegressionIsMeasured() async throws {
        let world = JobWorld()
        let file = model(ModelSpec(kind: .linear, layers: [2, 1]), seed: 4)
        world.shelf.put("m", file.encode())
        try await world.upload("1,2,3\n2,3,4\n-1,0.5,2\n", "rows.csv")
        let (job, content) = try await world.done(.modelEvaluation, nil, ["input_source": "rows.csv", "model": "m"])
        #expect(job.state == .completed, "\(String(describing: job.error))")
        var rows: [Float] = [1, 2, 2, 3, -1, 0.5]
        file.schema.scale.apply(to: &rows, inputs: 2)
        let direct = evaluateRegression(spec: file.spec, parameters: file.parameters, dataset: Dataset(features: rows, targets: [3, 4, 2], inputs: 2))
        let said = try JSON(parsing: content)["measures"]
        #expect(abs((said?["rmse"]?.double ?? -1) - direct.rootMeanSquaredError) < 1e-5 && said?["rows"] == 3)
    }

    @Test func aLanguageModelIsMeasuredInBitsPerByte() async throws {
        let world = JobWorld()
        let configuration = TransformerShape(layers: 1, width: 16, heads: 2, hidden: 32, context: 48)
        var generator = SeededGenerator(seed: 3)
        let count = configuration.parameterLayout.reduce(0) { $0 + $1.count }
        let transformer = ByteTransformer(configuration: configuration, parameters: (0..<count).map { _ in Float(generator.normal()) * 0.1 })
        world.shelf.put("lm", transformer.encode(), format: .byteLanguage)
        let text = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 * 31 / 7) }
        try await world.upload(text, "text.txt")
        let (job, content) = try await world.done(.modelEvaluation, nil, ["input_source": "text.txt", "model": "lm"])
        #expect(job.state == .completed && job.progress.completed == 70_000, "\(String(describing: job.error))")
        let said = try #require(try JSON(parsing: content)["measures"]?["bits_per_byte"]?.double)
        #expect(abs(said - transformer.bitsPerByte(text)) < 1e-6)
    }

    @Test func whatDoesNotFitIsSaid() async throws {
        let world = JobWorld()
        world.shelf.put("m", model(mlp, seed: 1).encode())
        try await world.upload("1,2,3\n", "rows.csv")
        let (job, _) = try await world.done(.modelEvaluation, nil, ["input_source": "rows.csv", "model": "m"])
        #expect(job.state == .failed && job.error?.code == "input")
        try await world.working { queue in
            await #expect(throws: JobFailure.self) { try await queue.submit(JobRequest(name: "j", type: .modelEvaluation), tenant: "t", actor: "somebody") }
        }
    }
}
