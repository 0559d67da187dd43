internal import Federation
internal import Logging
internal import Storage
internal import StrictJSON

// One job after the other: whether it can run, its claim, its run, its end.
extension JobQueue {
    /// Looks what a job lacks and, when that is nothing, claims and runs it.
    func take(_ entry: JobBoard.Entry) async {
        do throws(StorageError) {
            guard let job = try await store.job(entry.id, tenant: entry.tenant), job.state == .queued else { return board.remove(entry.id) }
            let runner = runner(job.type, job.service)
            let blockers = await self.blockers(of: job)
            var current = job
            if blockers != job.blockedBy, let changed = try await change(job.id, .due(blockedBy: blockers)).record { current = changed }
            guard current.state == .queued else { return settle(current) }
            guard blockers.isEmpty, let runner else {
                board.wait(current, lookAt: clock.now().adding(seconds: JobLimits.lookSeconds))
                // Registered while we looked.
                if runner == nil, self.runner(job.type, job.service) != nil { look(again: job.type) }
                return
            }
            guard !isDraining, !isSuperseded else { return }
            switch try await change(job.id, .claim(epoch: epoch)) {
            case .changed(let claimed): try await launch(claimed, runner)
            case .unchanged(let other):
                settle(other)
                // The time was set back, or it is blocked in the meantime.
                if other.state == .queued { board.wait(other, lookAt: clock.now().adding(seconds: JobLimits.lookSeconds)) }
            case .missing, .superseded: board.remove(entry.id)
            }
        } catch {
            log.error("a job could not be begun", metadata: ["tenant": "\(entry.tenant)", "subject": "\(entry.id)", "job": "\(entry.id)", "cause": "\(error)"])
            await postpone(entry)
        }
    }

    /// What a job lacks to be run now.
    func blockers(of job: JobRecord) async -> [JobBlocker] {
        (await runner(job.type, job.service)?.requirements(job) ?? [missing(job)]).prefix(JobLimits.blockers).map(\.bounded)
    }

