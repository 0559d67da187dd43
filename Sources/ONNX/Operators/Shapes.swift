internal import Inference

// Operators that give the same elements another shape, or tell it.

struct Identity: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}
    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] { [try inputs.tensor(0)] }
}

/// What it is in inference: nothing. The mask, where it is asked for, keeps all.
struct Dropout: Operator {
    private let masks: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        masks = node.uses(output: 1)
        if masks, node.opset < 10 { throw node.refusal("is asked for its mask, which is only needed for training") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        if let mode = inputs.optional(2) {
            guard case .bool(let values) = mode.values, values.count == 1 else { throw Problem("takes one BOOL as its mode") }
            if values[0] { throw Problem("is in training mode; export the model for inference (eval)") }
        }
        guard masks else { return [input] }
        return [input, try tensor(input.shape, .bool([Bool](repeating: true, count: try workspace.count(input.shape, .bool))))]
    }
}

struct Constant: Operator {
    private let value: Tensor

    init(_ node: NodeReader) throws(ONNXError) {
        func one(_ values: Tensor.Values) -> Tensor? { Tensor(shape: [], values) }
        func list(_ values: Tensor.Values) -> Tensor? { Tensor(shape: [values.count], values) }
        var value = try node.tensor("value")
        if let number = try node.float("value_float") { value = one(.float([number])) }
        if let number = try node.int("value_int") { value = one(.int64([Int64(number)])) }
        if let text = try node.text("value_string") { value = one(.text([text])) }
        if let numbers = try node.floats("value_floats") { value = list(.float(numbers)) }
        if let numbers = try node.ints("value_ints") { value = list(.int64(numbers.map(Int64.init))) }
        if let texts = try node.texts("value_strings") { value = list(.text(texts)) }
        guard let value else { throw node.refusal("has no value that is kept here") }
        self.value = value
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] { [value] }
}

struct ConstantOfShape: Operator {
    private let value: Tensor.Values

    init(_ node: NodeReader) throws(ONNXError) {
        value = try node.tensor("value")?.values ?? .float([0])
        guard value.count == 1 else { throw node.refusal("has a value of \(value.count) elements") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        guard let shape = try inputs.ints(0) else { throw Problem("has no shape") }
        _ = try workspace.count(shape, value.element)
        return [try tensor(shape, Broadcast.view(of: [], as: shape).copy(value))]
    }
}

struct ShapeOf: Operator {
    private let (start, end): (Int, Int?)

    init(_ node: NodeReader) throws(ONNXError) { (start, end) = (try node.int("start", default: 0), try node.int("end")) }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let shape = try inputs.tensor(0).shape
        func place(_ axis: Int) -> Int { min(max(axis < 0 ? axis &+ shape.count : axis, 0), shape.count) }
        let (first, last) = (place(start), place(end ?? shape.count))
        let part = first < last ? shape[first..<last].map(Int64.init) : []
        return [try tensor([part.count], .int64(part))]
    }
}

struct Flatten: Operator {
    private let axis: Int

    init(_ node: NodeReader) throws(ONNXError) { axis = try node.int("axis", default: 1) }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        let rank = input.shape.count
        let axis = axis == rank ? rank : try normalised(axis, rank: rank)
        return [try tensor([input.shape.prefix(axis).reduce(1, *), input.shape.dropFirst(axis).reduce(1, *)], input.values)]
    }
}

struct Reshape: Operator {
    private let allowsZero: Bool

    init(_ node: NodeReader) throws(ONNXError) { allowsZero = try node.flag("allowzero") }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard var shape = try inputs.ints(1) else { throw Problem("has no shape") }
        guard shape.count <= Limits.dimensions else { throw Problem("makes a tensor of more than \(Limits.dimensions) dimensions") }
        for axis in shape.indices where shape[axis] == 0 && !allowsZero {
            guard axis < input.shape.count else { throw Problem("copies an extent that its input has not") }
            shape[axis] = input.shape[axis]
        }
        let open = shape.indices.filter { shape[$0] == -1 }
        if let axis = open.first {
            shape[axis] = 1
            guard open.count == 1, let known = boundedCount(shape), known > 0, input.count % known == 0 else {
                throw Problem("cannot make the shape \(shape) of \(input.shape)")
            }
            shape[axis] = input.count / known
        }
        guard boundedCount(shape) == input.count else { throw Problem("cannot make the shape \(shape) of \(input.shape)") }
        return [try tensor(shape, input.values)]
    }
}

/// Axes are an attribute before opset 13, and an input from then on.
struct Squeeze: Operator {
    private let axes: [Int]?

    init(_ node: NodeReader) throws(ONNXError) { axes = try node.ints("axes") }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        var axes = input.shape.indices.filter { input.shape[$0] == 1 }
        if let given = try inputs.ints(1) ?? self.axes { axes = try normalised(given, rank: input.shape.count) }
        guard axes.allSatisfy({ input.shape[$0] == 1 }) else { throw Problem("removes the axes \(axes) of \(input.shape), which are not 1") }
        return [try tensor(input.shape.indices.filter { !axes.contains($0) }.map { input.shape[$0] }, input.values)]
    }
}

struct Unsqueeze: Operator {
    private let axes: [Int]?

    init(_ node: NodeReader) throws(ONNXError) { axes = try node.ints("axes") }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard let given = try inputs.ints(1) ?? axes else { throw Problem("has no axes") }
        guard input.shape.count + given.count <= Limits.dimensions else { throw Problem("makes a tensor of more than \(Limits.dimensions) dimensions") }
        var shape = input.shape
        for axis in try normalised(given, rank: input.shape.count + given.count) { shape.insert(1, at: axis) }
        return [try tensor(shape, input.values)]
    }
}

struct Expand: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard let asked = try inputs.ints(1) else { throw Problem("has no shape") }
        _ = try workspace.count(asked, .uint8)
        let shape = try Broadcast(input.shape, asked).shape
        _ = try workspace.count(shape, input.element)
        return [try tensor(shape, Broadcast.view(of: input.shape, as: shape).copy(input.values))]
    }
}
