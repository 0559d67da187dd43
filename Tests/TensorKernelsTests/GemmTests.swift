import KernelTable
import TensorKernels
import Testing

@Suite struct GemmTests {
    /// How an operand lies in memory: its rows one after the other, its columns, or with gaps both ways.
    enum Form: CaseIterable {
        case plain, transposed, spread

        func strides(_ rows: Int, _ columns: Int) -> (row: Int, column: Int) {
            switch self {
            case .plain: (columns, 1)
            case .transposed: (1, rows)
            case .spread: (3 * columns + 2, 3)
            }
        }
    }

    /// Entries are below 1 in magnitude; a dot product of length k in any order is off by at most about k·2⁻²⁴ times
    /// the sum of magnitudes, of which 4·k·2⁻²⁴ is a generous bound for random entries.
    private func check(
        _ table: KernelTable, _ m: Int, _ n: Int, _ k: Int, _ formA: Form = .plain, _ formB: Form = .plain,
        accumulate: Bool = false, gapC: Int = 3
    ) {
        var numbers = Numbers(UInt64(m * 1_000_003 + n * 1009 + k))
        let (a, b) = (formA.strides(m, k), formB.strides(k, n))
        func count(_ rows: Int, _ columns: Int, _ s: (row: Int, column: Int)) -> Int {
            rows == 0 || columns == 0 ? 0 : (rows - 1) * s.row + (columns - 1) * s.column + 1
        }
        let valuesA = numbers.floats(count(m, k, a))
        let valuesB = numbers.floats(count(k, n, b))
        let rowStrideC = n + gapC
        let start = numbers.floats(m * rowStrideC)
        let c = unaligned(start) { c in
            unaligned(valuesA) { pa in
                unaligned(valuesB) { pb in
                    withScratch(table.sgemmScratchCount(m, n, k)) { scratch in
                        table.sgemm(
                            m, n, k, pa, a.row, a.column, pb, b.row, b.column, c, rowStrideC, accumulate, scratch)
                    }
                }
            }
        }.values
        let tolerance = 4.0 * Double(max(k, 1)) * 0x1p-24
        for i in 0..<m {
            for j in 0..<rowStrideC {
                let at = i * rowStrideC + j
                guard j < n else {
                    if c[at] != start[at] { return fail("writes beyond its columns") }
                    continue
                }
                var expected = accumulate ? Double(start[at]) : 0
                for p in 0..<k {
                    expected += Double(valuesA[i * a.row + p * a.column]) * Double(valuesB[p * b.row + j * b.column])
                }
                if !(abs(Double(c[at]) - expected) <= tolerance) { return fail("[\(i),\(j)] is \(c[at]), not \(expected)") }
            }
        }
        func fail(_ what: String) {
            Issue.record(
                "\(table.level) \(m)x\(n)x\(k) A \(formA) B \(formB)\(accumulate ? " accumulating" : ""): \(what)")
        }
    }

    /// Every number of rows and columns around the tiles, which are 4x8, 6x16, 8x8 or 14x32.
    @Test(arguments: tables)
    func everySmallShapeMatchesTheTwin(_ table: KernelTable) {
        for m in 0...17 {
            for n in Array(0...36) + [47, 48, 49, 63, 64, 65, 66, 79, 80, 81, 96, 97] {
                let (formA, formB): (Form, Form) = (m % 2 == 0 ? .plain : .transposed, n % 2 == 0 ? .plain : .transposed)
                check(table, m, n, 3 + (m + n) % 5, formA, formB, accumulate: (m + n) % 3 == 0)
            }
        }
    }

    @Test(arguments: tables)
    func everyDepthMatchesTheTwin(_ table: KernelTable) {
        for k in 0...20 {
            for formA in Form.allCases {
                for formB in Form.allCases {
                    check(table, 7, 19, k, formA, formB, accumulate: k % 2 == 0)
                    check(table, 30, 5, k, formA, formB, accumulate: k % 2 == 1)
                }
            }
        }
    }

    /// The products of a batch through a 64-128-10 network, and more rows, columns and depth than one block holds.
    @Test(arguments: tables)
    func blockedShapesMatchTheTwin(_ table: KernelTable) {
        let shapes = [
            (32, 128, 64), (32, 10, 128), (32, 128, 10), (128, 64, 32), (10, 128, 32), (230, 70, 300), (61, 67, 513),
            (1, 300, 300), (300, 1, 300),
        ]
        for (m, n, k) in shapes {
            for formA in Form.allCases {
                for formB in Form.allCases {
                    check(table, m, n, k, formA, formB, accumulate: formA == .transposed, gapC: formB == .plain ? 0 : 3)
                }
            }
        }
        // A block of columns is 512, 1024 or 2048 wide: remainders of less than a vector, and of more.
        for n in [513, 519, 1025, 1030, 1037, 2049, 2060, 2081] { check(table, 9, n, 17, .transposed, .transposed) }
        for n in [515, 1027, 2051] { check(table, 60, n, 300, accumulate: true) }
    }

    @Test(arguments: tables)
    func noDepthMeansZeroOrUnchanged(_ table: KernelTable) {
        let start: [Float] = [1, 2, 3, 4, 5, 6]
        let none: [Float] = []
        let cleared = unaligned(start) { c in
            withScratch(table.sgemmScratchCount(2, 2, 0)) { table.sgemm(2, 2, 0, none, 0, 1, none, 2, 1, c, 3, false, $0) }
        }.values
        #expect(cleared == [0, 0, 3, 0, 0, 6])
        let kept = unaligned(start) { c in
            withScratch(table.sgemmScratchCount(2, 2, 0)) { table.sgemm(2, 2, 0, none, 0, 1, none, 2, 1, c, 3, true, $0) }
        }.values
        #expect(kept == start)
    }

    /// What is padded or read twice must not spread what stands in one row or column.
    @Test(arguments: tables)
    func nonFiniteEntriesStayInTheirRowsAndColumns(_ table: KernelTable) {
        let (m, n, k) = (9, 21, 6)
        var numbers = Numbers(3)
        var (a, b) = (numbers.floats(m * k), numbers.floats(k * n))
        a[4 * k + 2] = .infinity
        b[3 * n + 20] = .nan
        for formB in [Form.plain, .transposed] {
            let s = formB.strides(k, n)
            var stored = b
            for p in 0..<k { for j in 0..<n { stored[p * s.row + j * s.column] = b[p * n + j] } }
            let c = unaligned([Float](repeating: 0, count: m * n)) { c in
                withScratch(table.sgemmScratchCount(m, n, k)) {
                    table.sgemm(m, n, k, a, k, 1, stored, s.row, s.column, c, n, false, $0)
                }
            }.values
            for i in 0..<m {
                for j in 0..<n { #expect(c[i * n + j].isFinite == (i != 4 && j != 20), "\(table.level) [\(i),\(j)]") }
            }
        }
    }
}
