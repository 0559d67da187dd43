import Annealing
import Compute
import Synchronization
import Testing
import WorkSharing

@Suite struct SolverTests {
    /// Reported energies are those of the reported values, to the bit, in the variables of the problem; work and reads are counted.
    @Test func reportedEnergiesAreThoseOfTheSamples() throws {
        var numbers = Numbers(11)
        for round in 0..<60 {
            let model = try randomModel(&numbers, spins: 1 + numbers.below(13), density: [0.1, 0.5, 1][round % 3], whole: round % 2 == 0)
            let problem = Problem(round % 4 < 2 ? .ising(model) : .qubo(model.qubo))
            for solver in everySolver {
                let reads = 1 + numbers.below(11)
                let set = try solver.solve(problem, reads: reads, seed: numbers.next())
                #expect(set.reads == (solver == .exact ? 1 : reads))
                #expect(set.work.readsCompleted == set.reads && set.stop == .completed && set.work.spinUpdates > 0)
                #expect(Set(set.samples.map(\.values)).count == set.samples.count)
                for sample in set.samples {
                    #expect(sample.energy == problem.energy(of: sample.values))
                    #expect(sample.values.allSatisfy { problem.vartype == .spin ? abs($0) == 1 : $0 == 0 || $0 == 1 })
                    let spins = problem.vartype == .spin ? sample.values : sample.values.map { 2 * $0 - 1 }
                    #expect(abs(sample.energy - twinEnergy(model, spins)) <= 4 * rounding(model))
                }
                #expect(set.samples.map(\.energy) == set.samples.map(\.energy).sorted())
            }
        }
    }

