internal import Inference

/// `NodeProto`.
struct NodeMessage {
    var name = ""
    var type = ""
    var domain = ""
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes: [String: AttributeValue] = [:]

    init(_ reader: ProtobufReader) throws(ONNXError) {
        var reader = reader
        while let field = try reader.next() {
            switch field.number {
            case 1:
                inputs.append(try reader.text(field))
                if inputs.count > Limits.nodeInputs { throw .tooLarge(what: "inputs of a node", limit: Limits.nodeInputs) }
            case 2:
                outputs.append(try reader.text(field))
                if outputs.count > Limits.nodeOutputs { throw .tooLarge(what: "outputs of a node", limit: Limits.nodeOutputs) }
            case 3: name = try reader.text(field)
            case 4: type = try reader.text(field)
            case 5:
                let (key, value) = try AttributeValue.read(try reader.message(field, "an attribute"))
                if attributes.updateValue(value, forKey: key) != nil { throw reader.malformed("has the attribute '\(shown(key))' twice", at: field.at) }
                if attributes.count > Limits.attributes { throw .tooLarge(what: "attributes of a node", limit: Limits.attributes) }
            case 7: domain = try reader.text(field)
            default: try reader.skip(field)
            }
        }
        // The main domain has two names.
        if domain == "ai.onnx" { domain = "" }
    }
}

/// `AttributeProto`, as far as operators here know it.
enum AttributeValue: Sendable {
    case float(Float)
    case int(Int64)
    case text(String)
    case tensor(Tensor)
    case floats([Float])
    case ints([Int64])
    case texts([String])
    /// Graphs, sparse tensors, types: what it is, in words.
    case other(String)

    static func read(_ reader: ProtobufReader) throws(ONNXError) -> (String, AttributeValue) {
        var reader = reader
        let start = reader.at
        var (name, type) = ("", Int64(0))
        var (float, int, text, tensor) = (Float?.none, Int64?.none, String?.none, Tensor?.none)
        var (floats, ints, texts) = ([Float](), [Int64](), [String]())
        var other: String?
        while let field = try reader.next() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: float = try reader.float(field)
            case 3: int = try reader.int64(field)
            case 4: text = try reader.text(field, atMost: Limits.textBytes)
            case 5: tensor = try TensorMessage(try reader.message(field, "a tensor")).tensor
            case 6, 11:
                try reader.skip(field)
                other = "graph"
            case 7: try reader.append(field, to: &floats)
            case 8: try reader.append(field, to: &ints)
            case 9: texts.append(try reader.text(field, atMost: Limits.textBytes))
            case 10, 14, 15, 22, 23:
                try reader.skip(field)
                other = "value of field \(field.number)"
            case 20: type = try reader.int64(field)
            case 21: throw .feature("Attributes that refer to a function's")
            default: try reader.skip(field)
            }
        }
        guard !name.isEmpty else { throw reader.malformed("has no name", at: start) }
        switch type {
        case 1: return (name, .float(float ?? 0))
        case 2: return (name, .int(int ?? 0))
        case 3: return (name, .text(text ?? ""))
        case 4: if let tensor { return (name, .tensor(tensor)) }
        case 6: return (name, .floats(floats))
        case 7: return (name, .ints(ints))
        case 8: return (name, .texts(texts))
        case 0:
            // Files older than the field: the value tells.
            if let float { return (name, .float(float)) }
            if let int { return (name, .int(int)) }
            if let text { return (name, .text(text)) }
            if let tensor { return (name, .tensor(tensor)) }
            if !floats.isEmpty { return (name, .floats(floats)) }
            if !ints.isEmpty { return (name, .ints(ints)) }
            if !texts.isEmpty { return (name, .texts(texts)) }
        default: break
        }
        return (name, .other(other ?? "value of type \(type)"))
    }
}
