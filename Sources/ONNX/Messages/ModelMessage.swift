internal import Inference

/// `ModelProto`, as far as it is needed to compute. Field numbers are those of `onnx.proto`.
struct ModelMessage {
    var graph = GraphMessage()
    /// By domain; the main one is "".
    var opsets: [String: Int64] = [:]

    init(_ bytes: [UInt8]) throws(ONNXError) {
        guard bytes.count <= Limits.fileBytes else { throw .tooLarge(what: "bytes", limit: Limits.fileBytes) }
        var reader = ProtobufReader(bytes, 0..<bytes.count, "the model")
        var hasGraph = false
        while let field = try reader.next() {
            switch field.number {
            case 7:
                guard !hasGraph else { throw reader.malformed("has two graphs", at: field.at) }
                graph = try GraphMessage(try reader.message(field, "the graph"))
                hasGraph = true
            case 8:
                var inner = try reader.message(field, "an opset import")
                var (domain, version) = ("", Int64(0))
                while let field = try inner.next() {
                    switch field.number {
                    case 1: domain = try inner.text(field)
                    case 2: version = try inner.int64(field)
                    default: try inner.skip(field)
                    }
                }
                if domain == "ai.onnx" { domain = "" }
                // Exporters name one twice; only two versions of one are a contradiction.
                if let known = opsets[domain], known != version { throw reader.malformed("names two versions of '\(shown(domain))'", at: field.at) }
                opsets[domain] = version
                if opsets.count > Limits.opsetImports { throw .tooLarge(what: "opset imports", limit: Limits.opsetImports) }
            case 25: throw .feature("Functions of the model's own")
            default: try reader.skip(field)
            }
        }
        guard hasGraph else { throw .malformed(at: 0, what: "the model", problem: "has no graph") }
    }
}

/// `GraphProto`.
struct GraphMessage {
    var nodes: [NodeMessage] = []
    var initializers: [TensorMessage] = []
    var inputs: [ValueMessage] = []
    var outputs: [ValueMessage] = []

    init() {}

    init(_ reader: ProtobufReader) throws(ONNXError) {
        var reader = reader
        while let field = try reader.next() {
            switch field.number {
            case 1:
                nodes.append(try NodeMessage(try reader.message(field, "a node")))
                if nodes.count > Limits.nodes { throw .tooLarge(what: "nodes", limit: Limits.nodes) }
            case 5:
                initializers.append(try TensorMessage(try reader.message(field, "a tensor")))
                if initializers.count > Limits.initializers { throw .tooLarge(what: "initializers", limit: Limits.initializers) }
            case 11: inputs.append(try ValueMessage(try reader.message(field, "an input")))
            case 12: outputs.append(try ValueMessage(try reader.message(field, "an output")))
            case 15: throw .feature("Sparse initializers")
            default: try reader.skip(field)
            }
            if inputs.count + outputs.count > Limits.graphValues { throw .tooLarge(what: "inputs and outputs", limit: Limits.graphValues) }
        }
    }
}
