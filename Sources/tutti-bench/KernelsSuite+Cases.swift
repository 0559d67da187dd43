import KernelTable

extension KernelsSuite {
    /// The kernels between the products, on data that is in the cache as it is in training.
    static func training(_ table: KernelTable) -> [Case] {
        let count = 16_384
        let (w, v, g, squares, rowValues) = (Field(count), Field(count), Field(count), Field(count), Field(128))
        table.axpy(squares.base, squares.base, -1, count)
        let (rows, columns) = (32, 10)
        let (logits, start) = (Field(rows * columns), Field(rows * columns))
        let labels = (0..<rows).map { Int32($0 % columns) }
        func item(_ kernel: String, _ count: Int, _ shape: String = "", _ run: @escaping () -> Void) -> Case {
            Case(
                name: "kernels.\(kernel).gelements.\(table.level)\(shape)", unit: "Gelement/s",
                amount: Double(count) * 1e-9, run: run)
        }
        return [
            item("sgd_step", count) { table.sgdStep(w.base, v.base, g.base, count, 1e-6, 0.9, 1e-4) },
            item("softmax_cross_entropy", rows * columns, ".\(rows)x\(columns)") {
                logits.base.update(from: start.base, count: rows * columns)
                _ = table.softmaxCrossEntropy(logits.base, labels, rows, columns, 1)
            },
            item("adam_step", count) {
                table.adamStep(w.base, v.base, squares.base, g.base, count, 1e-6, 0.9, 0.999, 1e-8, 0, 0.1, 0.001)
            },
            item("add_bias_relu", count) { table.addBiasReLU(v.base, g.base, count / 128, 128) },
            item("layer_norm", count, ".64x256") {
                table.layerNorm(g.base, w.base, w.base, count / 256, 256, 1e-5, v.base, rowValues.base, rowValues.base + 64)
            },
            item("causal_softmax", count, ".4x64x64") {
                v.base.update(from: g.base, count: count)
                table.causalSoftmax(v.base, 4, 64, 64, 0.125)
            },
        ]
    }

    /// Kernels that read an update once, from memory.
    static func reductions(_ table: KernelTable, _ field: Field) -> [Case] {
        let sink = Field(1)
        func item(_ kernel: String, _ body: @escaping () -> Float) -> Case {
            Case(
                name: "kernels.\(kernel).gbps.\(table.level)", unit: "GB/s", amount: Double(field.count) * 4e-9,
                beside: readName
            ) { sink.base[0] = body() }
        }
        return [
            item("sum_of_squares") { Float(table.sumOfSquares(field.base, field.count)) },
            item("max_abs") { table.maxAbs(field.base, field.count) },
            item("all_finite") { table.allFinite(field.base, field.count) ? 1 : 0 },
        ]
    }

    /// Aggregation of n updates that lie in memory, a tenth trimmed on either side; the rate counts the bytes of the
    /// updates.
    static func aggregation(_ table: KernelTable, _ field: Field) -> [Case] {
        var cases: [Case] = []
        let goals = table.level == .baseline ? [:] : [10: 0.8, 32: 0.7, 64: 0.5, 100: 0.35]
        for n in [10, 32, 64, 100] {
            let count = field.count / n
            let rows = Rows(field, n, stride: count)
            let scratch = Field(table.sortScratchCount(n))
            let out = Field(count)
            func item(_ kernel: String, _ goal: Double?, _ run: @escaping () -> Void) -> Case {
                Case(
                    name: "kernels.\(kernel).gbps.\(table.level).n\(n)", unit: "GB/s",
                    amount: Double(n * count) * 4e-9, beside: readName, goal: goal, run: run)
            }
            cases.append(item("weighted_mean", table.level == .baseline ? nil : 0.9) { weightedMean(table, rows, count, out) })
            cases.append(
                item("trimmed_mean", goals[n]) { table.trimmedMean(rows.base, n, n / 10, out.base, count, scratch.base) })
            cases.append(item("median", nil) { table.median(rows.base, n, out.base, count, scratch.base) })
        }
        return cases
    }

    /// What judges updates by their neighbours, and what secure aggregation does to every number.
    static func encodings(_ table: KernelTable, _ field: Field) -> [Case] {
        let (n, count) = (32, 16_384)
        let rows = Rows(field, n, stride: count)
        let scratch = Field(table.distanceScratchCount(n))
        let distances = UnsafeMutablePointer<Double>.allocate(capacity: n * n)
        distances.initialize(repeating: 0, count: n * n)
        var words = [UInt32](repeating: 0, count: count)
        let random = (0..<count).map { UInt32(truncatingIfNeeded: $0 &* 2_654_435_769) }
        let out = Field(count)
        func item(_ kernel: String, _ amount: Int, _ run: @escaping () -> Void) -> Case {
            Case(name: "kernels.\(kernel).gelements.\(table.level)", unit: "Gelement/s", amount: Double(amount) * 1e-9, run: run)
        }
        return [
            item("squared_distances", n * (n - 1) / 2 * count) {
                table.addSquaredDistances(distances, rows.base, n, count, scratch.base)
            },
            item("quantise_16_bits", count) { _ = table.quantise(&words, field.base, random, count, 1, 16) },
            item("dequantise_16_bits", count) { table.dequantise(out.base, words, count, 1, 16, 1) },
        ]
    }

    /// The exact mean as the coordinator takes it: tiles of every update into 64-bit sums that stay in the cache.
    private static func weightedMean(_ table: KernelTable, _ rows: Rows, _ count: Int, _ out: Field) {
        let tile = 4096
        withUnsafeTemporaryAllocation(of: Int64.self, capacity: tile) { sums in
            guard let acc = sums.baseAddress else { return }
            var start = 0
            while start < count {
                let width = min(tile, count - start)
                sums.initialize(repeating: 0)
                for i in 0..<rows.count { rows.shifted[i] = rows.base[i] + start }
                table.accumulateFixedPoint(acc, rows.shifted, rows.factors, rows.count, width, rows.peaks)
                table.finishFixedPoint(out.base + start, acc, width, 0x1p40 * Double(rows.count))
                start += width
            }
        }
    }
}

/// The starts of n rows of a field.
final class Rows {
    let base: UnsafeMutablePointer<F32>
    /// Room for the rows' starts further on, for a factor and a peak of each.
    let shifted: UnsafeMutablePointer<F32>
    let factors: UnsafeMutablePointer<Double>
    let peaks: UnsafeMutablePointer<UInt32>
    let count: Int
    private let field: Field

    init(_ field: Field, _ n: Int, stride: Int) {
        self.field = field
        count = n
        base = .allocate(capacity: n)
        shifted = .allocate(capacity: n)
        factors = .allocate(capacity: n)
        peaks = .allocate(capacity: n)
        for i in 0..<n { (base + i).initialize(to: field.base + i * stride) }
        shifted.initialize(from: base, count: n)
        factors.initialize(repeating: 0x1p40, count: n)
        peaks.initialize(repeating: 0, count: n)
    }

    deinit {
        base.deallocate()
        shifted.deallocate()
        factors.deallocate()
        peaks.deallocate()
    }
}
