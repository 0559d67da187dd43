internal import Inference
internal import ONNX

extension FuzzTarget {
    static let models = [onnx, upstream]

    static let onnx = FuzzTarget(
        "onnx", feeds: "ONNX files, and the models that come of them", maximumBytes: 4096,
        words: [
            "Gemm", "MatMul", "Conv", "MaxPool", "Reshape", "Gather", "Slice", "Concat", "Cast", "Expand", "Softmax", "axis", "axes", "pads", "strides",
            "kernel_shape",
            "ai.onnx.ml", "TreeEnsembleClassifier", "\u{8}\u{1}", "\u{8}\u{7}", "x0", "y0", "location",
        ],
        seeds: {
            let x = field(11, value("x", [0, 2])), y = field(12, value("y", [0, 2]))
            let weight = field(5, [0x08, 2, 0x08, 2, 0x10, 1] + field(8, "w") + field(9, [UInt8](repeating: 0x3F, count: 16)))
            let relu = field(1, field(1, "x") + field(2, "y") + field(4, "Relu"))
            let product = field(1, field(1, "x") + field(1, "w") + field(2, "y") + field(4, "MatMul"))
            return [Seed("relu", file(relu + x + y)), Seed("product", file(product + weight + x + y)), Seed("empty", file([]))]
        },
        check: { bytes in
            let model: ONNXModel
            do { model = try ONNXModel(decoding: bytes, limits: RunLimits(bytes: 1 << 20, work: 1 << 20)) } catch let error as ONNXError {
                return try expectShort(error)
            }
            // What is computed of constants counts as weights.
            try expect(model.memoryBytes <= 32 * bytes.count + 1 << 21, "\(bytes.count) bytes became \(model.memoryBytes)")
            guard let inputs = zeros(model.inputs) else { return }
            do {
                let outputs = try model.run(inputs)
                try expect(outputs.map(\.name) == model.outputs.map(\.name), "outputs of other names")
                try expect(outputs.map(\.tensor.element) == model.outputs.map(\.element), "outputs of other kinds")
            } catch let error as InferenceError { try expectShort(error) }
        })

    /// Of the shapes that the model says, an extent of 2 where it says none; nil where that is much.
    private static func zeros(_ specs: [TensorSpec]) -> [NamedTensor]? {
        var tensors: [NamedTensor] = []
        for spec in specs {
            let shape = spec.shape.map { $0 < 0 ? 2 : $0 }
            guard let count = Tensor.count(of: shape), count <= 1 << 12 else { return nil }
            let values: Tensor.Values =
                switch spec.element {
                case .float: .float(.init(repeating: 0, count: count))
                case .double: .double(.init(repeating: 0, count: count))
                case .int64: .int64(.init(repeating: 0, count: count))
                case .int32: .int32(.init(repeating: 0, count: count))
                case .uint8: .uint8(.init(repeating: 0, count: count))
                case .bool: .bool(.init(repeating: false, count: count))
                case .text: .text(.init(repeating: "", count: count))
                }
            guard let tensor = Tensor(shape: shape, values) else { return nil }
            tensors.append(NamedTensor(spec.name, tensor))
        }
        return tensors
    }

    // Short messages of protobuf: all lengths are below 128.
    private static func field(_ number: UInt8, _ contents: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(contents.count)] + contents }
    private static func field(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
    /// A name with its shape of floats; 0: an open extent.
    private static func value(_ name: String, _ shape: [UInt8]) -> [UInt8] {
        let extents = shape.flatMap { field(1, $0 == 0 ? [] : [0x08, $0]) }
        return field(1, name) + field(2, field(1, [0x08, 1] + field(2, extents)))
    }
    private static func file(_ graph: [UInt8]) -> [UInt8] { [0x08, 8] + field(7, graph) + field(8, [0x10, 17]) }
}
