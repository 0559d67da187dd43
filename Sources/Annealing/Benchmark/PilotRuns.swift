/// Chooses a solver for a model by short runs: first all candidates in turn, then the best of them and the present one anew, with other seeds.
/// Only the second part is what is told, for the best of many is partly the luckiest.
package struct PilotRuns: Sendable {
    package struct Choice: Sendable, Equatable {
        /// The energy that both were to reach: the lowest that any run found.
        package let target: Double
        package let present: TimeToTarget
        /// nil: no candidate was better than the present one, or none reached the target.
        package let chosen: Contest.Contender?
        /// Of the chosen one over the present one; nil: there is none, or the present one never reached the target.
        package let speedup: Speedup?

        /// Whether the interval of 95 % lies above 1: else a change may be for the worse.
        package var isBetter: Bool { speedup?.ratio.map { $0.low > 1 } ?? false }
    }

    private enum Part: Sendable { case all, two, over }

    private let seconds: Double
    private let seed: UInt64
    private var part = Part.all
    private var all: Contest
    private var two: Contest?

    /// Of the time, for the candidates.
    private static let partOfAll = 0.6
    private static let runsOfAll = 64
    private static let runsOfTwo = 256

    /// - Parameter seconds: solvers at work, about.
    package init(_ problem: Problem, present: Solver, candidates: [Contest.Contender], seconds: Double, seed: UInt64) {
        (self.seconds, self.seed) = (seconds, seed)
        let others = candidates.filter { $0.solver != present }
        let contenders = [Contest.Contender(present, name: "present")] + others
        all = Contest(problem, contenders, runs: Self.runsOfAll, seconds: Self.partOfAll * seconds / Double(contenders.count), seed: seed)
    }

    package mutating func next() throws(AnnealingError) -> Contest.Step? {
        if part == .all {
            if let step = all.next() { return step }
            guard let winner = try winner(), winner != 0 else {
                part = .over
                return nil
            }
            two = Contest(
                all.problem, [all.contenders[0], all.contenders[winner]], runs: Self.runsOfTwo, seconds: (1 - Self.partOfAll) * seconds / 2, seed: ~seed)
            part = .two
        }
        guard part == .two, let step = two?.next() else {
            part = .over
            return nil
        }
        return step
    }

    package mutating func add(_ set: SampleSet, seconds: Double, of step: Contest.Step) {
        if two != nil { two?.add(set, seconds: seconds, of: step) } else { all.add(set, seconds: seconds, of: step) }
    }

    /// nil: nothing ran.
    package func choice() throws(AnnealingError) -> Choice? {
        guard let first = all.best else { return nil }
        guard let two, let second = two.best, two.runs.allSatisfy({ !$0.isEmpty }) else {
            guard !all.runs[0].isEmpty else { return nil }
            return Choice(target: first, present: try all.time(0, target: first), chosen: nil, speedup: nil)
        }
        let target = min(first, second)
        return Choice(
            target: target, present: try two.time(0, target: target), chosen: two.contenders[1], speedup: try two.speedup(1, over: 0, target: target))
    }

    private func winner() throws(AnnealingError) -> Int? {
        guard let target = all.best else { return nil }
        var (best, least) = (Int?.none, Double.infinity)
        for at in all.contenders.indices where !all.runs[at].isEmpty {
            guard let seconds = try all.time(at, target: target).seconds?.value, seconds < least else { continue }
            (best, least) = (at, seconds)
        }
        return best
    }
}
