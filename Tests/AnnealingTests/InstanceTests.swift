import Annealing
import Testing

@Suite struct InstanceTests {
    /// An even torus is bipartite: its cut has all 6,000 edges. In 25×120 each of the 120 odd rings loses one of 6,000.
    @Test func torusGridsReachTheirMaximumCuts() throws {
        let even = try ToroidalGrid.maximumCut(width: 50, height: 60, weights: .unit)
        #expect(even.variables == 3000 && even.ising.couplings.pairs == 6000)
        for solver in [Solver.simulatedAnnealing(SimulatedAnnealing()), .simulatedBifurcation(SimulatedBifurcation(steps: 1000))] {
            #expect(try solver.solve(even, reads: 16, seed: 7).best?.energy == -6000, "\(solver.id)")
        }
        let odd = try ToroidalGrid.maximumCut(width: 25, height: 120, weights: .unit)
        for form in [SimulatedBifurcation.Form.discrete, .ballistic] {
            let set = try Solver.simulatedBifurcation(SimulatedBifurcation(form: form)).solve(odd, reads: 16, seed: 7)
            #expect(set.best?.energy == -5880, "\(form)")
        }
        #expect(try Solver.tabu(TabuSearch()).solve(odd, reads: 4, seed: 7).best?.energy == -5880)
    }

    /// Along each of the 40 odd rings one edge is lost, best in a straight line. Its steps have to wander at random to meet and vanish: in a sweep that
    /// accepts every turn which changes nothing they all go the same way.
    @Test func stepsOfADomainWallMeet() throws {
        let problem = try ToroidalGrid.maximumCut(width: 9, height: 40, weights: .unit)
        let set = try Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: 1000)).solve(problem, reads: 16, seed: 7)
        #expect(set.best?.energy == -680)
        #expect(set.samples.lazy.filter { $0.energy == -680 }.reduce(0) { $0 + $1.occurrences } >= 4)
    }

    /// Couplings that are all alike are stiff: with a step that does not see it, bifurcation ends 290 edges below annealing.
    @Test func bifurcationBearsStiffCouplings() throws {
        var numbers = Numbers(51)
        var edges: [Coupling] = []
        for first in 0..<800 { for second in 0..<first where numbers.below(17) == 0 { edges.append(Coupling(first, second, 1)) } }
        let problem = Problem(.ising(try .maximumCut(vertices: 800, edges)))
        let annealed = try #require(try Solver.simulatedAnnealing(SimulatedAnnealing()).solve(problem, reads: 16, seed: 1).best)
        for form in [SimulatedBifurcation.Form.discrete, .ballistic] {
            let set = try Solver.simulatedBifurcation(SimulatedBifurcation(form: form)).solve(problem, reads: 16, seed: 1)
            #expect((set.best?.energy ?? 0) <= 0.99 * annealed.energy, "\(form)")
        }
    }

    @Test func gridsAreThoseOfTheirSeed() throws {
        let signs = try ToroidalGrid.maximumCut(width: 6, height: 5, weights: .signs(seed: 9))
        #expect(try signs == ToroidalGrid.maximumCut(width: 6, height: 5, weights: .signs(seed: 9)))
        #expect(try signs != ToroidalGrid.maximumCut(width: 6, height: 5, weights: .signs(seed: 10)))
        #expect(Set(signs.ising.couplings.weights) == [-0.5, 0.5])
        // No cut: every spin on one side.
        #expect(signs.energy(of: [Int8](repeating: 1, count: 30)) == 0)
        #expect(throws: AnnealingError.self) { try ToroidalGrid.maximumCut(width: 1, height: 5, weights: .unit) }
        #expect(throws: AnnealingError.self) { try ToroidalGrid.maximumCut(width: 5, height: .max, weights: .unit) }
    }

    @Test func plantedEnergiesAreTheLowest() throws {
        for seed in 0..<12 {
            let planted = try Planted.frustratedLoops(spins: 16, degree: 4, loopsPerSpin: 1, seed: UInt64(seed))
            #expect(planted.problem.energy(of: planted.state) == planted.energy)
            #expect(bruteForce(planted.problem.ising) == planted.energy)
        }
        #expect(throws: AnnealingError.self) { try Planted.frustratedLoops(spins: 3, degree: 2, loopsPerSpin: 1, seed: 0) }
    }

    @Test func plantedInstancesAreSolved() throws {
        let planted = try Planted.frustratedLoops(spins: 800, degree: 6, loopsPerSpin: 1.5, seed: 4)
        let solvers: [Solver] = [
            .simulatedAnnealing(SimulatedAnnealing(sweeps: 2000)), .parallelTempering(ParallelTempering(sweeps: 1000)),
            .tabu(TabuSearch(turns: 100_000)), .pathIntegral(PathIntegralAnnealing()),
        ]
        for solver in solvers {
            let set = try solver.solve(planted.problem, reads: 8, seed: 2)
            #expect(set.best?.energy == planted.energy, "\(solver.id)")
        }
    }
}
