import Inference
import Testing

import ONNX

/// Files that nobody's exporter made: each is refused with the room's own error, or computed within its limits.
@Suite struct HostileTests {
    private static let limits = RunLimits(bytes: 1 << 22, work: 1 << 22)

    /// A refusal, or a model that answers or refuses zeros.
    private func survive(_ bytes: [UInt8]) {
        guard let model = try? ONNXModel(decoding: bytes, limits: Self.limits) else { return }
        _ = try? model.run(zeros(for: model))
    }

    private func zeros(for model: ONNXModel) -> [NamedTensor] {
        model.inputs.compactMap { spec in
            let shape = spec.shape.map { $0 < 0 ? 2 : $0 }
            guard let count = Tensor.count(of: shape), count < 1 << 16, let tensor = Tensor(shape: shape, .float([Float](repeating: 0, count: count))) else {
                return nil
            }
            return NamedTensor(spec.name, tensor)
        }
    }

    private func error(_ bytes: [UInt8]) -> ONNXError? {
        do throws(ONNXError) {
            _ = try ONNXModel(decoding: bytes, limits: Self.limits)
            return nil
        } catch {
            #expect(error.description.utf8.count < 4096)
            return error
        }
    }

    private func small() throws -> [Golden.Case] {
        try Golden.exports().filter { $0.model.count < 1100 && !$0.name.hasPrefix("sklearn-logistic") }
    }

