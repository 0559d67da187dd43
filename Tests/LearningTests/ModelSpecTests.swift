import Learning
import Testing

@Suite struct ModelSpecTests {
    @Test func layoutIsThatOfPyTorch() {
        let spec = ModelSpec(kind: .mlp, layers: [64, 128, 10])
        #expect(
            spec.parameterLayout == [
                TensorShape(name: "layers.0.weight", dimensions: [128, 64]), TensorShape(name: "layers.0.bias", dimensions: [128]),
                TensorShape(name: "layers.1.weight", dimensions: [10, 128]), TensorShape(name: "layers.1.bias", dimensions: [10]),
            ])
        #expect(spec.parameterCount == 64 * 128 + 128 + 1280 + 10)
        #expect(spec.parameterCount == spec.parameterLayout.reduce(0) { $0 + $1.count })
    }

    @Test func initialParametersHaveTheirBounds() {
        let spec = ModelSpec(kind: .mlp, layers: [64, 128, 10])
        let p = spec.initialParameters(seed: 1)
        #expect(p == spec.initialParameters(seed: 1))
        #expect(p != spec.initialParameters(seed: 2))
        let (hidden, last) = (p[0..<8192], p[8320..<9600])
        let (he, glorot) = ((6.0 / 64).squareRoot(), (6.0 / 138).squareRoot())
        for (weights, bound) in [(hidden, he), (last, glorot)] {
            let largest = Double(weights.map(abs).max() ?? 0)
            #expect(largest <= bound && largest > 0.98 * bound)
            let mean = Double(weights.reduce(0, +)) / Double(weights.count)
            #expect(abs(mean) < 4 * bound / (3 * Double(weights.count)).squareRoot())
        }
        #expect(p[8192..<8320].allSatisfy { $0 == 0 } && p[9600...].allSatisfy { $0 == 0 })
    }

    @Test func impossibleModelsAreNamed() {
        func problem(_ kind: ModelSpec.Kind, _ layers: [Int]) -> String? { ModelSpec(kind: kind, layers: layers).problem }
        #expect(problem(.mlp, [4, 3]) == nil)
        #expect(problem(.softmaxRegression, [4, 3]) == nil)
        #expect(problem(.softmaxRegression, [4, 3, 2])?.contains("two widths") == true)
        #expect(problem(.mlp, [4]) != nil)
        #expect(problem(.mlp, []) != nil)
        #expect(problem(.mlp, [4, 0, 2])?.contains("not 0") == true)
        #expect(problem(.mlp, [4, -1, 2]) != nil)
        #expect(problem(.mlp, [4, 1]) != nil)
        #expect(problem(.mlp, [Int.max, Int.max, 2]) != nil)
        #expect(problem(.mlp, [1 << 20, 1 << 20, 2])?.contains("parameters") == true)
        #expect(problem(.mlp, [Int](repeating: 2, count: 100)) != nil)
    }

    @Test func schemasDisagreeByField() {
        let a = DataSchema(inputs: 4, outputs: 3, scale: .constant(16))
        #expect(a.disagreement(with: a) == nil)
        func field(_ change: (inout DataSchema) -> Void) -> String? {
            var b = a
            change(&b)
            return a.disagreement(with: b)?.field
        }
        #expect(field { $0.inputs = 5 } == "data_schema.inputs")
        #expect(field { $0.outputs = 5 } == "data_schema.outputs")
        #expect(field { $0.scale = .none } == "data_schema.scale")
        #expect(field { $0.labels = ["a", "b", "c"] } == "data_schema.labels")
    }

    @Test func impossibleSchemasAreNamed() {
        func problem(_ inputs: Int, _ outputs: Int, _ scale: Scaling, _ labels: [String] = []) -> String? {
            DataSchema(inputs: inputs, outputs: outputs, scale: scale, labels: labels).problem
        }
        #expect(problem(2, 2, .minMax(mins: [0, 1], maxs: [1, 1]), ["a", "b"]) == nil)
        #expect(problem(0, 2, .none)?.contains("inputs") == true)
        #expect(problem(1, 1, .none)?.contains("outputs") == true)
        #expect(problem(1, 2, .constant(0)) != nil)
        #expect(problem(1, 2, .constant(.nan)) != nil)
        #expect(problem(2, 2, .minMax(mins: [0], maxs: [1]))?.contains("2 inputs") == true)
        #expect(problem(1, 2, .minMax(mins: [2], maxs: [1]))?.contains("minimum") == true)
        #expect(problem(1, 2, .standardize(means: [0], deviations: [-1]))?.contains("negative") == true)
        #expect(problem(1, 2, .standardize(means: [.infinity], deviations: [1]))?.contains("finite") == true)
        #expect(problem(1, 2, .none, ["a"])?.contains("1 labels") == true)
        #expect(problem(1, 2, .none, ["a", "a"])?.contains("same") == true)
        let wide = [Float](repeating: 1.1, count: 40_000)
        #expect(problem(40_000, 2, .minMax(mins: wide, maxs: wide))?.contains("bytes") == true)
    }

    @Test func scalingFollowsItsFormula() {
        func scaled(_ scale: Scaling, _ values: [Float]) -> [Float] {
            var values = values
            scale.apply(to: &values, inputs: 2)
            return values
        }
        #expect(scaled(.none, [1, 2]) == [1, 2])
        #expect(scaled(.constant(4), [1, 2, 8, 16]) == [0.25, 0.5, 2, 4])
        #expect(scaled(.minMax(mins: [1, 5], maxs: [3, 5]), [1, 5, 2, 9, 3, 1]) == [0, 0, 0.5, 0, 1, 0])
        #expect(scaled(.standardize(means: [1, 2], deviations: [2, 0]), [5, 2, -1, 3]) == [2, 0, -1, 0])
    }
}
