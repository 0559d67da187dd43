internal import Foundation
package import Inference
package import Learning

/// A model of `Learning` that answers: softmax regression, linear, MLP, CNN.
///
/// One input, `features`, FP32 [-1, inputs], in the schema's order and in the units of the data: the model scales them as its
/// schema says. A classifier's outputs are `probabilities`, FP32 [-1, classes], and `label` [-1]: the name of the most likely
/// class where the schema has names (BYTES), else its number (INT64). A regression's is `value`, FP32 [-1].
package struct LearningModel: RunnableModel {
    package let inputs: [TensorSpec]
    package let outputs: [TensorSpec]
    package let memoryBytes: Int
    package let isBatched = true
    package let schema: DataSchema
    private let spec: ModelSpec
    private let passes: Passes

    /// - Parameter passes: workspaces that are kept; one is enough for each thread that calls.
    package init(_ file: ModelFile, passes: Int = 4) {
        spec = file.spec
        schema = file.schema
        memoryBytes = file.parameters.count * MemoryLayout<Float>.stride
        inputs = [TensorSpec(name: "features", element: .float, shape: [-1, file.spec.inputs])]
        outputs =
            switch file.spec.task {
            case .classification:
                [
                    TensorSpec(name: "probabilities", element: .float, shape: [-1, file.spec.outputs]),
                    TensorSpec(name: "label", element: file.schema.labels.isEmpty ? .int64 : .text, shape: [-1]),
                ]
            case .regression: [TensorSpec(name: "value", element: .float, shape: [-1])]
            // Whoever decodes a file makes none of these.
            case .language: preconditionFailure("a model of text is no model of rows")
            }
        self.passes = Passes(most: passes) { [spec = file.spec, parameters = file.parameters] in ForwardPass(spec: spec, parameters: parameters) }
    }

    package func run(_ inputs: [NamedTensor]) throws(InferenceError) -> [NamedTensor] {
        try self.inputs.check(inputs)
        guard let tensor = inputs.first?.tensor, case .float(var features) = tensor.values, let rows = tensor.shape.first else {
            throw .input(name: "features", problem: "is missing")
        }
        schema.scale.apply(to: &features, inputs: spec.inputs)
        let pass = passes.take()
        defer { passes.putBack(pass) }
        switch spec.task {
        case .classification:
            let (labels, probabilities) = pass.predict(features)
            let names = schema.labels
            let values: Tensor.Values = names.isEmpty ? .int64(labels.map(Int64.init)) : .text(labels.map { names[$0] })
            return try [
                .made("probabilities", [rows, spec.outputs], .float(probabilities)), .made("label", [rows], values),
            ]
        case .regression: return [try .made("value", [rows], .float(pass.predictTargets(features)))]
        case .language: throw .unsupported("A model of text takes no tensors")
        }
    }
}

extension NamedTensor {
    /// An output whose shape the model knows to be right.
    static func made(_ name: String, _ shape: [Int], _ values: Tensor.Values) throws(InferenceError) -> NamedTensor {
        guard let tensor = Tensor(shape: shape, values) else { throw .unsupported("The output '\(name)' has another size than its model says") }
        return NamedTensor(name, tensor)
    }
}

/// Workspaces of one model: each call has one of its own.
private final class Passes: @unchecked Sendable {
    private let lock = NSLock()
    // Guarded by `lock`. A pass is used by whoever took it, and by nobody else.
    private var idle: [ForwardPass] = []
    private let most: Int
    private let make: @Sendable () -> ForwardPass

    init(most: Int, _ make: @escaping @Sendable () -> ForwardPass) {
        self.most = max(1, most)
        self.make = make
    }

    func take() -> ForwardPass { lock.withLock { idle.popLast() } ?? make() }

    /// One too many is given up.
    func putBack(_ pass: ForwardPass) { lock.withLock { if idle.count < most { idle.append(pass) } } }
}
