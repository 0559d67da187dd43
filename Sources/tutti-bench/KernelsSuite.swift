import KernelTable
import TensorKernels

/// `tutti-bench run kernels`: the rate of every kernel at every level this processor has, beside the limits of the
/// machine measured in the same run: the level's peak rate of multiply-adds, and the rate at which one core reads
/// memory. Everything runs on one thread.
enum KernelsSuite {
    /// Something whose rate is measured.
    struct Case {
        var name: String
        var unit: String
        /// What one run is worth, in units of `unit`·seconds: 2·m·n·k·1e-9 for a product in GFLOP/s.
        var amount: Double
        /// The name of the case whose rate this one is compared with.
        var beside: String?
        /// The share of that rate to reach.
        var goal: Double?
        var run: () -> Void
    }

    /// sgemm from 128 to 1024 has to reach this share of the peak. Not at the baseline: there, multiplication and
    /// addition are two instructions that overwrite an operand, and the copies alone take a third of what the processor
    /// can issue.
    static let productGoal = 0.88
    /// And the long products of a convolution this one.
    static let convolutionGoal = 0.7
    static let peakName = "kernels.peak.gflops"
    static let readName = "kernels.read.gbps"

    /// Floats in the field that the memory-bound kernels read: 80 MB, more than a third-level cache holds.
    static let fieldCount = 20_000_000

    static func run(_ progress: (String) -> Void) -> [BenchRow] {
        let cases = cases(Kernels.available.compactMap(Kernels.table), fieldCount: fieldCount)
        progress("kernels: \(cases.count) rates at levels \(Kernels.available.map { "\($0)" }.joined(separator: ", ")), in turn")
        for level in KernelLevel.allCases where !Kernels.available.contains(level) {
            progress("kernels: this processor has no \(level); that level is not measured")
        }
        return measure(cases)
    }

    static func measure(_ cases: [Case]) -> [BenchRow] {
        var timer = Interleaved()
        for item in cases { timer.add(item.name, item.run) }
        let times = timer.seconds(repetitions: 25)
        let rates = times.mapValues(\.median)
        let amounts = Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0.amount) })
        return cases.compactMap { item in
            guard let time = times[item.name] else { return nil }
            let rate = item.amount / time.median
            var ratio: Double?
            if let other = item.beside, let seconds = rates[other], let amount = amounts[other] {
                ratio = rate / (amount / seconds)
            }
            return BenchRow(
                name: item.name, value: rate, unit: item.unit, spread: time.spread, beside: item.beside, ratio: ratio,
                goal: item.goal)
        }
    }

    static func cases(_ tables: [KernelTable], fieldCount: Int) -> [Case] {
        let field = Field(fieldCount)
        var cases = limits(tables, field)
        for table in tables { cases += products(table) + training(table) + reductions(table, field) }
        for table in tables { cases += aggregation(table, field) + encodings(table, field) }
        return cases
    }

    /// What nothing can be faster than.
    private static func limits(_ tables: [KernelTable], _ field: Field) -> [Case] {
        let sink = Field(64)
        var cases = tables.map { table in
            Case(
                name: "\(peakName).\(table.level)", unit: "GFLOP/s",
                amount: Double(table.peakMultiplyAdd(1000, sink.base)) * 1e-9
            ) { _ = table.peakMultiplyAdd(1000, sink.base) }
        }
        if let widest = tables.last {
            cases.append(
                Case(name: readName, unit: "GB/s", amount: Double(field.count) * 4e-9) {
                    sink.base[0] = widest.readSum(field.base, field.count)
                })
        }
        return cases
    }
}

/// A buffer of numbers in [−1, 1) that starts at a cache line, kept alive by the cases that read it.
final class Field {
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: max(64, count * 4), alignment: 64)
            .bindMemory(to: Float.self, capacity: max(16, count))
        var state: UInt64 = 42
        for i in 0..<count {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            (base + i).initialize(to: Float(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31)
        }
    }

    deinit { base.deallocate() }
}
