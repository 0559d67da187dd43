package import Storage

/// Every bound of the queue.
package enum JobLimits {
    static let nameBytes = 128
    static let serviceBytes = 64
    static let sourceBytes = 2048
    /// Of a name among the parameters, and how many there may be of one kind.
    static let parameterNameBytes = 256
    static let parameterNames = 32
    /// Of the parameters as JSON text.
    package static let parameterBytes = 64 << 10
    static let parameterDepth = 32
    static let submissionKeyBytes = 128
    /// How long a submission key is remembered.
    static let rememberedSeconds = 86_400.0
    static let scheduleSecondsMax = 400 * 86_400.0
    static let waitSecondsMin = 1.0
    package static let waitSeconds = 7 * 86_400.0
    static let waitSecondsMax = 400 * 86_400.0
    /// Jobs of one tenant that are not final, and those of all.
    static let openPerTenant = 5000
    static let open = 20_000
    /// Of a listing.
    package static let pageMax = 100
    package static let offsetMax = 1_000_000
    /// Read at once when the queue is opened.
    static let openingPage = 200

    package static let checkpointBytes = 64 << 10
    package static let logLines = 100
    static let logBytes = 500
    static let blockers = 20
    static let blockerBytes = 300
    static let problemBytes = 1000
    static let figureBytes = 16 << 10
    static let units: Int64 = 1 << 53
    /// Result content.
    static let resultBytes = 64 << 20

    /// Completed jobs of a type from which unit times are computed.
    static let historyJobs = 100
    /// Between two looks at what a job lacks.
    static let lookSeconds = 30.0
    /// The longest nap while jobs wait for a time: a clock that was set is noticed after this.
    static let napSecondsMax = 1.0
    /// Between two attempts to store the end of a job, and how many there are where it is not for a full disk.
    static let storeRetrySeconds = 0.5
    static let storeTries = 20
    /// Between two rounds of clearing up, and what one of them removes.
    static let tidySeconds = 3600.0
    static let tidyCount = 1000
    /// Final jobs are forgotten after this; their audit entries stay.
    static let keptSeconds = 90 * 86_400.0
}

/// How runs that end badly are dealt with.
package struct JobPolicy: Sendable, Equatable {
    /// Runs that may end in an error before the job fails.
    package var failuresMax = 3
    /// Runs that may end with the process, without progress in between, before the job fails: what kills the process is not
    /// run for ever.
    package var crashesMax = 3
    /// Before the second try; doubled before each further one.
    package var retrySeconds = 10.0
    package var retrySecondsMax = 3600.0

    package init() {}

    /// Seconds to wait after the `failures`th error.
    func delay(failures: Int) -> Double {
        min(retrySecondsMax, retrySeconds * Double(UInt64(1) << UInt64(min(max(0, failures - 1), 32))))
    }
}

/// What the queue may do at once.
package struct JobSettings: Sendable {
    package var policy = JobPolicy()
    /// Runners at work at once.
    package var runningMax = 32
    /// The same by type; a training mostly waits for clients, the others compute.
    package var typeMax: [JobType: Int] = [.federatedTraining: 20]
    package var typeMaxUsual = 4
    /// So much longer has a job of a lower class to wait to go before one of the next class that has just come.
    package var agingSeconds = 600.0
    /// What a graceful stop waits for runners to come to a checkpoint.
    package var drainSeconds = 5.0

    package init() {}

    func limit(_ type: JobType) -> Int { max(1, min(runningMax, typeMax[type] ?? typeMaxUsual)) }
}
