import KernelTable
import TensorKernels
import Testing

@Suite struct AggregationKernelTests {
    private func rows(_ n: Int, _ count: Int, seed: UInt64) -> [[Float]] {
        var numbers = Numbers(seed)
        return (0..<n).map { _ in numbers.floats(count).map { $0 * 1000 } }
    }

    private func withRows<R>(_ rows: [[Float]], _ body: (UnsafePointer<UnsafePointer<Float>>) -> R) -> R {
        let flat = rows.flatMap { $0 }
        return flat.withUnsafeBufferPointer { base in
            let pointers = rows.indices.map { base.baseAddress! + $0 * rows[0].count }
            return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
        }
    }

    private func run(_ table: KernelTable, _ rows: [[Float]], trim: Int?) -> [Float] {
        let count = rows[0].count
        var out = [Float](repeating: .nan, count: count)
        var scratch = [Float](repeating: .nan, count: table.sortScratchCount(rows.count))
        withRows(rows) { pointers in
            if let trim {
                table.trimmedMean(pointers, rows.count, trim, &out, count, &scratch)
            } else {
                table.median(pointers, rows.count, &out, count, &scratch)
            }
        }
        return out
    }

    @Test(arguments: tables)
    func trimmedMeanAndMedianMatchTheirTwins(_ table: KernelTable) {
        for n in [1, 2, 3, 4, 5, 7, 8, 10, 15, 16, 17, 31, 33, 100] {
            for count in [1, 5, 8, 17, 40] {
                let rows = rows(n, count, seed: UInt64(n * 100 + count))
                for trim in Set([0, 1, n / 10, (n - 1) / 2]) where 2 * trim < n {
                    let result = run(table, rows, trim: trim)
                    for j in 0..<count {
                        let kept = rows.map { $0[j] }.sorted()[trim..<(n - trim)]
                        let expected = kept.reduce(0.0) { $0 + Double($1) } / Double(kept.count)
                        #expect(abs(Double(result[j]) - expected) <= 1e-3, "n=\(n) trim=\(trim)")
                    }
                }
                let medians = run(table, rows, trim: nil)
                for j in 0..<count {
                    let sorted = rows.map { $0[j] }.sorted()
                    #expect(medians[j] == (n % 2 == 1 ? sorted[n / 2] : sorted[n / 2 - 1] * 0.5 + sorted[n / 2] * 0.5))
                }
            }
        }
    }

    @Test(arguments: tables)
    func oneHugeLieDoesNotMoveTheTrimmedMean(_ table: KernelTable) {
        var rows = [[Float]](repeating: [Float](repeating: 1, count: 20), count: 10)
        rows[3] = [Float](repeating: 1e30, count: 20)
        rows[7] = [Float](repeating: -3e38, count: 20)
        #expect(run(table, rows, trim: 1) == [Float](repeating: 1, count: 20))
        #expect(run(table, rows, trim: nil) == [Float](repeating: 1, count: 20))
    }

    @Test func aggregationIsBitEqualAtAllLevels() {
        for n in [2, 5, 10, 31] {
            let rows = rows(n, 101, seed: UInt64(n))
            let baseline = Kernels.table(.baseline)!
            for table in tables {
                #expect(run(table, rows, trim: (n - 1) / 3) == run(baseline, rows, trim: (n - 1) / 3))
                #expect(run(table, rows, trim: nil) == run(baseline, rows, trim: nil))
                #expect(fixedPoint(table, rows) == fixedPoint(baseline, rows))
            }
        }
    }

    private func fixedPoint(_ table: KernelTable, _ rows: [[Float]]) -> [Float] {
        var acc = [Int64](repeating: 0, count: rows[0].count)
        let factor = 0x1p41 * 0.5
        for row in rows { table.accumulateFixedPoint(&acc, row, row.count, factor) }
        var out = [Float](repeating: 0, count: acc.count)
        table.finishFixedPoint(&out, acc, acc.count, factor * Double(rows.count))
        return out
    }

    @Test(arguments: tables)
    func fixedPointRoundsToTheNearestInteger(_ table: KernelTable) {
        let x: [Float] = [0.5, 1.5, -0.5, -1.5, 2.25, -2.75, 1e6, -1e6, 0, 3.5]
        var acc = [Int64](repeating: 100, count: x.count)
        table.accumulateFixedPoint(&acc, x, x.count, 1)
        #expect(acc == x.map { 100 + Int64($0.rounded(.toNearestOrEven)) })
    }

    @Test(arguments: tables)
    func fixedPointSumsDoNotDependOnTheOrder(_ table: KernelTable) {
        let rows = rows(9, 50, seed: 5)
        let result = fixedPoint(table, rows)
        #expect(fixedPoint(table, rows.reversed()) == result)
        #expect(fixedPoint(table, [rows[4]] + rows[..<4] + rows[5...]) == result)
        for j in 0..<50 {
            let expected = rows.reduce(0.0) { $0 + Double($1[j]) } / 9
            #expect(abs(Double(result[j]) - expected) <= 1e-4)
        }
    }
}
