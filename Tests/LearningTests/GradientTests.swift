import KernelTable
import Learning
import Testing

/// Against central differences of the Float64 twin: of nothing but the definition of the loss.
@Suite struct GradientTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var kind: ModelSpec.Kind
        var layers: [Int]
        var rows: Int
        var testDescription: String { "\(layers) with \(rows) rows" }
    }

    static let shapes = [
        Shape(kind: .softmaxRegression, layers: [3, 2], rows: 1),
        Shape(kind: .softmaxRegression, layers: [17, 10], rows: 33),
        Shape(kind: .mlp, layers: [5, 9, 3], rows: 12),
        Shape(kind: .mlp, layers: [16, 33, 10], rows: 32),
        Shape(kind: .mlp, layers: [6, 8, 7, 4], rows: 19),
        Shape(kind: .mlp, layers: [1, 1, 2], rows: 5),
    ]

    @Test(arguments: shapes) func equalsFiniteDifferences(_ shape: Shape) {
        let spec = ModelSpec(kind: shape.kind, layers: shape.layers)
        var data = syntheticRows(shape.rows, inputs: max(2, spec.inputs), outputs: spec.outputs, seed: 7)
        if spec.inputs == 1 {
            data = Dataset(features: (0..<shape.rows).map { Float($0) - 2 }, labels: data.labels, inputs: 1, outputs: 2)
        }
        var generator = SeededGenerator(seed: 11)
        let parameters = (0..<spec.parameterCount).map { _ in Float(generator.normal() * 0.5) }
        let expected = Twin(layers: shape.layers).finiteDifferences(parameters.map(Double.init), data)
        #expect(expected.contains { abs($0) > 1e-3 })
        for table in tables {
            let (gradient, _) = fullGradient(spec: spec, parameters: parameters, dataset: data, kernels: table)
            #expect(largestDifference(gradient, expected) < 2e-6, "\(table.level)")
        }
    }

    @Test(arguments: shapes.dropLast()) func evaluationEqualsTwin(_ shape: Shape) {
        // More rows than a block of the evaluation.
        let spec = ModelSpec(kind: shape.kind, layers: shape.layers)
        let data = syntheticRows(300, inputs: spec.inputs, outputs: spec.outputs, seed: 8)
        let parameters = spec.initialParameters(seed: 3)
        let twin = Twin(layers: shape.layers)
        let exact = parameters.map(Double.init)
        for table in tables {
            let evaluation = evaluate(spec: spec, parameters: parameters, dataset: data, kernels: table)
            #expect(abs(evaluation.loss - twin.loss(exact, data)) < 1e-5, "\(table.level)")
            #expect(evaluation.accuracy == twin.accuracy(exact, data))
            #expect(evaluation.rows == 300)
            let predictions = predict(spec: spec, parameters: parameters, features: data.features, kernels: table)
            #expect(predictions.count == 300)
            let agree = zip(predictions, data.labels).count { $0.label == Int($1) }
            #expect(Double(agree) / 300 == evaluation.accuracy)
            #expect(predictions.allSatisfy { abs($0.probabilities.reduce(0, +) - 1) < 1e-5 })
        }
    }

    @Test func lossOfHugeLogitsIsFinite() {
        let spec = ModelSpec(kind: .softmaxRegression, layers: [1, 2])
        let data = Dataset(features: [1], labels: [0], inputs: 1, outputs: 2)
        for table in tables {
            let (gradient, loss) = fullGradient(spec: spec, parameters: [-1000, 1000, 0, 0], dataset: data, kernels: table)
            #expect(abs(loss - 2000) < 1e-3)
            #expect(gradient == [-1, 1, -1, 1])
        }
    }
}
