/// Solvers beside baselines on several models, one model after the other.
package struct SelfBenchmark: Sendable {
    /// One solver beside the strongest baseline there.
    package struct Comparison: Sendable, Equatable {
        package let family: String
        package let spins: Int
        package let density: Double
        package let target: Double
        package let isProved: Bool
        package let solver: String
        package let time: TimeToTarget
        /// Exactly 1 where the solver is itself the strongest baseline; nil: no baseline reached the target.
        package let speedup: Speedup?
    }

    package static let solvers: [Solver] = [
        .simulatedAnnealing(SimulatedAnnealing()), .simulatedBifurcation(SimulatedBifurcation()), .pathIntegral(PathIntegralAnnealing()),
        .parallelTempering(ParallelTempering()),
    ]
    /// A comparison with a weak baseline proves nothing: the strongest of these counts. Descent is restarted with every read.
    package static func baselines(spins: Int) -> [Solver] {
        [.simulatedAnnealing(SimulatedAnnealing()), .tabu(TabuSearch()), .steepestDescent] + (spins <= exactSpins ? [.exact] : [])
    }
    private static let exactSpins = 20

    private let cases: [BenchmarkCase]
    private var contests: [Contest]
    private var at = 0

    /// - Parameters:
    ///   - runs: reads of each solver on each model.
    ///   - seconds: at work of each solver on each model.
    package init(_ cases: [BenchmarkCase], runs: Int = 104, seconds: Double = 4, seed: UInt64) {
        self.cases = cases
        contests = cases.map { one in
            var contenders = Self.solvers
            for baseline in Self.baselines(spins: one.problem.variables) where !contenders.contains(baseline) { contenders.append(baseline) }
            return Contest(one.problem, contenders.map { Contest.Contender($0) }, runs: runs, seconds: seconds, seed: seed)
        }
    }

    package mutating func next() -> (problem: Problem, step: Contest.Step)? {
        while at < contests.count {
            if let step = contests[at].next() { return (contests[at].problem, step) }
            at += 1
        }
        return nil
    }

    package mutating func add(_ set: SampleSet, seconds: Double, of step: Contest.Step) { contests[at].add(set, seconds: seconds, of: step) }

    package func comparisons() throws(AnnealingError) -> [Comparison] {
        var all: [Comparison] = []
        for (one, contest) in zip(cases, contests) {
            guard let target = one.target ?? contest.best else { continue }
            var times: [TimeToTarget] = []
            for contender in contest.contenders.indices { times.append(try contest.time(contender, target: target)) }
            let baselines = Self.baselines(spins: one.problem.variables)
            for solver in Self.solvers.indices {
                // A baseline is not spared itself: to be sooner than the others of them is no advantage over them all.
                let measured = contest.contenders.indices.filter { baselines.contains(contest.contenders[$0].solver) }
                let strongest = Speedup.strongest(measured.map { (contest.contenders[$0].name, times[$0]) })
                let baseline = contest.contenders.firstIndex { $0.name == strongest }
                var speedup: Speedup?
                if let baseline {
                    speedup =
                        baseline == solver
                        ? Speedup(itself: contest.contenders[solver].name, times[solver]) : try contest.speedup(solver, over: baseline, target: target)
                }
                all.append(
                    Comparison(
                        family: one.family, spins: one.problem.variables, density: one.problem.ising.couplings.density, target: target,
                        isProved: one.target != nil, solver: contest.contenders[solver].name, time: times[solver], speedup: speedup))
            }
        }
        return all
    }
}
