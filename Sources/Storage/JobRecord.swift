package import Federation

/// `queued → running → completed | failed | cancelled`; from `running` back to `queued` when a run is tried again.
package enum JobState: String, Sendable, Codable, CaseIterable {
    /// Waits for its time, for what it lacks, or for its turn. Exits: running, cancelled, failed (waited too long).
    case queued
    /// One runner has its lease. Exits: completed, failed, cancelled, queued (tried again, or the process ended).
    case running
    case completed, failed, cancelled

    package var isFinal: Bool {
        switch self {
        case .queued, .running: false
        case .completed, .failed, .cancelled: true
        }
    }
}

package enum JobType: String, Sendable, Codable, CaseIterable {
    case batchProcessing = "batch_processing"
    case federatedTraining = "fl_training"
    case modelEvaluation = "model_evaluation"
    case explanationBatch = "explanation_batch"
    case annealing, report
}

package enum JobPriority: String, Sendable, Codable, CaseIterable {
    case low, normal, high
}

/// Something a job waits for, that can be supplied later.
package struct JobBlocker: Sendable, Equatable, Codable {
    /// `not_built`, or the thing that is missing: `model`, `input`, `clients`.
    package var what: String
    /// The request's field that asks for it.
    package var field: String
    package var asked: String
    package var have: String
    package var fix: String
    package init(what: String, field: String, asked: String, have: String, fix: String) {
        self.what = what
        self.field = field
        self.asked = asked
        self.have = have
        self.fix = fix
    }
}

/// Units of work that are really done. `total` nil: not known yet.
package struct JobProgress: Sendable, Equatable, Codable {
    package var completed: Int64
    package var total: Int64?
    package init(completed: Int64 = 0, total: Int64? = nil) {
        self.completed = completed
        self.total = total
    }
}

/// The right to run a job: of one process (`epoch`) and one run. Whoever holds an older one is not listened to.
package struct JobLease: Sendable, Hashable, Codable {
    package var epoch: Int64
    package var run: Int
    package init(epoch: Int64, run: Int) {
        self.epoch = epoch
        self.run = run
    }
}

package struct JobLogLine: Sendable, Equatable, Codable {
    package enum Level: String, Sendable, Codable, CaseIterable {
        case info = "INFO"
        case warning = "WARN"
        case error = "ERROR"
    }
    package var at: Instant
    package var level: Level
    package var message: String
    package init(at: Instant, level: Level, message: String) {
        self.at = at
        self.level = level
        self.message = message
    }
}

/// Why a job failed.
package struct JobProblem: Sendable, Equatable, Codable {
    package var code: String
    package var message: String
    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}

/// What a completed job left.
package struct JobResultRecord: Sendable, Equatable, Codable {
    /// Of the tenant's artifact.
    package var artifact: String
    /// SHA-256 (hex) of its content.
    package var digest: String
    package var bytes: Int
    package var mediaType: String
    /// SHA-256 (hex) of the model that was made, if one was.
    package var model: String?
    package init(artifact: String, digest: String, bytes: Int, mediaType: String, model: String? = nil) {
        self.artifact = artifact
        self.digest = digest
        self.bytes = bytes
        self.mediaType = mediaType
        self.model = model
    }
}

/// What a client sent with the request, so that the same request again gives the same job.
package struct JobSubmissionKey: Sendable, Equatable, Codable {
    package var key: String
    /// SHA-256 of the request.
    package var digest: [UInt8]
    package init(key: String, digest: [UInt8]) {
        self.key = key
        self.digest = digest
    }
}

/// A job as stored. Its last checkpoint lies beside it.
package struct JobRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    package var name: String
    package var type: JobType
    package var service: String
    package var priority: JobPriority
    /// JSON text of an object.
    package var parameters: String
    /// Where the input is, as the request names it; nil: the type has none.
    package var input: String?
    /// Media type of the result.
    package var output: String
    package var createdBy: String
    package var createdAt: Instant
    package var scheduledAt: Instant?
    package var maxWaitSeconds: Double
    package var submission: JobSubmissionKey?

    package var state = JobState.queued
    /// Not before this; its wait counts from here.
    package var eligibleAt: Instant
    package var startedAt: Instant?
    package var finishedAt: Instant?
    package var cancelRequestedAt: Instant?
    /// While it is running.
    package var lease: JobLease?
    /// Runs that were begun.
    package var attempts = 0
    /// Runs that ended in an error.
    package var failures = 0
    /// Runs that ended with the process, since the last progress.
    package var crashes = 0
    package var progress = JobProgress()
    package var blockedBy: [JobBlocker] = []
    package var error: JobProblem?
    package var result: JobResultRecord?
    /// JSON text of an object: what was measured.
    package var figures: String?
    /// The last lines.
    package var log: [JobLogLine] = []
    /// Time in runners that led to a checkpoint or to the end.
    package var workedMilliseconds: Int64 = 0
    /// Up to where that is counted, while it is running.
    package var countedAt: Instant?

    package init(
        id: String, tenant: String, name: String, type: JobType, service: String, priority: JobPriority, parameters: String, input: String?,
        output: String, createdBy: String, createdAt: Instant, scheduledAt: Instant?, maxWaitSeconds: Double, submission: JobSubmissionKey?
    ) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.type = type
        self.service = service
        self.priority = priority
        self.parameters = parameters
        self.input = input
        self.output = output
        self.createdBy = createdBy
        self.createdAt = createdAt
        self.scheduledAt = scheduledAt
        self.maxWaitSeconds = maxWaitSeconds
        self.submission = submission
        eligibleAt = max(createdAt, scheduledAt ?? createdAt)
    }

    /// When it has waited too long; only while it is queued.
    package var expiresAt: Instant { eligibleAt.adding(seconds: maxWaitSeconds) }
}
