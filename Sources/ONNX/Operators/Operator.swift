internal import Inference
internal import KernelTable

/// What one node computes. Made when the file is read; what it can refuse then, it refuses then.
protocol Operator: Sendable {
    init(_ node: NodeReader) throws(ONNXError)
    /// As many tensors as it has outputs, or fewer where the last ones are not computed here.
    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor]
}

/// What is wrong at one node, as the end of a sentence.
struct Problem: Error {
    var text: String
    init(_ text: String) { self.text = text }
}

/// A node's inputs by position; nil: left out.
struct Arguments {
    let tensors: [Tensor?]

    /// Of all of them: what is read is work, as what is written.
    var elements: Int { tensors.reduce(0) { $0 + ($1?.count ?? 0) } }

    func optional(_ index: Int) -> Tensor? { index < tensors.count ? tensors[index] : nil }

    func tensor(_ index: Int) throws(Problem) -> Tensor {
        guard let tensor = optional(index) else { throw Problem("has no input \(index)") }
        return tensor
    }

    func floats(_ index: Int) throws(Problem) -> (shape: [Int], values: [Float]) {
        let tensor = try tensor(index)
        guard case .float(let values) = tensor.values else {
            throw Problem("computes with FP32, and its input \(index) is \(tensor.element.rawValue)")
        }
        return (tensor.shape, values)
    }

    /// An input that says numbers: axes, extents, indices.
    func ints(_ index: Int) throws(Problem) -> [Int]? {
        guard let tensor = optional(index) else { return nil }
        switch tensor.values {
        case .int64(let values): return values.map { Int($0) }
        case .int32(let values): return values.map { Int($0) }
        default: throw Problem("takes INT64 or INT32 as input \(index), not \(tensor.element.rawValue)")
        }
    }

    /// Numbers of any kind, as the operators of ai.onnx.ml take them.
    func numbers(_ index: Int) throws(Problem) -> (shape: [Int], values: [Double]) {
        let tensor = try tensor(index)
        switch tensor.values {
        case .float(let values): return (tensor.shape, values.map(Double.init))
        case .double(let values): return (tensor.shape, values)
        case .int64(let values): return (tensor.shape, values.map(Double.init))
        case .int32(let values): return (tensor.shape, values.map(Double.init))
        default: throw Problem("takes numbers as input \(index), not \(tensor.element.rawValue)")
        }
    }
}

/// The kernels, and what a run may still take. Every tensor is asked for here before it is allocated.
struct Workspace {
    let kernels: KernelTable
    private var bytes: Int
    private var work: Int

    init(kernels: KernelTable, limits: RunLimits) { (self.kernels, bytes, work) = (kernels, limits.bytes, limits.work) }

    /// How many elements a tensor of this shape has, when there is room for it.
    func count(_ shape: [Int], _ element: Tensor.Element) throws(Problem) -> Int {
        guard shape.count <= Limits.dimensions else { throw Problem("makes a tensor of more than \(Limits.dimensions) dimensions") }
        guard let count = boundedCount(shape) else { throw Problem("makes a tensor of more than \(Limits.elements) elements") }
        guard count * element.bytes <= bytes else { throw Problem("needs more memory than a run may take") }
        return count
    }

    /// A product of extents, as work or memory; at most `Int.max`.
    static func product(_ factors: Int...) -> Int {
        var product = 1
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            if overflows { return factors.contains(0) ? 0 : .max }
            product = next
        }
        return product
    }

    mutating func spend(_ operations: Int) throws(Problem) {
        guard operations <= work else { throw Problem("is more work than a run may take") }
        work -= operations
    }

    mutating func take(_ tensor: Tensor) throws(Problem) {
        bytes -= tensor.count * tensor.element.bytes
        guard bytes >= 0 else { throw Problem("needs more memory than a run may take") }
    }

    mutating func giveBack(_ tensor: Tensor) { bytes += tensor.count * tensor.element.bytes }
}

/// How many elements a shape says; nil where that is too many. Extents of 0 do not excuse the others, so that no product of extents of a
/// tensor that was let in can overflow.
func boundedCount(_ shape: [Int]) -> Int? {
    var (bound, isEmpty) = (1, false)
    for extent in shape {
        guard extent >= 0 else { return nil }
        let (product, overflows) = bound.multipliedReportingOverflow(by: max(extent, 1))
        guard !overflows, product <= Limits.elements else { return nil }
        (bound, isEmpty) = (product, isEmpty || extent == 0)
    }
    return isEmpty ? 0 : bound
}

/// A tensor of values that are as many as its shape says.
func tensor(_ shape: [Int], _ values: Tensor.Values) throws(Problem) -> Tensor {
    guard let tensor = Tensor(shape: shape, values) else { throw Problem("made \(values.count) elements for the shape \(shape)") }
    return tensor
}

/// An axis counted from the front; negative ones are counted from the end.
func normalised(_ axis: Int, rank: Int) throws(Problem) -> Int {
    let result = axis < 0 ? axis &+ rank : axis
    guard result >= 0, result < max(rank, 1) else { throw Problem("has the axis \(axis) where there are \(rank) dimensions") }
    return result
}

/// Axes counted from the front, sorted, each once.
func normalised(_ axes: [Int], rank: Int) throws(Problem) -> [Int] {
    var result: [Int] = []
    for axis in axes {
        let axis = try normalised(axis, rank: rank)
        guard axis < rank, !result.contains(axis) else { throw Problem("names the axis \(axis) twice, or one that is not there") }
        result.append(axis)
    }
    return result.sorted()
}
