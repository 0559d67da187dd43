package import Federation

/// The jobs of every tenant. Every method that writes returns only when the change is durable.
package protocol JobStore: Sendable {
    /// A number larger than every one before it. From now on changes in the name of an older one are refused.
    func beginJobEpoch() async throws(StorageError) -> Int64
    /// Stores a new job, unless its submission key was used since `remembered`, or the tenant has `openMax` open ones.
    func submit(_ job: JobRecord, audit: AuditRecord, openMax: Int, remembered: Instant) async throws(StorageError) -> JobSubmission
    func job(_ id: String, tenant: String) async throws(StorageError) -> JobRecord?
    /// Newest first, with how many there are in all.
    func jobs(tenant: String, state: JobState?, offset: Int, limit: Int) async throws(StorageError) -> JobPage
    /// - Parameters:
    ///   - tenant: nil: of every tenant.
    ///   - finishedSince: counts final jobs that ended then or later; nil: all of them.
    func jobCounts(tenant: String?, finishedSince: Instant?) async throws(StorageError) -> [JobState: Int]
    /// Queued and running jobs of every tenant with `id > after`, by id.
    func openJobs(after: String, limit: Int) async throws(StorageError) -> [JobRecord]
    /// Completed jobs of every tenant, the last one first.
    func completedJobs(_ type: JobType, limit: Int) async throws(StorageError) -> [JobRecord]
    /// Changes a job as it is at that moment: no other change comes in between.
    /// - Parameters:
    ///   - epoch: of the process that asks.
    ///   - change: called once inside the transaction; nil changes nothing. Tenant, id and type stay as they are.
    func changeJob(_ id: String, epoch: Int64, _ change: @escaping @Sendable (JobRecord) -> JobChange?) async throws(StorageError) -> JobChanged
    /// The last checkpoint of a job that is not final; nil: it has none.
    func jobCheckpoint(_ id: String) async throws(StorageError) -> [UInt8]?
    /// Removes final jobs that ended before, at most `limit`. Gives how many.
    func forgetJobs(finishedBefore: Instant, limit: Int) async throws(StorageError) -> Int
}

package enum JobSubmission: Sendable, Equatable {
    case added
    /// The same request came before.
    case again(JobRecord)
    /// Another request came with this key.
    case conflict(existing: String)
    case tooMany(open: Int)
}

package struct JobPage: Sendable, Equatable {
    package var jobs: [JobRecord]
    package var total: Int
    package init(jobs: [JobRecord], total: Int) {
        self.jobs = jobs
        self.total = total
    }
}

/// One transaction: the record, its checkpoint, what is written of it, and what webhooks are told.
package struct JobChange: Sendable {
    package var record: JobRecord
    /// In the place of the last one; nil: that stays. A job that becomes final loses its own.
    package var checkpoint: [UInt8]?
    package var audit: AuditRecord?
    package var events: [OutboxEvent]
    package init(record: JobRecord, checkpoint: [UInt8]? = nil, audit: AuditRecord? = nil, events: [OutboxEvent] = []) {
        self.record = record
        self.checkpoint = checkpoint
        self.audit = audit
        self.events = events
    }
}

package enum JobChanged: Sendable, Equatable {
    case changed(JobRecord)
    /// As it is: the change was none.
    case unchanged(JobRecord)
    case missing
    /// A later process has taken over.
    case superseded

    package var record: JobRecord? {
        switch self {
        case .changed(let record), .unchanged(let record): record
        case .missing, .superseded: nil
        }
    }
}
