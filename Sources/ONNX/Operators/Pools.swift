internal import Inference

struct MaxPool: Operator {
    private let window: Window

    init(_ node: NodeReader) throws(ONNXError) {
        window = try Window(node)
        if node.uses(output: 1) { throw node.refusal("is asked for the indices of what it chose, which are not computed here") }
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        return [
            try pool(x.shape, x.values, window, &workspace, start: -Float.infinity) {
                $1 > $0 || $1.isNaN ? $1 : $0
            } finish: { sum, _, _ in
                sum
            }
        ]
    }
}

struct AveragePool: Operator {
    private let window: Window
    /// Whether zeros beyond the edge count.
    private let countsEdges: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        window = try Window(node)
        countsEdges = try node.flag("count_include_pad")
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        let countsEdges = countsEdges
        return [
            try pool(x.shape, x.values, window, &workspace, start: 0) {
                $0 + $1
            } finish: { sum, seen, all in
                sum / Float(countsEdges ? all : seen)
            }
        ]
    }
}

/// Every plane of X[batch, channels, …] by itself. `finish` is given how many elements the window saw, and how many with the edges.
@inline(__always) private func pool(
    _ shape: [Int], _ values: [Float], _ window: Window, _ workspace: inout Workspace, start: Float, step: (Float, Float) -> Float,
    finish: (Float, Int, Int) -> Float
) throws(Problem) -> Tensor {
    guard shape.count >= 3 else { throw Problem("takes batches of images with channels, not the shape \(shape)") }
    let geometry = try window.geometry(Array(shape.dropFirst(2)))
    let outputShape = Array(shape.prefix(2)) + geometry.outputShape
    let count = try workspace.count(outputShape, .float)
    guard count > 0 else { return try tensor(outputShape, .float([])) }
    try workspace.spend(Workspace.product(count, geometry.kernel[0], geometry.kernel[1], geometry.kernel[2]))
    let (input, output, dilations) = (geometry.input, geometry.output, geometry.dilations)
    let padded = (0..<3).map { input[$0] + geometry.begin[$0] + geometry.end[$0] }
    _ = try workspace.count([48, output[0] + output[1] + output[2]], .uint8)
    // Of an axis: which steps see the image, where the first of them is, and how many see the image or its edges.
    let axes = (0..<3).map { axis in
        (0..<output[axis]).map { place in
            let origin = place * geometry.strides[axis]
            let all = min(geometry.kernel[axis], (padded[axis] - origin + dilations[axis] - 1) / dilations[axis])
            return (steps: geometry.inside(axis, place), origin: origin - geometry.begin[axis], all: max(all, 0))
        }
    }
    var result: [Float] = []
    result.reserveCapacity(count)
    for plane in 0..<shape[0] * shape[1] {
        let base = plane * geometry.inputCount
        for deep in axes[0] {
            for high in axes[1] {
                for wide in axes[2] {
                    var value = start
                    for z in deep.steps {
                        for y in high.steps {
                            let line = base + ((deep.origin + z * dilations[0]) * input[1] + high.origin + y * dilations[1]) * input[2] + wide.origin
                            for x in wide.steps { value = step(value, values[line + x * dilations[2]]) }
                        }
                    }
                    let seen = deep.steps.count * high.steps.count * wide.steps.count
                    result.append(finish(value, seen, deep.all * high.all * wide.all))
                }
            }
        }
    }
    return try tensor(outputShape, .float(result))
}

/// GlobalAveragePool and GlobalMaxPool: one number for each plane.
struct GlobalPool: Operator {
    private let isMaximum: Bool

    init(_ node: NodeReader) throws(ONNXError) { isMaximum = node.type == "GlobalMaxPool" }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let x = try inputs.floats(0)
        guard x.shape.count >= 3 else { throw Problem("takes batches of images with channels, not the shape \(x.shape)") }
        let shape = Array(x.shape.prefix(2)) + [Int](repeating: 1, count: x.shape.count - 2)
        let (planes, size) = (try workspace.count(shape, .float), x.shape.dropFirst(2).reduce(1, *))
        guard size > 0 || planes == 0 else { throw Problem("has images without elements") }
        let values = (0..<planes).map { plane in
            let part = x.values[plane * size..<(plane + 1) * size]
            if isMaximum { return part.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 } }
            return Float(part.reduce(0.0) { $0 + Double($1) } / Double(size))
        }
        return [try tensor(shape, .float(values))]
    }
}
