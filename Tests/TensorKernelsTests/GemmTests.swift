import KernelTable
import TensorKernels
import Testing

@Suite struct GemmTests {
    /// |error| ≤ 4·k·2⁻²⁴ for entries of magnitude at most 1: a dot product of length k in any order.
    private func check(_ table: KernelTable, _ m: Int, _ n: Int, _ k: Int, transposeA: Bool, transposeB: Bool, accumulate: Bool) {
        var numbers = Numbers(UInt64(m * 1_000_003 + n * 1009 + k))
        let a = numbers.floats(m * k)
        let b = numbers.floats(k * n)
        let rowStrideC = n + 3
        let start = numbers.floats(m * rowStrideC)
        let (ras, cas) = transposeA ? (1, m) : (k, 1)
        let (rbs, cbs) = transposeB ? (1, k) : (n, 1)
        var scratch = [Float](repeating: .nan, count: table.sgemmScratchCount(m, n, k))
        let (_, c) = unaligned(start) { c in
            scratch.withUnsafeMutableBufferPointer { s in
                table.sgemm(m, n, k, a, ras, cas, b, rbs, cbs, c, rowStrideC, accumulate, s.baseAddress!)
            }
        }
        let tolerance = 4.0 * Double(max(k, 1)) * 5.97e-8
        for i in 0..<m {
            for j in 0..<rowStrideC {
                let at = i * rowStrideC + j
                guard j < n else {
                    #expect(c[at] == start[at], "\(table.level) writes beyond its columns")
                    continue
                }
                var expected = accumulate ? Double(start[at]) : 0
                for p in 0..<k { expected += Double(a[i * ras + p * cas]) * Double(b[p * rbs + j * cbs]) }
                let error = abs(Double(c[at]) - expected)
                if !(error <= tolerance) {
                    Issue.record("\(table.level) \(m)x\(n)x\(k) at \(i),\(j): \(c[at]) for \(expected)")
                    return
                }
            }
        }
    }

    @Test(arguments: tables)
    func smallShapesMatchTheTwin(_ table: KernelTable) {
        for m in [0, 1, 2, 5, 6, 7, 13, 14, 15, 29] {
            for n in [0, 1, 3, 8, 10, 16, 17, 31, 32, 33] {
                for k in [0, 1, 4, 7, 64] {
                    check(table, m, n, k, transposeA: k % 2 == 1, transposeB: n % 2 == 1, accumulate: m % 2 == 0)
                }
            }
        }
    }

    @Test(arguments: tables)
    func blockedShapesMatchTheTwin(_ table: KernelTable) {
        for (m, n, k) in [(32, 128, 64), (128, 10, 32), (64, 128, 32), (230, 70, 300), (100, 2050, 20), (61, 67, 513)] {
            for transposeA in [false, true] {
                for transposeB in [false, true] {
                    check(table, m, n, k, transposeA: transposeA, transposeB: transposeB, accumulate: transposeA)
                }
            }
        }
    }
}

extension KernelTable: CustomTestStringConvertible {
    public var testDescription: String { "\(level)" }
}
