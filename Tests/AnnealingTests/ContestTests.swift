import Annealing
import Testing

@Suite struct ContestTests {
    /// What the shell does, with a clock that the test makes up: a second a read, and ten for path integrals.
    private func run(_ benchmark: inout SelfBenchmark) throws {
        while let (problem, step) = benchmark.next() {
            let set = try step.solver.solve(problem, reads: step.reads, seed: step.seed)
            #expect(set.samples.allSatisfy { problem.energy(of: $0.values) == $0.energy })
            benchmark.add(set, seconds: Double(step.reads) * (step.solver.id == "path_integral" ? 10 : 1), of: step)
        }
    }

    @Test func everySolverStandsBesideTheStrongestBaseline() throws {
        let usual = try BenchmarkCase.usual()
        #expect(Set(usual.map(\.problem.variables)) == [16, 144, 128, 480, 512])
        // No state of the small ones is below its target; the torus's is every edge.
        for one in usual where one.problem.variables <= 16 {
            #expect(try Solver.exact.solve(one.problem, reads: 1, seed: 1).best?.energy == one.target)
        }
        #expect(usual.first { $0.family == "torus" }?.target == -288)
        var benchmark = SelfBenchmark(Array(usual.prefix(1)), runs: 8, seconds: 100, seed: 3)
        try run(&benchmark)
        let found = try benchmark.comparisons()
        #expect(found.count == SelfBenchmark.solvers.count)
        for one in found {
            // Exact takes a second here as all do, and no baseline is below one read; so who took ten is ten times as slow.
            let ratio = try #require(one.speedup?.ratio)
            #expect(one.isProved && one.time.reached > 0)
            // The strongest baseline has no advantage over itself.
            if one.speedup?.baseline == one.solver { #expect(ratio == Interval(value: 1, low: 1, high: 1)) }
            if one.solver == "path_integral" { #expect(ratio.value <= 0.100001 && ratio.high < 1) } else { #expect(ratio.value <= 1) }
        }
    }

    @Test func readsAndSecondsAreKeptTo() throws {
        let problem = try BenchmarkCase.dense(spins: 6, seed: 1)
        var contest = Contest(problem, [.init(.steepestDescent), .init(.exact, name: "e")], runs: 20, seconds: 5, seed: 1)
        var seen: [Int] = []
        while let step = contest.next() {
            seen.append(step.contender)
            contest.add(try step.solver.solve(problem, reads: step.reads, seed: step.seed), seconds: step.contender == 0 ? 0.001 : 9, of: step)
        }
        // In turn; the second's time is over after one step, whatever it takes.
        #expect(seen == [0, 1, 0, 0])
        #expect(contest.runs[0].count == 24 && contest.runs[1].count == 1 && contest.best != nil)
        #expect(try contest.time(1, target: try #require(contest.best)).secondsPerRun == 9)
    }

    @Test func pilotRunsChooseWhatIsQuickerAndSaySo() throws {
        let problem = try BenchmarkCase.dense(spins: 16, seed: 1)
        func choose(_ present: Solver, _ candidates: [Solver], price: (Solver) -> Double) throws -> PilotRuns.Choice {
            var pilots = PilotRuns(problem, present: present, candidates: candidates.map { .init($0) }, seconds: 1000, seed: 5)
            while let step = try pilots.next() {
                let set = try step.solver.solve(problem, reads: step.reads, seed: step.seed)
                pilots.add(set, seconds: Double(set.reads) * price(step.solver), of: step)
            }
            return try #require(try pilots.choice())
        }
        let (annealing, tabu) = (Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: 20)), Solver.tabu(TabuSearch(turns: 50)))
        let better = try choose(annealing, [annealing, tabu]) { $0 == tabu ? 0.01 : 1 }
        #expect(better.isBetter && better.chosen?.solver == tabu && (better.speedup?.ratio?.value ?? 0) > 50)
        let same = try choose(tabu, [annealing, tabu]) { $0 == tabu ? 0.01 : 1 }
        #expect(same.chosen == nil && !same.isBetter && same.speedup == nil && same.present.reached > 0)
        let alone = try choose(tabu, []) { _ in 1 }
        let lowest = try Solver.exact.solve(problem, reads: 1, seed: 1).best?.energy
        #expect(alone.chosen == nil && alone.target == lowest)
    }
}
