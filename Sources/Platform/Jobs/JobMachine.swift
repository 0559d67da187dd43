package import Federation
package import Storage

/// What can happen to a job.
package enum JobEvent: Sendable, Equatable {
    /// Its time has come; this is what it lacks now, and nothing unblocks it.
    case due(blockedBy: [JobBlocker])
    case claim(epoch: Int64)
    /// - content: in the place of the last checkpoint; nil: that stays.
    case checkpoint(JobLease, JobProgress, log: [JobLogLine], content: [UInt8]?)
    case succeeded(JobLease, JobResultRecord?, figures: String?, JobProgress, log: [JobLogLine])
    case failed(JobLease, JobProblem, mayRetry: Bool, log: [JobLogLine])
    /// The runner has heeded a cancellation.
    case stopped(JobLease, log: [JobLogLine])
    /// The process ends in peace; the job goes on with the next one.
    case released(JobLease, log: [JobLogLine])
    /// The process that ran it is gone; `epoch` is the present one's.
    case lost(epoch: Int64)
    case cancel(by: AuditActor)
    /// Looks whether it has waited too long.
    case expire
}

/// Why an event changes nothing.
package enum JobRefusal: Error, Sendable, Equatable {
    case final(JobState)
    case running, notRunning
    /// Before its time, or it has not waited too long.
    case notDue
    case blocked
    /// In the name of a run that is over.
    case superseded
}

/// Decides every transition of a job, and does nothing.
package enum JobMachine {
    package static func handle(_ event: JobEvent, _ job: JobRecord, now: Instant, policy: JobPolicy) -> Result<JobChange, JobRefusal> {
        var next = Transition(job: job, now: now, policy: policy)
        switch (job.state, event) {
        case (.queued, .due(let blockers)):
            guard now >= job.eligibleAt else { return .failure(.notDue) }
            next.job.blockedBy = blockers.prefix(JobLimits.blockers).map(\.bounded)
        case (.queued, .claim(let epoch)):
            guard now >= job.eligibleAt else { return .failure(.notDue) }
            guard job.blockedBy.isEmpty else { return .failure(.blocked) }
            next.begin(epoch)
        case (.queued, .cancel(let actor)):
            next.job.cancelRequestedAt = now
            next.end(.cancelled, .jobCancelled, by: actor)
        case (.queued, .expire):
            guard now >= job.expiresAt else { return .failure(.notDue) }
            next.fail(JobProblem(code: "wait_exceeded", message: job.waitProblem))
        case (.queued, .checkpoint), (.queued, .succeeded), (.queued, .failed), (.queued, .stopped), (.queued, .released), (.queued, .lost):
            return .failure(.notRunning)

        case (.running, .due), (.running, .claim), (.running, .expire): return .failure(.running)
        case (.running, .checkpoint(let lease, let progress, let log, let content)):
            guard lease == job.lease else { return .failure(.superseded) }
            next.count(progress, log)
            return .success(JobChange(record: next.job, checkpoint: content))
        case (.running, .succeeded(let lease, let result, let figures, let progress, let log)):
            guard lease == job.lease else { return .failure(.superseded) }
            next.count(progress, log)
            next.succeed(result, figures)
        case (.running, .failed(let lease, let problem, let mayRetry, let log)):
            guard lease == job.lease else { return .failure(.superseded) }
            next.count(job.progress, log)
            next.stumble(problem.bounded, mayRetry)
        case (.running, .stopped(let lease, let log)):
            guard lease == job.lease else { return .failure(.superseded) }
            // Nobody asked for it: the runner is mistaken.
            guard job.cancelRequestedAt != nil else { return .failure(.running) }
            next.count(job.progress, log)
            next.end(.cancelled, .jobCancelled, by: "runner")
        case (.running, .released(let lease, let log)):
            guard lease == job.lease else { return .failure(.superseded) }
            next.count(job.progress, log)
            if job.cancelRequestedAt != nil { next.end(.cancelled, .jobCancelled, by: "queue") } else { next.requeue(at: now) }
        case (.running, .lost(let epoch)):
            guard let lease = job.lease, lease.epoch < epoch else { return .failure(.running) }
            next.lose()
        case (.running, .cancel(let actor)):
            guard job.cancelRequestedAt == nil else { break }
            next.job.cancelRequestedAt = now
            next.audit = AuditRecord(at: now, action: .jobCancelRequested, by: actor, of: job.id)

        case (.completed, _), (.failed, _), (.cancelled, _): return .failure(.final(job.state))
        }
        return .success(JobChange(record: next.job, audit: next.audit))
    }
}

/// One step of a job.
private struct Transition {
    var job: JobRecord
    let now: Instant
    let policy: JobPolicy
    var audit: AuditRecord?

