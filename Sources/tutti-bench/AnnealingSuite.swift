import Annealing
import CommandKit
import Compute
import Foundation
import StrictJSON
import WorkSharing

/// `tutti-bench run annealing`: models whose best energy is known, and 1,500 spins beside dwave-samplers' simulated annealing in the same run.
/// Every energy is computed from the model, not told by a solver; a goal that is missed says so.
enum AnnealingSuite {
    private static let clock = ContinuousClock()

    static func run(gset: String?, best: Double?, threads: Int, _ progress: (String) -> Void) throws(CommandFailure) -> [BenchRow] {
        var rows: [BenchRow] = []
        let crew = CrewThreads(workers: threads, name: "annealing").crew
        do {
            rows += try known(crew, progress)
            rows += try besidePeer(progress)
            if let gset { rows += try cut(gset, best, crew, progress) }
        } catch let failure as CommandFailure { throw failure } catch { throw CommandFailure(.failed, "annealing: \(error)") }
        return rows
    }

    // MARK: Known energies

    private static func known(_ crew: Crew, _ progress: (String) -> Void) throws -> [BenchRow] {
        var rows: [BenchRow] = []
        for (name, width, height, best) in [("torus.50x60", 50, 60, 6000.0), ("torus.25x120", 25, 120, 5880.0)] {
            progress("annealing: \(name), whose best cut is \(Int(best))")
            let problem = try ToroidalGrid.maximumCut(width: width, height: height, weights: .unit)
            rows += try reach(name, problem, -best, crew)
        }
        for seed in 1...3 as ClosedRange<UInt64> {
            progress("annealing: 800 spins around a planted state, seed \(seed)")
            let planted = try Planted.frustratedLoops(spins: 800, degree: 4, loopsPerSpin: 1, seed: seed)
            rows += try reach("planted.800.\(seed)", planted.problem, planted.energy, crew)
        }
        return rows
    }

    /// Reads until the target is reached, in lots of 32, five times with other seeds.
    private static func reach(_ name: String, _ problem: Problem, _ target: Double, _ crew: Crew) throws -> [BenchRow] {
        var (seconds, found) = ([Double](), [Double]())
        for seed in 1...5 as ClosedRange<UInt64> {
            let began = clock.now
            let best = try search(problem, target, crew, seed: seed, until: began.advanced(by: .seconds(60)))
            seconds.append(began.duration(to: clock.now) / .seconds(1))
            found.append(best)
        }
        let reached = median(found)
        return [
            BenchRow(
                name: "annealing.energy.\(name)", value: reached, unit: "", spread: abs((found.max() ?? 0) - (found.min() ?? 0)) / abs(target),
                beside: "the best, \(Int(target))", ratio: reached / target, goal: 1),
            BenchRow(name: "annealing.seconds.\(name)", value: median(seconds), unit: "s", spread: spread(seconds)),
        ]
    }

