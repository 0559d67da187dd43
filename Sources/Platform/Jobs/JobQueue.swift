internal import Federation
package import Logging
package import Storage
package import Trust

/// The shell of all `JobMachine`s of this process: claims jobs, runs their runners, and writes down what comes of it. Whoever asks for
/// jobs is in `+Requests`, who runs them in `+Running`.
package actor JobQueue {
    struct Run {
        var control: RunControl
        var job: JobRecord
    }

    nonisolated let clock: JobClock
    nonisolated let settings: JobSettings
    nonisolated let store: any JobStore
    nonisolated let artifacts: Artifacts
    nonisolated let random: RandomSource
    nonisolated let log: Logger
    private let ended: @Sendable (JobRecord) -> Void
    var runners: [String: any JobRunner] = [:]
    /// Of this process among all that ever served the store; 0: not open yet.
    private(set) var epoch: Int64 = 0
    var board: JobBoard
    var history = JobHistory()
    var runs: [String: Run] = [:]
    private(set) var isDraining = false
    /// A later process has the store.
    private(set) var isSuperseded = false
    private var nap: Task<Void, Never>?
    private var isWoken = false
    private var tidyAt = Instant(milliseconds: .min)
    private var waitingForRuns: [CheckedContinuation<Void, Never>] = []

    /// - Parameter ended: called after a job's end is durable; not again after a crash in between.
    package init(
        store: any JobStore, artifacts: Artifacts, runners: [any JobRunner] = [], clock: JobClock, random: RandomSource, log: Logger,
        settings: JobSettings = JobSettings(), ended: @escaping @Sendable (JobRecord) -> Void = { _ in }
    ) {
        self.store = store
        self.artifacts = artifacts
        self.clock = clock
        self.random = random
        self.log = log
        self.settings = settings
        self.ended = ended
        board = JobBoard(settings: settings)
        for runner in runners { self.runners[Self.key(runner.type, runner.service)] = runner }
    }

    private static func key(_ type: JobType, _ service: String?) -> String { "\(type.rawValue)/\(service ?? "")" }

    // MARK: Runners

    /// Jobs that waited for it begin by themselves.
    package func register(_ runner: any JobRunner) {
        runners[Self.key(runner.type, runner.service)] = runner
        look(again: runner.type)
    }

    func runner(_ type: JobType, _ service: String) -> (any JobRunner)? { runners[Self.key(type, service)] ?? runners[Self.key(type, nil)] }

    /// Something was supplied: blocked jobs are looked at at once, and not only at the next look.
    package func look(again type: JobType? = nil) {
        board.look(type)
        wake()
    }

    // MARK: Life

    /// Takes over from the process before: its running jobs are queued again, from their last checkpoints.
    package func open() async throws(StorageError) {
        epoch = try await store.beginJobEpoch()
        for type in JobType.allCases {
            for job in try await store.completedJobs(type, limit: JobLimits.historyJobs).reversed() { history.add(job) }
        }
        var (after, taken) = ("", 0)
        while true {
            let page = try await store.openJobs(after: after, limit: JobLimits.openingPage)
            for job in page {
                if job.state == .queued {
                    board.wait(job)
                } else {
                    taken += 1
                    try await takeUp(job)
                }
            }
            guard let last = page.last else { break }
            after = last.id
        }
        if board.count > 0 { log.notice("jobs go on", metadata: ["count": "\(board.count)", "interrupted": "\(taken)"]) }
    }

    private func takeUp(_ job: JobRecord) async throws(StorageError) {
        let changed = try await end(.lost(epoch: epoch), job)
        if let record = changed.record { settle(record) }
    }

    /// Runs jobs until it drains. Returns when no run is left, or their time to come to a checkpoint is over.
    package func run() async {
        while !isDraining, !isSuperseded {
            await step()
            await sleep()
        }
        await finishRuns()
    }

    /// No more jobs are begun; those that run go on in the next process.
    package func drain() {
        isDraining = true
        for run in runs.values { run.control.stop(.draining) }
        wake()
    }

    private func finishRuns() async {
        if !runs.isEmpty {
            let limit = Task { [clock, settings, weak self] in
                await clock.sleep(clock.now().adding(seconds: settings.drainSeconds))
                await self?.letRunsGo()
            }
            await withCheckedContinuation { waitingForRuns.append($0) }
            limit.cancel()
        }
        for run in runs.values { await release(run) }
    }

    private func letRunsGo() {
        let waiting = waitingForRuns
        waitingForRuns = []
        for one in waiting { one.resume() }
    }

    /// In the name of a run that has not come to a checkpoint: nobody listens to it any more.
    private func release(_ run: Run) async {
        run.control.stop(.superseded)
        _ = try? await change(run.control.id, .released(run.control.lease, log: run.control.takeLog()))
    }

    func supersede() {
        guard !isSuperseded else { return }
        isSuperseded = true
        log.critical("another process has taken over the jobs of this folder")
        for run in runs.values { run.control.stop(.superseded) }
        wake()
    }

    // MARK: Napping

    func wake() {
        isWoken = true
        nap?.cancel()
    }

    private func sleep() async {
        defer { isWoken = false }
        guard !isWoken, !isDraining, !isSuperseded else { return }
        let now = clock.now()
        let cap = now.adding(seconds: board.waiting.isEmpty ? JobLimits.tidySeconds : JobLimits.napSecondsMax)
        let until = min(board.nextInstant(now) ?? cap, cap)
        let nap = Task { [clock] in await clock.sleep(until) }
        self.nap = nap
        await nap.value
        self.nap = nil
    }

    // MARK: Steps

    /// Everything that is due now.
    private func step() async {
        await tidy()
        for id in board.expired(clock.now()) { await expire(id) }
        while !isDraining, !isSuperseded, let entry = board.next(clock.now()) { await take(entry) }
    }

    private func tidy() async {
        let now = clock.now()
        guard now >= tidyAt else { return }
        tidyAt = now.adding(seconds: JobLimits.tidySeconds)
        do throws(StorageError) {
            _ = try await store.forgetJobs(finishedBefore: now.adding(seconds: -JobLimits.keptSeconds), limit: JobLimits.tidyCount)
        } catch { log.warning("old jobs could not be cleared away", metadata: ["reason": "\(error)"]) }
        await artifacts.expire(now: now)
    }

    // MARK: Changes

    /// What the machine makes of an event, in the store. A refusal is `unchanged`.
    func change(_ id: String, _ event: JobEvent) async throws(StorageError) -> JobChanged {
        let (now, policy) = (clock.now(), settings.policy)
        let changed = try await store.changeJob(id, epoch: epoch) { job in
            guard var next = try? JobMachine.handle(event, job, now: now, policy: policy).get() else { return nil }
            if next.record.state.isFinal { next.events = [JobEvents.ended(next.record)] }
            return next
        }
        if changed == .superseded { supersede() }
        return changed
    }

    /// The same for an event that may end the job. What a cancelled job began is cleared away first, so that a crash in between
    /// leaves a job that is still to be cancelled.
    func end(_ event: JobEvent, _ job: JobRecord) async throws(StorageError) -> JobChanged {
        if job.attempts > 0, case .success(let change) = JobMachine.handle(event, job, now: clock.now(), policy: settings.policy),
            change.record.state == .cancelled, let runner = runner(job.type, job.service)
        {
            await runner.abandon(job, checkpoint: try await store.jobCheckpoint(job.id))
        }
        let changed = try await change(job.id, event)
        if case .changed(let record) = changed, record.state.isFinal { tell(record) }
        return changed
    }

    private func tell(_ job: JobRecord) {
        history.add(job)
        log.info(
            "job ended",
            metadata: metadata(of: job, ["state": "\(job.state.rawValue)", "code": "\(job.error?.code ?? "-")"]))
        ended(job)
    }

    /// Whose entry it is, and about which job.
    func metadata(of job: JobRecord, _ more: Logger.Metadata) -> Logger.Metadata {
        ["tenant": "\(job.tenant)", "subject": "\(job.id)", "job": "\(job.id)", "type": "\(job.type.rawValue)"].merging(more) { $1 }
    }

    /// The board as the store has it, for a job that does not run.
    func settle(_ job: JobRecord) {
        guard runs[job.id] == nil else { return }
        switch job.state {
        case .queued: board.wait(job)
        case .running, .completed, .failed, .cancelled: board.remove(job.id)
        }
    }

    func forget(run id: String) {
        runs[id] = nil
        board.remove(id)
        if runs.isEmpty, isDraining || isSuperseded { letRunsGo() }
        wake()
    }
}
