#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// One read that was measured by whoever has a clock.
package struct MeasuredRun: Sendable, Equatable {
    package var seconds: Double
    package var energy: Double
    package init(seconds: Double, energy: Double) {
        self.seconds = seconds
        self.energy = energy
    }
}

/// A quantity with the interval in which it lies with 95 % confidence. An infinite upper end means that the runs do not bound it.
package struct Interval: Sendable, Equatable {
    package let value: Double
    package let low: Double
    package let high: Double

    package init(value: Double, low: Double, high: Double) {
        self.value = value
        self.low = low
        self.high = high
    }
}

/// Time to target (Rønnow et al. 2014): how long one has to go on with independent runs until the target is reached with a given probability.
///
///     TTS = t · max(1, ln(1 − P) / ln(1 − p))
///
/// t is the mean time of a run and p the part of the runs that reached the target. Less than one run cannot be bought.
package struct TimeToTarget: Sendable, Equatable {
    package let target: Double
    /// P, 0.99 where nothing else is said.
    package let probability: Double
    package let runs: Int
    package let reached: Int
    package let secondsPerRun: Double
    /// nil where no run reached the target: then nothing is known but that it takes longer.
    package let seconds: Interval?

    /// Bootstrap (Efron 1979) by percentiles: runs are drawn anew with their times and results together.
    /// - Parameters:
    ///   - tolerance: energies up to so far above the target have reached it.
    ///   - seed: of the drawings.
    package init(
        _ runs: [MeasuredRun], target: Double, tolerance: Double = 0, probability: Double = 0.99, resamples: Int = 2000, seed: UInt64
    ) throws(AnnealingError) {
        let estimator = try Estimator(runs, target: target, tolerance: tolerance, probability: probability, resamples: resamples)
        self.target = target
        self.probability = probability
        self.runs = runs.count
        reached = estimator.hits.reduce(0) { $0 + ($1 ? 1 : 0) }
        secondsPerRun = estimator.times.reduce(0, +) / Double(runs.count)
        var stream = Stream(seed: seed, read: 0)
        let value = estimator.all
        seconds = value.isFinite ? interval(value, (0..<resamples).map { _ in estimator.drawn(&stream) }) : nil
    }
}

/// How many times sooner than a named baseline the target is reached; below 1 where it is later.
package struct Speedup: Sendable, Equatable {
    package let solver: String
    package let baseline: String
    /// Baseline's time over the solver's; nil unless both reached the target.
    package let ratio: Interval?
    package let solverTime: TimeToTarget
    package let baselineTime: TimeToTarget

    /// Both on the same problem, target and machine; solver and baseline are drawn anew independently.
    package init(
        solver: (name: String, runs: [MeasuredRun]), baseline: (name: String, runs: [MeasuredRun]), target: Double, tolerance: Double = 0,
        probability: Double = 0.99, resamples: Int = 2000, seed: UInt64
    ) throws(AnnealingError) {
        self.solver = solver.name
        self.baseline = baseline.name
        solverTime = try TimeToTarget(solver.runs, target: target, tolerance: tolerance, probability: probability, resamples: resamples, seed: seed)
        baselineTime = try TimeToTarget(
            baseline.runs, target: target, tolerance: tolerance, probability: probability, resamples: resamples, seed: ~seed)
        let own = try Estimator(solver.runs, target: target, tolerance: tolerance, probability: probability, resamples: resamples)
        let other = try Estimator(baseline.runs, target: target, tolerance: tolerance, probability: probability, resamples: resamples)
        guard own.all.isFinite, other.all.isFinite, own.all > 0 else {
            ratio = nil
            return
        }
        var streams = (Stream(seed: seed, read: 1), Stream(seed: seed, read: 2))
        let drawn = (0..<resamples).map { _ in (mine: own.drawn(&streams.0), theirs: other.drawn(&streams.1)) }
        // A drawing in which neither reached it says nothing: it widens the interval at both ends.
        let lows = drawn.map { $0.mine.isInfinite ? 0 : $0.theirs / $0.mine }
        let highs = drawn.map { $0.theirs.isInfinite ? .infinity : $0.theirs / $0.mine }
        ratio = Interval(value: other.all / own.all, low: quantile(0.025, lows), high: quantile(0.975, highs))
    }

    /// Of the strongest baseline itself: 1, and nothing is uncertain about that.
    package init(itself name: String, _ time: TimeToTarget) {
        (solver, baseline, solverTime, baselineTime) = (name, name, time, time)
        ratio = time.seconds == nil ? nil : Interval(value: 1, low: 1, high: 1)
    }

    /// The baseline to measure against: the one that reaches the target soonest, for a weak one proves nothing. nil where none does.
    package static func strongest(_ baselines: [(name: String, time: TimeToTarget)]) -> String? {
        baselines.filter { $0.time.seconds != nil }.min { ($0.time.seconds?.value ?? .infinity) < ($1.time.seconds?.value ?? .infinity) }?.name
    }
}

private struct Estimator {
    let times: [Double]
    let hits: [Bool]
    private let probability: Double

    init(_ runs: [MeasuredRun], target: Double, tolerance: Double, probability: Double, resamples: Int) throws(AnnealingError) {
        guard (1...Limits.runsMax).contains(runs.count) else {
            throw .setting(name: "runs", problem: "are \(runs.count); they are 1 to \(Limits.runsMax)")
        }
        guard (1...Limits.resamplesMax).contains(resamples) else {
            throw .setting(name: "resamples", problem: "is \(resamples); it is 1 to \(Limits.resamplesMax)")
        }
        guard probability > 0 && probability < 1 else { throw .setting(name: "probability", problem: "is \(probability); it lies between 0 and 1") }
        guard target.isFinite && tolerance >= 0 && tolerance.isFinite else {
            throw .setting(name: "target", problem: "and its tolerance have to be finite")
        }
        guard runs.allSatisfy({ $0.seconds > 0 && $0.seconds.isFinite && !$0.energy.isNaN }) else {
            throw .setting(name: "runs", problem: "have to take more than no time and to have an energy")
        }
        times = runs.map(\.seconds)
        hits = runs.map { $0.energy <= target + tolerance }
        self.probability = probability
    }

    var all: Double { time(times.reduce(0, +), hits.reduce(0) { $0 + ($1 ? 1 : 0) }) }

    func drawn(_ stream: inout Stream) -> Double {
        var (sum, reached) = (0.0, 0)
        for _ in times.indices {
            let run = stream.below(times.count)
            sum += times[run]
            if hits[run] { reached += 1 }
        }
        return time(sum, reached)
    }

    /// Infinite where nothing was reached.
    private func time(_ sum: Double, _ reached: Int) -> Double {
        guard reached > 0 else { return .infinity }
        let mean = sum / Double(times.count)
        guard reached < times.count else { return mean }
        return mean * max(1, log(1 - probability) / log(1 - Double(reached) / Double(times.count)))
    }
}

private func interval(_ value: Double, _ drawn: [Double]) -> Interval {
    Interval(value: value, low: quantile(0.025, drawn), high: quantile(0.975, drawn))
}

private func quantile(_ part: Double, _ values: [Double]) -> Double {
    values.sorted()[min(values.count - 1, Int((part * Double(values.count)).rounded(.down)))]
}