    private func missing(_ job: JobRecord) -> JobBlocker {
        let built = runners.keys.sorted().map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }.joined(separator: ", ")
        return JobBlocker(
            what: "not_built", field: "type", asked: "\(job.type.rawValue)/\(job.service)", have: built.isEmpty ? "none" : built,
            fix: "this version has no runner for it; the job starts by itself with a version that has, or cancel it")
    }

    private func postpone(_ entry: JobBoard.Entry) async {
        guard let job = try? await store.job(entry.id, tenant: entry.tenant), job.state == .queued else { return board.remove(entry.id) }
        board.wait(job, lookAt: clock.now().adding(seconds: JobLimits.lookSeconds))
    }

    private func launch(_ job: JobRecord, _ runner: any JobRunner) async throws(StorageError) {
        guard let lease = job.lease else { return }
        let control = RunControl(id: job.id, lease: lease, progress: job.progress)
        runs[job.id] = Run(control: control, job: job)
        log.info("job began", metadata: metadata(of: job, ["attempt": "\(job.attempts)"]))
        board.run(job)
        let checkpoint: [UInt8]?
        do throws(StorageError) { checkpoint = try await store.jobCheckpoint(job.id) } catch {
            await over(control, .failure(JobStop.storage(error)), job)
            return
        }
        if isDraining { control.stop(.draining) }
        let context = JobContext(job: job, checkpoint: checkpoint, control: control, queue: self)
        Task {
            let outcome: Result<JobResult, any Error>
            do {
                try context.go()
                outcome = .success(try await runner.run(job, context))
            } catch { outcome = .failure(error) }
            await self.over(control, outcome, job)
        }
    }

    /// A checkpoint of a run.
    func keep(_ control: RunControl, _ progress: JobProgress, _ content: [UInt8]?) async throws(JobStop) {
        let event = JobEvent.checkpoint(control.lease, progress, log: control.takeLog(), content: content)
        let changed: JobChanged
        do throws(StorageError) { changed = try await change(control.id, event) } catch { throw .storage(error) }
        guard case .changed(let job) = changed else { throw .superseded }
        if job.cancelRequestedAt != nil { control.stop(.cancelled) }
        control.kept(job.progress)
        board.progress(job)
    }

    // MARK: Ends

    private func over(_ control: RunControl, _ outcome: Result<JobResult, any Error>, _ job: JobRecord) async {
        let event: JobEvent
        switch outcome {
        case .success(let result): event = await published(result, control, job)
        case .failure(let error): event = Self.event(of: error, control, log: control.takeLog())
        }
        if case .failed(_, let problem, _, _) = event, problem.code == "internal_error", case .failure(let error) = outcome {
            log.error("a runner failed", metadata: metadata(of: job, ["cause": "\(error)"]))
        }
        if control.stop == .superseded { return forget(run: job.id) }
        for failures in 1... {
            do throws(StorageError) {
                // As it is now: somebody may have asked to cancel it.
                let changed = try await end(event, try await store.job(job.id, tenant: job.tenant) ?? job)
                forget(run: job.id)
                if let record = changed.record { settle(record) }
                return
            } catch {
                // The job stays with this run until the store takes its end; a full disk is waited for. What is lost with the process is done
                // again by the next one.
                let mayWait = if case .full = error { true } else { failures < JobLimits.storeTries }
                guard mayWait, !isSuperseded, control.stop != .superseded else {
                    log.critical("the end of a job could not be stored; the next start takes it up", metadata: metadata(of: job, ["cause": "\(error)"]))
                    return forget(run: job.id)
                }
                await clock.sleep(clock.now().adding(seconds: JobLimits.storeRetrySeconds))
            }
        }
    }

    /// The result first: a job is completed when what it made is durable.
    private func published(_ result: JobResult, _ control: RunControl, _ job: JobRecord) async -> JobEvent {
        func failed(_ code: String, _ message: String, mayRetry: Bool) -> JobEvent {
            .failed(control.lease, JobProblem(code: code, message: message), mayRetry: mayRetry, log: control.takeLog())
        }
        guard control.stop != .superseded else { return .released(control.lease, log: []) }
        guard result.content.count <= JobLimits.resultBytes else {
            return failed("result_too_large", "The result has \(result.content.count) bytes; at most \(JobLimits.resultBytes) are kept.", mayRetry: false)
        }
        let name = "jobs/\(job.id)/result"
        do throws(ArtifactFailure) {
            let kept = try await artifacts.put(
                result.content, name: name, mediaType: result.mediaType, tenant: job.tenant, actor: AuditActor("job \(job.id)"),
                lifetimeSeconds: JobLimits.keptSeconds,
                replaces: true, now: clock.now())
            let record = JobResultRecord(artifact: name, digest: kept.digest, bytes: kept.bytes, mediaType: kept.mediaType, model: result.model)
            return .succeeded(control.lease, record, figures: result.figures.encodedText, control.progress, log: control.takeLog())
        } catch {
            return failed("result_not_stored", error.told, mayRetry: true)
        }
    }

    private static func event(of error: any Error, _ control: RunControl, log: [JobLogLine]) -> JobEvent {
        let lease = control.lease
        func failed(_ code: String, _ message: String, mayRetry: Bool) -> JobEvent {
            .failed(lease, JobProblem(code: code, message: message), mayRetry: mayRetry, log: log)
        }
        switch error {
        case is CancellationError, JobStop.cancelled, JobStop.draining, JobStop.superseded:
            switch control.stop {
            case .cancelled: return .stopped(lease, log: log)
            case .draining, .superseded: return .released(lease, log: log)
            // Nobody has stopped it: the runner is mistaken.
            case .tooLarge, .storage, nil: return failed("internal_error", "The runner stopped; the coordinator's log says how.", mayRetry: true)
            }
        case let stop as JobStop:
            switch stop {
            case .cancelled, .draining, .superseded: return .released(lease, log: log)
            case .tooLarge(let bytes):
                return failed("checkpoint_too_large", "A checkpoint has \(bytes) bytes; at most \(JobLimits.checkpointBytes) are kept.", mayRetry: false)
            case .storage(.full): return failed("disk_full", "The coordinator's disk is full.", mayRetry: true)
            case .storage: return failed("internal_error", "The store failed; the coordinator's log says how.", mayRetry: true)
            }
        case let known as JobRunError: return .failed(lease, known.problem, mayRetry: known.mayRetry, log: log)
        case let failure as JobFailure:
            switch failure {
            case .invalid(let field, let issue, _): return failed("invalid", "\(field) \(issue)", mayRetry: false)
            case .notFound(let what): return failed("not_found", "There is no \(what).", mayRetry: false)
            case .conflict(let what): return failed("conflict", what, mayRetry: false)
            case .tooMany, .insufficientStorage, .internalError:
                return failed("internal_error", "The runner failed; the coordinator's log says how.", mayRetry: true)
            }
        // What it says may be a secret; it is in the log.
        default: return failed("internal_error", "The runner failed; the coordinator's log says how.", mayRetry: true)
        }
    }

    func expire(_ id: String) async {
        do throws(StorageError) {
            guard let entry = board.waiting[id] else { return }
            guard let job = try await store.job(id, tenant: entry.tenant) else { return board.remove(id) }
            if let record = try await end(.expire, job).record { settle(record) }
        } catch { log.error("a job could not be ended", metadata: ["job": "\(id)", "cause": "\(error)"]) }
    }
}
