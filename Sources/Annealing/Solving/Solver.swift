package import WorkSharing

/// The ways to look for low energies, with their settings.
package enum Solver: Sendable, Equatable {
    case simulatedAnnealing(SimulatedAnnealing)
    case simulatedBifurcation(SimulatedBifurcation)
    case pathIntegral(PathIntegralAnnealing)
    case parallelTempering(ParallelTempering)
    case tabu(TabuSearch)
    case steepestDescent
    case exact

    /// Of all solvers: goes up when any of them gives other samples for a seed.
    package static let version = 2

    package var id: String {
        switch self {
        case .simulatedAnnealing: "simulated_annealing"
        case .simulatedBifurcation(let settings): settings.form == .ballistic ? "simulated_bifurcation_ballistic" : "simulated_bifurcation_discrete"
        case .pathIntegral: "path_integral"
        case .parallelTempering: "parallel_tempering"
        case .tabu: "tabu"
        case .steepestDescent: "steepest_descent"
        case .exact: "exact"
        }
    }

    /// Annealing for sparse models, bifurcation where more than a tenth of all pairs is coupled.
    package static func automatic(for problem: Problem) -> Solver {
        problem.ising.couplings.density > 0.1 ? .simulatedBifurcation(SimulatedBifurcation()) : .simulatedAnnealing(SimulatedAnnealing())
    }

    /// Looks for low energies. The same problem, settings, reads, seed and version give the same samples, whoever the crew is,
    /// unless the watch stops the run.
    /// - Parameters:
    ///   - reads: independent runs; `exact` does one, whatever is asked for.
    ///   - watch: stopped runs give what they have; reads that had not begun are missing.
    ///   - reduction: of this problem's model; then solvers work on what it leaves, and spin updates are of that. Not for sampling.
    package func solve(
        _ problem: Problem, reads: Int, seed: UInt64, crew: Crew = .alone, watch: Watch = .nobody, reduction: Reduction? = nil
    ) throws(AnnealingError) -> SampleSet {
        precondition(reduction.map { $0.spins == problem.variables } ?? true)
        let model = reduction?.model ?? problem.ising
        try check(problem, spins: model.spins, reads: reads)
        let run = Run(model: model, reads: reads, seed: seed, crew: crew, watch: watch)
        let outcomes =
            switch self {
            case .simulatedAnnealing(let settings): settings.run(run)
            case .simulatedBifurcation(let settings): settings.run(run)
            case .pathIntegral(let settings): settings.run(run)
            case .parallelTempering(let settings): settings.run(run)
            case .tabu(let settings): settings.run(run)
            case .steepestDescent: descents(run)
            case .exact: enumerate(run)
            }
        let states = outcomes.flatMap(\.states).map { reduction?.extended($0) ?? $0 }
        return SampleSet(
            samples: samples(states, of: problem), vartype: problem.vartype, solver: id, version: Self.version, seed: seed,
            work: Work(spinUpdates: outcomes.reduce(0) { $0 + $1.updates }, readsCompleted: outcomes.reduce(0) { $0 + $1.completed }),
            stop: outcomes.lazy.compactMap(\.stop).first ?? .completed)
    }

    private func check(_ problem: Problem, spins: Int, reads: Int) throws(AnnealingError) {
        guard (1...Limits.readsMax).contains(reads) else { throw .setting(name: "reads", problem: "is \(reads); it is 1 to \(Limits.readsMax)") }
        guard reads <= Limits.sampleSpinsMax / problem.variables else {
            throw .setting(name: "reads", problem: "times variables is above \(Limits.sampleSpinsMax); ask for fewer reads")
        }
        switch self {
        case .simulatedAnnealing(let settings): try settings.check()
        case .simulatedBifurcation(let settings): try settings.check()
        case .pathIntegral(let settings): try settings.check()
        case .parallelTempering(let settings): try settings.check()
        case .tabu(let settings): try settings.check()
        case .steepestDescent: break
        case .exact:
            guard spins <= Limits.exactSpinsMax else {
                throw .setting(
                    name: "exact", problem: "is for up to \(Limits.exactSpinsMax) variables, and here are \(spins); use another solver")
            }
        }
    }
}

/// Equal states are one sample; energies are computed here, from the problem itself.
private func samples(_ states: [[Int8]], of problem: Problem) -> [Sample] {
    var order: [[Int8]: Int] = [:]
    var kept: [(values: [Int8], count: Int)] = []
    for state in states {
        let values = problem.values(of: state)
        if let at = order[values] {
            kept[at].count += 1
        } else {
            order[values] = kept.count
            kept.append((values, 1))
        }
    }
    return kept.map { Sample(values: $0.values, energy: problem.energy(of: $0.values), occurrences: $0.count) }
        .sorted { $0.energy != $1.energy ? $0.energy < $1.energy : $0.values.lexicographicallyPrecedes($1.values) }
}
