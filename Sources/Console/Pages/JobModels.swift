/// How far a job is.
package enum JobStage: String, Sendable, CaseIterable {
    case queued, running, completed, failed, cancelled

    var isOpen: Bool { self == .queued || self == .running }
    /// Of its badge.
    var kind: String {
        switch self {
        case .queued: "idle"
        case .running: "busy"
        case .completed: "good"
        case .failed: "bad"
        case .cancelled: "plain"
        }
    }
}

/// Something a job waits for.
package struct JobLack: Sendable, Equatable {
    package var what: String
    /// The request's field that asks for it.
    package var field: String
    package var asked: String
    package var have: String
    package var fix: String
    package init(what: String, field: String, asked: String, have: String, fix: String) {
        (self.what, self.field, self.asked, self.have, self.fix) = (what, field, asked, have, fix)
    }
}

/// A job as it stands. Instants are milliseconds since 1970; what is not known is nil.
package struct JobStanding: Sendable, Equatable {
    package var id: String
    package var name: String
    /// `fl_training` and so on.
    package var type: String
    package var service: String
    package var stage: JobStage
    /// Units of work that are done.
    package var completed: Int64
    package var total: Int64?
    /// The public part of a key, or a user's or client's id.
    package var createdBy: String
    package var createdAt: Int64
    package var scheduledAt: Int64?
    package var startedAt: Int64?
    package var finishedAt: Int64?
    package var expectedAt: Int64?
    package var cancelAskedAt: Int64?
    package var lacks: [JobLack] = []

    package init(
        id: String, name: String, type: String, service: String, stage: JobStage, completed: Int64, total: Int64?, createdBy: String, createdAt: Int64
    ) {
        (self.id, self.name, self.type, self.service, self.stage) = (id, name, type, service, stage)
        (self.completed, self.total, self.createdBy, self.createdAt) = (completed, total, createdBy, createdAt)
    }

    package var mayBeCancelled: Bool { stage.isOpen && cancelAskedAt == nil }

    /// `federated training` for `fl_training`.
    var work: String { type == "fl_training" ? "federated training" : type.split(separator: "_").joined(separator: " ") }

    var progress: String {
        if let total { return "\(completed) / \(total)" }
        return completed > 0 ? "\(completed)" : Words.unknown
    }
}

/// The tenant's jobs, newest first.
package struct JobsModel: Sendable, Equatable {
    package var jobs: [JobStanding]
    /// Of all, whatever is shown.
    package var counts: [JobStage: Int]
    /// Only these are shown; nil: all.
    package var only: JobStage?
    /// From 1.
    package var page: Int
    package var hasOlder: Bool
    package init(jobs: [JobStanding], counts: [JobStage: Int], only: JobStage?, page: Int, hasOlder: Bool) {
        (self.jobs, self.counts, self.only, self.page, self.hasOlder) = (jobs, counts, only, page, hasOlder)
    }
}

package struct JobModel: Sendable, Equatable {
    package struct Line: Sendable, Equatable {
        package var at: Int64
        package var level: String
        package var message: String
        package init(at: Int64, level: String, message: String) { (self.at, self.level, self.message) = (at, level, message) }
    }
    package struct Problem: Sendable, Equatable {
        package var code: String
        package var message: String
        package init(code: String, message: String) { (self.code, self.message) = (code, message) }
    }
    /// What a completed job left.
    package struct Result: Sendable, Equatable {
        package var bytes: Int
        package var mediaType: String
        /// SHA-256 (hex).
        package var digest: String
        package var model: String?
        package init(bytes: Int, mediaType: String, digest: String, model: String?) {
            (self.bytes, self.mediaType, self.digest, self.model) = (bytes, mediaType, digest, model)
        }
    }
    /// A number that was measured, or a word.
    package struct Figure: Sendable, Equatable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }
    package var standing: JobStanding
    package var priority: String
    /// Runs that were begun, those that ended in an error, and those that ended with the process since the last progress.
    package var runs = 0
    package var failures = 0
    package var interruptions = 0
    package var workedMilliseconds: Int64 = 0
    package var problem: Problem?
    package var result: Result?
    /// The session that it trains; nil: there is none, or not yet.
    package var session: String?
    package var figures: [Figure] = []
    /// The last lines, the newest last.
    package var log: [Line] = []
    package init(standing: JobStanding, priority: String) { (self.standing, self.priority) = (standing, priority) }
}