    mutating func begin(_ epoch: Int64) {
        job.attempts += 1
        job.state = .running
        job.lease = JobLease(epoch: epoch, run: job.attempts)
        job.startedAt = job.startedAt ?? now
        job.countedAt = now
        note(.info, job.attempts == 1 ? "Processing started" : "Processing resumed, run \(job.attempts)")
    }

    /// Time, units and lines since the last checkpoint. Units never go back: what was done stays done.
    mutating func count(_ progress: JobProgress, _ log: [JobLogLine]) {
        job.workedMilliseconds += max(0, now.milliseconds - (job.countedAt ?? now).milliseconds)
        job.countedAt = now
        let completed = min(max(job.progress.completed, progress.completed), JobLimits.units)
        if completed > job.progress.completed { job.crashes = 0 }
        job.progress = JobProgress(
            completed: completed, total: (progress.total ?? job.progress.total).map { max(completed, min($0, JobLimits.units)) })
        job.log = (job.log + log.suffix(JobLimits.logLines).map(\.bounded)).suffix(JobLimits.logLines)
    }

    mutating func note(_ level: JobLogLine.Level, _ message: String) {
        job.log = (job.log + [JobLogLine(at: now, level: level, message: message).bounded]).suffix(JobLimits.logLines)
    }

    mutating func succeed(_ result: JobResultRecord?, _ figures: String?) {
        // Whoever was told that it is cancelled finds it so.
        guard job.cancelRequestedAt == nil else { return end(.cancelled, .jobCancelled, by: "queue") }
        job.result = result
        job.figures = figures.flatMap { $0.utf8.count <= JobLimits.figureBytes ? $0 : nil }
        end(.completed, .jobCompleted, by: "queue")
    }

    mutating func stumble(_ problem: JobProblem, _ mayRetry: Bool) {
        job.failures += 1
        if job.cancelRequestedAt != nil { return end(.cancelled, .jobCancelled, by: "queue") }
        guard mayRetry, job.failures < policy.failuresMax else { return fail(problem) }
        let delay = policy.delay(failures: job.failures)
        note(.warning, "Try \(job.failures) of \(policy.failuresMax) failed (\(problem.code): \(problem.message)); the next one is in \(Int(delay)) s")
        requeue(at: now.adding(seconds: delay))
    }

    mutating func lose() {
        job.crashes += 1
        if job.cancelRequestedAt != nil { return end(.cancelled, .jobCancelled, by: "queue") }
        guard job.crashes < policy.crashesMax else {
            return fail(
                JobProblem(
                    code: "poison",
                    message: "The coordinator's process ended \(job.crashes) times while this job was running and made no progress; it is not run again."))
        }
        note(.warning, "The coordinator's process ended during run \(job.attempts); the job goes on from its last checkpoint")
        requeue(at: now)
    }

    mutating func requeue(at instant: Instant) {
        job.state = .queued
        job.lease = nil
        job.countedAt = nil
        job.eligibleAt = max(job.createdAt, instant)
    }

    mutating func fail(_ problem: JobProblem) {
        job.error = problem
        note(.error, "\(problem.code): \(problem.message)")
        end(.failed, .jobFailed, by: "queue")
        audit?.details["code"] = problem.code
    }

    mutating func end(_ state: JobState, _ action: AuditRecord.Action, by actor: AuditActor) {
        job.state = state
        job.lease = nil
        job.countedAt = nil
        job.blockedBy = []
        // A clock may have been set back.
        job.finishedAt = max(now, job.startedAt ?? job.createdAt)
        audit = AuditRecord(at: now, action: action, by: actor, of: job.id, details: ["type": job.type.rawValue])
    }
}

extension JobRecord {
    fileprivate var waitProblem: String {
        let waited = "It has waited \(Int(min(maxWaitSeconds, JobLimits.waitSecondsMax))) s"
        guard let first = blockedBy.first else { return waited + " for its turn." }
        return waited + " for what it lacks (\(first.what): \(first.fix))."
    }
}

extension JobBlocker {
    var bounded: JobBlocker {
        JobBlocker(
            what: what.clipped(JobLimits.blockerBytes), field: field.clipped(JobLimits.blockerBytes), asked: asked.clipped(JobLimits.blockerBytes),
            have: have.clipped(JobLimits.blockerBytes), fix: fix.clipped(JobLimits.blockerBytes))
    }
}

extension JobLogLine {
    fileprivate var bounded: JobLogLine { JobLogLine(at: at, level: level, message: message.clipped(JobLimits.logBytes)) }
}

extension JobProblem {
    fileprivate var bounded: JobProblem { JobProblem(code: code.clipped(JobLimits.logBytes), message: message.clipped(JobLimits.problemBytes)) }
}

extension String {
    /// At most so many bytes, and whole characters.
    func clipped(_ bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: max(0, bytes))
        while end > startIndex, end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
