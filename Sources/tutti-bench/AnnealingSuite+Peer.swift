import Annealing
import CommandKit
import Foundation
import StrictJSON

extension AnnealingSuite {
    /// 32 reads of 1,000 sweeps there. Ours have half of that wall time, one thread each, and are to have at least its energy then; and, apart from
    /// that, how long they take to have it.
    static func besidePeer(_ ledger: inout EnergyLedger, _ progress: (String) -> Void) throws -> [BenchRow] {
        progress("annealing: 1,500 spins, density 0.1, beside dwave-samplers")
        let problem = try BenchmarkCase.dense(spins: 1500, density: 0.1, seed: 7)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tutti-annealing-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        do { try Data(coordinates(problem).utf8).write(to: file) } catch { throw CommandFailure(.failed, "\(file.path) cannot be written: \(error)") }
        guard let peer = LinePeer(["python3", "benchmarks/peers/dwave_annealing.py", file.path]) else {
            progress("annealing: python3 with dwave-samplers is not there; the figures stand alone")
            return try alone(problem, &ledger)
        }
        progress("annealing: \(peer.about["dwave_samplers"]?.text.map { "dwave-samplers \($0)" } ?? "a peer")")
        var (theirs, ours, theirEnergy, ourEnergy, reached) = ([Double](), [Double](), [Double](), [Double](), [Double]())
        for seed in 1...9 as ClosedRange<UInt64> {
            guard let answer = peer.ask("\(seed)"), let seconds = answer["seconds"]?.double, let energy = answer["energy"]?.double else {
                throw CommandFailure(.failed, "benchmarks/peers/dwave_annealing.py ended.")
            }
            theirs.append(seconds)
            theirEnergy.append(energy)
            // Half of its wall time, and what is then there.
            let began = clock.now
            ourEnergy.append(try best(problem, seed: seed, target: -.infinity, until: began.advanced(by: .seconds(seconds / 2)), &ledger))
            ours.append(began.duration(to: clock.now) / .seconds(1))
            // Its energy, and when that is there.
            let again = clock.now
            let found = try best(problem, seed: seed + 100, target: energy, until: again.advanced(by: .seconds(2 * seconds)), &ledger)
            reached.append(found <= energy ? (again.duration(to: clock.now) / .seconds(1)) / seconds : .infinity)
        }
        let parts = zip(ours, theirs).map { $0 / $1 }
        let energies = zip(ourEnergy, theirEnergy).map { $0 / $1 }
        let (ofEnergies, ofParts, ofReached) = (interval(energies), interval(parts), interval(reached))
        return [
            BenchRow(
                name: "annealing.energy.spins1500", value: median(ourEnergy), unit: "", spread: spread(ourEnergy),
                beside: "dwave-samplers, seed by seed in turn", ratio: median(energies), goal: 1, low: ofEnergies.low, high: ofEnergies.high),
            BenchRow(
                name: "annealing.part_of_dwave.seconds", value: median(parts), unit: "x", spread: spread(parts), beside: "dwave-samplers, same run", most: 0.5,
                low: ofParts.low, high: ofParts.high),
            BenchRow(
                name: "annealing.part_of_dwave.its_energy", value: median(reached), unit: "x", spread: 0, beside: "dwave-samplers, same run", most: 0.5,
                low: ofReached.low, high: ofReached.high.isFinite ? ofReached.high : nil),
            BenchRow(name: "annealing.seconds.spins1500", value: median(ours), unit: "s", spread: spread(ours)),
            BenchRow(name: "annealing.dwave.energy.spins1500", value: median(theirEnergy), unit: "", spread: spread(theirEnergy)),
            BenchRow(name: "annealing.dwave.seconds.spins1500", value: median(theirs), unit: "s", spread: spread(theirs)),
        ]
    }

    private static func alone(_ problem: Problem, _ ledger: inout EnergyLedger) throws -> [BenchRow] {
        var (seconds, energies) = ([Double](), [Double]())
        for seed in 1...5 as ClosedRange<UInt64> {
            let began = clock.now
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing()).solve(problem, reads: 32, seed: seed)
            seconds.append(began.duration(to: clock.now) / .seconds(1))
            energies.append(set.best?.energy ?? .nan)
            ledger.check(set, problem)
        }
        return [
            BenchRow(name: "annealing.energy.spins1500", value: median(energies), unit: "", spread: spread(energies)),
            BenchRow(name: "annealing.seconds.spins1500", value: median(seconds), unit: "s", spread: spread(seconds)),
        ]
    }

    /// The lowest that eight reads beside each other find; they begin anew as long as there is time and the target is not there. One thread.
    private static func best(
        _ problem: Problem, seed: UInt64, target: Double, until: ContinuousClock.Instant, _ ledger: inout EnergyLedger
    ) throws -> Double {
        var (best, lot, longest) = (Double.infinity, UInt64(0), Duration.zero)
        var sets: [SampleSet] = []
        while best > target && clock.now < until {
            // A read that is stopped is no read: the next lot is begun only where it will end in time.
            if lot > 0, clock.now.advanced(by: longest) > until { break }
            let began = clock.now
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing()).solve(
                problem, reads: 8, seed: seed &* 1000 &+ lot, watch: Watch(stop: { clock.now >= until ? .deadline : nil }))
            longest = max(longest, began.duration(to: clock.now))
            best = min(best, set.best?.energy ?? .infinity)
            sets.append(set)
            lot += 1
        }
        // Not in the time that is measured: the clock is read before this by whoever gave `until`, and a few sums are nothing beside it.
        for set in sets { ledger.check(set, problem) }
        return best
    }

    /// What the peer reads: spins, then pairs with their couplings.
    private static func coordinates(_ problem: Problem) -> String {
        let lines = problem.ising.couplings.terms.map { "\($0.first) \($0.second) \($0.weight)" }
        return (["\(problem.variables)"] + lines).joined(separator: "\n") + "\n"
    }
}
