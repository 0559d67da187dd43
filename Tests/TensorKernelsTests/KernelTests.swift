import Foundation
import KernelTable
import TensorKernels
import Testing

@Suite struct KernelTests {
    @Test func levelsAreReported() {
        let missing = KernelLevel.allCases.filter { !Kernels.available.contains($0) }
        if !missing.isEmpty { print("kernel levels not on this processor, and so not run: \(missing)") }
        #expect(Kernels.available.first == .baseline)
        #expect(tables.count == Kernels.available.count)
    }

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
                #expect(abs(sum[i] - (x[i] - 1.5 * y[i])) <= 3e-7)
                #expect(difference[i] == x[i] - y[i])
                #expect(abs(pulled[i] - (z[i] + 0.1 * (x[i] - y[i]))) <= 3e-7)
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
                #expect(abs(Double(velocity[i]) - expected) <= 3e-7)
                #expect(abs(Double(stepped[i]) - (Double(w[i]) - 0.05 * expected)) <= 3e-7)
            }
        }
    }

    @Test(arguments: tables)
    func reductionsMatchTheirTwins(_ table: KernelTable) {
        var numbers = Numbers(13)
        for n in sizes + [10_000] {
            let x = numbers.floats(n)
            let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(unaligned(x) { table.sumOfSquares($0, n) }.result - squares) <= 1e-6 * max(1, squares))
            #expect(unaligned(x) { table.maxAbs($0, n) }.result == x.map(abs).max() ?? 0)
            #expect(abs(unaligned(x) { table.readSum($0, n) }.result - x.reduce(0, +)) <= 1e-3)
            let columns = max(1, n % 37)
            let rows = n / columns
            let sums = unaligned([Float](repeating: 9, count: columns)) { out in table.columnSums(x, rows, columns, out) }.values
            for j in 0..<columns {
                let expected = (0..<rows).reduce(0.0) { $0 + Double(x[$1 * columns + j]) }
                #expect(abs(Double(sums[j]) - expected) <= 1e-5 * Double(max(rows, 1)))
            }
        }
    }

    @Test(arguments: tables)
    func everyNonFiniteValueIsSeen(_ table: KernelTable) {
        for n in sizes where n > 0 {
            var x = [Float](repeating: 1e38, count: n)
            #expect(table.allFinite(x, n))
            for bad in [Float.nan, .infinity, -.infinity] {
                for at in 0..<n {
                    x[at] = bad
                    #expect(!table.allFinite(x, n), "\(bad) at \(at) of \(n)")
                    x[at] = 0
                }
            }
        }
    }

    /// The polynomial of exp is good to about 2 ulp; a probability is off by less than 1e-6.
    @Test(arguments: tables)
    func softmaxAndItsLossMatchTheirTwins(_ table: KernelTable) {
        var numbers = Numbers(17)
        for columns in [1, 2, 3, 7, 8, 10, 16, 33] {
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
}
