import Foundation
import KernelTable
import Learning
import Testing

/// Linear regression against PyTorch and scikit-learn (`Tests/Golden/make_training_vectors.py`), and against the
/// normal equations.
@Suite struct RegressionTests {
    struct Vectors: Decodable {
        var cases: [Case]
        var metrics: [Metrics]
        var diabetes: Diabetes
    }
    struct Case: Decodable {
        var layers: [Int]
        var features, targets, parameters: [Float]
        var outputs, gradient, losses, after_first_step, after_last_step: [Double]
        var learning_rate, momentum, weight_decay: Float

        var spec: ModelSpec { ModelSpec(kind: .linear, layers: layers) }
        var data: Dataset { Dataset(features: features, targets: targets, inputs: layers[0]) }
    }
    struct Metrics: Decodable {
        var targets, predictions: [Float]
        var mse, rmse, mae, r2: Double
    }
    struct Diabetes: Decodable {
        var rows: [[Double]]
        var coefficients: [Double]
        var intercept, r2: Double

        var csv: [UInt8] { utf8(rows.map { $0.map { "\($0)" }.joined(separator: ",") }.joined(separator: "\n")) }
    }

    let vectors: Vectors
    init() throws { vectors = try golden(Vectors.self, "regression.json") }

    @Test(arguments: tables.map(\.level)) func forwardGradientAndSteps(_ level: KernelLevel) throws {
        let table = try #require(tables.first { $0.level == level })
        #expect(vectors.cases.count == 3)
        for c in vectors.cases {
            #expect(c.spec.problem == nil)
            let (gradient, loss) = fullGradient(spec: c.spec, parameters: c.parameters, dataset: c.data, kernels: table)
            let size = c.gradient.reduce(1) { max($0, abs($1)) }
            #expect(abs(loss - c.losses[0]) < 1e-5 * c.losses[0])
            #expect(largestDifference(gradient, c.gradient) < 2e-6 * size)
            let predictions = predictTargets(spec: c.spec, parameters: c.parameters, features: c.features, kernels: table)
            #expect(largestDifference(predictions, c.outputs) < 1e-5)
            let evaluation = evaluateRegression(spec: c.spec, parameters: c.parameters, dataset: c.data, kernels: table)
            #expect(abs(evaluation.meanSquaredError - c.losses[0]) < 1e-5 * c.losses[0])
            for (steps, expected) in [(1, c.after_first_step), (c.losses.count, c.after_last_step)] {
                var (trainer, parameters) = (LocalTrainer(spec: c.spec, kernels: table), c.parameters)
                let options = TrainingOptions(
                    epochs: steps, batchSize: c.targets.count, learningRate: c.learning_rate, momentum: c.momentum, weightDecay: c.weight_decay,
                    seed: 1)
                let result = trainer.train(parameters: &parameters, dataset: c.data, options: options)
                #expect(largestDifference(parameters, expected) < 1e-5)
                #expect(abs(result.loss - c.losses[steps - 1]) < 1e-5 * max(1, c.losses[0]))
            }
        }
    }

    @Test func metricsAreThoseOfScikitLearn() throws {
        #expect(vectors.metrics.count == 4)
        for m in vectors.metrics {
            let evaluation = RegressionEvaluation(predictions: m.predictions, targets: m.targets)
            #expect(evaluation.rows == m.targets.count)
            #expect(abs(evaluation.meanSquaredError - m.mse) <= 1e-12 * m.mse)
            #expect(abs(evaluation.rootMeanSquaredError - m.rmse) <= 1e-12 * m.rmse)
            #expect(abs(evaluation.meanAbsoluteError - m.mae) <= 1e-12 * m.mae)
            #expect(abs(try #require(evaluation.r2) - m.r2) < 1e-9 * max(1, abs(m.r2)))
        }
        #expect(RegressionEvaluation(predictions: [1, 2], targets: [3, 3]).r2 == nil, "nothing varies, so nothing is explained")
        #expect(RegressionEvaluation(predictions: [], targets: []) == RegressionEvaluation(predictions: [], targets: []))
        #expect(RegressionEvaluation(predictions: [], targets: []).r2 == nil)
    }

    /// Enough gradient descent arrives where the closed form is, and the model explains what scikit-learn's does.
    @Test func diabetesConvergesToTheNormalEquations() throws {
        let table = try RegressionData.table(vectors.diabetes.csv, scale: .standardize)
        let data = try table.dataset()
        #expect(data.rows == 442 && data.inputs == 10 && data.task == .regression)
        let exact = RegressionData.normalEquations(data)
        #expect(largestDifference(exact.map { Float($0) }, vectors.diabetes.coefficients + [vectors.diabetes.intercept]) < 1e-2)
        let spec = ModelSpec(kind: .linear, layers: [10, 1])
        var (trainer, parameters) = (LocalTrainer(spec: spec), spec.initialParameters(seed: 1))
        #expect(parameters == [Float](repeating: 0, count: 11))
        _ = trainer.train(
            parameters: &parameters, dataset: data,
            options: TrainingOptions(epochs: 3000, batchSize: 442, learningRate: 0.1, momentum: 0.9, seed: 1))
        #expect(largestDifference(parameters, exact) < 0.05)
        let r2 = try #require(evaluateRegression(spec: spec, parameters: parameters, dataset: data).r2)
        #expect(abs(r2 - vectors.diabetes.r2) < 1e-5)
    }

