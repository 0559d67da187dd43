import KernelTable
import TensorKernels
import Testing

/// Products that do more than store themselves, beside the plain product followed by the same thing.
@Suite struct ProductFinishTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var m, n, k: Int
        var testDescription: String { "\(m)x\(n)x\(k)" }
    }
    /// Edges of every tile and vector, the layers of a 784-256-128-10 network, and more than one block of depth and columns.
    static let shapes =
        [1, 5, 8, 16, 17].flatMap { m in
            [1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 48].flatMap { n in [0, 1, 5, 16, 33].map { Shape(m: m, n: n, k: $0) } }
        } + [
            Shape(m: 32, n: 256, k: 784), Shape(m: 32, n: 10, k: 128), Shape(m: 64, n: 50, k: 330), Shape(m: 65, n: 40, k: 20),
            Shape(m: 9, n: 1030, k: 17), Shape(m: 256, n: 84, k: 32), Shape(m: 100, n: 33, k: 70),
        ]

    private struct Operands {
        var a, b, bias, c: [Float]
        let shape: Shape
        /// Whether A and B lie column by column.
        let columnsA, columnsB: Bool
        let rowStrideC: Int

        init(_ shape: Shape, columnsA: Bool, columnsB: Bool, gap: Int = 3) {
            var numbers = Numbers(UInt64(shape.m * 1_000_003 + shape.n * 1009 + shape.k))
            (self.shape, self.columnsA, self.columnsB) = (shape, columnsA, columnsB)
            rowStrideC = shape.n + gap
            (a, b) = (numbers.floats(shape.m * shape.k), numbers.floats(shape.k * shape.n))
            (bias, c) = (numbers.floats(shape.n), numbers.floats(shape.m * rowStrideC))
        }

        var strideA: (row: Int, column: Int) { columnsA ? (1, shape.m) : (shape.k, 1) }
        var strideB: (row: Int, column: Int) { columnsB ? (1, shape.k) : (shape.n, 1) }

        func product(_ i: Int, _ j: Int) -> Double {
            (0..<shape.k).reduce(0.0) {
                $0 + Double(a[i * strideA.row + $1 * strideA.column]) * Double(b[$1 * strideB.row + j * strideB.column])
            }
        }

        /// Of a sum of k products below 1: see `GemmTests`.
        var tolerance: Double { 4.0 * Double(shape.k + 2) * 0x1p-24 }
    }

    private static let forms = [(false, false), (false, true), (true, false)]

    @Test(arguments: tables)
    func aLinearLayerMatchesItsTwin(_ table: KernelTable) {
        for (index, shape) in Self.shapes.enumerated() {
            for (columnsA, columnsB) in Self.forms {
                let o = Operands(shape, columnsA: columnsA, columnsB: columnsB)
                let rectifies = index % 2 == 0
                let c = unaligned(o.c) { c in
                    unaligned(o.a) { a in
                        unaligned(o.b) { b in
                            unaligned(o.bias) { bias in
                                withScratch(table.sgemmScratchCount(shape.m, shape.n, shape.k)) { scratch in
                                    table.linear(
                                        shape.m, shape.n, shape.k, a, o.strideA.row, o.strideA.column, b, o.strideB.row,
                                        o.strideB.column, c, o.rowStrideC, bias, rectifies, scratch)
                                }
                            }
                        }
                    }
                }.values
                for i in 0..<shape.m {
                    for j in 0..<o.rowStrideC {
                        let at = i * o.rowStrideC + j
                        guard j < shape.n else {
                            #expect(c[at] == o.c[at], "writes beyond its columns")
                            continue
                        }
                        let sum = o.product(i, j) + Double(o.bias[j])
                        let expected = rectifies ? max(0, sum) : sum
                        if !(abs(Double(c[at]) - expected) <= o.tolerance) {
                            Issue.record("\(table.level) \(shape.testDescription) [\(i),\(j)] is \(c[at]), not \(expected)")
                            return
                        }
                    }
                }
            }
        }
    }

    /// The same bits as the gradient first and the step afterwards, up to the depth of one block.
    @Test(arguments: tables)
    func aStepByAProductIsTheProductAndTheStep(_ table: KernelTable) {
        for (index, shape) in Self.shapes.enumerated() {
            let o = Operands(shape, columnsA: true, columnsB: false, gap: 0)
            let (momentum, decay): (Float, Float) = index % 3 == 0 ? (0, 0) : (0.9, 0.01)
            let start = Operands(shape, columnsA: false, columnsB: false, gap: 0).c.map { $0 * 0.5 }
            var velocity: [Float] = []
            let w = unaligned(o.c) { w in
                velocity =
                    unaligned(start) { v in
                        unaligned(o.a) { a in
                            unaligned(o.b) { b in
                                withScratch(table.sgemmStepScratchCount(shape.m, shape.n, shape.k)) { scratch in
                                    table.sgemmStep(
                                        shape.m, shape.n, shape.k, a, 1, shape.m, b, shape.n, 1, w, v, shape.n, 0.05, momentum, decay,
                                        scratch)
                                }
                            }
                        }
                    }.values
            }.values
            let gradient = unaligned([Float](repeating: .nan, count: shape.m * shape.n)) { g in
                withScratch(table.sgemmScratchCount(shape.m, shape.n, shape.k)) {
                    table.sgemm(shape.m, shape.n, shape.k, o.a, 1, shape.m, o.b, shape.n, 1, g, shape.n, false, $0)
                }
            }.values
            var (twinWeights, twinVelocity) = (o.c, start)
            table.sgdStep(&twinWeights, &twinVelocity, gradient, gradient.count, 0.05, momentum, decay)
            if shape.k <= 256 {
                #expect(bits(w) == bits(twinWeights), "\(table.level) \(shape.testDescription)")
                #expect(bits(velocity) == bits(twinVelocity), "\(table.level) \(shape.testDescription)")
            } else {
                #expect(zip(w, twinWeights).allSatisfy { abs($0 - $1) <= 1e-4 }, "\(table.level) \(shape.testDescription)")
                #expect(zip(velocity, twinVelocity).allSatisfy { abs($0 - $1) <= 1e-3 }, "\(table.level) \(shape.testDescription)")
            }
        }
    }

    @Test(arguments: tables)
    func aBatchOfProductsIsOneAfterTheOther(_ table: KernelTable) {
        let (batch, m, n, k) = (3, 17, 19, 8)
        var numbers = Numbers(41)
        // The heads of one sequence lie side by side: [row, head, k].
        let (a, b) = (numbers.floats(batch * m * k), numbers.floats(batch * n * k))
        let start = numbers.floats(batch * m * n)
        for accumulate in [false, true] {
            let c = unaligned(start) { c in
                withScratch(table.sgemmScratchCount(m, n, k)) {
                    table.sgemmBatched(
                        batch, m, n, k, a, k, batch * k, 1, b, k, 1, batch * k, c, m * n, n, accumulate, $0)
                }
            }.values
            for h in 0..<batch {
                for i in 0..<m {
                    for j in 0..<n {
                        var expected = accumulate ? Double(start[(h * m + i) * n + j]) : 0
                        for p in 0..<k { expected += Double(a[i * batch * k + h * k + p]) * Double(b[j * batch * k + h * k + p]) }
                        #expect(abs(Double(c[(h * m + i) * n + j]) - expected) <= 1e-5)
                    }
                }
            }
        }
    }

    /// A workspace made for a batch serves every smaller one.
    @Test(arguments: tables)
    func lessOfAnythingNeedsNoMoreScratch(_ table: KernelTable) {
        for n in [1, 10, 70, 2000] {
            for k in [1, 30, 300, 321, 700] {
                var (last, lastStep) = (0, 0)
                for m in 1...200 {
                    let (count, step) = (table.sgemmScratchCount(m, n, k), table.sgemmStepScratchCount(n, k, m))
                    #expect(count >= last && step >= lastStep, "\(m)x\(n)x\(k)")
                    (last, lastStep) = (count, step)
                }
            }
        }
    }
}
