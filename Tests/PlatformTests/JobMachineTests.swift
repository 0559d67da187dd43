import Federation
import Platform
import Storage
import Testing

/// What the machine decides, and that no order of events leads where a job may not be.
@Suite struct JobMachineTests {
    private static let start = Instant(milliseconds: 1_000_000)
    private let policy = JobPolicy()

    static func job(scheduledAt: Instant? = nil, maxWaitSeconds: Double = 100) -> JobRecord {
        JobRecord(
            id: "job_1", tenant: "one", name: "a", type: .report, service: "analytics", priority: .normal, parameters: "{}", input: nil,
            output: "application/json", createdBy: "me", createdAt: start, scheduledAt: scheduledAt, maxWaitSeconds: maxWaitSeconds, submission: nil)
    }

    private func handle(_ event: JobEvent, _ job: JobRecord, at seconds: Double = 0) -> Result<JobChange, JobRefusal> {
        JobMachine.handle(event, job, now: Self.start.adding(seconds: seconds), policy: policy)
    }

    private func after(_ event: JobEvent, _ job: JobRecord, at seconds: Double = 0) throws -> JobRecord { try handle(event, job, at: seconds).get().record }

    private func refusal(_ event: JobEvent, _ job: JobRecord, at seconds: Double = 0) -> JobRefusal? {
        if case .failure(let refusal) = handle(event, job, at: seconds) { return refusal }
        return nil
    }

    @Test func aJobRunsFromItsClaimToItsResult() throws {
        var job = try after(.claim(epoch: 4), Self.job(), at: 1)
        let lease = try #require(job.lease)
        #expect(job.state == .running && lease == JobLease(epoch: 4, run: 1) && job.attempts == 1 && job.startedAt == Self.start.adding(seconds: 1))
        job = try after(.checkpoint(lease, JobProgress(completed: 3, total: 8), log: [], content: [1]), job, at: 3)
        #expect(job.progress == JobProgress(completed: 3, total: 8) && job.workedMilliseconds == 2000)
        job = try after(.checkpoint(lease, JobProgress(completed: 2), log: [], content: nil), job, at: 3)
        #expect(job.progress == JobProgress(completed: 3, total: 8), "what was done stays done")
        let result = JobResultRecord(artifact: "r", digest: "d", bytes: 1, mediaType: "text/csv")
        let end = try handle(.succeeded(lease, result, figures: "{}", JobProgress(completed: 7), log: []), job, at: 5).get()
        #expect(end.record.state == .completed && end.record.result == result && end.record.lease == nil && end.record.workedMilliseconds == 4000)
        #expect(end.record.progress == JobProgress(completed: 7, total: 8), "no unit is made up")
        #expect(end.audit?.action == .jobCompleted && end.record.finishedAt == Self.start.adding(seconds: 5))
    }

