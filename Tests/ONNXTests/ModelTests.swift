import Inference
import TensorKernels
import Testing

import ONNX

/// What a model says of itself, and what it asks of its inputs.
@Suite struct ModelTests {
    private func model(_ nodes: [[UInt8]], _ initializers: [[UInt8]] = []) throws -> ONNXModel {
        try ONNXModel(decoding: Proto.model(nodes: nodes, initializers: initializers))
    }

    @Test func inputsAreCompared() throws {
        let relu = try model([Proto.node("Relu", ["x"], ["y"])])
        #expect(relu.inputs == [TensorSpec(name: "x", element: .float, shape: [-1, 2])] && relu.outputs.map(\.name) == ["y"])
        #expect(try relu.run([.x([1, 2], [-1, 2])]) == [NamedTensor("y", try floats([1, 2], [0, 2]))])
        let ints = NamedTensor("x", try #require(Tensor(shape: [1, 2], .int64([1, 2]))))
        let wrong: [[NamedTensor]] = [
            [], [ints], [try .x([2], [1, 2])], [try .x([1, 3], [1, 2, 3])], [try .x([1, 2], [1, 2]), try .x([1, 2], [1, 2])],
            [try .x([1, 2], [1, 2]), NamedTensor("z", try floats([], [1]))],
        ]
        for inputs in wrong {
            #expect { try relu.run(inputs) } throws: { error in
                guard case .input(let name, _)? = error as? InferenceError else { return false }
                return ["x", "z"].contains(name)
            }
        }
    }

    /// Rows that know of each other are not put together.
    @Test func onlyRowsAloneAreBatched() throws {
        let axis = { (value: Int64) in Proto.attribute("axis", int: value) }
        #expect(try model([Proto.node("Softmax", ["x"], ["y"], attributes: [axis(1)])]).isBatched)
        #expect(try !model([Proto.node("Softmax", ["x"], ["y"], attributes: [axis(0)])]).isBatched)
        let mean = Proto.node("ReduceMean", ["x"], ["m"], attributes: [Proto.attribute("axes", ints: [0])])
        #expect(try !model([mean, Proto.node("Sub", ["x", "m"], ["y"])]).isBatched)
        #expect(
            try !model(
                [Proto.node("Slice", ["x", "s", "e", "a", "t"], ["y"])],
                [Proto.tensor("s", [1], ints: [-1]), Proto.tensor("e", [1], ints: [-9]), Proto.tensor("a", [1], ints: [0]), Proto.tensor("t", [1], ints: [-1])]
            ).isBatched)
        let fixed = Proto.graph(nodes: [Proto.node("Relu", ["x"], ["y"])], inputs: [Proto.value("x", [1, 2])], outputs: [Proto.value("y", [1, 2])])
        #expect(try !ONNXModel(decoding: Proto.model(fixed)).isBatched)
    }

    @Test func constantsAreComputedOnceAndWhatIsUnusedIsDropped() throws {
        let nodes = [
            Proto.node("Add", ["w", "w"], ["v"]), Proto.node("Mul", ["v", "w"], ["u"]), Proto.node("Add", ["x", "u"], ["y"]),
            Proto.node("Relu", ["x"], ["unused"]),
        ]
        let unused = Proto.tensor("q", [100], floats: [Float](repeating: 1, count: 100))
        let model = try ONNXModel(decoding: Proto.model(nodes: nodes, initializers: [Proto.tensor("w", [2], floats: [1, 3]), unused]))
        #expect(model.memoryBytes == 8)
        let sum = try model.run([.x([1, 2], [0, 0])])
        #expect(sum == [NamedTensor("y", try floats([1, 2], [2, 18]))])
    }

    @Test func whatARunMayTakeIsGivenBack() throws {
        // 200 tensors of 8 KiB one after the other, with room for four.
        let nodes = (0..<200).map { Proto.node("Neg", [$0 == 0 ? "x" : "a\($0)"], [$0 == 199 ? "y" : "a\($0 + 1)"]) }
        let bytes = Proto.model(nodes: nodes)
        let x = try NamedTensor.x([1024, 2], [Float](repeating: 1, count: 2048))
        #expect(try ONNXModel(decoding: bytes, limits: RunLimits(bytes: 32 << 10)).run([x]) == [NamedTensor("y", x.tensor)])
        #expect(throws: InferenceError.self) { try ONNXModel(decoding: bytes, limits: RunLimits(bytes: 4 << 10)).run([x]) }
        #expect(throws: InferenceError.self) { try ONNXModel(decoding: bytes, limits: RunLimits(work: 10_000)).run([x]) }
    }

    /// Errors show names of files and not what else is in them.
    @Test func namesAreShownClean() {
        func told(_ type: String) -> String {
            do throws(ONNXError) {
                _ = try ONNXModel(decoding: Proto.model(nodes: [Proto.node(type, ["x"], ["y"])]))
                return ""
            } catch { return error.description }
        }
        #expect(told("conv\n1\u{202E}").hasSuffix(": conv\u{FFFD}1\u{FFFD}."))
        #expect(told(String(repeating: "é", count: 300)).hasSuffix(": " + String(repeating: "é", count: 64) + "…."))
    }

    @Test func otherFilesAreNoModels() throws {
        for bytes in [[], Array("GIF89a".utf8), Array("{\"a\":1}".utf8), [UInt8](repeating: 0, count: 64)] { #expect(!ONNXModel.looksLikeModel(bytes)) }
    }

    /// A batch that mixes kinds where ONNX has one error: division of whole numbers by 0, indices beyond the end.
    @Test func whatHasNoAnswerIsRefused() throws {
        let graph = { (node: [UInt8]) in
            Proto.model(
                Proto.graph(
                    nodes: [node], inputs: [Proto.value("x", type: 7, [nil])], outputs: [Proto.value("y", type: 7, [nil])],
                    initializers: [Proto.tensor("w", [3], ints: [0, 1, 2])]))
        }
        let x = { (values: [Int64]) throws in NamedTensor("x", try #require(Tensor(shape: [values.count], .int64(values)))) }
        #expect(throws: InferenceError.self) { try ONNXModel(decoding: graph(Proto.node("Div", ["x", "w"], ["y"]))).run([x([1, 2, 3])]) }
        #expect(throws: InferenceError.self) { try ONNXModel(decoding: graph(Proto.node("Gather", ["w", "x"], ["y"]))).run([x([3])]) }
        #expect(throws: InferenceError.self) { try ONNXModel(decoding: graph(Proto.node("Gather", ["w", "x"], ["y"]))).run([x([.min])]) }
        #expect(try ONNXModel(decoding: graph(Proto.node("Gather", ["w", "x"], ["y"]))).run([x([-1, 0])])[0].tensor.values == .int64([2, 0]))
        #expect(try ONNXModel(decoding: graph(Proto.node("Sub", ["x", "w"], ["y"]))).run([x([.min])])[0].tensor.values == .int64([.min, .max, .max - 1]))
    }
}
