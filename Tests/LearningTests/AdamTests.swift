import Foundation
import KernelTable
import Learning
import Testing

/// Against `torch.optim.Adam` in float64 (`Tests/Golden/make_training_vectors.py`).
@Suite struct AdamTests {
    struct Vectors: Decodable { var cases: [Case] }
    struct Case: Decodable {
        var kind: String
        var layers: [Int]
        var features, parameters: [Float]
        var labels: [Int32]?
        var targets: [Float]?
        var losses, after_first_step, after_last_step: [Double]
        var learning_rate, beta1, beta2, epsilon, weight_decay: Float

        var spec: ModelSpec { ModelSpec(kind: ModelSpec.Kind(rawValue: kind) ?? .mlp, layers: layers) }
        var data: Dataset {
            targets.map { Dataset(features: features, targets: $0, inputs: spec.inputs) }
                ?? Dataset(features: features, labels: labels ?? [], inputs: spec.inputs, outputs: spec.outputs)
        }
        func options(steps: Int) -> TrainingOptions {
            TrainingOptions(
                epochs: steps, batchSize: data.rows, learningRate: learning_rate, momentum: 0.9, weightDecay: weight_decay, seed: 1,
                optimizer: .adam(Adam(beta1: beta1, beta2: beta2, epsilon: epsilon)))
        }
    }

    let cases: [Case]
    init() throws { cases = try golden(Vectors.self, "adam.json").cases }

    /// One batch an epoch holds all the rows, so that an epoch is a step.
    @Test(arguments: tables.map(\.level)) func trajectoryIsThatOfPyTorch(_ level: KernelLevel) throws {
        let table = try #require(tables.first { $0.level == level })
        #expect(Set(cases.map(\.kind)) == ["softmax_regression", "mlp", "linear"])
        for c in cases {
            for (steps, expected) in [(1, c.after_first_step), (c.losses.count, c.after_last_step)] {
                var (trainer, parameters) = (LocalTrainer(spec: c.spec, kernels: table), c.parameters)
                let result = trainer.train(parameters: &parameters, dataset: c.data, options: c.options(steps: steps))
                #expect(largestDifference(parameters, expected) < 1e-5, "\(c.kind), \(steps) steps")
                #expect(abs(result.loss - c.losses[steps - 1]) < 1e-5 * max(1, c.losses[0]), "\(c.kind), \(steps) steps")
            }
        }
    }

    /// Neither moments nor the number of steps reach the next training, and SGD in between leaves nothing behind.
    @Test func everyTrainingBeginsAnew() throws {
        let c = try #require(cases.first)
        var trainer = LocalTrainer(spec: c.spec)
        var first = c.parameters
        _ = trainer.train(parameters: &first, dataset: c.data, options: c.options(steps: 7))
        var scrap = c.parameters
        var sgd = c.options(steps: 3)
        sgd.optimizer = .sgd
        _ = trainer.train(parameters: &scrap, dataset: c.data, options: sgd)
        var again = c.parameters
        _ = trainer.train(parameters: &again, dataset: c.data, options: c.options(steps: 7))
        #expect(first == again)
        #expect(first != c.parameters && scrap != first)
    }

    @Test func settingsOutOfRangeAreNamed() {
        func field(_ adam: Adam) -> String? { LocalOptimizer.adam(adam).fault?.field }
        #expect(field(Adam()) == nil && LocalOptimizer.sgd.fault == nil)
        #expect(field(Adam(beta1: 1)) == "beta1" && field(Adam(beta1: -0.1)) == "beta1")
        #expect(field(Adam(beta2: .nan)) == "beta2" && field(Adam(epsilon: 0)) == "epsilon")
    }
}
