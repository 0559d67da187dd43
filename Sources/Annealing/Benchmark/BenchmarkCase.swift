/// A model of a benchmark with the energy that is to be reached.
package struct BenchmarkCase: Sendable, Equatable {
    package let family: String
    package let problem: Problem
    /// nil: the best that any solver finds.
    package let target: Double?

    /// - Parameter target: that no state is below, by construction or by enumeration.
    package init(family: String, problem: Problem, target: Double?) {
        (self.family, self.problem, self.target) = (family, problem, target)
    }

    /// Small, middle and large ones: a torus whose best cut is all its edges, frustrated loops around a planted state, and dense models with
    /// couplings of −1 and 1, of which the small one is enumerated and of the middle one nobody knows the lowest energy.
    package static func usual() throws(AnnealingError) -> [BenchmarkCase] {
        var cases: [BenchmarkCase] = []
        let small = try dense(spins: 16, seed: 1)
        let lowest = try Solver.exact.solve(small, reads: 1, seed: 0).best?.energy
        cases.append(BenchmarkCase(family: "dense", problem: small, target: lowest))
        cases.append(try torus(12, 12))
        cases.append(try loops(128))
        cases.append(BenchmarkCase(family: "dense", problem: try dense(spins: 128, seed: 2), target: nil))
        cases.append(try torus(24, 20))
        cases.append(try loops(512))
        return cases
    }

    /// Sides of even length: the torus is bipartite, and every edge can be cut.
    private static func torus(_ width: Int, _ height: Int) throws(AnnealingError) -> BenchmarkCase {
        let problem = try ToroidalGrid.maximumCut(width: width, height: height, weights: .unit)
        return BenchmarkCase(family: "torus", problem: problem, target: Double(-2 * width * height))
    }

    private static func loops(_ spins: Int) throws(AnnealingError) -> BenchmarkCase {
        let planted = try Planted.frustratedLoops(spins: spins, degree: 4, loopsPerSpin: 1, seed: UInt64(spins))
        return BenchmarkCase(family: "planted_loops", problem: planted.problem, target: planted.energy)
    }

    /// Every pair coupled by −1 or 1 (Sherrington and Kirkpatrick 1975).
    package static func dense(spins: Int, density: Double = 1, seed: UInt64) throws(AnnealingError) -> Problem {
        guard (2...Limits.gridSideMax).contains(spins), density > 0, density <= 1 else {
            throw .setting(name: "spins", problem: "is \(spins) with density \(density); it is 2 to \(Limits.gridSideMax), above 0 up to 1")
        }
        var stream = Stream(seed: seed, read: 0)
        var couplings: [Coupling] = []
        for first in 0..<spins {
            for second in first + 1..<spins where density == 1 || stream.uniform() < density {
                couplings.append(Coupling(first, second, Double(stream.spin())))
            }
        }
        return Problem(.ising(try IsingModel(fields: [Double](repeating: 0, count: spins), couplings: couplings)))
    }
}
