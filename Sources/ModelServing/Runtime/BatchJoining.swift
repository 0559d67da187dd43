package import Inference

/// What requests must agree in to share a run: the model, and everything of their tensors but the rows.
package struct BatchKey: Hashable, Sendable {
    package struct Part: Hashable, Sendable {
        var name: String
        var element: Tensor.Element
        var tail: [Int]
    }
    /// The model in memory, by its number.
    package var instance: Int
    package var parts: [Part]

    package init(instance: Int, _ inputs: [NamedTensor]) {
        self.instance = instance
        parts = inputs.map { Part(name: $0.name, element: $0.tensor.element, tail: Array($0.tensor.shape.dropFirst())) }
    }
}

/// One after the other, row by row. All have the same key.
/// - Returns: nil where they do not fit together.
package func joined(_ requests: [[NamedTensor]]) -> [NamedTensor]? {
    guard let first = requests.first else { return nil }
    if requests.count == 1 { return first }
    var out: [NamedTensor] = []
    for (place, tensor) in first.enumerated() {
        var (rows, values) = (0, tensor.tensor.values.emptied)
        for request in requests {
            guard place < request.count, request[place].name == tensor.name, let more = request[place].tensor.shape.first,
                values.append(request[place].tensor.values)
            else { return nil }
            rows += more
        }
        guard let whole = Tensor(shape: [rows] + tensor.tensor.shape.dropFirst(), values) else { return nil }
        out.append(NamedTensor(tensor.name, whole))
    }
    return out
}

/// The outputs of a shared run, to each request its own.
/// - Parameter rows: of the requests, in their order.
/// - Returns: nil where an output has not as many rows as went in: then nobody can tell whose they are.
package func parted(_ outputs: [NamedTensor], rows: [Int]) -> [[NamedTensor]]? {
    let total = rows.reduce(0, +)
    guard outputs.allSatisfy({ $0.tensor.shape.first == total }) else { return nil }
    var parts = rows.map { _ in [NamedTensor]() }
    for output in outputs {
        let tail = Array(output.tensor.shape.dropFirst())
        guard let width = Tensor.count(of: tail) else { return nil }
        var at = 0
        for (request, count) in rows.enumerated() {
            guard let part = Tensor(shape: [count] + tail, output.tensor.values[at..<(at + count * width)]) else { return nil }
            parts[request].append(NamedTensor(output.name, part))
            at += count * width
        }
    }
    return parts
}

extension Tensor.Values {
    var emptied: Tensor.Values { self[0..<0] }

    subscript(range: Range<Int>) -> Tensor.Values {
        switch self {
        case .float(let values): .float(Array(values[range]))
        case .double(let values): .double(Array(values[range]))
        case .int64(let values): .int64(Array(values[range]))
        case .int32(let values): .int32(Array(values[range]))
        case .uint8(let values): .uint8(Array(values[range]))
        case .bool(let values): .bool(Array(values[range]))
        case .text(let values): .text(Array(values[range]))
        }
    }

    /// false: they are of another kind.
    mutating func append(_ other: Tensor.Values) -> Bool {
        switch (self, other) {
        case (.float(let a), .float(let b)): self = .float(a + b)
        case (.double(let a), .double(let b)): self = .double(a + b)
        case (.int64(let a), .int64(let b)): self = .int64(a + b)
        case (.int32(let a), .int32(let b)): self = .int32(a + b)
        case (.uint8(let a), .uint8(let b)): self = .uint8(a + b)
        case (.bool(let a), .bool(let b)): self = .bool(a + b)
        case (.text(let a), .text(let b)): self = .text(a + b)
        default: return false
        }
        return true
    }
}
