import Annealing
import Testing

@Suite struct ReductionTests {
    /// What is left has the lowest energy of the whole, found again by its states, whatever the model looks like.
    @Test func theLowestEnergyStaysTheSame() throws {
        var numbers = Numbers(81)
        var (reduced, toOne) = (0, 0)
        for round in 0..<200 {
            let model = try randomModel(&numbers, spins: 2 + numbers.below(13), density: [0.1, 0.2, 0.3, 0.5][round % 4], whole: round % 2 == 0)
            guard let reduction = Reduction(model) else { continue }
            reduced += 1
            toOne += reduction.model.spins == 1 ? 1 : 0
            #expect(reduction.spins == model.spins && reduction.model.spins < model.spins)
            let found = (0..<1 << reduction.model.spins).map { model.energy(of: reduction.extended(state($0, spins: reduction.model.spins))) }.min()
            #expect(abs((found ?? .infinity) - bruteForce(model)) <= rounding(model), "round \(round)")
        }
        #expect(reduced > 150 && toOne > 20)
    }

    /// Not only the lowest: each state of what is left stands for the best of the states that it leaves open.
    @Test func everyStateIsExtendedToTheBest() throws {
        var numbers = Numbers(82)
        for round in 0..<40 {
            let model = try randomModel(&numbers, spins: 10, density: 0.35, whole: round % 2 == 0)
            guard let reduction = Reduction(model) else { continue }
            let left = reduction.model.spins
            var offsets: [Double] = []
            for number in 0..<1 << left {
                let spins = state(number, spins: left)
                let whole = reduction.extended(spins)
                // The same but for a constant that no state changes.
                offsets.append(model.energy(of: whole) - reduction.model.energy(of: spins))
                // No spin that went would be better the other way.
                let kept = (0..<model.spins).filter { spin in (0..<left).contains { reduction.extended(flipped(spins, $0))[spin] != whole[spin] } }
                for spin in 0..<model.spins where !kept.contains(spin) {
                    #expect(model.energy(of: flipped(whole, spin)) >= model.energy(of: whole) - rounding(model))
                }
            }
            #expect((offsets.max() ?? 0) - (offsets.min() ?? 0) <= 4 * rounding(model), "round \(round)")
        }
    }

    /// A tree is solved by this alone, and enumeration takes what was too large for it.
    @Test func treesGoWhole() throws {
        var numbers = Numbers(83)
        let terms = (1..<3000).map { Coupling(numbers.below($0), $0, numbers.signed() < 0 ? -1 : 2) }
        let model = try IsingModel(fields: [Double](repeating: 0, count: 3000), couplings: terms)
        let reduction = try #require(Reduction(model))
        #expect(reduction.model.spins == 1)
        let problem = Problem(.ising(model))
        let set = try Solver.exact.solve(problem, reads: 1, seed: 0, reduction: reduction)
        #expect(set.best?.energy == -terms.reduce(0) { $0 + abs($1.weight) })
        #expect(throws: AnnealingError.self) { try Solver.exact.solve(problem, reads: 1, seed: 0) }
    }

    @Test func whatHasNoSuchSpinsIsLeftAlone() throws {
        #expect(Reduction(try ToroidalGrid.maximumCut(width: 6, height: 6, weights: .unit).ising) == nil)
        #expect(Reduction(try IsingModel(fields: [1], couplings: [])) == nil)
        // Weights at the ends of their range: no trap, whatever comes of it.
        for weight in [Limits.weightMin, Limits.weightMax] {
            let model = try IsingModel(
                fields: [0, weight, 0, 0, weight], couplings: [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2), (1, 3), (3, 4)].map { Coupling($0.0, $0.1, weight) })
            let reduction = Reduction(model)
            let set = try Solver.steepestDescent.solve(Problem(.ising(model)), reads: 16, seed: 1, reduction: reduction)
            #expect(set.best?.energy.isFinite == true)
        }
    }

    /// Every solver works on what is left; energies are still those of the model as it was given, and the same whoever asks.
    @Test func everySolverTakesIt() throws {
        var numbers = Numbers(84)
        let terms = (0..<80).flatMap { first in (0..<2).map { _ in Coupling(first, (first + 1 + numbers.below(78)) % 80, Double(numbers.below(2) * 2 - 1)) } }
        let model = try IsingModel(fields: [Double](repeating: 0, count: 80), couplings: terms)
        let reduction = try #require(Reduction(model))
        #expect(reduction.model.spins < 60)
        for solver in everySolver where solver != .exact {
            let problem = Problem(.ising(model))
            let set = try solver.solve(problem, reads: 9, seed: 5, reduction: Reduction(model))
            #expect(set.reads == 9 && set.samples.allSatisfy { $0.values.count == 80 && $0.energy == model.energy(of: $0.values) })
            #expect(try solver.solve(problem, reads: 9, seed: 5, reduction: reduction) == set)
        }
    }

    /// A sparse random graph of the G70 class: with a quarter of the work the cut is larger.
    @Test func sparseGraphsAreCutBetter() throws {
        var numbers = Numbers(85)
        let spins = 2000
        var terms: [Coupling] = []
        while terms.count < spins {
            let (first, second) = (numbers.below(spins), numbers.below(spins))
            if first != second { terms.append(Coupling(first, second, 0.5)) }
        }
        let problem = Problem(.ising(try IsingModel(fields: [Double](repeating: 0, count: spins), couplings: terms)))
        let reduction = try #require(Reduction(problem.ising))
        #expect(reduction.model.spins < spins / 5)
        let whole = try Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: 400)).solve(problem, reads: 8, seed: 1)
        let left = try Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: 400)).solve(problem, reads: 8, seed: 1, reduction: reduction)
        #expect(4 * left.work.spinUpdates < whole.work.spinUpdates)
        #expect((left.best?.energy ?? 0) < (whole.best?.energy ?? 0))
    }

    private func flipped(_ spins: [Int8], _ at: Int) -> [Int8] {
        var spins = spins
        spins[at] = -spins[at]
        return spins
    }
}
