internal import Annealing
internal import CryptoSuite
internal import Federation
package import Logging
package import Platform
package import Storage
package import Trust

/// Measures the annealer beside baselines: once a day, and when somebody asks for it. It takes turns like everybody, with the least weight.
package actor AnnealerBenchmark {
    package enum Failure: Error, Sendable, Equatable {
        case isRunning
    }

    private let store: any BenchmarkStore
    private let pool: SolverPool
    private let version: String
    private let machine: BenchmarkRecord.Machine
    private let clock: JobClock
    private let random: RandomSource
    private let log: Logger
    private let hours: Double
    private let plan: Plan
    private var newest: BenchmarkRecord?
    private var isRead = false
    private var running: Task<Void, Never>?

    /// What is run, and how much of it.
    package struct Plan: Sendable {
        /// Reads of each solver on each model.
        package var runs: Int
        /// At work of each solver on each model.
        package var seconds: Double
        /// Of the models, the first.
        package var models: Int

        package init(runs: Int = 104, seconds: Double = 4, models: Int = .max) {
            self.runs = runs
            self.seconds = seconds
            self.models = models
        }
    }

    /// - Parameters:
    ///   - version: of the coordinator.
    ///   - processor: its name; nil: not known.
    ///   - hours: between two; 0: only when somebody asks.
    package init(
        store: any BenchmarkStore, pool: SolverPool, version: String, processor: String?, cores: Int, hours: Int, plan: Plan = Plan(), clock: JobClock,
        random: RandomSource, log: Logger
    ) {
        (self.store, self.pool, self.version, self.clock, self.random, self.log, self.plan) = (store, pool, version, clock, random, log, plan)
        machine = BenchmarkRecord.Machine(processor: processor, cores: cores, threads: 1)
        self.hours = Double(hours)
    }

    package var isRunning: Bool { running != nil }

    /// The last that was measured; nil: nothing was.
    package func latest() async throws(StorageError) -> BenchmarkRecord? {
        if !isRead {
            let stored = try await store.newestBenchmark()
            if !isRead { (newest, isRead) = (stored, true) }
        }
        return newest
    }

    /// Begins one, which goes on in the background.
    package func begin() throws(Failure) {
        guard running == nil else { throw .isRunning }
        running = Task { await self.measureInBackground() }
    }

    /// Measures when the last one is a day old, or of other solvers, until the task is cancelled. Then one under way is given up.
    package func run() async {
        // Whoever has just started has other things to do.
        await clock.sleep(clock.now().adding(seconds: QuantumLimits.benchmarkDelay))
        while !Task.isCancelled {
            let last = (try? await latest()) ?? nil
            guard hours > 0 else {
                await clock.sleep(clock.now().adding(seconds: QuantumLimits.tidySeconds))
                continue
            }
            let due = last.map { $0.solverVersion == Solver.version ? $0.measuredAt.adding(seconds: hours * 3600) : clock.now() } ?? clock.now()
            if clock.now() >= due {
                try? begin()
                await finish()
                // A failed one is not repeated at once.
                await clock.sleep(clock.now().adding(seconds: QuantumLimits.benchmarkDelay))
            } else {
                await clock.sleep(due)
            }
        }
        running?.cancel()
        await finish()
    }

    /// When the one under way is over.
    package func finish() async {
        guard let running else { return }
        await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            running.cancel()
        }
    }

    private func measureInBackground() async {
        do { try await measure() } catch is CancellationError {} catch {
            log.error("the annealer could not be measured", metadata: ["cause": "\(error)"])
        }
        running = nil
    }

    private func measure() async throws {
        var benchmark = SelfBenchmark(
            Array(try BenchmarkCase.usual().prefix(plan.models)), runs: plan.runs, seconds: plan.seconds,
            seed: UInt64(bitPattern: clock.now().milliseconds))
        var total = 0.0
        while let (problem, step) = benchmark.next() {
            try Task.checkCancellation()
            let (set, seconds) = try await pool.measured(step, problem, flow: Self.flow, weight: QuantumLimits.benchmarkWeight)
            total += seconds
            benchmark.add(set, seconds: seconds, of: step)
        }
        let record = BenchmarkRecord(
            try benchmark.comparisons(), id: "bench_" + hexadecimal(random.bytes(16)), at: clock.now(), version: version, machine: machine, seconds: total)
        try await store.addBenchmark(record, kept: QuantumLimits.benchmarksKept)
        (newest, isRead) = (record, true)
        log.info("the annealer was measured", metadata: ["seconds": "\(total)", "comparisons": "\(record.comparisons.count)"])
    }

    /// No tenant has this name.
    private static let flow = "/benchmark"
}

extension SolverPool {
    /// One step on one thread, with the seconds that it took without its pauses.
    func measured(_ step: Contest.Step, _ problem: Problem, flow: String, weight: Double) async throws -> (SampleSet, Double) {
        let (result, seconds) = try await turn(of: flow, weight: weight) { turn -> (Result<SampleSet, AnnealingError>, Double) in
            let began = ContinuousClock.now
            let watch = Watch(stop: {
                turn.rest()
                return nil
            })
            let result: Result<SampleSet, AnnealingError>
            do throws(AnnealingError) { result = .success(try step.solver.solve(problem, reads: step.reads, seed: step.seed, watch: watch)) } catch {
                result = .failure(error)
            }
            return (result, max(1e-9, began.duration(to: .now) / .seconds(1) - turn.paused))
        }
        return (try result.get(), seconds)
    }
}
