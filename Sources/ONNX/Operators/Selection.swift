internal import Inference

// Operators that take elements from other places.

struct Transpose: Operator {
    private let order: [Int]?

    init(_ node: NodeReader) throws(ONNXError) { order = try node.ints("perm") }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        let order = order ?? input.shape.indices.reversed()
        guard order.sorted() == Array(input.shape.indices) else { throw Problem("orders the axes of \(input.shape) as \(order.prefix(Limits.dimensions))") }
        _ = try workspace.count(input.shape, input.element)
        let strides = StridedView.strides(of: input.shape)
        let view = StridedView(shape: order.map { input.shape[$0] }, strides: order.map { strides[$0] })
        return [try tensor(view.shape, view.copy(input.values))]
    }
}

struct Concat: Operator {
    private let axis: Int

    init(_ node: NodeReader) throws(ONNXError) {
        guard let axis = try node.int("axis") else { throw node.refusal("has no axis") }
        self.axis = axis
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let first = try inputs.tensor(0)
        let axis = try normalised(axis, rank: first.shape.count)
        guard axis < first.shape.count else { throw Problem("takes no single numbers") }
        var shape = first.shape
        shape[axis] = 0
        var parts: [Tensor] = []
        for index in inputs.tensors.indices {
            let part = try inputs.tensor(index)
            var same = part.shape
            guard same.count == shape.count, part.element == first.element else { throw Problem("joins tensors of different kinds or ranks") }
            shape[axis] += same[axis]
            same[axis] = shape[axis]
            guard same == shape else { throw Problem("joins the shapes \(first.shape) and \(part.shape), which do not fit") }
            parts.append(part)
        }
        let count = try workspace.count(shape, first.element)
        let outer = shape.prefix(axis).reduce(1, *)
        let widths = parts.map { $0.shape.dropFirst(axis).reduce(1, *) }
        func join<Value>(_ arrays: [[Value]]) -> [Value] {
            guard count > 0 else { return [] }
            var result: [Value] = []
            result.reserveCapacity(count)
            for row in 0..<outer { for (array, width) in zip(arrays, widths) { result.append(contentsOf: array[row * width..<(row + 1) * width]) } }
            return result
        }
        let values: Tensor.Values
        switch first.element {
        case .float: values = .float(join(parts.compactMap { Float.array($0.values) }))
        case .double: values = .double(join(parts.compactMap { Double.array($0.values) }))
        case .int64: values = .int64(join(parts.compactMap { Int64.array($0.values) }))
        case .int32: values = .int32(join(parts.compactMap { Int32.array($0.values) }))
        case .uint8: values = .uint8(join(parts.compactMap { if case .uint8(let array) = $0.values { array } else { nil } }))
        case .bool: values = .bool(join(parts.compactMap { if case .bool(let array) = $0.values { array } else { nil } }))
        case .text: values = .text(join(parts.compactMap { if case .text(let array) = $0.values { array } else { nil } }))
        }
        return [try tensor(shape, values)]
    }
}

struct Gather: Operator {
    private let axis: Int

    init(_ node: NodeReader) throws(ONNXError) { axis = try node.int("axis", default: 0) }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (input, places) = (try inputs.tensor(0), try inputs.tensor(1))
        guard let indices = try inputs.ints(1) else { throw Problem("has no indices") }
        let axis = try normalised(axis, rank: input.shape.count)
        guard axis < input.shape.count else { throw Problem("takes no single numbers") }
        let extent = input.shape[axis]
        let shape = Array(input.shape.prefix(axis)) + places.shape + Array(input.shape.dropFirst(axis + 1))
        let count = try workspace.count(shape, input.element)
        if indices.contains(where: { $0 >= extent || $0 < -extent }) { throw Problem("takes an element that is not there, of \(extent)") }
        let (outer, length) = (input.shape.prefix(axis).reduce(1, *), input.shape.dropFirst(axis + 1).reduce(1, *))
        guard count > 0 else { return [try tensor(shape, Runs(starts: [], length: 0).copy(input.values))] }
        _ = try workspace.count([outer, indices.count], .int64)
        var starts: [Int] = []
        starts.reserveCapacity(outer * indices.count)
        for row in 0..<outer { for index in indices { starts.append((row * extent + (index < 0 ? index + extent : index)) * length) } }
        return [try tensor(shape, Runs(starts: starts, length: length).copy(input.values))]
    }
}

/// As Python slices: negative places count from the end, and what lies outside is cut. Attributes before opset 10, then inputs.
struct Slice: Operator {
    private let (starts, ends, axes): ([Int]?, [Int]?, [Int]?)

