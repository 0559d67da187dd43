package import Federation
import Synchronization

extension MemoryStore: JobStore {
    package func beginJobEpoch() async throws(StorageError) -> Int64 {
        tables.withLock { tables in
            tables.jobEpoch += 1
            return tables.jobEpoch
        }
    }

    package func submit(
        _ job: JobRecord, audit: AuditRecord, openMax: Int, remembered: Instant
    ) async throws(StorageError) -> JobSubmission {
        try change { (tables) throws(StorageError) in
            let own = tables.jobs.values.filter { same($0.tenant, job.tenant) }
            if let submission = job.submission {
                let keyed = own.filter { $0.submission.map { same($0.key, submission.key) } ?? false }
                let earlier = keyed.min { ($1.createdAt, MemoryKey($0.id)) < ($0.createdAt, MemoryKey($1.id)) }
                if let earlier, earlier.createdAt >= remembered {
                    return earlier.submission?.digest == submission.digest ? .again(earlier) : .conflict(existing: earlier.id)
                }
            }
            let open = own.count { !$0.state.isFinal }
            guard open < openMax else { return .tooMany(open: open) }
            guard tables.jobs[MemoryKey(job.id)] == nil else { throw .exists("job \(job.id)") }
            tables.jobs[MemoryKey(job.id)] = job
            tables.audit.append(.init(tenant: job.tenant, value: audit))
            return .added
        }
    }

    package func job(_ id: String, tenant: String) async throws(StorageError) -> JobRecord? {
        tables.withLock { tables in tables.jobs[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil } }
    }

    package func jobs(tenant: String, state: JobState?, offset: Int, limit: Int) async throws(StorageError) -> JobPage {
        let all = tables.withLock { tables in
            tables.jobs.inOrder.filter { job in same(job.tenant, tenant) && (state.map { job.state == $0 } ?? true) }
        }
        let found = all.sorted { $0.createdAt > $1.createdAt }.dropFirst(max(0, offset)).prefix(max(0, limit))
        return JobPage(jobs: Array(found), total: all.count)
    }

    package func jobCounts(tenant: String?, finishedSince: Instant?) async throws(StorageError) -> [JobState: Int] {
        tables.withLock { tables in
            var counts: [JobState: Int] = [:]
            for job in tables.jobs.values where tenant.map({ same(job.tenant, $0) }) ?? true {
                if let end = job.finishedAt, let since = finishedSince, end < since { continue }
                counts[job.state, default: 0] += 1
            }
            return counts
        }
    }

    package func openJobs(after: String, limit: Int) async throws(StorageError) -> [JobRecord] {
        tables.withLock { tables in
            let keys = tables.jobs.filter { !$0.value.state.isFinal && $0.key > MemoryKey(after) }.keys.sorted()
            return keys.prefix(max(0, limit)).compactMap { tables.jobs[$0] }
        }
    }

    package func completedJobs(_ type: JobType, limit: Int) async throws(StorageError) -> [JobRecord] {
        let all = tables.withLock { tables in tables.jobs.inOrder.filter { $0.state == .completed && $0.type == type } }
        return Array(all.sorted { ($0.finishedAt ?? $0.createdAt) > ($1.finishedAt ?? $1.createdAt) }.prefix(max(0, limit)))
    }

    package func changeJob(
        _ id: String, epoch: Int64, _ change: @escaping @Sendable (JobRecord) -> JobChange?
    ) async throws(StorageError) -> JobChanged {
        tables.withLock { tables in
            guard tables.jobEpoch == epoch else { return .superseded }
            guard let record = tables.jobs[MemoryKey(id)] else { return .missing }
            guard let next = change(record) else { return .unchanged(record) }
            tables.jobs[MemoryKey(id)] = next.record
            if next.record.state.isFinal {
                tables.jobCheckpoints[MemoryKey(id)] = nil
            } else if let content = next.checkpoint {
                tables.jobCheckpoints[MemoryKey(id)] = content
            }
            if let audit = next.audit { tables.audit.append(.init(tenant: record.tenant, value: audit)) }
            for event in next.events { tables.enqueue(event, suite) }
            return .changed(next.record)
        }
    }

    package func jobCheckpoint(_ id: String) async throws(StorageError) -> [UInt8]? { tables.withLock { $0.jobCheckpoints[MemoryKey(id)] } }

    package func forgetJobs(finishedBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        tables.withLock { tables in
            let old = tables.jobs.filter { $0.value.finishedAt.map { $0 < finishedBefore } ?? false }
            let sorted = old.sorted { ($0.value.finishedAt ?? finishedBefore, $0.key) < ($1.value.finishedAt ?? finishedBefore, $1.key) }
            let gone = sorted.prefix(max(0, limit))
            for one in gone { tables.jobs[one.key] = nil }
            return gone.count
        }
    }
}
