internal import Inference

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

enum Reduction: String, CaseIterable {
    case mean = "ReduceMean", sum = "ReduceSum", max = "ReduceMax", min = "ReduceMin", prod = "ReduceProd", sumSquare = "ReduceSumSquare"
    case l1 = "ReduceL1", l2 = "ReduceL2", logSumExp = "ReduceLogSumExp"
}

/// One number of many, along axes. Axes are an attribute, or an input: of ReduceSum from opset 13 on, of the others from 18 on.
struct Reduce: Operator {
    private let reduction: Reduction
    private let axes: [Int]?
    private let keeps: Bool
    /// No axes mean no reduction, and not all of them.
    private let emptyMeansNone: Bool

    init(_ node: NodeReader) throws(ONNXError) {
        guard let reduction = Reduction(rawValue: node.type) else { throw node.refusal("is no reduction") }
        self.reduction = reduction
        (axes, keeps, emptyMeansNone) = (try node.ints("axes"), try node.flag("keepdims", default: true), try node.flag("noop_with_empty_axes"))
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        let rank = input.shape.count
        let given = try inputs.ints(1) ?? axes ?? []
        if given.isEmpty, emptyMeansNone { return [input] }
        let axes = given.isEmpty ? Array(0..<rank) : try normalised(given, rank: rank)
        let others = (0..<rank).filter { !axes.contains($0) }
        let shape = keeps ? (0..<rank).map { axes.contains($0) ? 1 : input.shape[$0] } : others.map { input.shape[$0] }
        let rows = try workspace.count(shape, input.element)
        _ = try workspace.count(input.shape, .double)
        let size = axes.reduce(1) { $0 * input.shape[$1] }
        var values = input.values
        if axes != Array(rank - axes.count..<rank) {
            // What is put together comes to lie together.
            let strides = StridedView.strides(of: input.shape)
            values = StridedView(shape: (others + axes).map { input.shape[$0] }, strides: (others + axes).map { strides[$0] }).copy(values)
        }
        if size == 0, rows > 0, reduction == .max || reduction == .min { throw Problem("looks for the largest or smallest of no elements") }
        switch values {
        case .float(let x): return [try tensor(shape, .float((0..<rows).map { row in Float(reduced(size) { Double(x[row * size + $0]) }) }))]
        case .double(let x): return [try tensor(shape, .double((0..<rows).map { row in reduced(size) { x[row * size + $0] } }))]
        case .int64(let x): return [try tensor(shape, .int64(try (0..<rows).map { (row) throws(Problem) in try whole(x[row * size..<(row + 1) * size]) }))]
        case .int32(let x): return [try tensor(shape, .int32(try (0..<rows).map { (row) throws(Problem) in try whole(x[row * size..<(row + 1) * size]) }))]
        default: throw Problem("does not take \(input.element.rawValue)")
        }
    }

    @inline(__always) private func reduced(_ size: Int, _ element: (Int) -> Double) -> Double {
        switch reduction {
        case .sum, .mean:
            var sum = 0.0
            for index in 0..<size { sum += element(index) }
            return reduction == .sum ? sum : sum / Double(size)
        case .sumSquare, .l2:
            var sum = 0.0
            for index in 0..<size { sum += element(index) * element(index) }
            return reduction == .l2 ? sum.squareRoot() : sum
        case .l1:
            var sum = 0.0
            for index in 0..<size { sum += abs(element(index)) }
            return sum
        case .prod:
            var product = 1.0
            for index in 0..<size { product *= element(index) }
            return product
        case .max:
            var most = -Double.infinity
            for index in 0..<size where element(index) > most || element(index).isNaN { most = element(index) }
            return most
        case .min:
            var least = Double.infinity
            for index in 0..<size where element(index) < least || element(index).isNaN { least = element(index) }
            return least
        case .logSumExp:
            var most = -Double.infinity
            for index in 0..<size { most = Swift.max(most, element(index)) }
            if !most.isFinite { return most }
            var sum = 0.0
            for index in 0..<size { sum += exp(element(index) - most) }
            return most + log(sum)
        }
    }

    private func whole<Number: FixedWidthInteger>(_ x: ArraySlice<Number>) throws(Problem) -> Number {
        switch reduction {
        case .sum: return x.reduce(0, &+)
        case .mean:
            guard let count = Number(exactly: x.count), count > 0 else { throw Problem("means no elements") }
            return x.reduce(0, &+) / count
        case .max: return x.max() ?? 0
        case .min: return x.min() ?? 0
        case .prod: return x.reduce(1, &*)
        case .sumSquare: return x.reduce(0) { $0 &+ $1 &* $1 }
        case .l1: return x.reduce(0) { $0 &+ ($1 < 0 ? 0 &- $1 : $1) }
        case .l2, .logSumExp: throw Problem("does not take whole numbers")
        }
    }
}

/// ArgMax and ArgMin: the place of the largest or smallest along an axis, the first of several or the last.
struct ArgExtreme: Operator {
    private let axis: Int
    private let (keeps, takesLast, isMaximum): (Bool, Bool, Bool)

    init(_ node: NodeReader) throws(ONNXError) {
        axis = try node.int("axis", default: 0)
        (keeps, takesLast, isMaximum) = (try node.flag("keepdims", default: true), try node.flag("select_last_index"), node.type == "ArgMax")
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let input = try inputs.tensor(0)
        let axis = try normalised(axis, rank: input.shape.count)
        guard axis < input.shape.count else { throw Problem("takes no single numbers") }
        var shape = input.shape
        if keeps { shape[axis] = 1 } else { shape.remove(at: axis) }
        let count = try workspace.count(shape, .int64)
        guard input.shape[axis] > 0 || count == 0 else { throw Problem("looks for the largest or smallest of no elements") }
        let places: [Int64]
        switch input.values {
        case .float(let x): places = search(x, input.shape, axis)
        case .double(let x): places = search(x, input.shape, axis)
        case .int64(let x): places = search(x, input.shape, axis)
        case .int32(let x): places = search(x, input.shape, axis)
        case .uint8(let x): places = search(x, input.shape, axis)
        case .bool, .text: throw Problem("does not take \(input.element.rawValue)")
        }
        return [try tensor(shape, .int64(places))]
    }

    private func search<Value: Comparable>(_ x: [Value], _ shape: [Int], _ axis: Int) -> [Int64] {
        let (size, inner) = (shape[axis], shape.dropFirst(axis + 1).reduce(1, *))
        guard !x.isEmpty else { return [] }
        var places: [Int64] = []
        for start in stride(from: 0, to: x.count, by: size * inner) {
            for first in start..<start + inner {
                var best = 0
                for index in 1..<max(size, 1) {
                    let (value, known) = (x[first + index * inner], x[first + best * inner])
                    if isMaximum ? value > known : value < known { best = index } else if takesLast, value == known { best = index }
                }
                places.append(Int64(best))
            }
        }
        return places
    }
}
