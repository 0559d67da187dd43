import Foundation
import KernelTable
import Learning
import Testing

/// Against vectors that PyTorch computed in float64 (`Tests/Golden/make_pytorch_vectors.py`).
@Suite struct PyTorchTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var name, kind: String
        var layers: [Int]
        var rows: Int
        var features: [Float]
        var labels: [Int32]
        var parameters: [Float]
        var probabilities: [Double]
        var correct: Int
        var loss: Double
        var gradient: [Double]
        var learning_rate, momentum, weight_decay: Float
        var losses, after_first_step, after_last_step: [Double]
        /// [channels, height, width]
        var image: [Int]?
        /// [channels, kernel, pool]
        var convolutions: [[Int]]?

        var spec: ModelSpec {
            ModelSpec(
                kind: ModelSpec.Kind(rawValue: kind) ?? .mlp, layers: layers,
                image: image.map { ImageShape(height: $0[1], width: $0[2], channels: $0[0]) },
                convolutions: (convolutions ?? []).map { ConvolutionSpec(channels: $0[0], kernel: $0[1], pool: $0[2]) })
        }
        var data: Dataset { Dataset(features: features, labels: labels, inputs: spec.inputs, outputs: spec.outputs) }
    }

    let cases: [Case]
    init() throws {
        cases = try golden(Vectors.self, "pytorch.json").cases + golden(Vectors.self, "cnn.json").cases
    }

    @Test func thereAreCasesOfEveryKind() {
        // The linear regression has another loss and vectors of its own (`RegressionTests`), the transformer a room (`ByteLanguageTests`).
        #expect(Set(cases.map(\.kind) + ["linear", "byte_transformer"]) == Set(ModelSpec.Kind.allCases.map(\.rawValue)))
        for c in cases {
            #expect(c.spec.problem == nil, "\(c.name)")
            #expect(c.parameters.count == c.spec.parameterCount, "\(c.name)")
        }
    }

    @Test(arguments: tables.map(\.level)) func forwardAndGradient(_ level: KernelLevel) throws {
        let table = try #require(tables.first { $0.level == level })
        for c in cases {
            let (gradient, loss) = fullGradient(spec: c.spec, parameters: c.parameters, dataset: c.data, kernels: table)
            #expect(abs(loss - c.loss) < 1e-5 * max(1, c.loss), "\(c.name)")
            // Where the gradient is a sum over the places of an image, its rounding grows with it.
            let largest = c.gradient.reduce(1) { max($0, abs($1)) }
            #expect(largestDifference(gradient, c.gradient) < 2e-6 * largest, "\(c.name)")
            let predictions = predict(spec: c.spec, parameters: c.parameters, features: c.features, kernels: table)
            #expect(largestDifference(predictions.flatMap(\.probabilities), c.probabilities) < 1e-6, "\(c.name)")
            let evaluation = evaluate(spec: c.spec, parameters: c.parameters, dataset: c.data, kernels: table)
            #expect(abs(evaluation.loss - c.loss) < 1e-5 * max(1, c.loss), "\(c.name)")
            #expect(evaluation.accuracy == Double(c.correct) / Double(c.rows), "\(c.name)")
        }
    }

    /// One batch an epoch holds all the rows, so that an epoch is a step of `torch.optim.SGD`.
    @Test(arguments: tables.map(\.level)) func momentumAndWeightDecay(_ level: KernelLevel) throws {
        let table = try #require(tables.first { $0.level == level })
        for c in cases {
            for (steps, expected) in [(1, c.after_first_step), (c.losses.count, c.after_last_step)] {
                var trainer = LocalTrainer(spec: c.spec, kernels: table)
                var parameters = c.parameters
                let result = trainer.train(
                    parameters: &parameters, dataset: c.data,
                    options: TrainingOptions(
                        epochs: steps, batchSize: c.rows, learningRate: c.learning_rate, momentum: c.momentum,
                        weightDecay: c.weight_decay, seed: 1))
                #expect(largestDifference(parameters, expected) < 5e-6, "\(c.name), \(steps) steps")
                #expect(abs(result.loss - c.losses[steps - 1]) < 1e-5, "\(c.name), \(steps) steps")
                #expect(result.steps == steps && result.samples == c.rows)
            }
        }
    }
}