    @Test func exactIsExact() throws {
        var numbers = Numbers(12)
        for round in 0..<40 {
            let model = try randomModel(&numbers, spins: 1 + numbers.below(15), density: 0.6, whole: round % 2 == 0)
            let set = try Solver.exact.solve(Problem(.ising(model)), reads: 1, seed: 0)
            #expect(set.best?.energy == bruteForce(model), "round \(round)")
        }
        #expect(throws: AnnealingError.self) {
            try Solver.exact.solve(try ToroidalGrid.maximumCut(width: 3, height: 9, weights: .unit), reads: 1, seed: 0)
        }
    }

    /// Every state once: 2²⁰ proposals, no more and no less.
    @Test func exactLooksAtEveryState() throws {
        var numbers = Numbers(13)
        let model = try randomModel(&numbers, spins: 20, density: 1, whole: true)
        let set = try Solver.exact.solve(Problem(.ising(model)), reads: 1, seed: 0)
        #expect(set.work.spinUpdates == (1 << 20) - 64)
        let other = try Solver.tabu(TabuSearch(turns: 4000)).solve(Problem(.ising(model)), reads: 20, seed: 1)
        #expect(set.best?.energy == other.best?.energy)
    }

    @Test func goodSolversFindTheLowestOfSmallModels() throws {
        var numbers = Numbers(14)
        for _ in 0..<10 {
            let model = try randomModel(&numbers, spins: 14, density: 0.5, whole: true)
            let lowest = bruteForce(model)
            // The ballistic form always rolls into the same few states: it is measured on grids.
            for solver in everySolver where solver != .exact && solver.id != "simulated_bifurcation_ballistic" {
                let set = try solver.solve(Problem(.ising(model)), reads: 64, seed: 3)
                #expect(set.best?.energy == lowest, "\(solver.id)")
            }
        }
    }

    @Test func samplesAreTheSameWhoeverWorks() throws {
        var numbers = Numbers(15)
        let problem = Problem(.ising(try randomModel(&numbers, spins: 250, density: 0.2, whole: false)))
        let threads = CrewThreads(workers: 3, name: "annealing")
        for solver in everySolver where solver != .exact {
            let alone = try solver.solve(problem, reads: 37, seed: 5)
            #expect(try solver.solve(problem, reads: 37, seed: 5, crew: threads.crew) == alone, "\(solver.id)")
            #expect(try solver.solve(problem, reads: 37, seed: 6).samples != alone.samples, "\(solver.id) does not look at the seed")
        }
        let small = Problem(.ising(try randomModel(&numbers, spins: 15, density: 0.4, whole: false)))
        #expect(try Solver.exact.solve(small, reads: 1, seed: 0, crew: threads.crew) == Solver.exact.solve(small, reads: 1, seed: 0))
    }

    /// What a read gives does not depend on how many there are: the first reads of a longer run are those of a shorter one.
    @Test func readsDoNotSeeEachOther() throws {
        var numbers = Numbers(16)
        let problem = Problem(.ising(try randomModel(&numbers, spins: 40, density: 0.3, whole: false)))
        for solver in everySolver where solver != .exact {
            let many = try solver.solve(problem, reads: 16, seed: 5)
            let occurrences = Dictionary(uniqueKeysWithValues: many.samples.map { ($0.values, $0.occurrences) })
            for reads in [1, 3, 8, 11] {
                let few = try solver.solve(problem, reads: reads, seed: 5)
                #expect(few.samples.allSatisfy { $0.occurrences <= occurrences[$0.values] ?? 0 }, "\(solver.id), \(reads)")
            }
        }
    }

    /// The same bits in this version, on every processor: energies and work of one problem that are kept here.
    @Test func theVersionsSamplesStay() throws {
        #expect(Solver.version == 2)
        let problem = try ToroidalGrid.maximumCut(width: 7, height: 6, weights: .signs(seed: 3))
        let digests = try everySolver.filter { $0 != .exact }.map { solver in
            let set = try solver.solve(problem, reads: 9, seed: 77)
            return set.samples.reduce(UInt64(set.work.spinUpdates)) { hash, sample in
                sample.values.reduce(hash &* 31 &+ UInt64(sample.occurrences)) { ($0 ^ UInt64(bitPattern: Int64($1))) &* 0x0000_0100_0000_01B3 }
            }
        }
        #expect(digests == keptDigests)
    }

    @Test func aWatchStopsAndCounts() throws {
        let problem = try ToroidalGrid.maximumCut(width: 40, height: 40, weights: .signs(seed: 1))
        for solver in everySolver where solver != .exact {
            let counted = Mutex<UInt64>(0)
            let set = try solver.solve(problem, reads: 9, seed: 1, watch: Watch(progress: { more in counted.withLock { $0 += more } }))
            #expect(counted.withLock { $0 } == set.work.spinUpdates, "\(solver.id)")
            let never = try solver.solve(problem, reads: 9, seed: 1, watch: Watch(stop: { .cancelled }))
            #expect(never.samples.isEmpty && never.stop == .cancelled && never.work == Work(spinUpdates: 0, readsCompleted: 0), "\(solver.id)")
        }
        let asked = Mutex(0)
        let long = Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: 100_000_000))
        let set = try long.solve(
            problem, reads: 20, seed: 1,
            watch: Watch(stop: {
                asked.withLock {
                    $0 += 1
                    return $0 > 3 ? .deadline : nil
                }
            }))
        #expect(set.stop == .deadline && set.reads == 8 && set.work.readsCompleted == 0)
        #expect(set.samples.allSatisfy { $0.energy == problem.energy(of: $0.values) })
    }

    @Test func plansAreWhatIsDoneAtLeast() throws {
        let problem = try ToroidalGrid.maximumCut(width: 4, height: 3, weights: .signs(seed: 2))
        for solver in everySolver {
            let set = try solver.solve(problem, reads: 5, seed: 1)
            guard let planned = solver.plannedUpdates(spins: 12, reads: 5) else { continue }
            // Of all states the first is there without a turn.
            let least = solver == .exact ? planned - 1 : planned
            #expect(set.work.spinUpdates >= least && set.work.spinUpdates <= 3 * planned, "\(solver.id)")
        }
        #expect(Solver.parallelTempering(ParallelTempering(sweeps: .max)).plannedUpdates(spins: .max, reads: .max) == .max)
    }

    @Test func settingsOutOfRangeAreRefused() throws {
        let problem = try ToroidalGrid.maximumCut(width: 3, height: 3, weights: .unit)
        let bad: [Solver] = [
            .simulatedAnnealing(SimulatedAnnealing(sweeps: 0)), .simulatedAnnealing(SimulatedAnnealing(sweeps: .max)),
            .simulatedAnnealing(SimulatedAnnealing(schedule: Schedule(range: .given(hot: 2, cold: 1)))),
            .simulatedAnnealing(SimulatedAnnealing(schedule: Schedule(range: .given(hot: 0, cold: 1)))),
            .simulatedAnnealing(SimulatedAnnealing(schedule: Schedule(range: .given(hot: .nan, cold: .nan)))),
            .simulatedBifurcation(SimulatedBifurcation(steps: -1)), .simulatedBifurcation(SimulatedBifurcation(timeStep: .nan)),
            .pathIntegral(PathIntegralAnnealing(slices: 1)), .pathIntegral(PathIntegralAnnealing(slices: 1000)),
            .pathIntegral(PathIntegralAnnealing(transverseField: -1)), .pathIntegral(PathIntegralAnnealing(sliceBeta: .infinity)),
            .parallelTempering(ParallelTempering(temperatures: 9)), .parallelTempering(ParallelTempering(temperatures: 0)),
            .tabu(TabuSearch(turns: 0)), .tabu(TabuSearch(tenure: -1)), .tabu(TabuSearch(patience: 0)),
        ]
        for solver in bad { #expect(throws: AnnealingError.self, "\(solver)") { try solver.solve(problem, reads: 1, seed: 0) } }
        for reads in [0, -1, Limits.readsMax + 1] {
            #expect(throws: AnnealingError.self) { try Solver.steepestDescent.solve(problem, reads: reads, seed: 0) }
        }
    }

    /// Weights at the ends of what is allowed, none at all, and all alike: everything ends, nothing traps.
    @Test func extremeModelsAreSolved() throws {
        let models = [
            try IsingModel(fields: [0], couplings: []),
            try IsingModel(fields: [0, 0, 0], couplings: []),
            try IsingModel(fields: [1e100, -1e100, 1e-100], couplings: [Coupling(0, 1, 1e100), Coupling(1, 2, 1e-100)]),
            try IsingModel(fields: [1e-100, 0], couplings: [Coupling(0, 1, -1e-100), Coupling(0, 1, 1.1e-100)]),
            try IsingModel(fields: [1, 1e-40, 1e-20], couplings: [Coupling(0, 2, 1e-38)]),
        ]
        for model in models {
            for solver in everySolver {
                let set = try solver.solve(Problem(.ising(model)), reads: 3, seed: 1)
                #expect(set.samples.allSatisfy { $0.energy == model.energy(of: $0.values) && $0.energy.isFinite }, "\(solver.id)")
            }
        }
    }
}

/// In the order of `everySolver`.
private let keptDigests: [UInt64] = [
    154_319_670_662_031_797, 12_617_111_624_367_254_857, 17_859_772_560_612_386_495, 14_248_010_778_602_420_143, 9_574_483_086_038_237_693,
    14_503_277_691_044_143_257, 10_217_357_080_771_297_101, 16_155_831_450_290_906_557,
]
