import Annealing

/// Numbers for tests: splitmix64.
struct Numbers {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    /// In [−1, 1).
    mutating func signed() -> Double { Double(Int64(bitPattern: next()) >> 11) * 0x1p-52 }
}

/// A model of random shape: weights whole or real, sometimes huge or tiny, some spins without any.
func randomModel(_ numbers: inout Numbers, spins: Int, density: Double, whole: Bool) throws -> IsingModel {
    let unit = whole ? 1 : [1, 1, 1e-9, 1e12][numbers.below(4)]
    func weight(_ numbers: inout Numbers) -> Double { whole ? Double(numbers.below(7) - 3) : numbers.signed() * unit }
    var terms: [Coupling] = []
    for first in 0..<spins {
        for second in 0..<first where (numbers.signed() + 1) / 2 < density { terms.append(Coupling(first, second, weight(&numbers))) }
    }
    let fields = (0..<spins).map { _ in numbers.below(3) == 0 ? 0 : weight(&numbers) }
    return try IsingModel(fields: fields, couplings: terms, offset: weight(&numbers))
}

/// The twin: every pair by itself.
func twinEnergy(_ model: IsingModel, _ spins: [Int8]) -> Double {
    var energy = model.offset
    for (field, spin) in zip(model.fields, spins) { energy += field * Double(spin) }
    for term in model.couplings.terms { energy += term.weight * Double(spins[term.first]) * Double(spins[term.second]) }
    return energy
}

/// A max-cut as a file of the Gset: vertices and edges, then a line for each edge, vertices from 1. Its whole weights stand as whole numbers.
func gsetText(_ problem: Problem) -> String {
    let terms = problem.ising.couplings.terms
    return "\(problem.variables) \(terms.count)\n" + terms.map { "\($0.first + 1) \($0.second + 1) \(Int(2 * $0.weight))\n" }.joined()
}

/// How far sums of the model's weights may be apart after rounding.
func rounding(_ model: IsingModel) -> Double {
    1e-12 * (abs(model.offset) + model.fields.reduce(0) { $0 + abs($1) } + model.couplings.weights.reduce(0) { $0 + abs($1) })
}

func state(_ number: Int, spins: Int) -> [Int8] { (0..<spins).map { number >> $0 & 1 == 1 ? 1 : -1 } }

/// The lowest energy of all states, by trying each.
func bruteForce(_ model: IsingModel) -> Double {
    (0..<1 << model.spins).lazy.map { model.energy(of: state($0, spins: model.spins)) }.min() ?? .infinity
}

/// All ways to solve, short.
let everySolver: [Solver] = [
    .simulatedAnnealing(SimulatedAnnealing(sweeps: 50)),
    .simulatedAnnealing(SimulatedAnnealing(sweeps: 50, schedule: Schedule(form: .linear, range: .bounds), descends: false)),
    .simulatedBifurcation(SimulatedBifurcation(form: .discrete, steps: 100)),
    .simulatedBifurcation(SimulatedBifurcation(form: .ballistic, steps: 100, timeStep: 0.5, descends: false)),
    .pathIntegral(PathIntegralAnnealing(slices: 5, sweeps: 50)),
    .parallelTempering(ParallelTempering(temperatures: 8, sweeps: 50)),
    .tabu(TabuSearch(turns: 300, patience: 40)),
    .steepestDescent,
    .exact,
]
