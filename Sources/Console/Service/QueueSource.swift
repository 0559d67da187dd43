package import APIKit
internal import Federation
package import Platform
internal import Storage
internal import StrictJSON

/// The jobs' queue as the console's pages want to see it. The only file here that knows it.
package struct QueueSource: JobsSource {
    private let queue: JobQueue

    package init(_ queue: JobQueue) { self.queue = queue }

    package func jobs(tenant: String, only: JobStage?, page: Int) async throws(ServiceError) -> JobsModel {
        let offset = min(max(0, page - 1) * Limits.jobsShown, JobLimits.offsetMax)
        let found = try await asking { () async throws(JobFailure) in
            try await queue.jobs(tenant: tenant, state: only.map(JobState.init), offset: offset, limit: Limits.jobsShown)
        }
        let counts = try await asking { () async throws(JobFailure) in try await queue.counts(tenant: tenant, finishedSince: nil) }
        return JobsModel(
            jobs: found.jobs.map(JobStanding.init), counts: Dictionary(counts.map { (JobStage($0.key), $0.value) }) { $0 + $1 }, only: only, page: page,
            hasOlder: found.total > offset + found.jobs.count && !found.jobs.isEmpty)
    }

    package func job(_ id: String, tenant: String) async throws(ServiceError) -> JobModel {
        JobModel(try await asking { () async throws(JobFailure) in try await queue.job(id, tenant: tenant) })
    }

    package func cancel(_ id: String, tenant: String, by keyID: String) async throws(ServiceError) {
        _ = try await asking { () async throws(JobFailure) in try await queue.cancel(id, tenant: tenant, actor: AuditActor(keyID)) }
    }

    package func result(_ id: String, tenant: String) async throws(ServiceError) -> ConsoleFile {
        let (record, content) = try await asking { () async throws(JobFailure) in try await queue.result(id, tenant: tenant) }
        let end = record.mediaType.hasPrefix("application/json") ? ".json" : record.mediaType.hasPrefix("text/csv") ? ".csv" : ""
        return ConsoleFile(name: id + end, mediaType: record.mediaType, content: content)
    }
}

extension JobState {
    fileprivate init(_ stage: JobStage) {
        switch stage {
        case .queued: self = .queued
        case .running: self = .running
        case .completed: self = .completed
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        }
    }
}

extension JobStage {
    fileprivate init(_ state: JobState) {
        switch state {
        case .queued: self = .queued
        case .running: self = .running
        case .completed: self = .completed
        case .failed: self = .failed
        case .cancelled: self = .cancelled
        }
    }
}

extension JobStanding {
    fileprivate init(_ view: JobView) {
        let job = view.record
        self.init(
            id: job.id, name: job.name, type: job.type.rawValue, service: job.service, stage: JobStage(job.state), completed: job.progress.completed,
            total: job.progress.total, createdBy: job.createdBy, createdAt: job.createdAt.milliseconds)
        (scheduledAt, startedAt, finishedAt) = (job.scheduledAt?.milliseconds, job.startedAt?.milliseconds, job.finishedAt?.milliseconds)
        (expectedAt, cancelAskedAt) = (view.estimatedCompletion?.milliseconds, job.cancelRequestedAt?.milliseconds)
        lacks = job.blockedBy.map { JobLack(what: $0.what, field: $0.field, asked: $0.asked, have: $0.have, fix: $0.fix) }
    }
}

extension JobModel {
    fileprivate init(_ view: JobView) {
        let job = view.record
        self.init(standing: JobStanding(view), priority: job.priority.rawValue)
        (runs, failures, interruptions, workedMilliseconds) = (job.attempts, job.failures, job.crashes, job.workedMilliseconds)
        session = view.session
        problem = job.error.map { Problem(code: $0.code, message: $0.message) }
        result = job.result.map { Result(bytes: $0.bytes, mediaType: $0.mediaType, digest: $0.digest, model: $0.model) }
        figures = job.figures.flatMap { try? JSON(parsing: $0) }.map { Array(Figure.flat($0, under: "").prefix(Limits.figuresShown)) } ?? []
        log = job.log.map { Line(at: $0.at.milliseconds, level: $0.level.rawValue, message: $0.message) }
    }
}

extension JobModel.Figure {
    /// Members of objects in objects as `a.b`; lists as the JSON they are.
    fileprivate static func flat(_ value: JSON, under name: String) -> [JobModel.Figure] {
        switch value {
        case .object(let members): members.flatMap { flat($0.value, under: name.isEmpty ? $0.name : "\(name).\($0.name)") }
        case .string(let text): [JobModel.Figure(name, text)]
        case .null: [JobModel.Figure(name, Words.unknown)]
        case .bool, .integer, .number, .array: [JobModel.Figure(name, value.encodedText)]
        }
    }
}
