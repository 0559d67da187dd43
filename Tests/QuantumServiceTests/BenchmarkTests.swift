import Annealing
import Federation
import Platform
import QuantumService
import Storage
import Testing
import Trust

@Suite struct BenchmarkTests {
    private func comparison(_ solver: String, _ spins: Int, _ ratio: Double?, density: Double = 0) -> BenchmarkRecord.Comparison {
        let time = BenchmarkRecord.Time(runs: 1, reached: 1, secondsPerRun: 1, seconds: nil)
        return .init(
            family: "f", spins: spins, density: density, target: 0, isProved: true, solver: solver, solverTime: time, baseline: "tabu", baselineTime: time,
            ratio: ratio.map { .init(value: $0, low: $0 / 2, high: $0 * 2) })
    }

    private func record(_ comparisons: [BenchmarkRecord.Comparison]) -> BenchmarkRecord {
        BenchmarkRecord(
            id: "b", measuredAt: noon, version: "1", solverVersion: 1, machine: .init(processor: nil, cores: 1, threads: 1), seconds: 1,
            comparisons: comparisons)
    }

    @Test func aRatioIsTheMeanOfItsSizeOrNothing() throws {
        let record = record([
            comparison("path_integral", 16, 0.1), comparison("path_integral", 128, 0.04), comparison("path_integral", 144, 0.01),
            comparison("path_integral", 512, nil), comparison("path_integral", 480, 0.5), comparison("simulated_annealing", 480, 2),
            comparison("simulated_annealing", 512, 8), comparison("simulated_bifurcation_discrete", 300, 4, density: 1),
        ])
        func ratio(_ strategy: LeaseStrategy, _ spins: Int, _ workload: LeaseWorkload = .optimization) -> MeasuredSpeedup? {
            record.speedup(strategy: strategy, workload: workload, spins: spins)
        }
        let middle = try #require(ratio(.quantumAnnealing, 200))
        let bounds = try #require(middle.ratio)
        // The root of 0.04 · 0.01, within a factor of 2 to the power of √2 / 2.
        #expect(abs(bounds.value - 0.02) < 1e-15 && middle.models == 2 && middle.baselines == ["tabu"])
        #expect(abs(bounds.low - 0.02 / 1.632526919) < 1e-8 && abs((bounds.high ?? 0) - 0.02 * 1.632526919) < 1e-8)
        // One model that it never solved: no mean of the rest.
        #expect(ratio(.quantumAnnealing, 1000)?.ratio == nil && ratio(.quantumAnnealing, 1000)?.unreached == 1)
        // By itself it takes annealing for sparse models and bifurcation for dense ones.
        #expect(ratio(.auto, 400)?.ratio.map { abs($0.value - 4) < 1e-12 } == true && ratio(.auto, 400)?.solver == "auto")
        #expect(ratio(.auto, 400, .sampling) == nil && ratio(.simulatedBifurcation, 10) == nil)
        let runs = [Solved(solver: "path_integral", spins: 16), Solved(solver: "simulated_annealing", spins: 500), Solved(solver: "tabu", spins: 5)]
        #expect(record.averageSpeedup(of: runs).map { abs($0 - 0.4.squareRoot()) < 1e-12 } == true)
        #expect(record.averageSpeedup(of: [runs[2]]) == nil && record.averageSpeedup(of: []) == nil)
    }

    @Test func itIsMeasuredStoredAndReadAgain() async throws {
        let bureau = try await Bureau()
        func annealer() -> AnnealerBenchmark {
            AnnealerBenchmark(
                store: bureau.store, pool: SolverPool(threads: 1), version: "7", processor: "p", cores: 2, hours: 0,
                plan: .init(runs: 8, seconds: 0, models: 1), clock: .system { noon }, random: .system, log: quiet)
        }
        let first = annealer()
        #expect(try await first.latest() == nil)
        try await first.begin()
        await #expect(throws: AnnealerBenchmark.Failure.isRunning) { try await first.begin() }
        await first.finish()
        let record = try #require(try await first.latest())
        #expect(record.version == "7" && record.measuredAt == noon && record.solverVersion == Solver.version && record.seconds > 0)
        #expect(record.comparisons.count == SelfBenchmark.solvers.count && record.comparisons.allSatisfy { $0.spins == 16 && $0.isProved })
        #expect(record.comparisons.allSatisfy { $0.solverTime.runs == 8 })
        // A baseline that is the strongest stands beside itself.
        #expect(record.comparisons.allSatisfy { $0.baseline != $0.solver || $0.ratio == .init(value: 1, low: 1, high: 1) })
        #expect(try await annealer().latest() == record)
        #expect(await !first.isRunning)
    }
}
