/// Every bound of leases and of jobs that solve.
package enum QuantumLimits {
    package static let leaseSeconds = 1...86_400
    /// Leases of one tenant that are kept, active or not.
    package static let leasesKept = 10_000
    /// Runs that one answer is worked out from, the newest.
    static let runsRead = 100_000
    /// Ended leases and runs are forgotten after this; their audit entries stay.
    static let keptSeconds = 31 * 86_400.0
    static let tidySeconds = 3600.0
    static let endedAtOnce = 500
    /// Between two looks at whether a lease has expired.
    static let lookSeconds = 1.0
    /// Ended leases that an estimate goes by, and what the newest counts.
    static let estimateLeases = 100
    static let estimateWeight = 0.3

    static let reads = 1...10_000
    static let sweeps = 1...1_000_000
    static let samples = 1...1000
    static let seconds = 1...600
    /// Values in one result.
    static let resultValues = 8 << 20
    /// Reads of one lot, which has a seed of its own.
    static let readsOfTurn = 64
    /// Leases that one optimisation looks at, jobs it reads, and models among them.
    static let leasesTuned = 1000
    static let jobsRead = 1000
    static let modelsRead = 20
    /// Of a model of the benchmark, and up to which tabu search is tried.
    static let pilotSpins = 512
    /// Of what a lease is for, the size that a job's model has at least to be measured for it.
    static let pilotPart = 0.25
    static let tabuSpins = 2000
    /// Of pilot runs at work, and of a whole optimisation with its waiting, whatever was asked for.
    package static let pilotSeconds = 3.0
    static let optimizationSeconds = 25.0
    /// After which a lease that nothing was done by is idle.
    static let idleSeconds = 300.0
    /// Of the annealer's own measurements among what tenants do.
    static let benchmarkWeight = 0.05
    static let benchmarksKept = 30
    /// Before the first, and after each.
    static let benchmarkDelay = 600.0
    /// Turns that have begun: jobs of the queue, a benchmark and an optimisation. Each has its threads and its memory.
    package static let places = 8
    /// After which a turn gives way to others.
    package static let sliceSeconds = 0.25
}
