package import Federation
internal import Logging
package import Storage
internal import StrictJSON

/// A job for whoever asks.
package struct JobView: Sendable, Equatable {
    package var record: JobRecord
    /// nil: nothing like it was measured yet, it is blocked, or it is over.
    package var estimatedCompletion: Instant?
    /// The federated session that it trains, where one job is asked for; nil: there is none, or not yet.
    package var session: String?
    package init(record: JobRecord, estimatedCompletion: Instant?) {
        self.record = record
        self.estimatedCompletion = estimatedCompletion
    }
}

package struct JobListing: Sendable, Equatable {
    package var jobs: [JobView]
    package var total: Int
    package init(jobs: [JobView], total: Int) {
        self.jobs = jobs
        self.total = total
    }
}

// What surfaces ask for. One call an endpoint.
extension JobQueue {
    /// - Returns: the job, and whether it is new; the same submission key again gives the job of before.
    package func submit(_ request: JobRequest, tenant: String, actor: AuditActor) async throws(JobFailure) -> (job: JobView, isNew: Bool) {
        let now = clock.now()
        var record = try request.record(tenant: tenant, actor: actor.id, now: now, random: random)
        try runner(record.type, record.service)?.check(request.parameters)
        guard board.count < JobLimits.open else { throw .tooMany(limit: JobLimits.open) }
        // Whoever submits it is told at once, and not only who asks again when its turn has come.
        if record.eligibleAt <= now { record.blockedBy = await blockers(of: record) }
        var audit = AuditRecord(at: now, action: .jobCreated, by: actor, of: record.id)
        audit.details = ["type": record.type.rawValue, "name": record.name]
        let outcome: JobSubmission
        do throws(StorageError) {
            outcome = try await store.submit(
                record, audit: audit, openMax: JobLimits.openPerTenant, remembered: now.adding(seconds: -JobLimits.rememberedSeconds))
        } catch { throw failure(error) }
        switch outcome {
        case .added:
            board.wait(record)
            wake()
            return (view(record), true)
        case .again(let existing): return (view(existing), false)
        case .conflict(let existing): throw .conflict("another request came with this Idempotency-Key; it made \(existing)")
        case .tooMany: throw .tooMany(limit: JobLimits.openPerTenant)
        }
    }

    /// What is read of the parameters of a job that was taken.
    package func reading(_ request: JobRequest, service: String) -> ParameterReading {
        runner(request.type, service)?.reading(request.parameters) ?? request.readingWithoutRunner
    }

    package func job(_ id: String, tenant: String) async throws(JobFailure) -> JobView {
        var view = view(try await record(id, tenant))
        view.session = await runner(view.record.type, view.record.service)?.session(of: view.record)
        return view
    }

    /// Newest first.
    package func jobs(tenant: String, state: JobState?, offset: Int, limit: Int) async throws(JobFailure) -> JobListing {
        guard (1...JobLimits.pageMax).contains(limit) else {
            throw .invalid(field: "limit", issue: "must be 1 to \(JobLimits.pageMax)", provided: JSON(limit))
        }
        guard (0...JobLimits.offsetMax).contains(offset) else {
            throw .invalid(field: "offset", issue: "must be 0 to \(JobLimits.offsetMax)", provided: JSON(offset))
        }
        do throws(StorageError) {
            let page = try await store.jobs(tenant: tenant, state: state, offset: offset, limit: limit)
            return JobListing(jobs: page.jobs.map(view), total: page.total)
        } catch { throw failure(error) }
    }

    /// - Parameter tenant: nil: of every tenant.
    package func counts(tenant: String?, finishedSince: Instant?) async throws(JobFailure) -> [JobState: Int] {
        do throws(StorageError) { return try await store.jobCounts(tenant: tenant, finishedSince: finishedSince) } catch { throw failure(error) }
    }

    /// A queued job is cancelled at once, a running one at its next checkpoint: then the view says `running`, and when it was asked for.
    /// - Throws: `conflict` when it is final.
    package func cancel(_ id: String, tenant: String, actor: AuditActor) async throws(JobFailure) -> JobView {
        let job = try await record(id, tenant)
        let changed: JobChanged
        do throws(StorageError) { changed = try await end(.cancel(by: actor), job) } catch { throw failure(error) }
        switch changed {
        case .changed(let record):
            if record.state == .running { runs[id]?.control.stop(.cancelled) } else { settle(record) }
            return view(record)
        case .unchanged(let record): throw .conflict("\(id) is \(record.state.rawValue) already")
        case .missing: throw .notFound("job \(id)")
        case .superseded: throw .internalError("another process has the jobs of this folder")
        }
    }

    /// - Throws: `conflict` until there is one.
    package func result(_ id: String, tenant: String) async throws(JobFailure) -> (record: JobResultRecord, content: [UInt8]) {
        let job = try await record(id, tenant)
        guard let result = job.result else {
            throw .conflict(
                job.state.isFinal ? "\(id) is \(job.state.rawValue) and left no result" : "\(id) is \(job.state.rawValue); its result is not available yet")
        }
        do throws(ArtifactFailure) {
            let (kept, content) = try await artifacts.get(result.artifact, tenant: tenant, now: clock.now())
            guard kept.digest == result.digest else { throw ArtifactFailure.notFound("result of \(id)") }
            return (result, content)
        } catch {
            switch error {
            case .notFound: throw .notFound("result of \(id) any more; results are kept \(Int(JobLimits.keptSeconds / 86_400)) days, or until they are deleted")
            case .invalid, .conflict, .tooLarge, .tooMuch, .insufficientStorage, .internalError: throw .internalError(error.told)
            }
        }
    }

    private func record(_ id: String, _ tenant: String) async throws(JobFailure) -> JobRecord {
        let found: JobRecord?
        do throws(StorageError) { found = try await store.job(id, tenant: tenant) } catch { throw failure(error) }
        guard let found else { throw .notFound("job \(id.clipped(80))") }
        return found
    }

    private func view(_ job: JobRecord) -> JobView { JobView(record: job, estimatedCompletion: estimate(job)) }

    /// Units that come before its end times what one of its type took on average.
    private func estimate(_ job: JobRecord) -> Instant? {
        guard let mean = history.mean(job.type) else { return nil }
        switch job.state {
        case .queued:
            guard job.blockedBy.isEmpty, let units = board.unitsBefore(job.id, usual: mean.units) else { return nil }
            return max(clock.now(), job.eligibleAt).adding(seconds: (units.ahead + units.own) * mean.unitSeconds)
        case .running:
            let left = job.progress.total.map { Double(max(0, $0 - job.progress.completed)) } ?? max(0, mean.units - Double(job.progress.completed))
            return clock.now().adding(seconds: left * mean.unitSeconds)
        case .completed, .failed, .cancelled: return nil
        }
    }

    private func failure(_ error: StorageError) -> JobFailure {
        log.error("store", metadata: ["cause": "\(error)"])
        return JobFailure(error)
    }
}
