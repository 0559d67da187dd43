internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

extension JobState: ChoiceValue {}
extension JobType: ChoiceValue {}
extension JobPriority: ChoiceValue {}

struct JobBody: DescribedRequest {
    static let name = "NewJob"
    var title = ""
    var type = JobType.batchProcessing
    var service: String?
    var parameters = JSON.object([])
    var priority = JobPriority.normal
    var scheduledAt: Timestamp?
    var maxWait: Double?

    static let fields = [
        FieldOf<JobBody>("name", \.title, isRequired: true, Bounds(count: 1...128)), FieldOf("type", \.type, isRequired: true),
        FieldOf("service", \.service, Bounds(count: 1...64), note: "by the type where it is left out"),
        FieldOf("parameters", \.parameters, note: "an object; what is in it is the type's"), FieldOf("priority", \.priority),
        FieldOf("scheduled_at", \.scheduledAt, note: "not before; a time that is past means now"),
        FieldOf(
            "max_wait", \.maxWait, Bounds(range: 1...34_560_000), unit: "s", note: "how long it may wait for what it lacks; seven days where it is left out"),
    ]
}

struct CreatedJobView: Described {
    static let name = "CreatedJob"
    var id: String
    var title: String
    var status: JobState
    var createdAt: Timestamp
    var estimate: Timestamp?
    var priority: JobPriority
    var scheduledAt: Timestamp?
    var blockedBy: [BlockerBody]

    static let fields = [
        FieldOf<CreatedJobView>("job_id", \.id, .generated), FieldOf("name", \.title, .request), FieldOf("status", \.status, .stored),
        FieldOf("created_at", \.createdAt, .clock),
        FieldOf("estimated_completion", \.estimate, .rule("units before it times the type's mean"), "null without a history"),
        FieldOf("priority", \.priority, .request), FieldOf("scheduled_at", \.scheduledAt, .request), FieldOf("blocked_by", \.blockedBy, .rule("pending")),
    ]

    init(_ view: JobView) {
        let job = view.record
        id = job.id
        title = job.name
        status = job.state
        createdAt = Timestamp(job.createdAt)
        estimate = view.estimatedCompletion.map { Timestamp($0) }
        priority = job.priority
        scheduledAt = job.scheduledAt.map { Timestamp($0) }
        blockedBy = job.blockedBy.map { BlockerBody($0) }
    }
}

struct ProgressView: Described {
    static let name = "JobProgress"
    var completed: Int64
    var total: Int64?
    var percentage: Double?
    static let fields = [
        FieldOf<ProgressView>("completed", \.completed, .counted), FieldOf("total", \.total, .counted, "null: not known yet"),
        FieldOf("percentage", \.percentage, .rule("completed of total"), unit: "%"),
    ]

    init(_ progress: JobProgress) {
        completed = progress.completed
        total = progress.total
        percentage = progress.percentage
    }
}

struct JobLogView: Described {
    static let name = "JobLogLine"
    var at: Timestamp
    var level: String
    var message: String
    static let fields = [FieldOf<JobLogView>("timestamp", \.at, .clock), FieldOf("level", \.level, .stored), FieldOf("message", \.message, .stored)]
}

struct ProblemView: Described {
    static let name = "JobProblem"
    var code: String
    var message: String
    static let fields = [FieldOf<ProblemView>("code", \.code, .stored), FieldOf("message", \.message, .stored)]
}

struct JobDetail: Described {
    static let name = "Job"
    var id: String
    var title: String
    var status: JobState
    var type: JobType
    var progress: ProgressView
    var createdAt: Timestamp
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    var estimate: Timestamp?
    var scheduledAt: Timestamp?
    var hasResults: Bool
    var resultsURL: String?
    var logs: [JobLogView]
    var blockedBy: [BlockerBody]
    var problem: ProblemView?
    var session: String?
    var sessionURL: String?

