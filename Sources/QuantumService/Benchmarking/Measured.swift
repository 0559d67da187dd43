internal import Annealing
package import Federation
package import Storage

/// Sizes of models that are compared with each other.
package enum SizeBucket: Sendable, Equatable {
    case small, middle, large

    package init(spins: Int) { self = spins <= 32 ? .small : spins <= 256 ? .middle : .large }
}

/// What a benchmark says of one solver on models of one size.
package struct MeasuredSpeedup: Sendable, Equatable {
    package var solver: String
    /// Geometric mean of the ratios to the strongest baseline on each model; nil: on one of them there is none.
    package var ratio: BenchmarkRecord.Bounds?
    /// The baselines, each once.
    package var baselines: [String]
    /// Models that the ratio is of, and those on which solver or baselines never reached the target.
    package var models: Int
    package var unreached: Int
    package var measuredAt: Instant

    /// nil: nothing was measured of it.
    package init?(_ record: BenchmarkRecord, spins: Int, solver: (BenchmarkRecord.Comparison) -> String) {
        let bucket = SizeBucket(spins: spins)
        let found = record.comparisons.filter { SizeBucket(spins: $0.spins) == bucket && $0.solver == solver($0) }
        guard let first = found.first else { return nil }
        self.solver = found.allSatisfy { $0.solver == first.solver } ? first.solver : "auto"
        models = found.count
        unreached = found.count { $0.ratio == nil }
        measuredAt = record.measuredAt
        baselines = Set(found.compactMap(\.baseline)).sorted()
        ratio = Self.mean(found.map(\.ratio))
    }

    /// Geometric, with an interval from those of its parts: their logarithms are taken for normal and independent.
    static func mean(_ ratios: [BenchmarkRecord.Bounds?]) -> BenchmarkRecord.Bounds? {
        let known = ratios.compactMap { $0 }.filter { $0.value > 0 }
        guard !known.isEmpty, known.count == ratios.count else { return nil }
        let logs = known.map { naturalLogarithm($0.value) }
        let mean = logs.reduce(0, +) / Double(logs.count)
        func spread(_ ends: [Double?]) -> Double? {
            var sum = 0.0
            for (end, log) in zip(ends, logs) {
                guard let end, end > 0 else { return nil }
                sum += (naturalLogarithm(end) - log) * (naturalLogarithm(end) - log)
            }
            return sum.squareRoot() / Double(logs.count)
        }
        let (below, above) = (spread(known.map(\.low)), spread(known.map(\.high)))
        return BenchmarkRecord.Bounds(
            value: exponential(mean), low: below.map { exponential(mean - $0) } ?? 0, high: above.map { exponential(mean + $0) })
    }
}

extension BenchmarkRecord {
    /// By what a lease's jobs are solved with.
    package func speedup(strategy: LeaseStrategy, workload: LeaseWorkload, spins: Int) -> MeasuredSpeedup? {
        MeasuredSpeedup(self, spins: spins) { one in
            switch strategy {
            case .quantumAnnealing: "path_integral"
            case .simulatedBifurcation: "simulated_bifurcation_discrete"
            case .simulatedAnnealing: "simulated_annealing"
            case .auto:
                workload == .sampling ? "parallel_tempering" : one.density > 0.1 ? "simulated_bifurcation_discrete" : "simulated_annealing"
            }
        }
    }

    /// Geometric mean over runs, each by its solver and size; nil: none of them was measured.
    package func averageSpeedup(of runs: [Solved]) -> Double? {
        var (sum, count) = (0.0, 0)
        var known: [Solved: Double?] = [:]
        for run in runs {
            let ratio = known[run] ?? MeasuredSpeedup(self, spins: run.spins, solver: { _ in run.solver })?.ratio?.value
            known[run] = .some(ratio)
            guard let ratio, ratio > 0 else { continue }
            sum += naturalLogarithm(ratio)
            count += 1
        }
        return count > 0 ? exponential(sum / Double(count)) : nil
    }

    init(_ comparisons: [SelfBenchmark.Comparison], id: String, at: Instant, version: String, machine: Machine, seconds: Double) {
        self.init(
            id: id, measuredAt: at, version: version, solverVersion: Solver.version, machine: machine, seconds: seconds,
            comparisons: comparisons.map { one in
                Comparison(
                    family: one.family, spins: one.spins, density: one.density, target: one.target, isProved: one.isProved, solver: one.solver,
                    solverTime: Time(one.time), baseline: one.speedup?.baseline, baselineTime: one.speedup.map { Time($0.baselineTime) },
                    ratio: one.speedup?.ratio.map { Bounds($0) })
            })
    }
}

extension BenchmarkRecord.Time {
    init(_ time: TimeToTarget) {
        self.init(runs: time.runs, reached: time.reached, secondsPerRun: time.secondsPerRun, seconds: time.seconds.map { .init($0) })
    }
}

extension BenchmarkRecord.Bounds {
    init(_ interval: Interval) { self.init(value: interval.value, low: interval.low, high: interval.high.isFinite ? interval.high : nil) }
}
