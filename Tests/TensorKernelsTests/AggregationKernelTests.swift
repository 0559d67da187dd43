import KernelTable
import TensorKernels
import Testing

@Suite struct AggregationKernelTests {
    /// The magnitudes reach from 10⁻³ to 10³, so that the order of a sum shows in its last bits.
    private func rows(_ n: Int, _ count: Int, seed: UInt64) -> [[Float]] {
        var numbers = Numbers(seed)
        let magnitudes: [Float] = [0.001, 1, 1000]
        return (0..<n).map { _ -> [Float] in
            (0..<count).map { _ -> Float in
                let value = numbers.float()
                return value * magnitudes[Int(numbers.next() % 3)]
            }
        }
    }

    private func run(_ table: KernelTable, _ rows: [[Float]], trim: Int?) -> [Float] {
        let count = rows[0].count
        return withPointers(rows) { pointers in
            withScratch(table.sortScratchCount(rows.count)) { scratch in
                unaligned([Float](repeating: .nan, count: count)) { out in
                    if let trim {
                        table.trimmedMean(pointers, rows.count, trim, out, count, scratch)
                    } else {
                        table.median(pointers, rows.count, out, count, scratch)
                    }
                }.values
            }
        }
    }

    /// Rows that lie unaligned, each behind a guard.
    private func withPointers<R>(_ rows: [[Float]], _ body: ([UnsafePointer<Float>]) -> R) -> R {
        let count = rows.first?.count ?? 0
        let stride = count + 5
        var flat = [Float](repeating: .nan, count: rows.count * stride + 1)
        for (i, row) in rows.enumerated() { for j in 0..<count { flat[1 + i * stride + j] = row[j] } }
        return flat.withUnsafeBufferPointer { base in body(rows.indices.map { base.baseAddress! + 1 + $0 * stride }) }
    }

    /// The mean of m floats summed in any order is off by at most m·2⁻²⁴ of the largest.
    @Test(arguments: tables)
    func trimmedMeanAndMedianMatchTheirTwins(_ table: KernelTable) {
        for n in Array(1...36) + [47, 48, 49, 63, 64, 65, 79, 96, 97, 100, 128, 129, 200, 257] {
            for count in n < 20 ? [1, 5, 8, 16, 17, 40] : [3, 41] {
                let rows = rows(n, count, seed: UInt64(n * 100 + count))
                let columns = (0..<count).map { j in rows.map { $0[j] }.sorted() }
                for trim in Set([0, 1, n / 10, n / 5, (n - 1) / 2]) where 2 * trim < n {
                    let result = run(table, rows, trim: trim)
                    for (j, column) in columns.enumerated() {
                        let kept = column[trim..<(n - trim)]
                        let expected = kept.reduce(0.0) { $0 + Double($1) } / Double(kept.count)
                        let largest = Double(max(abs(kept.first!), abs(kept.last!)))
                        if !(abs(Double(result[j]) - expected) <= Double(kept.count + 1) * 0x1p-24 * largest) {
                            Issue.record("\(table.level) n=\(n) trim=\(trim) count=\(count): \(result[j]) for \(expected)")
                            return
                        }
                    }
                }
                let medians = run(table, rows, trim: nil)
                for (j, sorted) in columns.enumerated() {
                    let expected = n % 2 == 1 ? sorted[n / 2] : sorted[n / 2 - 1] * 0.5 + sorted[n / 2] * 0.5
                    if medians[j] != expected {
                        Issue.record("\(table.level) n=\(n) count=\(count): median \(medians[j]) for \(expected)")
                        return
                    }
                }
            }
        }
    }

    /// The kernels see every value once, in whatever row, block or rest it stands, and say how large the largest was.
    @Test(arguments: tables)
    func theLargestMagnitudeIsReported(_ table: KernelTable) {
        var numbers = Numbers(77)
        for n in [1, 2, 3, 9, 16, 17, 24, 25, 32, 33, 40, 64, 100, 193] {
            for count in [1, 3, 8, 16, 17, 63, 64, 65, 130, 700] {
                var rows = rows(n, count, seed: UInt64(n + count))
                func peaks() -> [UInt32] {
                    withPointers(rows) { pointers in
                        withScratch(table.sortScratchCount(n)) { scratch in
                            var out = [Float](repeating: 0, count: count)
                            return [table.trimmedMean(pointers, n, (n - 1) / 3, &out, count, scratch), table.median(pointers, n, &out, count, scratch)]
                        }
                    }
                }
                let largest = rows.joined().map { abs($0).bitPattern }.max()!
                #expect(peaks() == [largest, largest], "\(table.level), \(n) rows of \(count)")
                for bad in [-2000, .infinity, -.infinity, .nan, -Float.nan, .greatestFiniteMagnitude] as [Float] {
                    let (row, column) = (Int(numbers.next() % UInt64(n)), Int(numbers.next() % UInt64(count)))
                    let kept = rows[row][column]
                    rows[row][column] = bad
                    let expected = abs(bad).bitPattern
                    #expect(peaks() == [expected, expected], "\(table.level), \(n) rows of \(count), \(bad) in row \(row) at \(column)")
                    rows[row][column] = kept
                }
            }
        }
    }

