internal import Annealing
internal import Platform
internal import Storage
internal import StrictJSON
internal import Synchronization

/// What a run's threads and its job tell each other.
final class RunMeter: Sendable {
    private struct State {
        var updates: UInt64 = 0
        var seconds = 0.0
        var turn: (at: SolverTurn, began: ContinuousClock.Instant)?
        var isCancelled = false
    }
    private let state = Mutex(State())
    private let planned: UInt64
    private let limit: Double

    /// - Parameter seconds: at work, after which it stops.
    init(total: UInt64, seconds: Double) {
        planned = total
        limit = seconds
    }

    var updates: UInt64 { state.withLock { $0.updates } }
    /// At work, pauses not counted.
    var seconds: Double {
        let (seconds, turn) = state.withLock { ($0.seconds, $0.turn) }
        return seconds + (turn.map { $0.began.duration(to: .now) / .seconds(1) - $0.at.paused } ?? 0)
    }
    var total: Int64 { Int64(clamping: planned) }
    var completed: Int64 { Int64(clamping: min(updates, planned)) }

    func begin(_ turn: SolverTurn) { state.withLock { $0.turn = (turn, .now) } }
    func end() {
        let seconds = seconds
        state.withLock { ($0.seconds, $0.turn) = (seconds, nil) }
    }
    func cancel() { state.withLock { $0.isCancelled = true } }

    var watch: Watch {
        Watch(
            stop: {
                // A checkpoint: others may have their slices first.
                self.state.withLock { $0.turn }?.at.rest()
                if self.state.withLock({ $0.isCancelled }) { return .cancelled }
                return self.seconds >= self.limit ? .deadline : nil
            },
            progress: { more in self.state.withLock { $0.updates &+= more } })
    }
}

/// A run in lots of reads, so that others have their turns in between. Lots do not depend on who else there is.
struct Solving: Sendable {
    let task: AnnealingTask
    let problem: Problem
    let solver: Solver
    let seed: UInt64
    /// nil: solvers work on the whole model.
    let reduction: Reduction?
    private let reads: Int
    private var begun = 0
    private(set) var completed = 0
    private var stop = Stop.completed
    private var found: [[Int8]: (energy: Double, occurrences: Int)] = [:]

    init(_ task: AnnealingTask, _ problem: Problem, _ reduction: Reduction?, _ solver: Solver, _ job: JobRecord) {
        (self.task, self.problem, self.reduction, self.solver) = (task, problem, reduction, solver)
        // Of the job, so that it is the same when it runs again. 53 bits, which every reader of JSON has.
        seed = task.seed ?? (UInt64(job.id.suffix(13), radix: 16) ?? 0)
        reads = solver == .exact ? 1 : task.reads
    }

    /// Spin updates, or at least one for each variable and read.
    var planned: UInt64 {
        let spins = reduction?.model.spins ?? problem.variables
        let least = UInt64(spins) * UInt64(reads)
        return min(solver.plannedUpdates(spins: spins, reads: reads) ?? least, 1 << 53)
    }
    var best: Double? { found.values.map(\.energy).min() }

    mutating func next() -> (reads: Int, seed: UInt64)? {
        guard begun < reads, stop == .completed else { return nil }
        let count = min(QuantumLimits.readsOfTurn, reads - begun)
        defer { begun += count }
        return (count, seed &+ UInt64(begun / QuantumLimits.readsOfTurn) &* 0x9E37_79B9_7F4A_7C15)
    }

    mutating func add(_ set: SampleSet) {
        completed += set.work.readsCompleted
        stop = set.stop
        for sample in set.samples {
            let earlier = found[sample.values]?.occurrences ?? 0
            found[sample.values] = (sample.energy, earlier + sample.occurrences)
        }
        let most = min(task.samples, max(1, QuantumLimits.resultValues / problem.variables))
        guard found.count > most else { return }
        // What falls out is worse than all that stay, so that it never comes back.
        for sample in sorted.dropFirst(most) { found[sample.values] = nil }
    }

    private var sorted: [(values: [Int8], energy: Double, occurrences: Int)] {
        found.map { ($0.key, $0.value.energy, $0.value.occurrences) }.sorted {
            $0.energy != $1.energy ? $0.energy < $1.energy : $0.values.lexicographicallyPrecedes($1.values)
        }
    }

    func result(_ seconds: Double, _ updates: UInt64, lease: String?) -> JobResult {
        let samples = sorted.map { sample -> JSON in
            ["values": .array(sample.values.map { JSON(Int($0)) }), "energy": JSON(sample.energy), "occurrences": JSON(sample.occurrences)]
        }
        let figures: [JSON.Member] = [
            .init("backend", "simulator"), .init("quantum_hardware", false), .init("quantum_processors", 0), .init("solver", .string(solver.id)),
            .init("solver_version", JSON(Solver.version)), .init("seed", JSON(Int64(clamping: seed))), .init("variables", JSON(problem.variables)),
            .init("couplings", JSON(problem.ising.couplings.pairs)), .init("vartype", .string(problem.vartype.rawValue)), .init("reads", JSON(reads)),
            .init("reads_completed", JSON(completed)), .init("stop", .string(stop.rawValue)), .init("best_energy", JSON(best)),
            .init("reference_energy", JSON(task.reference)), .init("spin_updates", JSON(Int64(clamping: updates))), .init("seconds", JSON(seconds)),
            .init("allocation_id", JSON(lease)), .init("reduced_to", JSON(reduction?.model.spins)),
        ]
        let content = JSON.object(figures + [.init("labels", .array(problem.labels)), .init("samples", .array(samples))])
        return JobResult(content: content.encoded(), figures: .object(figures))
    }
}
