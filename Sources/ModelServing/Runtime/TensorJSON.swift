package import Inference
package import StrictJSON

extension Tensor {
    /// Values in JSON as a tensor of this kind.
    ///
    /// - Parameters:
    ///   - json: a list of values, or of lists of them: row by row either way.
    ///   - shape: nil: the lists say it.
    /// - Returns: nil, and `problem` says why, where they are of another kind or another number.
    package static func read(_ json: JSON, _ element: Element, shape: [Int]?, problem: inout String) -> Tensor? {
        var reader = TensorReader(element)
        let nested = reader.read(json, depth: 0)
        if let why = reader.problem {
            problem = why
            return nil
        }
        let told = shape ?? nested
        guard let told, let values = reader.values, let tensor = Tensor(shape: told, values) else {
            problem = shape == nil ? "has lists of different lengths side by side" : "has \(reader.count) values, and its shape says another number"
            return nil
        }
        return tensor
    }

    /// One list of all values, row by row. What is no finite number is null.
    package var flatJSON: JSON {
        switch values {
        case .float(let values): .array(values.map { JSON($0.isFinite ? Double($0) : .nan) })
        case .double(let values): .array(values.map { JSON($0) })
        case .int64(let values): .array(values.map { .integer($0) })
        case .int32(let values): .array(values.map { .integer(Int64($0)) })
        case .uint8(let values): .array(values.map { .integer(Int64($0)) })
        case .bool(let values): .array(values.map { .bool($0) })
        case .text(let values): .array(values.map { .string($0) })
        }
    }

    /// Lists of lists, as its shape says.
    package var nestedJSON: JSON {
        guard case .array(var level) = flatJSON else { return .null }
        guard !shape.isEmpty else { return level.first ?? .null }
        guard !shape.contains(0) else { return .array([]) }
        for extent in shape.dropFirst().reversed() {
            level = stride(from: 0, to: level.count, by: extent).map { .array(Array(level[$0..<($0 + extent)])) }
        }
        return .array(level)
    }
}

/// Collects values of one kind out of lists in lists.
private struct TensorReader {
    let element: Tensor.Element
    var problem: String?
    private var floats: [Float] = []
    private var doubles: [Double] = []
    private var wholes: [Int64] = []
    private var flags: [Bool] = []
    private var texts: [String] = []
    private var textBytes = 0
    private(set) var count = 0

    init(_ element: Tensor.Element) { self.element = element }

    /// - Returns: the shape; nil where lists differ.
    mutating func read(_ json: JSON, depth: Int) -> [Int]? {
        guard problem == nil else { return nil }
        guard case .array(let elements) = json else {
            take(json)
            return []
        }
        guard depth < RuntimeLimits.dimensions else {
            problem = "has more than \(RuntimeLimits.dimensions) lists within each other"
            return nil
        }
        var inner: [Int]??
        for element in elements {
            let shape = read(element, depth: depth + 1)
            if problem != nil { return nil }
            if let known = inner { if known != shape { inner = .some(nil) } } else { inner = shape }
        }
        guard let inner else { return [0] }
        return inner.map { [elements.count] + $0 }
    }

    private mutating func take(_ json: JSON) {
        count += 1
        guard count <= RuntimeLimits.elements else {
            problem = "has more than \(RuntimeLimits.elements) values"
            return
        }
        switch element {
        case .float:
            guard let number = json.double, Float(number).isFinite else { return refuse() }
            floats.append(Float(number))
        case .double:
            guard let number = json.double, number.isFinite else { return refuse() }
            doubles.append(number)
        case .int64: whole(json, .min ... .max)
        case .int32: whole(json, Int64(Int32.min)...Int64(Int32.max))
        case .uint8: whole(json, 0...255)
        case .bool:
            guard let flag = json.truth else { return refuse() }
            flags.append(flag)
        case .text:
            guard let text = json.text else { return refuse() }
            textBytes += text.utf8.count
            guard textBytes <= RuntimeLimits.textBytes else {
                problem = "has more than \(RuntimeLimits.textBytes) bytes"
                return
            }
            texts.append(text)
        }
    }

    private mutating func whole(_ json: JSON, _ range: ClosedRange<Int64>) {
        guard let number = json.whole, range.contains(number) else { return refuse() }
        wholes.append(number)
    }

    private mutating func refuse() { problem = "has something that is no \(element.rawValue), as value \(count)" }

    var values: Tensor.Values? {
        switch element {
        case .float: .float(floats)
        case .double: .double(doubles)
        case .int64: .int64(wholes)
        case .int32: .int32(wholes.map { Int32(truncatingIfNeeded: $0) })
        case .uint8: .uint8(wholes.map { UInt8(truncatingIfNeeded: $0) })
        case .bool: .bool(flags)
        case .text: .text(texts)
        }
    }
}

/// A model's inputs as a caller writes them, without saying of which kind they are: the model knows.
///
/// An object has the inputs by name. For a model with one input its values will do. A batched model's single row may stand without the
/// list around it.
package func modelInputs(_ json: JSON, _ specs: [TensorSpec], isBatched: Bool) throws(InferenceError) -> [NamedTensor] {
    let named: [(spec: TensorSpec, json: JSON)]
    if let members = json.members {
        for member in members where !specs.contains(where: { $0.name == member.name }) {
            throw .input(name: member.name.clippedName, problem: "is not one of this model's, which are: \(specs.map(\.name).joined(separator: ", "))")
        }
        var found: [(TensorSpec, JSON)] = []
        for spec in specs {
            guard let value = json[spec.name] else { throw .input(name: spec.name, problem: "is missing") }
            found.append((spec, value))
        }
        named = found
    } else {
        guard let only = specs.first, specs.count == 1 else {
            throw .unsupported("This model has several inputs; send an object with \(specs.map(\.name).joined(separator: ", "))")
        }
        named = [(only, json)]
    }
    var tensors: [NamedTensor] = []
    for (spec, json) in named {
        var problem = ""
        guard var tensor = Tensor.read(json, spec.element, shape: nil, problem: &problem) else { throw .input(name: spec.name, problem: problem) }
        if isBatched, tensor.shape.count + 1 == spec.shape.count, let row = Tensor(shape: [1] + tensor.shape, tensor.values) { tensor = row }
        tensors.append(NamedTensor(spec.name, tensor))
    }
    try specs.check(tensors)
    return tensors
}