    @Test(arguments: tables)
    func oneHugeLieDoesNotMoveTheTrimmedMean(_ table: KernelTable) {
        for n in [10, 40] {
            var rows = [[Float]](repeating: [Float](repeating: 1, count: 20), count: n)
            rows[3] = [Float](repeating: 1e30, count: 20)
            rows[7] = [Float](repeating: -3e38, count: 20)
            #expect(run(table, rows, trim: 1) == [Float](repeating: 1, count: 20))
            #expect(run(table, rows, trim: nil) == [Float](repeating: 1, count: 20))
        }
    }

    @Test(arguments: tables)
    func theMedianOfTwoLargeValuesDoesNotOverflow(_ table: KernelTable) {
        let rows = [[Float](repeating: 3e38, count: 9), [Float](repeating: 3e38, count: 9)]
        #expect(run(table, rows, trim: nil) == rows[0])
    }

    @Test(arguments: tables)
    func theOrderOfTheRowsDoesNotChangeABit(_ table: KernelTable) {
        for n in [3, 10, 16, 17, 50] {
            var rows = rows(n, 37, seed: UInt64(n))
            rows[0][5] = 0
            rows[1][5] = -0.0
            rows[2][5] = 0
            let rotated = Array(rows[(n / 2)...] + rows[..<(n / 2)])
            for trim in [0, 1, nil] {
                let result = bits(run(table, rows, trim: trim))
                #expect(bits(run(table, rows.reversed(), trim: trim)) == result, "\(table.level) n=\(n)")
                #expect(bits(run(table, rotated, trim: trim)) == result, "\(table.level) n=\(n)")
            }
        }
        let zeros: [[Float]] = [[0], [-0.0], [-0.0], [0]]
        #expect(bits(run(table, zeros, trim: nil)) == [0])
        #expect(bits(run(table, zeros, trim: 1)) == [0])
    }

    @Test func everyLevelGivesTheSameBits() throws {
        let baseline = try #require(Kernels.table(.baseline))
        for n in Array(1...18) + [31, 33, 64, 100] {
            let rows = rows(n, 101, seed: UInt64(n))
            let trim = (n - 1) / 3
            let expected = (
                bits(run(baseline, rows, trim: trim)), bits(run(baseline, rows, trim: nil)), fixedPoint(baseline, rows)
            )
            for table in tables {
                #expect(bits(run(table, rows, trim: trim)) == expected.0, "\(table.level) n=\(n)")
                #expect(bits(run(table, rows, trim: nil)) == expected.1, "\(table.level) n=\(n)")
                #expect(bits(fixedPoint(table, rows)) == bits(expected.2), "\(table.level) n=\(n)")
            }
        }
    }

    private func fixedPoint(_ table: KernelTable, _ rows: [[Float]]) -> [Float] {
        var acc = [Int64](repeating: 0, count: rows[0].count)
        let factor = 0x1p41 / 3  // no power of two: the product itself rounds
        for row in rows { accumulate(table, &acc, row, factor) }
        return unaligned([Float](repeating: .nan, count: acc.count)) {
            table.finishFixedPoint($0, acc, acc.count, factor * Double(rows.count))
        }.values
    }

    private func accumulate(_ table: KernelTable, _ acc: inout [Int64], _ row: [Float], _ factor: Double) {
        var peak: UInt32 = 0
        _ = unaligned(row) { table.accumulateFixedPoint(&acc, [UnsafePointer($0)], [factor], 1, row.count, &peak) }
        #expect(peak == row.reduce(0) { max($0, abs($1)) }.bitPattern)
    }

    /// Several rows at once, each with a factor of its own, are the rows one after the other.
    @Test(arguments: tables)
    func rowsTogetherAddUpLikeRowsInTurn(_ table: KernelTable) {
        for n in 0...9 {
            for count in [1, 4, 7, 16, 17, 300] {
                let rows = rows(n, count, seed: UInt64(n + 50))
                let factors = rows.indices.map { 0x1p30 / Double($0 + 1) }
                var expected = [Int64](repeating: 7, count: count)
                for (row, factor) in zip(rows, factors) { accumulate(table, &expected, row, factor) }
                var acc = [Int64](repeating: 7, count: count)
                var peaks = [UInt32](repeating: 5, count: n)
                withPointers(rows) { table.accumulateFixedPoint(&acc, $0, factors, n, count, &peaks) }
                #expect(acc == expected, "\(table.level) \(n) rows of \(count)")
                #expect(peaks == rows.map { max(5, $0.reduce(0) { max($0, abs($1)) }.bitPattern) })
            }
        }
    }

