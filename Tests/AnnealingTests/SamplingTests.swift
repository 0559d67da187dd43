import Annealing
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct SamplingTests {
    /// Boltzmann's distribution by enumeration.
    private func probabilities(_ model: IsingModel, beta: Double) -> [Double] {
        let weights = (0..<1 << model.spins).map { exp(-beta * model.energy(of: state($0, spins: model.spins))) }
        let total = weights.reduce(0, +)
        return weights.map { $0 / total }
    }

    /// Chi-square over all states, rare ones together, in units of its standard deviation.
    private func excess(_ set: SampleSet, _ expected: [Double]) -> Double {
        var counts = [Int](repeating: 0, count: expected.count)
        for sample in set.samples {
            counts[sample.values.enumerated().reduce(0) { $0 | ($1.element > 0 ? 1 << $1.offset : 0) }] += sample.occurrences
        }
        let reads = Double(set.reads)
        var (chi, cells, rare) = (0.0, 0, (seen: 0.0, expected: 0.0))
        for (count, probability) in zip(counts, expected) {
            if probability * reads < 8 {
                rare = (rare.seen + Double(count), rare.expected + probability * reads)
            } else {
                chi += (Double(count) - probability * reads) * (Double(count) - probability * reads) / (probability * reads)
                cells += 1
            }
        }
        if rare.expected > 8 {
            chi += (rare.seen - rare.expected) * (rare.seen - rare.expected) / rare.expected
            cells += 1
        }
        let freedom = Double(cells - 1)
        return (chi - freedom) / (2 * freedom).squareRoot()
    }

    /// 40,000 reads of 8 spins at one temperature against enumeration. The seed is fixed; a correct sampler is beyond 4 deviations for hardly any.
    @Test(arguments: [0.1, 0.3, 0.6]) func metropolisFollowsBoltzmann(beta: Double) throws {
        var numbers = Numbers(21)
        let model = try randomModel(&numbers, spins: 8, density: 0.5, whole: true)
        let set = try Solver.simulatedAnnealing(.sampling(beta: beta, sweeps: 300)).solve(Problem(.ising(model)), reads: 40_000, seed: 4)
        #expect(excess(set, probabilities(model, beta: beta)) < 4)
        // The test sees a temperature that is wrong by a fifth.
        #expect(excess(set, probabilities(model, beta: beta * 1.2)) > 4)
    }

    @Test func marginalsOfTwelveSpins() throws {
        var numbers = Numbers(22)
        let model = try randomModel(&numbers, spins: 12, density: 0.4, whole: false)
        let beta = 0.8 / (model.couplings.weights.map { abs($0) }.max() ?? 1)
        let reads = 40_000
        let set = try Solver.simulatedAnnealing(.sampling(beta: beta, sweeps: 300)).solve(Problem(.ising(model)), reads: reads, seed: 5)
        let exact = probabilities(model, beta: beta)
        for spin in 0..<12 {
            let expected = exact.enumerated().reduce(0) { $0 + ($1.offset >> spin & 1 == 1 ? $1.element : 0) }
            let seen = set.samples.reduce(0) { $0 + ($1.values[spin] > 0 ? $1.occurrences : 0) }
            let deviation = (expected * (1 - expected) / Double(reads)).squareRoot()
            #expect(abs(Double(seen) / Double(reads) - expected) < 4.5 * deviation, "spin \(spin)")
        }
    }

    /// The formulas of dwave-samplers' documentation, by hand on a path of three spins.
    @Test func theDocumentedRangeOfTemperatures() throws {
        let model = try IsingModel(fields: [0.5, 0, 0], couplings: [Coupling(0, 1, -2), Coupling(1, 2, 0.5)])
        let (hot, cold) = Schedule(range: .bounds).ends(for: model)
        #expect(abs(hot - log(2) / (2 * 2.5)) < 1e-15)
        // Each of the three spins has a smallest bias of ½.
        #expect(abs(cold - log(3 / 0.01) / (2 * 0.5)) < 1e-12)
        let betas = Schedule(range: .bounds).betas(sweeps: 5, for: model)
        #expect(betas.count == 5 && betas.first == hot && betas.last == cold)
        #expect(abs(betas[2] * betas[2] / (hot * cold) - 1) < 1e-12)
        let linear = Schedule(form: .linear, range: .given(hot: 1, cold: 3)).betas(sweeps: 5, for: model)
        #expect(linear == [1, 1.5, 2, 2.5, 3])
        #expect(Schedule(range: .bounds).ends(for: try IsingModel(fields: [0, 0], couplings: [])) == (0.1, 1))
    }
}
