internal import Inference
internal import KernelTable

/// Y = α·A'·B' + β·C for matrices.
struct Gemm: Operator {
    private let (alpha, beta): (Float, Float)
    private let (transposesA, transposesB): (Bool, Bool)

    init(_ node: NodeReader) throws(ONNXError) {
        (alpha, beta) = (try node.float("alpha", default: 1), try node.float("beta", default: 1))
        (transposesA, transposesB) = (try node.flag("transA"), try node.flag("transB"))
    }

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        guard a.shape.count == 2, b.shape.count == 2 else { throw Problem("takes matrices, not the shapes \(a.shape) and \(b.shape)") }
        let (m, k) = transposesA ? (a.shape[1], a.shape[0]) : (a.shape[0], a.shape[1])
        let (inner, n) = transposesB ? (b.shape[1], b.shape[0]) : (b.shape[0], b.shape[1])
        guard inner == k else { throw Problem("meets the shapes \(a.shape) and \(b.shape), which do not fit") }
        let shape = [m, n]
        let strideA = transposesA ? (row: 1, column: m) : (row: k, column: 1)
        let strideB = transposesB ? (row: 1, column: k) : (row: n, column: 1)
        switch (a.values, b.values) {
        case (.float(let a), .float(let b)):
            var result = try Product.floats(m, n, k, a, strideA, b, strideB, &workspace)
            if alpha != 1 { for index in result.indices { result[index] *= alpha } }
            guard inputs.optional(2) != nil, beta != 0 else { return [try tensor(shape, .float(result))] }
            let c = try inputs.floats(2)
            let beta = beta
            let sum = try added(c.shape, to: shape).map(result, c.values) { $0 + beta * $1 }
            return [try tensor(shape, .float(sum))]
        case (.double(let a), .double(let b)):
            var result = try Product.doubles(m, n, k, a, strideA, b, strideB, &workspace)
            if alpha != 1 { for index in result.indices { result[index] *= Double(alpha) } }
            guard let c = inputs.optional(2), beta != 0 else { return [try tensor(shape, .double(result))] }
            guard case .double(let terms) = c.values else { throw Problem("takes FP64 as input 2, not \(c.element.rawValue)") }
            let beta = Double(beta)
            return [try tensor(shape, .double(try added(c.shape, to: shape).map(result, terms) { $0 + beta * $1 }))]
        default: throw Problem("does not compute with \(a.element.rawValue) and \(b.element.rawValue)")
        }
    }

    private func added(_ c: [Int], to shape: [Int]) throws(Problem) -> Broadcast {
        let broadcast = try Broadcast(shape, c)
        guard broadcast.shape == shape else { throw Problem("adds the shape \(c) to \(shape), which is smaller") }
        return broadcast
    }
}

/// Matrix products as NumPy's `matmul` has them: leading axes are broadcast, vectors are matrices of one row or column.
struct MatMul: Operator {
    init(_ node: NodeReader) throws(ONNXError) {}