    /// Every product is rounded to a Double and then to a whole number, or not at all before that: at every level the same,
    /// whether or not the first rounding changes anything.
    @Test(arguments: tables)
    func productsAreRoundedAlikeEverywhere(_ table: KernelTable) {
        let exact = [1, 536_870_911, 268_435_457, 3].map { Double($0) * 0x1p20 }
        let rounded = [0x1p48 / 3, 0x1p49 / 7, 536_870_913 * 0x1p20, 0x1p48 / 5]
        for factors in [exact, rounded, exact + rounded, [exact[0], rounded[0], exact[1], exact[2]]] {
            let rows = factors.indices.map { i in self.rows(1, 500, seed: UInt64(i + 9))[0].map { $0 / 1000 } }
            var acc = [Int64](repeating: 0, count: 500)
            var peaks = [UInt32](repeating: 0, count: factors.count)
            withPointers(rows) { table.accumulateFixedPoint(&acc, $0, factors, factors.count, 500, &peaks) }
            let expected = (0..<500).map { j in
                zip(rows, factors).reduce(Int64(0)) { $0 + Int64((Double($1.0[j]) * $1.1).rounded(.toNearestOrEven)) }
            }
            #expect(acc == expected, "\(table.level) \(factors)")
        }
    }

    @Test(arguments: tables)
    func theLargestMagnitudeTellsWhatIsNotFinite(_ table: KernelTable) {
        var numbers = Numbers(77)
        for n in sizes {
            let x = numbers.floats(n)
            #expect(unaligned(x) { table.largestMagnitude($0, n) }.result == x.map { abs($0) }.max()?.bitPattern ?? 0)
            for at in 0..<n {
                for bad in [Float.nan, .infinity, -.infinity] {
                    var y = x
                    y[at] = bad
                    #expect(table.largestMagnitude(y, n) >= Float.infinity.bitPattern, "\(bad) at \(at) of \(n)")
                    var (acc, peak) = ([Int64](repeating: 0, count: n), UInt32(0))
                    _ = unaligned(y) { table.accumulateFixedPoint(&acc, [UnsafePointer($0)], [1], 1, n, &peak) }
                    #expect(peak >= Float.infinity.bitPattern, "\(bad) at \(at) of \(n)")
                }
                var y = x
                y[at] = -3
                #expect(table.largestMagnitude(y, n) == Float(3).bitPattern)
            }
        }
    }

    @Test(arguments: tables)
    func fixedPointRoundsToTheNearestInteger(_ table: KernelTable) {
        let halves: [Float] = [0.5, 1.5, -0.5, -1.5, 2.25, -2.75, 1e6, -1e6, 0, -0.0, 3.5, 0x1p50, -0x1p50]
        for count in 0...halves.count {
            let x = Array(halves[..<count])
            var acc = [Int64](repeating: 100, count: count + 1)
            accumulate(table, &acc, x, 1)
            #expect(acc == x.map { 100 + Int64($0.rounded(.toNearestOrEven)) } + [100])
        }
        var numbers = Numbers(23)
        for factor in [0x1p20, 0x1.fffffp49, 12345.678] {
            let x = numbers.floats(777)
            var acc = (0..<777).map { _ in Int64(bitPattern: numbers.next()) >> 2 }
            let expected = zip(acc, x).map { $0 + Int64((Double($1) * factor).rounded(.toNearestOrEven)) }
            accumulate(table, &acc, x, factor)
            #expect(acc == expected, "\(table.level) factor \(factor)")
        }
    }

    /// The conversion from 64-bit integers is written out in the kernel: the same as Swift's, to the bit.
    @Test(arguments: tables)
    func finishingDividesTheExactSum(_ table: KernelTable) {
        var numbers = Numbers(29)
        var acc: [Int64] = [
            0, 1, -1, .max, .min, .max - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, (1 << 62) + 257, 0xFFFF_FFFF,
            0x1_0000_0000, -0xFFFF_FFFF, -0x1_0000_0000, 0x7FFF_FFFF_8000_0000,
        ]
        for shift in 0..<64 { acc.append(Int64(bitPattern: numbers.next()) >> Int64(shift)) }
        for divisor in [1, 3, 0x1p43, 1e15] {
            for count in [1, 7, acc.count] {
                let out = unaligned([Float](repeating: .nan, count: count)) {
                    table.finishFixedPoint($0, acc, count, divisor)
                }.values
                #expect(bits(out) == bits(acc[..<count].map { Float(Double($0) / divisor) }), "\(table.level)")
            }
        }
    }

    @Test(arguments: tables)
    func fixedPointSumsDoNotDependOnTheOrder(_ table: KernelTable) {
        let rows = rows(9, 50, seed: 5)
        let result = fixedPoint(table, rows)
        #expect(bits(fixedPoint(table, rows.reversed())) == bits(result))
        #expect(bits(fixedPoint(table, [rows[4]] + rows[..<4] + rows[5...])) == bits(result))
        for j in 0..<50 {
            let expected = rows.reduce(0.0) { $0 + Double($1[j]) } / 9
            #expect(abs(Double(result[j]) - expected) <= 1e-4)
        }
    }
}