    @Test func errorsAreTriedAgainLaterAndNotForEver() throws {
        var job = Self.job()
        var at = 0.0
        for (failure, delay) in [(1, 10.0), (2, 20.0)] {
            job = try after(.claim(epoch: 1), job, at: at)
            let lease = try #require(job.lease)
            job = try after(.failed(lease, JobProblem(code: "x", message: "no"), mayRetry: true, log: []), job, at: at)
            #expect(job.state == .queued && job.failures == failure && job.lease == nil && job.error == nil)
            #expect(job.eligibleAt == Self.start.adding(seconds: at + delay))
            #expect(refusal(.claim(epoch: 1), job, at: at + delay - 0.001) == .notDue)
            at += delay
        }
        job = try after(.claim(epoch: 1), job, at: at)
        let end = try handle(.failed(try #require(job.lease), JobProblem(code: "x", message: "no"), mayRetry: true, log: []), job, at: at).get()
        #expect(end.record.state == .failed && end.record.error?.code == "x" && end.audit?.details["code"] == "x")
        job = try after(.claim(epoch: 1), Self.job())
        job = try after(.failed(try #require(job.lease), JobProblem(code: "x", message: "no"), mayRetry: false, log: []), job)
        #expect(job.state == .failed, "what another try cannot mend has none")
    }

    @Test func theDelayDoublesToItsLimit() {
        var policy = JobPolicy()
        policy.failuresMax = 1000
        let delays = [1, 2, 3, 9, 10, 33, 64, 999].map { failures -> Double in
            var job = Self.job()
            job.failures = failures - 1
            guard let claimed = try? JobMachine.handle(.claim(epoch: 1), job, now: Self.start, policy: policy).get().record, let lease = claimed.lease,
                let next = try? JobMachine.handle(
                    .failed(lease, JobProblem(code: "", message: ""), mayRetry: true, log: []), claimed, now: Self.start, policy: policy
                ).get().record
            else { return -1 }
            return next.eligibleAt.seconds(since: Self.start)
        }
        #expect(delays == [10, 20, 40, 2560, 3600, 3600, 3600, 3600])
    }

    @Test func whatEndsTheProcessAgainAndAgainIsPoison() throws {
        var job = Self.job()
        for epoch in 1...2 as ClosedRange<Int64> {
            job = try after(.claim(epoch: epoch), job)
            #expect(refusal(.lost(epoch: epoch), job) == .running, "its own process is there")
            job = try after(.lost(epoch: epoch + 1), job)
            #expect(job.state == .queued && job.crashes == Int(epoch))
        }
        job = try after(.claim(epoch: 3), job)
        let moved = try after(.checkpoint(try #require(job.lease), JobProgress(completed: 1), log: [], content: nil), job)
        #expect(moved.crashes == 0, "a job that gets on is not what ends the process")
        job = try after(.lost(epoch: 4), job)
        #expect(job.state == .failed && job.error?.code == "poison")
    }

    @Test func aCancellationHoldsWhateverComesOfTheRun() throws {
        #expect(try after(.cancel(by: "me"), Self.job()).state == .cancelled)
        let running = try after(.claim(epoch: 1), Self.job())
        let asked = try handle(.cancel(by: "me"), running, at: 2).get()
        #expect(asked.record.state == .running && asked.record.cancelRequestedAt != nil && asked.audit?.action == .jobCancelRequested)
        #expect(try handle(.cancel(by: "me"), asked.record, at: 3).get().audit == nil, "asked once, written once")
        let lease = try #require(running.lease)
        for event: JobEvent in [
            .stopped(lease, log: []), .released(lease, log: []), .lost(epoch: 2), .succeeded(lease, nil, figures: nil, JobProgress(), log: []),
            .failed(lease, JobProblem(code: "x", message: "x"), mayRetry: true, log: []),
        ] {
            let end = try handle(event, asked.record, at: 4).get()
            #expect(end.record.state == .cancelled && end.audit?.action == .jobCancelled && end.record.error == nil, "\(event)")
        }
        #expect(refusal(.stopped(lease, log: []), running) == .running, "nobody asked for it")
    }

    @Test func whoWaitsTooLongFailsWithWhatItLacked() throws {
        let blocker = JobBlocker(what: "model", field: "parameters.model", asked: "m", have: "none", fix: "upload it")
        let blocked = try after(.due(blockedBy: [blocker]), Self.job())
        #expect(blocked.blockedBy == [blocker] && refusal(.claim(epoch: 1), blocked) == .blocked)
        #expect(refusal(.expire, blocked, at: 99.9) == .notDue)
        let end = try after(.expire, blocked, at: 100)
        #expect(end.state == .failed && end.error?.code == "wait_exceeded" && end.error?.message.contains("upload it") == true && end.blockedBy.isEmpty)
        #expect(try after(.due(blockedBy: []), blocked).blockedBy.isEmpty)
        let later = Self.job(scheduledAt: Self.start.adding(seconds: 50))
        #expect(refusal(.claim(epoch: 1), later, at: 49) == .notDue && refusal(.expire, later, at: 149) == .notDue)
        #expect(try after(.claim(epoch: 1), later, at: 50).state == .running)
    }

    @Test func logsKeepTheirLastLines() throws {
        var job = try after(.claim(epoch: 1), Self.job())
        let lease = try #require(job.lease)
        let lines = (0..<250).map { JobLogLine(at: Self.start, level: .info, message: "\($0) " + String(repeating: "é", count: 600)) }
        job = try after(.checkpoint(lease, JobProgress(), log: lines, content: nil), job)
        #expect(job.log.count == 100 && job.log.last?.message.hasPrefix("249 ") == true)
        #expect(job.log.allSatisfy { $0.message.utf8.count <= 500 && $0.message.utf8.count > 490 })
    }

    // MARK: Any order

    @Test(arguments: 1...300)
    func noOrderOfEventsLeadsToAStateThatIsNone(_ seed: Int) {
        var coins = Coins(seed)
        var job = Self.job(scheduledAt: coins.one(of: [nil, Self.start.adding(seconds: 30)]), maxWaitSeconds: coins.one(of: [20, 1e9]))
        var (seconds, epoch, ends) = (0.0, Int64(1), 0)
        var oldLeases: [JobLease] = [JobLease(epoch: 0, run: 1)]
        for _ in 0..<120 {
            // Clocks are set back, too.
            seconds += coins.one(of: [0, 0.5, 3, 12, -2])
            let lease = coins.below(5) == 0 ? coins.one(of: oldLeases) : job.lease ?? coins.one(of: oldLeases)
            let event = self.event(&coins, lease, &epoch)
            let before = job
            let isFence = job.lease.map { $0 != lease } ?? true
            switch handle(event, job, at: seconds) {
            case .failure: break
            case .success(let change):
                job = change.record
                if job.state.isFinal { ends += 1 }
                if let held = before.lease, job.lease != held { oldLeases.append(held) }
                if event.isOfARun { #expect(!isFence, "seed \(seed): \(event) of a run that is over") }
                if job.state != before.state { #expect(Self.isWay(before.state, job.state), "seed \(seed): \(before.state) to \(job.state)") }
            }
            if let problem = Self.problem(job) {
                Issue.record("seed \(seed): after \(event): \(problem)")
                return
            }
            if before.state.isFinal { #expect(job == before, "seed \(seed): a final job has changed") }
        }
        #expect(ends == (job.state.isFinal ? 1 : 0))
    }

    private func event(_ coins: inout Coins, _ lease: JobLease, _ epoch: inout Int64) -> JobEvent {
        let progress = JobProgress(completed: coins.one(of: [-4, 0, 3, 7, .max]), total: coins.one(of: [nil, 0, 5, .max]))
        let log = [JobLogLine(at: Self.start, level: .info, message: "x")]
        switch coins.below(12) {
        case 0: return .due(blockedBy: coins.one(of: [[], [JobBlocker(what: "model", field: "f", asked: "a", have: "b", fix: "c")]]))
        case 1, 2: return .claim(epoch: epoch)
        case 3, 4: return .checkpoint(lease, progress, log: log, content: [1])
        case 5: return .succeeded(lease, JobResultRecord(artifact: "r", digest: "d", bytes: 1, mediaType: "m"), figures: "{}", progress, log: log)
        case 6: return .failed(lease, JobProblem(code: "x", message: "y"), mayRetry: coins.below(4) > 0, log: log)
        case 7: return .stopped(lease, log: log)
        case 8: return .released(lease, log: log)
        case 9:
            epoch += 1
            return .lost(epoch: epoch)
        case 10: return coins.below(4) == 0 ? .cancel(by: "me") : .due(blockedBy: [])
        default: return .expire
        }
    }

    private static func isWay(_ from: JobState, _ to: JobState) -> Bool {
        switch from {
        case .queued: to == .running || to == .cancelled || to == .failed
        case .running: to != .running
        case .completed, .failed, .cancelled: false
        }
    }

    /// What a job cannot be.
    static func problem(_ job: JobRecord) -> String? {
        if (job.lease != nil) != (job.state == .running) { return "a lease without a run, or a run without one" }
        if (job.countedAt != nil) != (job.state == .running) { return "time is counted of a job that does not run" }
        if (job.finishedAt != nil) != job.state.isFinal { return "an end that is none" }
        if (job.error != nil) != (job.state == .failed) { return "an error that is none" }
        if job.result != nil && job.state != .completed { return "a result of what is not completed" }
        if job.state == .cancelled && job.cancelRequestedAt == nil { return "cancelled by nobody" }
        if job.state == .queued && job.cancelRequestedAt != nil { return "a cancelled job waits" }
        if !job.blockedBy.isEmpty && job.state != .queued { return "blocked and not waiting" }
        if (job.startedAt != nil) != (job.attempts > 0) { return "a start without a run" }
        if let start = job.startedAt, let end = job.finishedAt, end < start { return "an end before the start" }
        if job.progress.completed < 0 || job.progress.total.map({ $0 < job.progress.completed }) == true { return "progress \(job.progress)" }
        if job.log.count > 100 || job.failures > 3 || job.crashes > 3 || job.workedMilliseconds < 0 { return "past a limit" }
        if job.eligibleAt < job.createdAt { return "due before it was asked for" }
        return nil
    }
}

extension JobEvent {
    fileprivate var isOfARun: Bool {
        switch self {
        case .checkpoint, .succeeded, .failed, .stopped, .released: true
        case .due, .claim, .lost, .cancel, .expire: false
        }
    }
}