    @Test func everyTruncationIsRefused() throws {
        for one in try small() {
            for length in 0..<one.model.count {
                let cut = Array(one.model.prefix(length))
                // Between two fields of the model a shorter file may be whole; what is missing then is the version of the operators.
                if (try? ONNXModel.operators(in: cut)) == nil { #expect(error(cut) != nil) } else { survive(cut) }
            }
        }
    }

    @Test func flippedBytesNeverTrap() throws {
        for one in try small() {
            for place in one.model.indices {
                for value in [one.model[place] ^ 1, one.model[place] ^ 0x80, 0x7F] {
                    var bytes = one.model
                    bytes[place] = value
                    survive(bytes)
                }
            }
        }
    }

    @Test func lengthsThatLie() throws {
        for length in [5, 127, 128, UInt64(Int32.max), UInt64(Int64.max), UInt64.max] {
            for field in [1, 5, 7, 8, 11, 14] as [UInt64] {
                let bytes = Proto.varint(field << 3 | 2) + Proto.varint(length) + [1, 2, 3]
                guard case .malformed = error(bytes) else {
                    Issue.record("field \(field) of length \(length)")
                    continue
                }
            }
        }
        #expect(error(Array(repeating: 0xFF, count: 12)) != nil)
        #expect(error([]) == .malformed(at: 0, what: "the model", problem: "has no graph"))
        // A group, and a field of the number 0.
        #expect(error([0x0B, 0x0C]) != nil)
        #expect(error([0x02, 0x00]) != nil)
    }

    @Test func tensorsThatLie() {
        let copy = Proto.node("Add", ["x", "w"], ["y"])
        for dims in [[Int64.max], [1 << 40, 1 << 40], [-1], [0, 1 << 40], [3], Array(repeating: 1, count: 9)] {
            #expect(error(Proto.model(nodes: [copy], initializers: [Proto.tensor("w", dims, floats: [1, 2])])) != nil, "\(dims)")
        }
        // No numbers at all for a shape of 512 MiB.
        let empty = Proto.int(1, 1 << 27) + Proto.int(2, 1) + Proto.text(8, "w")
        #expect(error(Proto.model(nodes: [copy], initializers: [empty])) != nil)
        let half = Proto.int(1, 1) + Proto.int(2, 10) + Proto.text(8, "w") + Proto.bytes(9, [0, 0])
        #expect(error(Proto.model(nodes: [copy], initializers: [half])) == .type(of: "w", type: "float16"))
    }

    @Test func externalDataIsNeverFollowed() {
        let copy = Proto.node("Add", ["x", "w"], ["y"])
        let location = Proto.text(1, "location") + Proto.text(2, "../../etc/passwd")
        for place in [Proto.bytes(13, location) + Proto.int(14, 1), Proto.bytes(13, location), Proto.int(14, 1)] {
            let tensor = Proto.int(1, 2) + Proto.int(2, 1) + Proto.text(8, "w") + place
            #expect(error(Proto.model(nodes: [copy], initializers: [tensor])) == .externalData(tensor: "w"))
        }
        let constant = Proto.node("Constant", [], ["w"], attributes: [Proto.text(1, "value") + Proto.bytes(5, Proto.bytes(13, location)) + Proto.int(20, 4)])
        #expect(error(Proto.model(nodes: [constant, copy])) == .externalData(tensor: ""))
    }

    @Test func circlesAndOrder() {
        let circle = [Proto.node("Relu", ["b"], ["a"]), Proto.node("Relu", ["a"], ["b"]), Proto.node("Add", ["x", "a"], ["y"])]
        guard case .graph(_, let problem) = error(Proto.model(nodes: circle)) else {
            Issue.record("a circle was taken")
            return
        }
        #expect(problem.contains("circle"))
        #expect(error(Proto.model(nodes: [Proto.node("Relu", ["y"], ["y"])])) != nil)
        #expect(error(Proto.model(nodes: [Proto.node("Relu", ["nowhere"], ["y"])])) != nil)
        #expect(error(Proto.model(nodes: [Proto.node("Relu", ["x"], ["y"]), Proto.node("Tanh", ["x"], ["y"])])) != nil)
        #expect(error(Proto.model(nodes: [Proto.node("Relu", ["x"], ["x"])])) != nil)
        #expect(error(Proto.model(nodes: [Proto.node("Relu", ["x"], ["z"])])) != nil)
    }

    @Test func whatIsNotComputedIsListed() {
        let nodes = [Proto.node("Loop", ["x"], ["a"]), Proto.node("Relu", ["a"], ["b"]), Proto.node("Einsum", ["b"], ["c"]), Proto.node("Loop", ["c"], ["y"])]
        #expect(error(Proto.model(nodes: nodes)) == .operators(["Einsum", "Loop"], more: 0))
        let many = (0..<100).map { Proto.node("Op\(100 + $0)", ["x"], ["y\($0)"]) }
        guard case .operators(let names, let more) = error(Proto.model(nodes: many)) else {
            Issue.record("unknown operators were taken")
            return
        }
        #expect(names.count == 64 && more == 36)
        #expect(error(Proto.model(nodes: [Proto.node("FusedGelu", ["x"], ["y"], domain: "com.microsoft")])) == .domain("com.microsoft"))
        for version in [0, 6, 23, Int64.max, -1] {
            #expect(error(Proto.model(nodes: [Proto.node("Relu", ["x"], ["y"])], opset: version)) == .opset(domain: "ai.onnx", version: version))
        }
        #expect(error(Proto.model(nodes: [Proto.node("Scaler", ["x"], ["y"], domain: "ai.onnx.ml")])) == .opset(domain: "ai.onnx.ml", version: nil))
    }

    @Test func typesWithinTypes() {
        var type = Proto.bytes(1, Proto.int(1, 1))
        for _ in 0..<10_000 { type = Proto.bytes(4, Proto.bytes(1, type)) }
        let input = Proto.text(1, "x") + Proto.bytes(2, type)
        #expect(error(Proto.model(Proto.graph(nodes: [], inputs: [input], outputs: []))) == .tooLarge(what: "types within each other", limit: Limits.typeDepth))
    }

    /// Small files whose tensors would be large.
    @Test func whatGrowsIsStopped() throws {
        let shape = Proto.tensor("s", [2], ints: [1 << 20, 1 << 20])
        func refused(_ nodes: [[UInt8]], _ initializers: [[UInt8]] = []) throws {
            let model = try ONNXModel(decoding: Proto.model(nodes: nodes, initializers: initializers), limits: Self.limits)
            #expect(throws: InferenceError.self) { try model.run([.x([2, 2], [1, 2, 3, 4])]) }
        }
        try refused([Proto.node("ConstantOfShape", ["s"], ["a"]), Proto.node("Add", ["x", "a"], ["y"])], [shape])
        try refused([Proto.node("Expand", ["x", "s"], ["y"])], [shape])
        try refused([Proto.node("Reshape", ["x", "s"], ["y"])], [shape])
        try refused([Proto.node("Pad", ["x", "p"], ["y"])], [Proto.tensor("p", [4], ints: [1 << 29, 1 << 29, 1 << 29, 1 << 29])])
        try refused([Proto.node("Pad", ["x", "p"], ["y"])], [Proto.tensor("p", [4], ints: [.max, .max, .max, .max])])
        // A product of 2^22 rows and columns.
        let column = Proto.node("Expand", ["x", "s"], ["a"]), wide = Proto.tensor("s", [3], ints: [1 << 9, 2, 2])
        try refused(
            [column, Proto.node("Reshape", ["a", "r"], ["b"]), Proto.node("Transpose", ["b"], ["c"]), Proto.node("MatMul", ["b", "c"], ["y"])],
            [wide, Proto.tensor("r", [2], ints: [-1, 1])])
        // Doubling, node by node.
        var nodes: [[UInt8]] = []
        for step in 0..<60 {
            nodes.append(
                Proto.node(
                    "Concat", [step == 0 ? "x" : "a\(step)", step == 0 ? "x" : "a\(step)"], [step == 59 ? "y" : "a\(step + 1)"],
                    attributes: [Proto.attribute("axis", int: 0)]))
        }
        try refused(nodes)
        // Much is read, again and again, and little is written.
        let zeros = Proto.node("ConstantOfShape", ["s"], ["z"]), sums = (0..<200).map { Proto.node("ReduceSum", ["z"], ["z\($0)"]) }
        let all = Proto.node("Sum", ["x"] + (0..<200).map { "z\($0)" }, ["y"])
        try refused([zeros] + sums + [all], [Proto.tensor("s", [1], ints: [1 << 18])])
        // Windows far larger than the image.
        let image = Proto.node("Unsqueeze", ["x", "axes"], ["a"]), axes = Proto.tensor("axes", [2], ints: [0, 1])
        for pads in [[1 << 20, 1 << 20, 1 << 20, 1 << 20], [Int64.max, 0, 0, 0], [-1, 0, 0, 0]] {
            let pool = Proto.node(
                "AveragePool", ["a"], ["y"], attributes: [Proto.attribute("kernel_shape", ints: [1 << 20, 1 << 20]), Proto.attribute("pads", ints: pads)])
            let bytes = Proto.model(nodes: [image, pool], initializers: [axes])
            if let model = try? ONNXModel(decoding: bytes, limits: Self.limits) {
                #expect(throws: InferenceError.self) { try model.run([.x([2, 2], [1, 2, 3, 4])]) }
            }
        }
    }

    @Test func treesThatAreNone() throws {
        func tree(_ yes: [Int64], _ no: [Int64], features: [Int64] = [0, 0, 0], ids: [Int64] = [0, 1, 2], targets: [Int64] = [0, 0]) -> [UInt8] {
            func ints(_ name: String, _ values: [Int64]) -> [UInt8] { Proto.attribute(name, ints: values) }
            func list(_ name: String, _ texts: [String]) -> [UInt8] { Proto.text(1, name) + texts.flatMap { Proto.text(9, $0) } + Proto.int(20, 8) }
            func floats(_ name: String, _ count: Int) -> [UInt8] {
                Proto.text(1, name) + Proto.bytes(7, [UInt8](repeating: 0, count: 4 * count)) + Proto.int(20, 6)
            }
            let modes = list("nodes_modes", zip(yes, no).map { $0 == 0 && $1 == 0 ? "LEAF" : "BRANCH_LEQ" })
            let node = Proto.node(
                "TreeEnsembleRegressor", ["x"], ["y"], domain: "ai.onnx.ml",
                attributes: [
                    ints("nodes_treeids", [0, 0, 0]), ints("nodes_nodeids", ids), ints("nodes_featureids", features), modes, floats("nodes_values", 3),
                    ints("nodes_truenodeids", yes), ints("nodes_falsenodeids", no), ints("target_treeids", [0, 0]), ints("target_nodeids", [1, 2]),
                    ints("target_ids", targets), floats("target_weights", 2),
                ])
            let graph = Proto.graph(nodes: [node], inputs: [Proto.value("x", [nil, 2])], outputs: [Proto.value("y", [nil, 1])])
            return Proto.model(graph, classical: 1)
        }
        #expect(error(tree([1, 0, 0], [2, 0, 0])) == nil)
        #expect(error(tree([1, 2, 1], [2, 1, 2])) != nil)  // a circle
        #expect(error(tree([0, 0, 0], [2, 0, 0])) != nil)  // its own child
        #expect(error(tree([7, 0, 0], [2, 0, 0])) != nil)
        #expect(error(tree([1, 0, 0], [2, 0, 0], features: [-1, 0, 0])) != nil)
        #expect(error(tree([1, 0, 0], [2, 0, 0], features: [.max, 0, 0])) != nil)
        #expect(error(tree([1, 0, 0], [2, 0, 0], ids: [0, 0, 0])) != nil)
        #expect(error(tree([1, 0, 0], [2, 0, 0], targets: [0, 1])) != nil)
        #expect(error(tree([1, 0, 0], [2, 0])) != nil)
        let model = try ONNXModel(decoding: tree([1, 0, 0], [2, 0, 0], features: [5, 0, 0]))
        #expect(throws: InferenceError.self) { try model.run([.x([1, 2], [0, 0])]) }
    }
}
