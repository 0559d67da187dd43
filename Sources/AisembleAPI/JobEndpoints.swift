internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

extension Aisemble {
    static func jobs(_ queue: JobQueue) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/jobs", "jobs.create", .scope(.jobs),
                bodyLimitBytes: jsonBodyBytes,
                contract: Contract(
                    "Queues a job. What it lacks is named in blocked_by; it starts by itself when that is there.", request: .json(JobBody.shape),
                    replies: [(201, .json(CreatedJobView.shape))])
            ) { request throws(ServiceError) in
                let (body, notices) = try await request.body(JobBody.self)
                let caller = try request.principal()
                let asked = JobRequest(
                    name: body.title, type: body.type, service: body.service, priority: body.priority, parameters: body.parameters,
                    scheduledAt: body.scheduledAt.map { Instant(milliseconds: $0.milliseconds) }, maxWaitSeconds: body.maxWait,
                    idempotencyKey: request.header("idempotency-key"))
                let (job, _) = try await asking { () async throws(JobFailure) in try await queue.submit(asked, tenant: caller.tenant, actor: caller.actor) }
                let reading = await queue.reading(asked, service: job.record.service)
                return .json(201, CreatedJobView(job).json.noting(notices + unread(body.parameters, reading)))
            },
            Endpoint("GET", "/jobs/{job_id}", "jobs.show", .scope(.jobs), "A job.", gives: JobDetail.self) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("job_id"), try request.principal().tenant)
                return JobDetail(try await asking { () async throws(JobFailure) in try await queue.job(id, tenant: tenant) }, base: request.baseURL)
            },
            Endpoint(
                "GET", "/jobs", "jobs.list", .scope(.jobs), "The tenant's jobs, newest first.",
                query: [
                    .query("status", JobState.self, note: "only these"), .query("limit", Int.self, Bounds(range: 1...100), usual: 10, note: "how many"),
                    .query("offset", Int.self, Bounds(range: 0...1_000_000), usual: 0, note: "how many are passed over"),
                ], gives: JobList.self
            ) { request throws(ServiceError) in
                let tenant = try request.principal().tenant
                let (limit, offset) = (try request.wholeQuery("limit", 1...100) ?? 10, try request.wholeQuery("offset", 0...1_000_000) ?? 0)
                let state = try request.choiceQuery("status", JobState.self)
                let page = try await asking { () async throws(JobFailure) in
                    try await queue.jobs(tenant: tenant, state: state, offset: offset, limit: limit)
                }
                return JobList(
                    jobs: page.jobs.map {
                        JobLine(
                            id: $0.record.id, title: $0.record.name, status: $0.record.state, percentage: $0.record.progress.percentage,
                            createdAt: Timestamp($0.record.createdAt))
                    }, page: PageView(limit: limit, offset: offset, total: page.total, hasMore: offset + page.jobs.count < page.total))
            },
            Endpoint(
                "DELETE", "/jobs/{job_id}", "jobs.cancel", .scope(.jobs), "Cancels a job; a running one ends at its next checkpoint.", gives: CancelledJob.self
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("job_id"), try request.principal())
                let job = try await asking { () async throws(JobFailure) in try await queue.cancel(id, tenant: caller.tenant, actor: caller.actor) }.record
                let isOver = job.state == .cancelled
                return CancelledJob(
                    id: job.id, status: job.state, at: isOver ? job.finishedAt.map { Timestamp($0) } : nil,
                    message: isOver ? "Job cancelled successfully" : "Cancellation requested; the job ends at its next checkpoint")
            },
            Endpoint(
                "GET", "/jobs/{job_id}/results", "jobs.results", .scope(.jobs),
                contract: Contract("What a job left; 409 until it is there.", replies: [(200, .bytes("*/*")), (206, .bytes("*/*")), (416, .none)])
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("job_id"), try request.principal().tenant)
                let (record, content) = try await asking { () async throws(JobFailure) in try await queue.result(id, tenant: tenant) }
                return APIReply(200, headers: [(name: "etag", value: "\"\(record.digest)\"")], .bytes(content, type: record.mediaType))
            }.refusing(409),
        ]
    }

    /// A notice for each of a job's parameters that nobody reads.
    private static func unread(_ parameters: JSON, _ reading: ParameterReading) -> [JSON] {
        let common = JobRequest.commonParameters
        switch reading {
        case .unknown: return []
        case .fields(let names):
            let known = names + common
            return unknown((parameters.members ?? []).map(\.name).filter { !known.contains($0) }, of: known) { "parameters.\($0)" }
        case .body(let notices):
            return notices.compactMap { told in
                guard let code = told["code"]?.text, let field = told["field"]?.text, let message = told["message"]?.text, !common.contains(field) else {
                    return nil
                }
                return notice(code, "parameters.\(field)", message)
            }
        }
    }
}
