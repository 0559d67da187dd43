import Annealing
import CommandKit
import Compute
import WorkSharing

/// `tutti-bench run annealing`: what the annealer promises, each promise a row with its goal: models whose best energy is known, 1,500 spins beside
/// dwave-samplers' simulated annealing in the same run, samples beside enumeration, the same samples on any number of threads, and a graph of the
/// Gset where one is given. Every energy is computed anew from the couplings, not told by a solver; a goal that is missed says so.
enum AnnealingSuite {
    static let clock = ContinuousClock()

    static func run(gset: String?, best: Double?, threads: Int, _ progress: (String) -> Void) throws(CommandFailure) -> [BenchRow] {
        var rows: [BenchRow] = []
        var ledger = EnergyLedger()
        let crew = CrewThreads(workers: threads, name: "annealing").crew
        do {
            rows += try known(crew, &ledger, progress)
            rows += try besidePeer(&ledger, progress)
            rows += try marginals(&ledger, progress)
            rows += try sameSamples(&ledger, progress)
            if let gset { rows += try cut(gset, best, crew, &ledger, progress) }
        } catch let failure as CommandFailure { throw failure } catch { throw CommandFailure(.failed, "annealing: \(error)") }
        return rows + [ledger.row]
    }

    // MARK: Known energies

    private static func known(_ crew: Crew, _ ledger: inout EnergyLedger, _ progress: (String) -> Void) throws -> [BenchRow] {
        var rows: [BenchRow] = []
        for (name, width, height, best) in [("torus.50x60", 50, 60, 6000.0), ("torus.25x120", 25, 120, 5880.0)] {
            progress("annealing: \(name), whose best cut is \(Int(best))")
            let problem = try ToroidalGrid.maximumCut(width: width, height: height, weights: .unit)
            rows += try reach(name, problem, -best, crew, &ledger)
        }
        for seed in 1...3 as ClosedRange<UInt64> {
            progress("annealing: 800 spins around a planted state, seed \(seed)")
            let planted = try Planted.frustratedLoops(spins: 800, degree: 4, loopsPerSpin: 1, seed: seed)
            rows += try reach("planted.800.\(seed)", planted.problem, planted.energy, crew, &ledger)
        }
        return rows
    }

    /// Reads until the target is reached, in lots of 32, five times with other seeds; then how long one thread takes to be there with 99 %.
    private static func reach(_ name: String, _ problem: Problem, _ target: Double, _ crew: Crew, _ ledger: inout EnergyLedger) throws -> [BenchRow] {
        var (seconds, found) = ([Double](), [Double]())
        for seed in 1...5 as ClosedRange<UInt64> {
            let began = clock.now
            found.append(try search(problem, target, crew, seed: seed, until: began.advanced(by: .seconds(60)), &ledger))
            seconds.append(began.duration(to: clock.now) / .seconds(1))
        }
        let reached = median(found)
        var contest = Contest(problem, [.init(.simulatedAnnealing(SimulatedAnnealing(sweeps: 2000)))], runs: 104, seconds: 30, seed: 11)
        while let step = contest.next() {
            let began = clock.now
            let set = try step.solver.solve(problem, reads: step.reads, seed: step.seed)
            contest.add(set, seconds: began.duration(to: clock.now) / .seconds(1), of: step)
            ledger.check(set, problem)
        }
        let time = try contest.time(0, target: target)
        return [
            BenchRow(
                name: "annealing.energy.\(name)", value: reached, unit: "", spread: abs((found.max() ?? 0) - (found.min() ?? 0)) / abs(target),
                beside: "the best, \(Int(target))", ratio: reached / target, goal: 1),
            BenchRow(name: "annealing.seconds.\(name)", value: median(seconds), unit: "s", spread: spread(seconds)),
            BenchRow(
                name: "annealing.target99.\(name)", value: time.seconds?.value ?? .infinity, unit: "s", spread: 0,
                beside: "one thread, \(time.reached) of \(time.runs) reads", low: time.seconds?.low, high: time.seconds?.high),
        ]
    }

    /// Lots of reads, each twice as long as the last, until the target is reached or the time is over.
    static func search(
        _ problem: Problem, _ target: Double, _ crew: Crew, seed: UInt64, until: ContinuousClock.Instant, reduces: Bool = false, _ ledger: inout EnergyLedger
    ) throws -> Double {
        let reduction = reduces ? Reduction(problem.ising) : nil
        var (best, sweeps, lot) = (Double.infinity, 1000, UInt64(0))
        while best > target && clock.now < until {
            let watch = Watch(stop: { clock.now >= until ? .deadline : nil })
            let set = try Solver.simulatedAnnealing(SimulatedAnnealing(sweeps: sweeps)).solve(
                problem, reads: 32, seed: seed &* 1000 &+ lot, crew: crew, watch: watch, reduction: reduction)
            ledger.check(set, problem)
            best = min(best, set.best?.energy ?? .infinity)
            sweeps = min(2 * sweeps, 1_000_000)
            lot += 1
        }
        return best
    }
}

/// Whether every energy that was told is that of its state, summed up here from the model's terms and not by the room that is measured. All weights
/// of the suite are halves of whole numbers or given to nine places: other orders of summing give the same to about a part in 10¹².
struct EnergyLedger {
    private var (checked, right) = (0, 0)

    mutating func check(_ set: SampleSet, _ problem: Problem) {
        let (model, terms) = (problem.ising, problem.ising.couplings.terms)
        let size = terms.reduce(abs(model.offset) + model.fields.reduce(0) { $0 + abs($1) }) { $0 + abs($1.weight) }
        for sample in set.samples {
            var energy = model.offset
            for (field, spin) in zip(model.fields, sample.values) { energy += field * Double(spin) }
            for term in terms { energy += term.weight * Double(sample.values[term.first]) * Double(sample.values[term.second]) }
            checked += 1
            if abs(energy - sample.energy) <= 1e-12 * size { right += 1 }
        }
    }

    var row: BenchRow {
        BenchRow(
            name: "annealing.energies.right", value: Double(right), unit: "", spread: 0, beside: "energies that were told",
            ratio: checked == 0 ? 0 : Double(right) / Double(checked), goal: 1)
    }
}