    /// Lots of reads, each twice as long as the last, until the target is reached or the time is over.
    private static func search(_ problem: Problem, _ target: Double, _ crew: Crew, seed: UInt64, until: ContinuousClock.Instant) throws -> Double {
        var (best, sweeps, lot) = (Double.infinity, 1000, UInt64(0))
        while best > target && clock.now < until {
            let watch = Watch(stop: { clock.now >= until ? .deadline : nil })
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: sweeps)).solve(
                problem, reads: 32, seed: seed &* 1000 &+ lot, crew: crew, watch: watch)
            if let sample = set.best {
                guard problem.energy(of: sample.values) == sample.energy else { throw CommandFailure(.failed, "A reported energy is not that of its state.") }
                best = min(best, sample.energy)
            }
            sweeps = min(2 * sweeps, 1_000_000)
            lot += 1
        }
        return best
    }

    // MARK: Beside dwave-samplers

    /// 32 reads of 1,000 sweeps there; ours are to reach the same energy in half of the time, one thread each.
    private static func besidePeer(_ progress: (String) -> Void) throws -> [BenchRow] {
        progress("annealing: 1,500 spins, density 0.1, beside dwave-samplers")
        let problem = try BenchmarkCase.dense(spins: 1500, density: 0.1, seed: 7)
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("tutti-annealing-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        do { try Data(coordinates(problem).utf8).write(to: file) } catch { throw CommandFailure(.failed, "\(file.path) cannot be written: \(error)") }
        guard let peer = LinePeer(["python3", "benchmarks/peers/dwave_annealing.py", file.path]) else {
            progress("annealing: python3 with dwave-samplers is not there; the figures stand alone")
            return try alone(problem)
        }
        progress("annealing: \(peer.about["dwave_samplers"]?.text.map { "dwave-samplers \($0)" } ?? "a peer")")
        var (theirs, ours, theirEnergy, ourEnergy) = ([Double](), [Double](), [Double](), [Double]())
        for seed in 1...7 as ClosedRange<UInt64> {
            guard let answer = peer.ask("\(seed)"), let seconds = answer["seconds"]?.double, let energy = answer["energy"]?.double else {
                throw CommandFailure(.failed, "benchmarks/peers/dwave_annealing.py ended.")
            }
            theirs.append(seconds)
            theirEnergy.append(energy)
            // Half of its wall time, and what is then there.
            let began = clock.now
            let until = began.advanced(by: .seconds(seconds / 2))
            ourEnergy.append(try best(problem, seed: seed, until: until))
            ours.append(began.duration(to: clock.now) / .seconds(1))
        }
        let ratios = zip(ours, theirs).map { $0 / $1 }
        let energies = zip(ourEnergy, theirEnergy).map { $0 / $1 }
        return [
            BenchRow(
                name: "annealing.energy.spins1500", value: median(ourEnergy), unit: "", spread: spread(ourEnergy.map(abs)),
                beside: "dwave-samplers, seed by seed in turn", ratio: median(energies), goal: 1),
            BenchRow(
                name: "annealing.part_of_dwave.seconds", value: median(ratios), unit: "x", spread: spread(ratios), beside: "dwave-samplers, same run", most: 0.5
            ),
            BenchRow(name: "annealing.seconds.spins1500", value: median(ours), unit: "s", spread: spread(ours)),
            BenchRow(name: "annealing.dwave.energy.spins1500", value: median(theirEnergy), unit: "", spread: spread(theirEnergy.map(abs))),
            BenchRow(name: "annealing.dwave.seconds.spins1500", value: median(theirs), unit: "s", spread: spread(theirs)),
        ]
    }

    private static func alone(_ problem: Problem) throws -> [BenchRow] {
        var (seconds, energies) = ([Double](), [Double]())
        for seed in 1...5 as ClosedRange<UInt64> {
            let began = clock.now
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing()).solve(problem, reads: 32, seed: seed)
            seconds.append(began.duration(to: clock.now) / .seconds(1))
            energies.append(set.best?.energy ?? .nan)
        }
        return [
            BenchRow(name: "annealing.energy.spins1500", value: median(energies), unit: "", spread: spread(energies.map(abs))),
            BenchRow(name: "annealing.seconds.spins1500", value: median(seconds), unit: "s", spread: spread(seconds)),
        ]
    }

    /// The lowest that eight reads beside each other find; they begin anew as long as there is time. One thread.
    private static func best(_ problem: Problem, seed: UInt64, until: ContinuousClock.Instant) throws -> Double {
        var (best, lot, longest) = (Double.infinity, UInt64(0), Duration.zero)
        while clock.now < until {
            // A read that is stopped is no read: the next lot is begun only where it will end in time.
            if lot > 0, clock.now.advanced(by: longest) > until { break }
            let began = clock.now
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing()).solve(
                problem, reads: 8, seed: seed &* 1000 &+ lot, watch: Watch(stop: { clock.now >= until ? .deadline : nil }))
            longest = max(longest, began.duration(to: clock.now))
            best = min(best, set.best?.energy ?? .infinity)
            lot += 1
        }
        return best
    }

    /// What the peer reads: spins, then pairs with their couplings.
    private static func coordinates(_ problem: Problem) -> String {
        let couplings = problem.ising.couplings
        var lines = ["\(problem.variables)"]
        for row in 0..<problem.variables {
            for at in couplings.starts[row]..<couplings.starts[row + 1] where Int(couplings.columns[at]) > row {
                lines.append("\(row) \(couplings.columns[at]) \(couplings.weights[at])")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    // MARK: A file of the Gset

    /// 99.9 % of the best known cut in 5 s.
    private static func cut(_ path: String, _ best: Double?, _ crew: Crew, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let content = FileManager.default.contents(atPath: path) else { throw CommandFailure(.configuration, "\(path) cannot be read.") }
        let problem: Problem
        do throws(AnnealingError) { problem = try Problem(gset: [UInt8](content)) } catch {
            throw CommandFailure(.configuration, "\(path) is no graph of the Gset: \(error.description)")
        }
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        guard let known = best ?? bestKnown[name.uppercased()] else {
            throw CommandFailure(.usage, "Nobody knows the best cut of \(name).", remedy: "Give it as --best-cut.")
        }
        progress("annealing: \(name), best known cut \(Int(known)), 5 s, five times")
        var found: [Double] = []
        for seed in 1...5 as ClosedRange<UInt64> {
            found.append(-(try search(problem, -known, crew, seed: seed, until: clock.now.advanced(by: .seconds(5)))))
        }
        return [
            BenchRow(
                name: "annealing.cut.\(name)", value: median(found), unit: "", spread: spread(found), beside: "the best known cut, \(Int(known))",
                ratio: median(found) / known, goal: 0.999)
        ]
    }

    /// Of 800 and 2,000 vertices, as published lists agree (microsoft/AOCoptimizer.jl, data/GSet/reference.csv). Best known, not proved.
    private static let bestKnown: [String: Double] = [
        "G1": 11624, "G2": 11620, "G3": 11622, "G4": 11646, "G5": 11631, "G6": 2178, "G11": 564, "G14": 3064, "G15": 3050, "G22": 13359, "G23": 13344,
        "G32": 1410, "G35": 7687, "G39": 2408, "G43": 6660, "G44": 6650, "G48": 6000, "G50": 5880, "G51": 3848,
    ]

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    private static func spread(_ values: [Double]) -> Double { ((values.max() ?? 0) - (values.min() ?? 0)) / max(median(values), .leastNormalMagnitude) }
}
