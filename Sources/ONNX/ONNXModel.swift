package import Inference
package import KernelTable
internal import TensorKernels

/// A model of an ONNX file that lies in memory and answers.
///
/// Sources: `onnx.proto` and the operators' definitions of ONNX (onnx.ai/onnx/operators), versions 7 to 22 of `ai.onnx` and 1 to 4 of `ai.onnx.ml`.
/// What is computed: `operators`. Every byte of the file is believed only after it was checked; nothing but the file is ever read.
package struct ONNXModel: RunnableModel {
    package let inputs: [TensorSpec]
    package let outputs: [TensorSpec]
    package let memoryBytes: Int
    /// Where the first extents of all inputs and outputs are open, and runs of rows alone and together gave the same: see `isRowwise`.
    package let isBatched: Bool
    private let graph: Graph
    private let kernels: KernelTable
    private let limits: RunLimits

    /// - Parameters:
    ///   - bytes: of the whole file; external data are refused.
    ///   - limits: of every run.
    package init(decoding bytes: [UInt8], kernels: KernelTable = Kernels.active, limits: RunLimits = RunLimits()) throws(ONNXError) {
        graph = try Graph(try ModelMessage(bytes), kernels: kernels, folding: limits.atMost(Limits.folding))
        (self.kernels, self.limits) = (kernels, limits)
        (inputs, outputs, memoryBytes) = (graph.inputs.map(\.spec), graph.outputs.map(\.spec), graph.memoryBytes)
        isBatched = graph.isRowwise(kernels: kernels, limits: limits.atMost(Limits.probing))
    }

    package func run(_ inputs: [NamedTensor]) throws(InferenceError) -> [NamedTensor] { try graph.run(inputs, kernels: kernels, limits: limits) }

    /// The operators that are computed, sorted; those of `ai.onnx.ml` under their domain.
    package static var operators: [String] { OperatorTable.names }

    /// The operators that a file uses, each node's, whether they are computed or not; those of other domains under their domain.
    package static func operators(in bytes: [UInt8]) throws(ONNXError) -> [String] {
        try ModelMessage(bytes).graph.nodes.map { $0.domain.isEmpty ? $0.type : "\($0.domain).\($0.type)" }
    }

    /// The constants that a file has by name, weights and others.
    package static func initializers(in bytes: [UInt8]) throws(ONNXError) -> [NamedTensor] {
        try ModelMessage(bytes).graph.initializers.map { NamedTensor($0.name, $0.tensor) }
    }

    /// Whether bytes look like an ONNX file: fields of a model from the first to the last, a graph among them. Nothing in them is decoded.
    package static func looksLikeModel(_ bytes: [UInt8]) -> Bool {
        var reader = ProtobufReader(bytes, 0..<bytes.count, "the model")
        var (hasGraph, hasVersion) = (false, false)
        do throws(ONNXError) {
            while let field = try reader.next() {
                hasGraph = hasGraph || (field.number == 7 && field.wire == .bytes)
                hasVersion = hasVersion || (field.number == 1 && field.wire == .varint) || (field.number == 8 && field.wire == .bytes)
                try reader.skip(field)
            }
            return hasGraph && hasVersion
        } catch { return false }
    }
}
