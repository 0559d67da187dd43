import KernelTable
import TensorKernels
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct KernelTests {
    @Test func levelsAreReported() {
        for level in KernelLevel.allCases where !Kernels.available.contains(level) {
            print("not tested: this processor has no \(level) (compiled, its symbols checked, not run)")
        }
        #expect(Kernels.available.first == .baseline)
        #expect(tables.map(\.level) == Kernels.available)
    }

    @Test func theEnvironmentLowersTheLevel() {
        let available: [KernelLevel] = [.baseline, .avx2]
        for (asked, expected) in [(nil, KernelLevel.avx2), ("", .avx2), ("baseline", .baseline)] as [(String?, KernelLevel)] {
            let choice = Kernels.choose(asked, available: available)
            #expect(choice.level == expected)
            #expect(choice.warning == nil)
        }
        let refused = Kernels.choose("avx512", available: available)
        #expect(refused.level == .avx2)
        #expect(refused.warning?.contains("this processor has baseline, avx2") == true)
    }

    /// A fused multiply-add rounds once, two operations twice: 1.5 ulp of numbers below 4.
    private let step = 3e-7

    @Test(arguments: tables)
    func elementwiseKernelsMatchTheirTwins(_ table: KernelTable) {
        var numbers = Numbers(7)
        for n in sizes {
            let (x, y, z) = (numbers.floats(n), numbers.floats(n), numbers.floats(n))
            let rows = 3
            let block = numbers.floats(rows * n)

            let biased = unaligned(block) { table.addBias($0, x, rows, n) }.values
            let rectified = unaligned(block) { table.addBiasReLU($0, x, rows, n) }.values
            for i in 0..<(rows * n) {
                #expect(biased[i] == block[i] + x[i % n])
                #expect(rectified[i] == max(0, block[i] + x[i % n]))
            }
            let masked = unaligned(x) { table.reluBackward($0, y, n) }.values
            let scaled = unaligned(x) { table.scale($0, 0.37, n) }.values
            let sum = unaligned(x) { table.axpy($0, y, -1.5, n) }.values
            let difference = unaligned(z) { table.subtract($0, x, y, n) }.values
            let pulled = unaligned(z) { table.proximal($0, x, y, 0.1, n) }.values
            for i in 0..<n {
                #expect(masked[i] == (y[i] <= 0 ? 0 : x[i]))
                #expect(scaled[i] == x[i] * 0.37)
                #expect(abs(Double(sum[i]) - (Double(x[i]) - 1.5 * Double(y[i]))) <= step)
                #expect(difference[i] == x[i] - y[i])
                #expect(abs(Double(pulled[i]) - (Double(z[i]) + 0.1 * (Double(x[i]) - Double(y[i])))) <= step)
            }
        }
    }

    @Test(arguments: tables)
    func sgdStepMatchesItsTwin(_ table: KernelTable) {
        var numbers = Numbers(11)
        for n in sizes {
            let (w, v, g) = (numbers.floats(n), numbers.floats(n), numbers.floats(n))
            var velocity: [Float] = []
            let stepped = unaligned(w) { w in
                velocity = unaligned(v) { v in table.sgdStep(w, v, g, n, 0.05, 0.9, 0.01) }.values
            }.values
            for i in 0..<n {
                let expected = 0.9 * Double(v[i]) + Double(g[i]) + 0.01 * Double(w[i])
                #expect(abs(Double(velocity[i]) - expected) <= step)
                #expect(abs(Double(stepped[i]) - (Double(w[i]) - 0.05 * expected)) <= step)
            }
        }
    }

    /// An element is rounded alike in a vector and at the ragged end: a step does not depend on where a tensor starts.
    @Test(arguments: tables)
    func thePositionOfAnElementDoesNotChangeItsStep(_ table: KernelTable) {
        var numbers = Numbers(19)
        let (w, v, g) = (numbers.floats(40), numbers.floats(40), numbers.floats(40))
        func stepped(_ range: Range<Int>) -> [Float] {
            unaligned(Array(w[range])) { w in
                _ = unaligned(Array(v[range])) { v in
                    table.sgdStep(w, v, Array(g[range]), range.count, 0.05, 0.9, 0.01)
                    table.axpy(v, Array(g[range]), 0.3, range.count)
                    table.proximal(w, v, Array(g[range]), 0.7, range.count)
                }
            }.values
        }
        let whole = stepped(0..<40)
        for split in [1, 3, 7, 9, 17, 39] {
            #expect(bits(stepped(0..<split) + stepped(split..<40)) == bits(whole), "\(table.level)")
        }
    }

    /// Column sums are in Float; squares in Double, off by n·2⁻⁵³ at most.
    @Test(arguments: tables)
    func reductionsMatchTheirTwins(_ table: KernelTable) throws {
        let baseline = try #require(Kernels.table(.baseline))
        var numbers = Numbers(13)
        for n in sizes + [10_000] {
            let x = numbers.floats(n)
            let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
            let sum = unaligned(x) { table.sumOfSquares($0, n) }.result
            #expect(abs(sum - squares) <= 1e-12 * max(1, squares))
            #expect(sum.bitPattern == baseline.sumOfSquares(x, n).bitPattern, "not the bits of the baseline")
            #expect(unaligned(x) { table.maxAbs($0, n) }.result == x.map(abs).max() ?? 0)
            #expect(abs(unaligned(x) { table.readSum($0, n) }.result - x.reduce(0, +)) <= 1e-3)
            for columns in Set([1, max(1, n % 37), max(1, n / 3)]) {
                let rows = n / columns
                let sums = unaligned([Float](repeating: 9, count: columns)) { out in
                    unaligned(Array(x[..<(rows * columns)])) { table.columnSums($0, rows, columns, out) }
                }.values
                for j in 0..<columns {
                    let expected = (0..<rows).reduce(0.0) { $0 + Double(x[$1 * columns + j]) }
                    #expect(abs(Double(sums[j]) - expected) <= 1e-5 * Double(max(rows, 1)))
                }
            }
        }
    }

    @Test(arguments: tables)
    func largeNumbersDoNotOverflowTheNorm(_ table: KernelTable) {
        let x = [Float](repeating: 3e38, count: 100)
        #expect(abs(table.sumOfSquares(x, 100).squareRoot() / 3e39 - 1) <= 1e-6)
        #expect(table.sumOfSquares([Float](repeating: 1e-30, count: 3), 3) > 0)
    }

    @Test(arguments: tables)
    func theLargestMagnitudeIsFoundAnywhere(_ table: KernelTable) {
        for n in sizes where n > 0 {
            for at in 0..<n {
                var x = [Float](repeating: 0.5, count: n)
                x[at] = -2
                if n > 1 { x[(at + 1) % n] = .nan }  // skipped: `allFinite` is asked first
                #expect(table.maxAbs(x, n) == 2, "\(table.level) at \(at) of \(n)")
            }
        }
        #expect(table.maxAbs([-.infinity, 1], 2) == .infinity)
    }

    @Test(arguments: tables)
    func everyNonFiniteValueIsSeen(_ table: KernelTable) {
        for n in sizes {
            var x = [Float](repeating: 3e38, count: n)
            #expect(unaligned(x) { table.allFinite($0, n) }.result)
            for bad in [Float.nan, .infinity, -.infinity, .signalingNaN] {
                for at in 0..<n {
                    x[at] = bad
                    #expect(!table.allFinite(x, n), "\(bad) at \(at) of \(n)")
                    x[at] = 0
                }
            }
        }
    }

    /// The polynomial of exp is good to about 2 ulp; a probability is off by less than 1e-6, a loss by 2e-6 of itself.
    @Test(arguments: tables)
    func softmaxAndItsLossMatchTheirTwins(_ table: KernelTable) {
        var numbers = Numbers(17)
        for columns in Array(1...36) + [63, 64, 65, 100, 1000] {
            for spread in [Float(1), 30, 200] {
                let rows = 5
                let logits = numbers.floats(rows * columns).map { $0 * spread }
                let labels = (0..<rows).map { Int32(($0 * 7) % columns) }
                let probabilities = unaligned(logits) { table.softmax($0, rows, columns) }.values
                let (loss, gradient) = unaligned(logits) { table.softmaxCrossEntropy($0, labels, rows, columns, 0.25) }
                var expectedLoss = 0.0
                for r in 0..<rows {
                    let row = logits[(r * columns)..<((r + 1) * columns)].map(Double.init)
                    let top = row.max()!
                    let sum = row.reduce(0) { $0 + exp($1 - top) }
                    expectedLoss += log(sum) + top - row[Int(labels[r])]
                    for j in 0..<columns {
                        let p = exp(row[j] - top) / sum
                        #expect(abs(Double(probabilities[r * columns + j]) - p) <= 1e-6)
                        let g = 0.25 * (p - (Int(labels[r]) == j ? 1 : 0))
                        #expect(abs(Double(gradient[r * columns + j]) - g) <= 1e-6)
                    }
                }
                #expect(abs(loss - expectedLoss) <= 2e-6 * max(1, expectedLoss), "\(loss) for \(expectedLoss)")
            }
        }
    }

    /// Whatever is multiplied with a share of less than e^−44 comes near the numbers for which processors are slow.
    @Test(arguments: tables)
    func aShareThatIsLostInTheSumIsNothing(_ table: KernelTable) {
        for columns in [4, 10, 16, 20, 32, 33, 70] {
            // As many rows as go a row to a lane, and one that does not.
            let rows = 17
            let one = (0..<columns).map { [0, -43, -45, -80][$0 % 4] as Float }
            let logits = (0..<rows).flatMap { _ in one }
            let whole = one.reduce(0) { $0 + ($1 < -44 ? 0 : exp(Double($1))) }
            let shares = unaligned(logits) { table.softmax($0, rows, columns) }.values
            let gradient = unaligned(logits) { table.softmaxCrossEntropy($0, [Int32](repeating: 0, count: rows), rows, columns, 1) }.values
            for (at, logit) in logits.enumerated() {
                let expected = logit < -44 ? 0 : exp(Double(logit)) / whole
                #expect(abs(Double(shares[at]) - expected) <= 1e-6 * expected, "\(table.level) \(at) of \(columns)")
                if at % columns != 0 { #expect(abs(Double(gradient[at]) - expected) <= 1e-6 * expected) }
            }
        }
    }

    /// Uniform logits cost ln(columns) a row, whatever their number: many rows share one logarithm.
    @Test(arguments: tables)
    func theLossOfManyRowsIsTheSumOfTheirs(_ table: KernelTable) {
        let (rows, columns) = (3000, 10)
        let labels = [Int32](repeating: 3, count: rows)
        let loss = unaligned([Float](repeating: 2.5, count: rows * columns)) {
            table.softmaxCrossEntropy($0, labels, rows, columns, 1)
        }.result
        #expect(abs(loss / (Double(rows) * log(10.0)) - 1) <= 1e-7)
        let certain: [Float] = (0..<20).map { $0 % 10 == 3 ? 500 : -500 }
        let sure = unaligned(certain) {
            table.softmaxCrossEntropy($0, [3, 3], 2, 10, 1)
        }
        #expect(sure.result == 0 && sure.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: tables)
    func aLogitThatIsNotFiniteShowsInTheLoss(_ table: KernelTable) {
        for columns in [3, 10, 40] {
            for bad in [Float.nan, .infinity] {
                for at in 0..<columns {
                    var logits = [Float](repeating: 0.1, count: 2 * columns)
                    logits[columns + at] = bad
                    let loss = unaligned(logits) { table.softmaxCrossEntropy($0, [0, 1], 2, columns, 1) }.result
                    #expect(loss.isNaN, "\(table.level) \(bad) at \(at) of \(columns)")
                }
            }
        }
    }

    @Test(arguments: tables)
    func theFirstOfSeveralLargestIsTheAnswer(_ table: KernelTable) {
        let logits: [Float] = [1, 3, 3, 0, -1, -2, -3, -4, 5, 5, 5, 5]
        #expect(table.argmaxCorrect(logits, [1, 0, 0], 3, 4) == 3)
        #expect(table.argmaxCorrect(logits, [2, 0, 3], 3, 4) == 1)
        #expect(table.argmaxCorrect(logits, [], 0, 4) == 0)
    }
}
