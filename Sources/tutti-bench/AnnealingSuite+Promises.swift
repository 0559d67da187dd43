import Annealing
import CommandKit
import Compute
import Foundation

extension AnnealingSuite {
    /// 20 spins at one temperature: the part of reads in which each spin, and each pair, points the same way, beside the sum over all 2²⁰ states. What
    /// is told is the largest of the 210 distances, in standard deviations of its estimate; of correct samples it is beyond 4.5 in one run of 700.
    static func marginals(_ ledger: inout EnergyLedger, _ progress: (String) -> Void) throws -> [BenchRow] {
        progress("annealing: samples of 20 spins beside all their states")
        let (spins, reads) = (20, 40_000)
        var draws = Draws(state: 20)
        func weight() -> Double { Double(Int.random(in: -8...8, using: &draws)) / 8 }
        var couplings: [Coupling] = []
        for first in 0..<spins {
            for second in 0..<first where Int.random(in: 0..<10, using: &draws) < 4 { couplings.append(Coupling(first, second, weight())) }
        }
        let model = try IsingModel(fields: (0..<spins).map { _ in weight() / 2 }, couplings: couplings)
        let problem = Problem(.ising(model))
        var rows: [BenchRow] = []
        for beta in [0.3, 1.0] {
            let exact = means(model, beta: beta)
            let set = try Solver.simulatedAnnealing(.sampling(beta: beta, sweeps: 1000)).solve(problem, reads: reads, seed: 5)
            ledger.check(set, problem)
            var seen = [Double](repeating: 0, count: exact.count)
            for sample in set.samples { each(sample.values) { seen[$0] += Double(sample.occurrences) * $1 } }
            let distances = zip(exact, seen).map { mean, sum -> Double in
                let deviation = ((1 - mean * mean) / Double(reads)).squareRoot()
                return abs(sum / Double(reads) - mean) / max(deviation, 1 / Double(reads))
            }
            rows.append(
                BenchRow(
                    name: "annealing.marginals.beta\(beta)", value: distances.max() ?? .nan, unit: "sd", spread: 0, beside: "enumeration of 20 spins", most: 4.5
                ))
        }
        return rows
    }

    /// ⟨sᵢ⟩ and ⟨sᵢ sⱼ⟩ in Boltzmann's distribution.
    private static func means(_ model: IsingModel, beta: Double) -> [Double] {
        var (sums, total) = ([Double](repeating: 0, count: model.spins * (model.spins + 1) / 2), 0.0)
        var state = [Int8](repeating: 1, count: model.spins)
        for number in 0..<1 << model.spins {
            for spin in 0..<model.spins { state[spin] = number >> spin & 1 == 1 ? 1 : -1 }
            let weight = exp(-beta * model.energy(of: state))
            total += weight
            each(state) { sums[$0] += weight * $1 }
        }
        return sums.map { $0 / total }
    }

    /// Spins, then pairs, each with its place.
    private static func each(_ state: [Int8], _ body: (Int, Double) -> Void) {
        var place = 0
        for first in state.indices {
            body(place, Double(state[first]))
            place += 1
            for second in 0..<first {
                body(place, Double(state[first] * state[second]))
                place += 1
            }
        }
    }

    /// Every solver on one, two and three threads: equal samples, states, numbers and work.
    static func sameSamples(_ ledger: inout EnergyLedger, _ progress: (String) -> Void) throws -> [BenchRow] {
        progress("annealing: the same samples on one, two and three threads")
        let problem = try BenchmarkCase.dense(spins: 250, density: 0.2, seed: 3)
        let solvers: [Solver] = [
            .simulatedAnnealing(SimulatedAnnealing(sweeps: 200)), .simulatedBifurcation(SimulatedBifurcation(form: .discrete, steps: 200)),
            .simulatedBifurcation(SimulatedBifurcation(form: .ballistic, steps: 200)), .pathIntegral(PathIntegralAnnealing(sweeps: 50)),
            .parallelTempering(ParallelTempering(sweeps: 100)), .tabu(TabuSearch(turns: 2000)), .steepestDescent,
        ]
        let crews = [2, 3].map { CrewThreads(workers: $0, name: "annealing-\($0)").crew }
        var (same, all) = (0, 0)
        for solver in solvers {
            let alone = try solver.solve(problem, reads: 37, seed: 5)
            ledger.check(alone, problem)
            for crew in crews {
                all += 1
                if try solver.solve(problem, reads: 37, seed: 5, crew: crew) == alone { same += 1 }
            }
        }
        return [
            BenchRow(
                name: "annealing.threads.same", value: Double(same), unit: "", spread: 0, beside: "runs on other threads", ratio: Double(same) / Double(all),
                goal: 1)
        ]
    }
}
