package import Federation

/// What the annealer measured of itself: its solvers beside baselines, on models whose lowest energy is known or was found best.
package struct BenchmarkRecord: Sendable, Equatable, Codable {
    package var id: String
    /// Of the platform: no tenant's.
    package var tenant = ""
    package var measuredAt: Instant
    /// Of the coordinator.
    package var version: String
    package var solverVersion: Int
    package var machine: Machine
    /// Solvers at work.
    package var seconds: Double
    package var comparisons: [Comparison]

    package init(
        id: String, measuredAt: Instant, version: String, solverVersion: Int, machine: Machine, seconds: Double, comparisons: [Comparison]
    ) {
        self.id = id
        self.measuredAt = measuredAt
        self.version = version
        self.solverVersion = solverVersion
        self.machine = machine
        self.seconds = seconds
        self.comparisons = comparisons
    }

    package struct Machine: Sendable, Equatable, Codable {
        package var processor: String?
        package var cores: Int
        /// That solved one read: one, so that solver and baseline have the same.
        package var threads: Int

        package init(processor: String?, cores: Int, threads: Int) {
            self.processor = processor
            self.cores = cores
            self.threads = threads
        }
    }

    /// One solver beside the strongest baseline, on one model.
    package struct Comparison: Sendable, Equatable, Codable {
        package var family: String
        package var spins: Int
        /// Coupled pairs of all pairs.
        package var density: Double
        package var target: Double
        /// Whether no state is lower: by construction or by enumeration. false: the best that any of them found.
        package var isProved: Bool
        package var solver: String
        package var solverTime: Time
        /// The one that reached the target soonest; nil: none did.
        package var baseline: String?
        package var baselineTime: Time?
        /// Baseline's time over the solver's with its interval of 95 %; nil: one of them never reached the target.
        package var ratio: Bounds?

        package init(
            family: String, spins: Int, density: Double, target: Double, isProved: Bool, solver: String, solverTime: Time, baseline: String?,
            baselineTime: Time?,
            ratio: Bounds?
        ) {
            self.family = family
            self.spins = spins
            self.density = density
            self.target = target
            self.isProved = isProved
            self.solver = solver
            self.solverTime = solverTime
            self.baseline = baseline
            self.baselineTime = baselineTime
            self.ratio = ratio
        }
    }

    /// Time to target with 99 %.
    package struct Time: Sendable, Equatable, Codable {
        package var runs: Int
        package var reached: Int
        package var secondsPerRun: Double
        /// nil: no run reached the target.
        package var seconds: Bounds?

        package init(runs: Int, reached: Int, secondsPerRun: Double, seconds: Bounds?) {
            self.runs = runs
            self.reached = reached
            self.secondsPerRun = secondsPerRun
            self.seconds = seconds
        }
    }

    package struct Bounds: Sendable, Equatable, Codable {
        package var value: Double
        package var low: Double
        /// nil: the runs do not bound it.
        package var high: Double?

        package init(value: Double, low: Double, high: Double?) {
            self.value = value
            self.low = low
            self.high = high
        }
    }
}

/// Keeps the newest measurements of the annealer.
package protocol BenchmarkStore: Sendable {
    /// Adds one and forgets all but the newest `kept`.
    func addBenchmark(_ record: BenchmarkRecord, kept: Int) async throws(StorageError)
    /// The newest; nil: nothing was measured.
    func newestBenchmark() async throws(StorageError) -> BenchmarkRecord?
}