    init(_ node: NodeReader) throws(ONNXError) { (starts, ends, axes) = (try node.ints("starts"), try node.ints("ends"), try node.ints("axes")) }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        guard let starts = try inputs.ints(1) ?? starts, let ends = try inputs.ints(2) ?? ends else { throw Problem("has no starts and ends") }
        let axes = try inputs.ints(3) ?? self.axes ?? Array(starts.indices)
        let steps = try inputs.ints(4) ?? [Int](repeating: 1, count: starts.count)
        guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count else { throw Problem("has lists of different lengths") }
        _ = try normalised(axes, rank: input.shape.count)
        var view = StridedView(shape: input.shape, strides: StridedView.strides(of: input.shape))
        for index in axes.indices {
            let axis = try normalised(axes[index], rank: input.shape.count)
            let (extent, step) = (input.shape[axis], steps[index])
            guard step != 0 else { throw Problem("has a step of 0") }
            let isForward = step > 0
            func place(_ place: Int) -> Int {
                let place = place < 0 ? place + extent : place
                return isForward ? min(max(place, 0), extent) : min(max(place, -1), extent - 1)
            }
            let (start, end) = (place(starts[index]), place(ends[index]))
            let distance = isForward ? end - start : start - end
            let size = step == .min ? Int.max : abs(step)
            let count = distance > 0 ? (distance - 1) / size + 1 : 0
            view.shape[axis] = count
            if count > 0 { view.offset += start * view.strides[axis] }
            // A step that is never taken may be any number.
            view.strides[axis] = count > 1 ? view.strides[axis] * step : 1
        }
        _ = try workspace.count(view.shape, input.element)
        return [try tensor(view.shape, view.copy(input.values))]
    }
}

struct Split: Operator {
    private let axis: Int
    private let sizes: [Int]?
    private let outputs: Int

    init(_ node: NodeReader) throws(ONNXError) {
        (axis, sizes, outputs) = (try node.int("axis", default: 0), try node.ints("split"), node.message.outputs.count)
        if let count = try node.int("num_outputs"), count != outputs { throw node.refusal("has \(outputs) outputs and says \(count)") }
        guard outputs > 0 else { throw node.refusal("has no outputs") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        let axis = try normalised(axis, rank: input.shape.count)
        guard axis < input.shape.count else { throw Problem("takes no single numbers") }
        let extent = input.shape[axis]
        let part = (extent + outputs - 1) / outputs
        let sizes = try inputs.ints(1) ?? self.sizes ?? (0..<outputs).map { max(0, min(part, extent - $0 * part)) }
        guard sizes.count == outputs, sizes.allSatisfy({ (0...extent).contains($0) }), sizes.reduce(0, +) == extent else {
            throw Problem("cuts \(extent) elements into other parts than it has outputs")
        }
        _ = try workspace.count(input.shape, input.element)
        var view = StridedView(shape: input.shape, strides: StridedView.strides(of: input.shape))
        var parts: [Tensor] = []
        for size in sizes {
            view.shape[axis] = size
            parts.append(try tensor(view.shape, view.copy(input.values)))
            view.offset += size * view.strides[axis]
        }
        return parts
    }
}

/// Constant edges.
struct Pad: Operator {
    private let pads: [Int]?
    private let value: Float

    init(_ node: NodeReader) throws(ONNXError) {
        (pads, value) = (try node.ints("pads"), try node.float("value", default: 0))
        let mode = try node.text("mode") ?? "constant"
        if mode != "constant" { throw node.refusal("pads by '\(shown(mode))', which is not computed here") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        let rank = x.shape.count
        let axes =
            try inputs.ints(3).map { (axes) throws(Problem) in try axes.map { (axis) throws(Problem) in try normalised(axis, rank: rank) } } ?? Array(0..<rank)
        guard let given = try inputs.ints(1) ?? pads, given.count == 2 * axes.count, Set(axes).count == axes.count, axes.allSatisfy({ $0 < rank }) else {
            throw Problem("has pads for another count of axes than \(rank)")
        }
        guard given.allSatisfy({ (0...1 << 30).contains($0) }) else { throw Problem("has pads out of bounds; pads that cut are not computed here") }
        var (begin, shape) = ([Int](repeating: 0, count: rank), x.shape)
        for (index, axis) in axes.enumerated() {
            begin[axis] = given[index]
            shape[axis] += given[index] + given[index + axes.count]
        }
        var fill = value
        if let constant = inputs.optional(2) {
            guard case .float(let values) = constant.values, values.count == 1 else { throw Problem("takes one FP32 as what it pads with") }
            fill = values[0]
        }
        var result = [Float](repeating: fill, count: try workspace.count(shape, .float))
        guard !x.values.isEmpty else { return [try tensor(shape, .float(result))] }
        let strides = StridedView.strides(of: shape)
        // Where every element goes: the places of the input in the larger tensor.
        let places = StridedView(shape: x.shape, strides: strides, offset: zip(begin, strides).reduce(0) { $0 + $1.0 * $1.1 })
        _ = try workspace.count([result.count], .int64)
        for (value, place) in zip(x.values, places.copy(Array(0..<result.count))) { result[place] = value }
        return [try tensor(shape, .float(result))]
    }
}
