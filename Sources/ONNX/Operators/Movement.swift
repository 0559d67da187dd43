internal import Inference

/// Elements taken from other places, whatever they are: a tensor seen with other extents, each with its own step.
struct StridedView: Moving {
    var shape: [Int]
    var strides: [Int]
    var offset = 0

    /// How far apart neighbours of each axis lie when rows come last.
    static func strides(of shape: [Int]) -> [Int] {
        var strides = [Int](repeating: 1, count: shape.count)
        for axis in stride(from: shape.count - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] &* max(shape[axis + 1], 1) }
        return strides
    }

    /// The view's elements, in order. The caller has compared shape, strides and offset with the source.
    func copy<Value>(_ source: [Value]) -> [Value] {
        let count = shape.reduce(1, *)
        guard count > 0 else { return [] }
        guard let width = shape.last, let step = strides.last else { return [source[offset]] }
        var result: [Value] = []
        result.reserveCapacity(count)
        var places = [Int](repeating: 0, count: shape.count - 1)
        var start = offset
        while true {
            if step == 1 {
                result.append(contentsOf: source[start..<start + width])
            } else {
                for index in 0..<width { result.append(source[start + index * step]) }
            }
            var axis = places.count - 1
            while axis >= 0 {
                places[axis] += 1
                start += strides[axis]
                if places[axis] < shape[axis] { break }
                start -= places[axis] * strides[axis]
                places[axis] = 0
                axis -= 1
            }
            if axis < 0 { return result }
        }
    }
}

/// Takes elements of any kind from their places to others.
protocol Moving {
    func copy<Value>(_ source: [Value]) -> [Value]
}

extension Moving {
    func copy(_ values: Tensor.Values) -> Tensor.Values {
        switch values {
        case .float(let values): .float(copy(values))
        case .double(let values): .double(copy(values))
        case .int64(let values): .int64(copy(values))
        case .int32(let values): .int32(copy(values))
        case .uint8(let values): .uint8(copy(values))
        case .bool(let values): .bool(copy(values))
        case .text(let values): .text(copy(values))
        }
    }
}

/// Runs of elements, one behind the other.
struct Runs: Moving {
    var starts: [Int]
    var length: Int

    func copy<Value>(_ source: [Value]) -> [Value] {
        var result: [Value] = []
        result.reserveCapacity(starts.count * length)
        for start in starts { result.append(contentsOf: source[start..<start + length]) }
        return result
    }
}

/// How two tensors meet element by element, as NumPy broadcasts: shapes are aligned at their ends, extents of 1 are repeated.
struct Broadcast {
    let shape: [Int]
    /// Of the merged axes, for the loops.
    private var extents: [Int] = []
    private var (stepsA, stepsB): ([Int], [Int]) = ([], [])

    init(_ a: [Int], _ b: [Int]) throws(Problem) {
        let rank = max(a.count, b.count)
        let (wideA, wideB) = (Self.aligned(a, rank), Self.aligned(b, rank))
        var shape = [Int](repeating: 1, count: rank)
        for axis in 0..<rank {
            guard wideA[axis] == wideB[axis] || wideA[axis] == 1 || wideB[axis] == 1 else { throw Problem("meets the shapes \(a) and \(b), which do not fit") }
            shape[axis] = wideA[axis] == 1 ? wideB[axis] : wideA[axis]
        }
        self.shape = shape
        let (a, b) = (Self.view(of: a, as: shape), Self.view(of: b, as: shape))
        // Axes that both walk through in one go become one.
        for axis in (0..<rank).reversed() where shape[axis] != 1 {
            if let inner = extents.last, a.strides[axis] == stepsA[extents.count - 1] &* inner, b.strides[axis] == stepsB[extents.count - 1] &* inner {
                extents[extents.count - 1] = inner &* shape[axis]
            } else {
                extents.append(shape[axis])
                stepsA.append(a.strides[axis])
                stepsB.append(b.strides[axis])
            }
        }
    }

    private static func aligned(_ shape: [Int], _ rank: Int) -> [Int] { [Int](repeating: 1, count: rank - shape.count) + shape }

    /// A tensor of the shape `source` seen as `shape`, to which it broadcasts.
    static func view(of source: [Int], as shape: [Int]) -> StridedView {
        let wide = aligned(source, shape.count)
        var strides = StridedView.strides(of: wide)
        for axis in shape.indices where wide[axis] == 1 { strides[axis] = 0 }
        return StridedView(shape: shape, strides: strides)
    }

    @inline(__always) func map<A, B, Result>(_ a: [A], _ b: [B], _ function: (A, B) -> Result) -> [Result] {
        let count = shape.reduce(1, *)
        guard count > 0 else { return [] }
        guard let width = extents.first else { return [function(a[0], b[0])] }
        let (stepA, stepB) = (stepsA[0], stepsB[0])
        return [Result](unsafeUninitializedCapacity: count) { result, filled in
            var places = [Int](repeating: 0, count: extents.count)
            var (startA, startB) = (0, 0)
            while true {
                if stepA == 1, stepB == 1 {
                    for index in 0..<width { result.initializeElement(at: filled + index, to: function(a[startA + index], b[startB + index])) }
                } else {
                    for index in 0..<width { result.initializeElement(at: filled + index, to: function(a[startA + index * stepA], b[startB + index * stepB])) }
                }
                filled += width
                var axis = 1
                while axis < extents.count {
                    places[axis] += 1
                    startA += stepsA[axis]
                    startB += stepsB[axis]
                    if places[axis] < extents[axis] { break }
                    startA -= places[axis] * stepsA[axis]
                    startB -= places[axis] * stepsB[axis]
                    places[axis] = 0
                    axis += 1
                }
                if axis == extents.count { return }
            }
        }
    }
}
