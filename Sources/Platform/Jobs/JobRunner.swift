internal import Synchronization
package import Federation
package import Storage
package import StrictJSON

/// What does the work of one type of job, or of one service of it.
package protocol JobRunner: Sendable {
    var type: JobType { get }
    /// nil: every service of the type that has no runner of its own.
    var service: String? { get }
    /// Looks at parameters when a job is asked for.
    func check(_ parameters: JSON) throws(JobFailure)
    /// What of parameters that `check` took is read.
    func reading(_ parameters: JSON) -> ParameterReading
    /// What is not there yet that the job needs. Asked before every run; empty: it can run.
    func requirements(_ job: JobRecord) async -> [JobBlocker]
    /// The federated session that a job trains; nil: there is none, or not yet.
    func session(of job: JobRecord) async -> String?
    /// Does the work from the last checkpoint on. Whatever is done after a checkpoint may be done again after a crash: what others see of it
    /// carries `context.key(…)`, by which they tell that it is the same.
    /// - Throws: `JobStop` of the context as it is; `JobRunError`.
    func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult
    /// Clears away what a job began that is cancelled after it has run. May be called more than once.
    func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async
}

extension JobRunner {
    package var service: String? { nil }
    package func check(_ parameters: JSON) throws(JobFailure) {}
    package func reading(_ parameters: JSON) -> ParameterReading { .unknown }
    package func requirements(_ job: JobRecord) async -> [JobBlocker] { [] }
    package func session(of job: JobRecord) async -> String? { nil }
    package func abandon(_ job: JobRecord, checkpoint: [UInt8]?) async {}
}

/// What a job reads of its parameters, so that whoever sends more can be told.
package enum ParameterReading: Sendable, Equatable {
    /// Nobody knows yet: the type has no runner.
    case unknown
    /// These, and nothing else.
    case fields([String])
    /// A body that was read elsewhere, and what was to be noted of it: `{code, field, message}`, fields below the parameters.
    case body(notices: [JSON])
}

/// What a run made.
package struct JobResult: Sendable, Equatable {
    package var content: [UInt8]
    package var mediaType: String
    /// An object: what was measured.
    package var figures: JSON
    /// SHA-256 (hex) of the model that was made, if one was.
    package var model: String?
    package init(content: [UInt8], mediaType: String = "application/json", figures: JSON = .object([]), model: String? = nil) {
        self.content = content
        self.mediaType = mediaType
        self.figures = figures
        self.model = model
    }
}

/// A run's own reason to end without a result.
package struct JobRunError: Error, Sendable, Equatable {
    package var problem: JobProblem
    /// Whether another try may do better.
    package var mayRetry: Bool
    package init(_ code: String, _ message: String, mayRetry: Bool) {
        problem = JobProblem(code: code, message: message)
        self.mayRetry = mayRetry
    }
}

/// Why a run is not to go on. Not an error of the runner's: it lets go and throws it on.
package enum JobStop: Error, Sendable, Equatable {
    case cancelled
    /// The process ends; the next one goes on.
    case draining
    /// Another run has the job.
    case superseded
    case tooLarge(bytes: Int)
    case storage(StorageError)
}

/// A run's way to its job.
package struct JobContext: Sendable {
    package let job: JobRecord
    /// What the last checkpoint kept; nil: the job begins.
    package let checkpoint: [UInt8]?
    let control: RunControl
    let queue: JobQueue

    /// Keeps where the work is, with the units that are done and the lines since the last one: durable when it returns. A cancelled run ends here.
    /// - Parameter content: at most 64 KiB.
    package func save(_ content: [UInt8], completed: Int64, total: Int64?) async throws(JobStop) {
        guard content.count <= JobLimits.checkpointBytes else { throw .tooLarge(bytes: content.count) }
        try await keep(JobProgress(completed: completed, total: total), content)
    }

    /// The same without another place to go on from.
    package func progress(completed: Int64, total: Int64?) async throws(JobStop) {
        try await keep(JobProgress(completed: completed, total: total), nil)
    }

    private func keep(_ progress: JobProgress, _ content: [UInt8]?) async throws(JobStop) {
        try await queue.keep(control, progress, content)
        try go()
    }

    /// Goes with the next checkpoint.
    package func log(_ level: JobLogLine.Level, _ message: String) { control.log(level, message, at: queue.clock.now()) }

    package var now: Instant { queue.clock.now() }

    /// For loops between checkpoints.
    package var isStopping: Bool { control.stop != nil }
    package func go() throws(JobStop) { if let stop = control.stop { throw stop } }

    /// Waits, and less when the run is to stop.
    package func wait(seconds: Double) async throws(JobStop) {
        let nap = Task { [clock = queue.clock] in await clock.sleep(clock.now().adding(seconds: seconds)) }
        control.hold(nap)
        await nap.value
        control.hold(nil)
        try go()
    }

    /// Names one step of the job, the same in every run: whoever is asked for the step twice can tell.
    package func key(_ step: String) -> String { "\(job.id)/\(step)" }
}

/// What the queue and a run tell each other.
final class RunControl: Sendable {
    private struct State {
        var stop: JobStop?
        var nap: Task<Void, Never>?
        var log: [JobLogLine] = []
        var progress: JobProgress
    }
    let id: String
    let lease: JobLease
    private let state: Mutex<State>

    init(id: String, lease: JobLease, progress: JobProgress) {
        self.id = id
        self.lease = lease
        state = Mutex(State(progress: progress))
    }

    var stop: JobStop? { state.withLock { $0.stop } }
    var progress: JobProgress { state.withLock { $0.progress } }

    /// The first reason stands, except that a cancellation is heeded also by a process that ends.
    func stop(_ why: JobStop) {
        let nap = state.withLock { state in
            if state.stop == nil || why == .cancelled || why == .superseded { state.stop = why }
            return state.nap
        }
        nap?.cancel()
    }

    func hold(_ nap: Task<Void, Never>?) {
        let isOver = state.withLock { state in
            state.nap = nap
            return state.stop != nil
        }
        if isOver { nap?.cancel() }
    }

    func log(_ level: JobLogLine.Level, _ message: String, at now: Instant) {
        state.withLock { state in
            state.log.append(JobLogLine(at: now, level: level, message: message.clipped(JobLimits.logBytes)))
            if state.log.count > JobLimits.logLines { state.log.removeFirst() }
        }
    }

    func kept(_ progress: JobProgress) { state.withLock { $0.progress = progress } }

    /// Lines since the last time.
    func takeLog() -> [JobLogLine] {
        state.withLock { state in
            defer { state.log = [] }
            return state.log
        }
    }
}

/// Time as the queue has it.
package struct JobClock: Sendable {
    package var now: @Sendable () -> Instant
    /// Returns at that instant, or at once when the task is cancelled.
    package var sleep: @Sendable (_ until: Instant) async -> Void
    package init(now: @escaping @Sendable () -> Instant, sleep: @escaping @Sendable (Instant) async -> Void) {
        self.now = now
        self.sleep = sleep
    }

    /// By the host's clocks.
    /// - Parameter now: the time of day.
    package static func system(_ now: @escaping @Sendable () -> Instant) -> JobClock {
        JobClock(now: now) { until in
            let seconds = min(max(0, until.seconds(since: now())), 86_400)
            try? await Task.sleep(for: .milliseconds(Int64((seconds * 1000).rounded(.up))))
        }
    }
}