    func run(_ inputs: Arguments, _ workspace: inout Workspace) throws(Problem) -> [Tensor] {
        let (a, b) = (try inputs.tensor(0), try inputs.tensor(1))
        guard let lastA = a.shape.last, let lastB = b.shape.last else { throw Problem("takes no single numbers") }
        let shapeA = a.shape.count == 1 ? [1, lastA] : a.shape
        let shapeB = b.shape.count == 1 ? [lastB, 1] : b.shape
        let (m, k) = (shapeA[shapeA.count - 2], shapeA[shapeA.count - 1])
        let n = shapeB[shapeB.count - 1]
        guard shapeB[shapeB.count - 2] == k else { throw Problem("meets the shapes \(a.shape) and \(b.shape), which do not fit") }
        let (batchA, batchB) = (Array(shapeA.dropLast(2)), Array(shapeB.dropLast(2)))
        let batch = try Broadcast(batchA, batchB).shape
        var shape = batch
        if a.shape.count > 1 { shape.append(m) }
        if b.shape.count > 1 { shape.append(n) }
        let count = try workspace.count(shape, a.element)
        let (strideA, strideB) = ((row: k, column: 1), (row: n, column: 1))
        // One matrix for all: one product of all rows.
        let isOne = batchB.reduce(1, *) == 1
        let products = isOne ? 1 : batch.reduce(1, *)
        let rows = isOne ? batch.reduce(1, *) * m : m
        if isOne, batchA.reduce(1, *) != batch.reduce(1, *) { throw Problem("meets the shapes \(a.shape) and \(b.shape), which do not fit") }
        let startsA = isOne ? [0] : places(batchA, batch, m * k)
        let startsB = isOne ? [0] : places(batchB, batch, k * n)
        guard count > 0 else { return [try tensor(shape, a.element == .double ? .double([]) : .float([]))] }
        switch (a.values, b.values) {
        case (.float(let a), .float(let b)):
            var result: [Float] = []
            if products == 1 {
                result = try Product.floats(rows, n, k, a, strideA, b, strideB, &workspace)
            } else {
                result.reserveCapacity(count)
                for index in 0..<products {
                    result += try Product.floats(
                        rows, n, k, Array(a[startsA[index]..<startsA[index] + m * k]), strideA, Array(b[startsB[index]..<startsB[index] + k * n]), strideB,
                        &workspace)
                }
            }
            return [try tensor(shape, .float(result))]
        case (.double(let a), .double(let b)):
            var result: [Double] = []
            for index in 0..<products {
                let (partA, partB) =
                    products == 1 ? (a, b) : (Array(a[startsA[index]..<startsA[index] + m * k]), Array(b[startsB[index]..<startsB[index] + k * n]))
                result += try Product.doubles(rows, n, k, partA, strideA, partB, strideB, &workspace)
            }
            return [try tensor(shape, .double(result))]
        default: throw Problem("does not compute with \(a.element.rawValue) and \(b.element.rawValue)")
        }
    }

    /// Where each product's matrix begins.
    private func places(_ own: [Int], _ batch: [Int], _ size: Int) -> [Int] {
        Broadcast.view(of: own, as: batch).copy(Array(0..<own.reduce(1, *))).map { $0 * size }
    }
}

enum Product {
    static func floats(
        _ m: Int, _ n: Int, _ k: Int, _ a: [Float], _ strideA: (row: Int, column: Int), _ b: [Float], _ strideB: (row: Int, column: Int),
        _ workspace: inout Workspace
    ) throws(Problem) -> [Float] {
        let count = try workspace.count([m, n], .float)
        guard count > 0, k > 0 else { return [Float](repeating: 0, count: count) }
        try workspace.spend(Workspace.product(m, n, k))
        let (kernels, scratchCount) = (workspace.kernels, max(1, workspace.kernels.sgemmScratchCount(m, n, k)))
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                [Float](unsafeUninitializedCapacity: count) { c, filled in
                    if let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress {
                        let scratch = UnsafeMutablePointer<Float>.allocate(capacity: scratchCount)
                        kernels.sgemm(m, n, k, a, strideA.row, strideA.column, b, strideB.row, strideB.column, c, n, false, scratch)
                        scratch.deallocate()
                        filled = count
                    }
                }
            }
        }
    }

    /// The kernels have no products of doubles: exports of double models are small.
    static func doubles(
        _ m: Int, _ n: Int, _ k: Int, _ a: [Double], _ strideA: (row: Int, column: Int), _ b: [Double], _ strideB: (row: Int, column: Int),
        _ workspace: inout Workspace
    ) throws(Problem) -> [Double] {
        var c = [Double](repeating: 0, count: try workspace.count([m, n], .double))
        try workspace.spend(Workspace.product(m, n, k))
        for row in 0..<m {
            for index in 0..<k {
                let factor = a[row * strideA.row + index * strideA.column]
                for column in 0..<n { c[row * n + column] += factor * b[index * strideB.row + column * strideB.column] }
            }
        }
        return c
    }
}
