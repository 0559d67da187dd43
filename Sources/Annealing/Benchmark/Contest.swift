/// Reads of several solvers on one model, in turn, so that a change of the machine's speed hits all of them alike. Whoever has a clock and
/// threads does what `next` says and tells it with `add`.
package struct Contest: Sendable {
    package struct Contender: Sendable, Equatable {
        package let name: String
        package let solver: Solver
        package init(_ solver: Solver, name: String? = nil) { (self.name, self.solver) = (name ?? solver.id, solver) }
    }

    package struct Step: Sendable {
        package let contender: Int
        package let solver: Solver
        package let reads: Int
        package let seed: UInt64
    }

    package let problem: Problem
    package let contenders: [Contender]
    /// Of each contender: one for each read. A read among others has its part of their time.
    package private(set) var runs: [[MeasuredRun]]
    private var seconds: [Double]
    private var begun: [Int]
    private var last = -1
    private let runsMost: Int
    private let secondsMost: Double
    private let seed: UInt64

    /// Reads of one step: what lies beside each other in a vector.
    package static let readsOfStep = 8

    /// - Parameters:
    ///   - runs: of each contender, at most.
    ///   - seconds: at work of each, after which it begins no more step. Each has one step at least.
    package init(_ problem: Problem, _ contenders: [Contender], runs: Int, seconds: Double, seed: UInt64) {
        (self.problem, self.contenders, self.seed) = (problem, contenders, seed)
        (runsMost, secondsMost) = (min(max(1, runs), Limits.runsMax), seconds)
        self.runs = contenders.map { _ in [] }
        self.seconds = contenders.map { _ in 0 }
        begun = contenders.map { _ in 0 }
    }

    package mutating func next() -> Step? {
        for offset in 1...max(1, contenders.count) where !contenders.isEmpty {
            let at = (last + offset) % contenders.count
            guard runs[at].count < runsMost, runs[at].isEmpty || seconds[at] < secondsMost else { continue }
            last = at
            begun[at] += 1
            return Step(
                contender: at, solver: contenders[at].solver, reads: Self.readsOfStep, seed: seed &+ UInt64(begun[at]) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(at))
        }
        return nil
    }

    /// - Parameter seconds: that the step took.
    package mutating func add(_ set: SampleSet, seconds: Double, of step: Step) {
        self.seconds[step.contender] += seconds
        let reads = max(1, set.reads)
        for sample in set.samples {
            let run = MeasuredRun(seconds: max(seconds, 1e-9) / Double(reads), energy: sample.energy)
            runs[step.contender] += [MeasuredRun](repeating: run, count: sample.occurrences)
        }
    }

    /// The lowest energy of all; nil before there was a read.
    package var best: Double? { runs.joined().lazy.map(\.energy).min() }

    package func time(_ contender: Int, target: Double) throws(AnnealingError) -> TimeToTarget {
        try TimeToTarget(runs[contender], target: target, tolerance: Self.tolerance(target), seed: seed &+ UInt64(contender))
    }

    /// How many times sooner one reaches the target than the other.
    package func speedup(_ contender: Int, over baseline: Int, target: Double) throws(AnnealingError) -> Speedup {
        try Speedup(
            solver: (contenders[contender].name, runs[contender]), baseline: (contenders[baseline].name, runs[baseline]), target: target,
            tolerance: Self.tolerance(target), seed: seed &+ UInt64(contender) &* 31 &+ UInt64(baseline))
    }

    /// Sums in another order.
    private static func tolerance(_ target: Double) -> Double { abs(target) * 1e-12 }
}
