import Inference
import TensorKernels
import Testing

import ONNX

/// Against the answers of onnxruntime (`Tests/Golden/onnx/make.py`), relative to the largest number of each output.
@Suite struct GoldenTests {
    private static let tolerance = 1e-5

    @Test func everyOperatorAnswersAsTheReferenceDoes() throws {
        let cases = try Golden.operators()
        #expect(cases.count > 300)
        var (worst, used) = (0.0, Set<String>())
        for one in cases {
            do {
                let model = try ONNXModel(decoding: one.model)
                used.formUnion(try ONNXModel.operators(in: one.model))
                worst = max(worst, check(one, try model.run(one.expected.inputs)))
            } catch { Issue.record("\(one.name): \(error)") }
        }
        print("onnx: \(cases.count) cases of one operator, largest distance \(worst)")
        // ZipMap is in the exports alone.
        #expect(Set(ONNXModel.operators).subtracting(used) == ["ai.onnx.ml.ZipMap"])
    }

    @Test func exportsAnswerAsTheReferenceDoes() throws {
        let cases = try Golden.exports()
        #expect(cases.count > 20)
        for one in cases {
            do {
                let model = try ONNXModel(decoding: one.model)
                #expect(model.isBatched, "\(one.name) answers rows one by one")
                #expect(ONNXModel.looksLikeModel(one.model))
                #expect(model.memoryBytes > 0 && model.memoryBytes < 4 * one.model.count, "\(one.name): \(model.memoryBytes) bytes of \(one.model.count)")
                let worst = check(one, try model.run(one.expected.inputs))
                print("onnx: \(one.name): \(one.model.count) bytes, largest distance \(worst)")
            } catch { Issue.record("\(one.name): \(error)") }
        }
    }

    /// Every level of kernels this machine has, and a batch of no rows.
    @Test func everyLevelAndNoRows() throws {
        for level in Kernels.available {
            let kernels = try #require(Kernels.table(level))
            for one in try Golden.exports() where one.name.hasPrefix("torch") || one.name.hasSuffix("digits-mlp") {
                let model = try ONNXModel(decoding: one.model, kernels: kernels)
                _ = check(one, try model.run(one.expected.inputs))
                let none = try model.inputs.map { NamedTensor($0.name, try #require(Tensor(shape: [0] + $0.shape.dropFirst(), .float([])))) }
                for (output, spec) in zip(try model.run(none), model.outputs) {
                    #expect(output.tensor.shape.first == 0 && output.tensor.element == spec.element, "\(one.name)")
                }
            }
        }
    }

    private func check(_ one: Golden.Case, _ results: [NamedTensor]) -> Double {
        var worst = 0.0
        #expect(results.map(\.name) == one.expected.outputs.map(\.name), "\(one.name)")
        for (result, expected) in zip(results, one.expected.outputs) {
            guard let distance = distance(result.tensor, expected.tensor) else {
                Issue.record("\(one.name), \(result.name): \(result.tensor) instead of \(expected.tensor)")
                continue
            }
            #expect(distance <= Self.tolerance, "\(one.name), \(result.name): \(distance): \(result.tensor.values) \(expected.tensor.values)")
            worst = max(worst, distance)
        }
        return worst
    }
}
