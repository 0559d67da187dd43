import KernelTable
import TensorKernels
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct TransformerKernelTests {
    static let columnCounts = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100]

    private struct Normalised {
        var y, dx, dGain, dBias: [Double]
    }

    /// Everything in Double.
    private func twin(_ x: [Float], _ gain: [Float], _ bias: [Float], _ dy: [Float], _ columns: Int, _ epsilon: Double) -> Normalised {
        let zero = [Double](repeating: 0, count: columns)
        var all = Normalised(y: [], dx: [], dGain: zero, dBias: zero)
        for r in 0..<(x.count / columns) {
            let row = x[(r * columns)..<((r + 1) * columns)].map(Double.init)
            let mean = row.reduce(0, +) / Double(columns)
            let inverse = 1 / (row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns) + epsilon).squareRoot()
            let h = row.map { ($0 - mean) * inverse }
            let u = (0..<columns).map { Double(dy[r * columns + $0]) * Double(gain[$0]) }
            let (sum, product) = (u.reduce(0, +), zip(u, h).reduce(0) { $0 + $1.0 * $1.1 })
            for j in 0..<columns {
                all.y.append(h[j] * Double(gain[j]) + Double(bias[j]))
                all.dx.append(inverse * (u[j] - sum / Double(columns) - h[j] * product / Double(columns)))
                all.dGain[j] += Double(dy[r * columns + j]) * h[j]
                all.dBias[j] += Double(dy[r * columns + j])
            }
        }
        return all
    }

    private func run(
        _ table: KernelTable, _ x: [Float], _ gain: [Float], _ bias: [Float], _ dy: [Float], _ columns: Int, _ epsilon: Float
    ) -> (y: [Float], dx: [Float], dGain: [Float], dBias: [Float]) {
        let rows = x.count / columns
        var (means, inverses, dGain, dBias): ([Float], [Float], [Float], [Float]) = ([], [], [], [])
        let none = [Float](repeating: .nan, count: rows)
        let zero = [Float](repeating: 0, count: columns)
        let y = unaligned([Float](repeating: .nan, count: x.count)) { y in
            means =
                unaligned(none) { means in
                    inverses =
                        unaligned(none) { inverses in
                            _ = unaligned(x) { x in
                                unaligned(gain) { gain in
                                    unaligned(bias) { table.layerNorm(x, gain, $0, rows, columns, epsilon, y, means, inverses) }
                                }
                            }
                        }.values
                }.values
        }.values
        let dx = unaligned(dy) { dx in
            dGain =
                unaligned(zero) { dGain in
                    dBias =
                        unaligned(zero) { dBias in
                            _ = unaligned(gain) { gain in
                                unaligned(x) { table.layerNormBackward(dx, $0, gain, means, inverses, rows, columns, dx, dGain, dBias) }
                            }
                        }.values
                }.values
        }.values
        return (y, dx, dGain, dBias)
    }

    private func near(_ values: [Float], _ expected: [Double], _ tolerance: Double) -> Bool {
        values.count == expected.count && zip(values, expected).allSatisfy { abs(Double($0) - $1) <= tolerance }
    }

    /// Means in Float of up to a hundred numbers around 5: 1e-6 of them, times an inverse deviation of up to about 10.
    @Test(arguments: tables)
    func layerNormMatchesItsTwin(_ table: KernelTable) {
        var numbers = Numbers(31)
        for columns in Self.columnCounts {
            let rows = 4
            let x = numbers.floats(rows * columns).map { $0 + 5 }
            let (gain, bias, dy) = (numbers.floats(columns), numbers.floats(columns), numbers.floats(rows * columns))
            let expected = twin(x, gain, bias, dy, columns, 1e-2)
            let got = run(table, x, gain, bias, dy, columns, 1e-2)
            #expect(near(got.y, expected.y, 3e-5), "\(table.level) \(columns)")
            #expect(near(got.dx, expected.dx, 1e-4), "\(table.level) \(columns)")
            #expect(near(got.dGain, expected.dGain, 1e-4), "\(table.level) \(columns)")
            #expect(near(got.dBias, expected.dBias, 1e-5), "\(table.level) \(columns)")
        }
    }

    /// `torch.nn.functional.layer_norm` and its gradients in PyTorch 2.15, single precision, epsilon 1e-5.
    @Test(arguments: tables)
    func layerNormMatchesPyTorch(_ table: KernelTable) {
        let x: [Float] = [
            2.6065521, 1.3496668, 1.1779562, -0.22743607, 1.0923649, -1.7365184, 1.6749902, 3.0222318, -1.8703587, 2.9548635,
            2.0440998, 3.4758334, -0.72927117, 1.5979216, 1.8384373,
        ]
        let gain: [Float] = [-0.079854324, 0.92641085, 0.81567752, 0.49518901, -0.16431698]
        let bias: [Float] = [-0.67796218, -1.0591074, 0.74769664, 0.23891741, -0.39215022]
        let dy: [Float] = [
            0.15191489, -1.1837332, 0.53436071, -1.4510227, -0.62937403, 0.1544151, -0.24799016, 0.45350116, 0.012091091,
            1.3420355, 1.4620037, 0.43616098, 1.0170135, -2.1925268, 0.21233067,
        ]
        let got = run(table, x, gain, bias, dy, 5, 1e-5)
        let y: [Double] = [
            -0.80276984, -0.90487337, 0.72788173, -0.54632676, -0.3725327, -0.58500963, -0.69226873, 1.5731958, -0.36780217,
            -0.55338383, -0.70144838, 0.19181164, -0.68118209, 0.22157225, -0.41554865,
        ]
        let dx: [Double] = [
            -0.045030832, -0.96603984, 0.77541113, -0.18971926, 0.42537895, 0.010170784, -0.099807575, 0.17022835, 0.018961582,
            -0.099553153, -0.04613436, 0.47968569, 0.3776063, -0.80506516, -0.0060925037,
        ]
        #expect(near(got.y, y, 1e-6))
        #expect(near(got.dx, dx, 2e-6))
        #expect(near(got.dGain, [0.48768508, 0.29366857, -1.3355922, 2.3629377, 1.4222279], 2e-6))
        #expect(near(got.dBias, [1.7683337, -0.99556237, 2.0048754, -3.6314585, 0.9249922], 1e-6))
    }

    @Test(arguments: tables)
    func embeddingsAreGatheredAndTheirGradientsAdded(_ table: KernelTable) {
        var numbers = Numbers(37)
        let indices: [Int32] = [4, 0, 4, 2, 4]
        for columns in Self.columnCounts {
            let weights = numbers.floats(5 * columns)
            let rows = unaligned([Float](repeating: .nan, count: indices.count * columns)) { out in
                unaligned(weights) { table.embeddingGather($0, indices, indices.count, columns, out) }
            }.values
            #expect(rows == indices.flatMap { weights[(Int($0) * columns)..<((Int($0) + 1) * columns)] })
            let gradient = numbers.floats(indices.count * columns)
            var expected = weights
            for (i, index) in indices.enumerated() {
                for j in 0..<columns { expected[Int(index) * columns + j] += gradient[i * columns + j] }
            }
            let added = unaligned(weights) { to in
                unaligned(gradient) { table.embeddingScatterAdd($0, indices, indices.count, columns, to) }
            }.values
            #expect(bits(added) == bits(expected))
        }
    }

    /// A probability is off by less than 1e-6; its gradient by that times a few numbers below 1.
    @Test(arguments: tables)
    func attentionSeesNothingThatComesLater(_ table: KernelTable) {
        var numbers = Numbers(43)
        for (rows, columns) in [(1, 1), (3, 3), (4, 7), (17, 17), (33, 40), (9, 64)] {
            let batch = 2
            let x = numbers.floats(batch * rows * columns).map { $0 * 8 }
            let dy = numbers.floats(x.count)
            let y = unaligned(x) { table.causalSoftmax($0, batch, rows, columns, 0.125) }.values
            let dx = unaligned(dy) { dy in unaligned(y) { table.softmaxBackward(dy, $0, batch * rows, columns, 0.125) } }.values
            for r in 0..<(batch * rows) {
                let seen = columns - rows + r % rows + 1
                let row = (0..<columns).map { $0 < seen ? exp(0.125 * Double(x[r * columns + $0])) : 0 }
                let sum = row.reduce(0, +)
                let inner = (0..<columns).reduce(0.0) { $0 + row[$1] / sum * Double(dy[r * columns + $1]) }
                for j in 0..<columns {
                    #expect(abs(Double(y[r * columns + j]) - row[j] / sum) <= 1e-6)
                    let expected = 0.125 * row[j] / sum * (Double(dy[r * columns + j]) - inner)
                    #expect(abs(Double(dx[r * columns + j]) - expected) <= 1e-6)
                }
            }
        }
    }

    /// The twin is in Double: 4e-7 of the larger of |x| and 1. Far out GELU is x or 0, and its slope 1 or 0.
    @Test(arguments: Kernels.available) func geluAndItsSlope(level: KernelLevel) throws {
        let table = try #require(Kernels.table(level))
        for count in [0, 1, 3, 8, 15, 16, 17, 33, 100] {
            let x = (0..<count).map { i in [0, -1e4, 1e4, 60, -60][min(i, 4)] + Float(i) * 0.17 - 8 }
            let dy = (0..<count).map { Float($0 % 7) - 2.5 }
            let y = unaligned([Float](repeating: .nan, count: count)) { out in _ = unaligned(x) { table.gelu(out, $0, count) } }.values
            let dx = unaligned(dy) { dx in _ = unaligned(x) { table.geluBackward(dx, $0, count) } }.values
            for i in 0..<count {
                let v = Double(x[i])
                let u = (2 / Double.pi).squareRoot() * (v + 0.044715 * v * v * v)
                let (t, inner) = (tanh(u), (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * v * v))
                let slope = 0.5 * (1 + t) + 0.5 * v * (1 - t * t) * inner
                #expect(abs(Double(y[i]) - 0.5 * v * (1 + t)) <= 4e-7 * max(1, abs(v)), "\(v)")
                #expect(abs(Double(dx[i]) - Double(dy[i]) * slope) <= 4e-6 * max(1, abs(Double(dy[i]))), "\(v)")
            }
        }
        let nothing = [Float](repeating: .nan, count: 20)
        let none = unaligned(nothing) { out in _ = unaligned(nothing) { table.gelu(out, $0, 20) } }.values
        #expect(none.allSatisfy { $0.isNaN })
    }

    /// Training meets inputs of every size; a subnormal number holds a processor up.
    @Test(arguments: Kernels.available) func smallGradientsThroughGeluAreNumbersOrNothing(level: KernelLevel) throws {
        let table = try #require(Kernels.table(level))
        let x = (0..<2000).map { -Float($0) * 0.01 }
        let y = unaligned([Float](repeating: .nan, count: x.count)) { out in _ = unaligned(x) { table.gelu(out, $0, x.count) } }.values
        let dx = unaligned([Float](repeating: 1e-12, count: x.count)) { dx in _ = unaligned(x) { table.geluBackward(dx, $0, x.count) } }.values
        #expect(y.allSatisfy { !$0.isSubnormal } && dx.allSatisfy { !$0.isSubnormal })
        #expect(y.contains { $0 != 0 && $0 > -1e-15 }, "what is small is not cut off early")
    }
}
