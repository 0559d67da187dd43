internal import Inference

/// A node on its way to become an operator: its attributes by name and kind.
struct NodeReader {
    let message: NodeMessage
    /// Of its domain's operators.
    let opset: Int

    var type: String { message.type }

    /// Where it is, in errors.
    var place: String { "the node '\(shown(message.name.isEmpty ? message.outputs.first ?? "" : message.name))' (\(shown(type)))" }

    func refusal(_ problem: String) -> ONNXError { .graph(at: place, problem: problem) }

    func has(_ name: String) -> Bool { message.attributes[name] != nil }

    /// Whether a later node, or the graph, may ask for this output.
    func uses(output: Int) -> Bool { output < message.outputs.count && !message.outputs[output].isEmpty }

    func int(_ name: String) throws(ONNXError) -> Int? {
        guard let value = message.attributes[name] else { return nil }
        guard case .int(let number) = value else { throw wrong(name, "a number") }
        return Int(number)
    }
    func int(_ name: String, default fallback: Int) throws(ONNXError) -> Int { try int(name) ?? fallback }

    func flag(_ name: String, default fallback: Bool = false) throws(ONNXError) -> Bool { try int(name).map { $0 != 0 } ?? fallback }

    func float(_ name: String) throws(ONNXError) -> Float? {
        guard let value = message.attributes[name] else { return nil }
        guard case .float(let number) = value else { throw wrong(name, "a float") }
        return number
    }
    func float(_ name: String, default fallback: Float) throws(ONNXError) -> Float { try float(name) ?? fallback }

    func text(_ name: String) throws(ONNXError) -> String? {
        guard let value = message.attributes[name] else { return nil }
        guard case .text(let text) = value else { throw wrong(name, "a text") }
        return text
    }

    func ints(_ name: String) throws(ONNXError) -> [Int]? {
        guard let value = message.attributes[name] else { return nil }
        guard case .ints(let numbers) = value else { throw wrong(name, "a list of numbers") }
        return numbers.map { Int($0) }
    }

    func floats(_ name: String) throws(ONNXError) -> [Float]? {
        guard let value = message.attributes[name] else { return nil }
        guard case .floats(let numbers) = value else { throw wrong(name, "a list of floats") }
        return numbers
    }

    func texts(_ name: String) throws(ONNXError) -> [String]? {
        guard let value = message.attributes[name] else { return nil }
        guard case .texts(let texts) = value else { throw wrong(name, "a list of texts") }
        return texts
    }

    func tensor(_ name: String) throws(ONNXError) -> Tensor? {
        guard let value = message.attributes[name] else { return nil }
        guard case .tensor(let tensor) = value else { throw wrong(name, "a tensor") }
        return tensor
    }

    /// Floats of an attribute, or doubles of the one beside it whose name ends in `_as_tensor`.
    func numbers(_ name: String) throws(ONNXError) -> [Double]? {
        if let tensor = try tensor("\(name)_as_tensor") {
            switch tensor.values {
            case .double(let values): return values
            case .float(let values): return values.map(Double.init)
            default: throw wrong("\(name)_as_tensor", "a tensor of floats")
            }
        }
        return try floats(name)?.map(Double.init)
    }

    private func wrong(_ name: String, _ what: String) -> ONNXError { refusal("has an attribute '\(name)' that is not \(what)") }
}