    static let fields = [
        FieldOf<JobDetail>("job_id", \.id, .stored), FieldOf("name", \.title, .stored), FieldOf("status", \.status, .stored), FieldOf("type", \.type, .stored),
        FieldOf("progress", \.progress, .counted), FieldOf("created_at", \.createdAt, .stored), FieldOf("started_at", \.startedAt, .clock),
        FieldOf("finished_at", \.finishedAt, .clock),
        FieldOf("estimated_completion", \.estimate, .rule("units before it times the type's mean"), "null without a history"),
        FieldOf("scheduled_at", \.scheduledAt, .request), FieldOf("results_available", \.hasResults, .stored), FieldOf("results_url", \.resultsURL, .fixed),
        FieldOf("logs", \.logs, .stored, "the last hundred"), FieldOf("blocked_by", \.blockedBy, .rule("pending")), FieldOf("error", \.problem, .stored),
        FieldOf("session_id", \.session, .stored, "the federated session that it trains; null: there is none, or not yet"),
        FieldOf("session_url", \.sessionURL, .fixed, "where the federated-learning API tells of it"),
    ]

    init(_ view: JobView, base: String) {
        let job = view.record
        session = view.session
        sessionURL = view.session.map { "\(base)/api/v4/federated-learning/sessions/\($0)" }
        id = job.id
        title = job.name
        status = job.state
        type = job.type
        progress = ProgressView(job.progress)
        createdAt = Timestamp(job.createdAt)
        startedAt = job.startedAt.map { Timestamp($0) }
        finishedAt = job.finishedAt.map { Timestamp($0) }
        estimate = view.estimatedCompletion.map { Timestamp($0) }
        scheduledAt = job.scheduledAt.map { Timestamp($0) }
        hasResults = job.result != nil
        resultsURL = job.result == nil ? nil : "\(base)\(Aisemble.base)/jobs/\(job.id)/results"
        logs = job.log.map { JobLogView(at: Timestamp($0.at), level: $0.level.rawValue, message: $0.message) }
        blockedBy = job.blockedBy.map { BlockerBody($0) }
        problem = job.error.map { ProblemView(code: $0.code, message: $0.message) }
    }
}

struct JobLine: Described {
    static let name = "JobLine"
    var id: String
    var title: String
    var status: JobState
    /// The document has a number here and an object in a job's own reply.
    var percentage: Double?
    var createdAt: Timestamp
    static let fields = [
        FieldOf<JobLine>("job_id", \.id, .stored), FieldOf("name", \.title, .stored), FieldOf("status", \.status, .stored),
        FieldOf("progress", \.percentage, .rule("completed of total"), unit: "%", "null: its length is not known"), FieldOf("created_at", \.createdAt, .stored),
    ]
}

struct PageView: Described {
    static let name = "Page"
    var limit: Int
    var offset: Int
    var total: Int
    var hasMore: Bool
    static let fields = [
        FieldOf<PageView>("limit", \.limit, .request), FieldOf("offset", \.offset, .request), FieldOf("total", \.total, .counted),
        FieldOf("has_more", \.hasMore, .rule("offset + shown < total")),
    ]
}

struct JobList: Described {
    static let name = "Jobs"
    var jobs: [JobLine]
    var page: PageView
    static let fields = [FieldOf<JobList>("jobs", \.jobs, .stored), FieldOf("pagination", \.page, .counted)]
}

struct CancelledJob: Described {
    static let name = "CancelledJob"
    var id: String
    var status: JobState
    var at: Timestamp?
    var message: String
    static let fields = [
        FieldOf<CancelledJob>("job_id", \.id, .stored), FieldOf("status", \.status, .stored), FieldOf("cancelled_at", \.at, .clock, "null while it still runs"),
        FieldOf("message", \.message, .fixed),
    ]
}

extension Timestamp {
    init(_ instant: Instant) { self.init(milliseconds: instant.milliseconds) }
}

extension JobProgress {
    /// nil: the length is not known.
    var percentage: Double? { total.map { $0 > 0 ? Double(completed) / Double($0) * 100 : 0 } }
}