    /// Four clients who keep their rows reach the model of one who has them all.
    @Test func federatedAveragingExplainsAsMuchAsTheClosedForm() throws {
        let data = try RegressionData.table(vectors.diabetes.csv, scale: .standardize).dataset()
        let parts = try data.partitioned(clients: 4, scheme: .iid, holdout: 0.2, seed: 3)
        let clients = parts.clients.map { data.selecting($0) }
        let holdout = data.selecting(parts.holdout)
        let spec = ModelSpec(kind: .linear, layers: [10, 1])
        var parameters = spec.initialParameters(seed: 1)
        for round in 0..<20 {
            var mean = [Double](repeating: 0, count: parameters.count)
            for rows in clients {
                var (trainer, own) = (LocalTrainer(spec: spec), parameters)
                let options = TrainingOptions(epochs: 5, batchSize: 32, learningRate: 0.02, seed: UInt64(round))
                _ = trainer.train(parameters: &own, dataset: rows, options: options)
                for i in mean.indices { mean[i] += Double(own[i]) * Double(rows.rows) / Double(data.rows - holdout.rows) }
            }
            parameters = mean.map { Float($0) }
        }
        let central = RegressionData.normalEquations(data.selecting(parts.clients.flatMap { $0 })).map { Float($0) }
        let ours = try #require(evaluateRegression(spec: spec, parameters: parameters, dataset: holdout).r2)
        let best = try #require(evaluateRegression(spec: spec, parameters: central, dataset: holdout).r2)
        #expect(best > 0.4)
        #expect(abs(ours - best) < 0.02)
    }

    @Test func assessmentsHaveAnAccuracyWhereThereIsOne() {
        let numbers = Dataset(features: [1, 2], targets: [3, 5], inputs: 1)
        let linear = assess(spec: ModelSpec(kind: .linear, layers: [1, 1]), parameters: [2, 1], dataset: numbers)
        #expect(linear == Assessment(loss: 0, accuracy: nil, rows: 2))
        let classes = Dataset(features: [-1, 1], labels: [0, 1], inputs: 1, outputs: 2)
        let softmax = assess(spec: ModelSpec(kind: .softmaxRegression, layers: [1, 2]), parameters: [-1, 1, 0, 0], dataset: classes)
        #expect(softmax.accuracy == 1 && softmax.rows == 2 && softmax.loss > 0)
    }

    @Test func modelsAndDataFitByTask() throws {
        let linear = ModelSpec(kind: .linear, layers: [2, 1])
        #expect(linear.task == .regression && linear.problem == nil)
        #expect(ModelSpec(kind: .linear, layers: [2, 2]).problem?.contains("1 output") == true)
        #expect(ModelSpec(kind: .linear, layers: [2, 3, 1]).problem?.contains("two widths") == true)
        let numbers = Dataset(features: [1, 2], targets: [3], inputs: 2)
        #expect(numbers.fits(linear) && !numbers.fits(ModelSpec(kind: .softmaxRegression, layers: [2, 2])))
        #expect(!Dataset(features: [1, 2], labels: [0], inputs: 2, outputs: 1).fits(linear))
        let schema = DataSchema(inputs: 2, outputs: 1, scale: .constant(4), task: .regression)
        #expect(schema.problem == nil)
        #expect(try DataSchema(json: schema.json) == schema)
        #expect(DataSchema(inputs: 2, outputs: 2, scale: .none, task: .regression).problem?.contains("1 output") == true)
        #expect(DataSchema(inputs: 2, outputs: 1, scale: .none, labels: ["a"], task: .regression).problem?.contains("labels") == true)
        #expect(schema.disagreement(with: DataSchema(inputs: 2, outputs: 2, scale: .constant(4)))?.field == "data_schema.task")
        let file = ModelFile(spec: linear, schema: schema, parameters: [1, 2, 3])
        #expect(try ModelFile(decoding: file.encode()) == file)
        var wrong = file
        wrong.schema.task = .classification
        #expect(throws: SafetensorsError.self) { try ModelFile(decoding: wrong.encode()) }
        wrong.spec.kind = .softmaxRegression
        #expect(throws: SafetensorsError.self) { try ModelFile(decoding: wrong.encode()) }
    }
}

enum RegressionData {
    static func table(_ bytes: [UInt8], scale: CSVOptions.Scale = .none) throws -> RawTable {
        var options = CSVOptions()
        options.task = .regression
        options.scale = scale
        return try DataFile.parse(bytes, options: options)
    }

    /// The weights, then the bias, of least squared error: (XᵀX)·w = Xᵀy with a column of ones, by Gaussian elimination.
    static func normalEquations(_ data: Dataset) -> [Double] {
        let n = data.inputs + 1
        var a = [[Double]](repeating: [Double](repeating: 0, count: n + 1), count: n)
        for row in 0..<data.rows {
            let x = data.features[(row * data.inputs)..<((row + 1) * data.inputs)].map(Double.init) + [1, Double(data.targets[row])]
            for i in 0..<n { for j in 0...n { a[i][j] += x[i] * x[j] } }
        }
        for i in 0..<n {
            let pivot = (i..<n).max { abs(a[$0][i]) < abs(a[$1][i]) } ?? i
            a.swapAt(i, pivot)
            for k in 0..<n where k != i {
                let factor = a[k][i] / a[i][i]
                for j in i...n { a[k][j] -= factor * a[i][j] }
            }
        }
        return (0..<n).map { a[$0][n] / a[$0][$0] }
    }
}
