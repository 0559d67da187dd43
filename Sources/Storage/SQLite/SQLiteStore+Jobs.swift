package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: JobStore {
    package func beginJobEpoch() async throws(StorageError) -> Int64 {
        try await commits.write { [rows] database in
            let next = try rows.jobEpoch(database) + 1
            try rows.put(["name": SealedRows.jobEpochName, "value": "\(next)"], into: .fact, database)
            return next
        }
    }

    package func submit(
        _ job: JobRecord, audit: AuditRecord, openMax: Int, remembered: Instant
    ) async throws(StorageError) -> JobSubmission {
        try await commits.write { [rows] database in
            if let submission = job.submission {
                let earlier = try rows.fetch(
                    .job, database, where: "tenant = ? AND submission = ? ORDER BY created_ms DESC, id LIMIT 1", [job.tenant, submission.key]
                ).first.map { try $0.record(JobRecord.self) }
                if let earlier, earlier.createdAt >= remembered {
                    return earlier.submission?.digest == submission.digest ? .again(earlier) : .conflict(existing: earlier.id)
                }
            }
            let open = try Int.fetchOne(database, sql: "SELECT count(*) FROM job WHERE finished_ms IS NULL AND tenant = ?", arguments: [job.tenant]) ?? 0
            guard open < openMax else { return .tooMany(open: open) }
            try rows.insert(try SealedRows.values(job), into: .job, database)
            try rows.append(audit, job.tenant, database)
            return .added
        }
    }

    package func job(_ id: String, tenant: String) async throws(StorageError) -> JobRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.job, database, where: "id = ? AND tenant = ?", [id, tenant])?.record(JobRecord.self)
        }
    }

    package func jobs(tenant: String, state: JobState?, offset: Int, limit: Int) async throws(StorageError) -> JobPage {
        try await commits.read { [rows] database in
            let condition = "tenant = ?1 AND (?2 IS NULL OR state = ?2)"
            let total = try Int.fetchOne(database, sql: "SELECT count(*) FROM job WHERE \(condition)", arguments: [tenant, state?.rawValue]) ?? 0
            let found = try rows.fetch(
                .job, database, where: condition + " ORDER BY created_ms DESC, id LIMIT ?3 OFFSET ?4",
                [tenant, state?.rawValue, max(0, limit), max(0, offset)])
            return JobPage(jobs: try found.map { try $0.record(JobRecord.self) }, total: total)
        }
    }

    package func jobCounts(tenant: String?, finishedSince: Instant?) async throws(StorageError) -> [JobState: Int] {
        try await commits.read { database in
            let found = try Row.fetchAll(
                database,
                sql: """
                    SELECT state, count(*) FROM job WHERE (?1 IS NULL OR tenant = ?1) AND (finished_ms IS NULL OR ?2 IS NULL OR finished_ms >= ?2)
                    GROUP BY state
                    """, arguments: [tenant, finishedSince?.milliseconds])
            var counts: [JobState: Int] = [:]
            for row in found {
                guard let state = String.fromDatabaseValue(row[0] as DatabaseValue).flatMap(JobState.init(rawValue:)) else { continue }
                counts[state] = Int.fromDatabaseValue(row[1] as DatabaseValue)
            }
            return counts
        }
    }

    package func openJobs(after: String, limit: Int) async throws(StorageError) -> [JobRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.job, database, where: "finished_ms IS NULL AND id > ? ORDER BY id LIMIT ?", [after, max(0, limit)])
                .map { try $0.record(JobRecord.self) }
        }
    }

    package func completedJobs(_ type: JobType, limit: Int) async throws(StorageError) -> [JobRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .job, database, where: "finished_ms IS NOT NULL AND state = 'completed' AND type = ? ORDER BY finished_ms DESC, id LIMIT ?",
                [type.rawValue, max(0, limit)]
            ).map { try $0.record(JobRecord.self) }
        }
    }

    package func changeJob(
        _ id: String, epoch: Int64, _ change: @escaping @Sendable (JobRecord) -> JobChange?
    ) async throws(StorageError) -> JobChanged {
        try await commits.write { [rows] database in
            guard try rows.jobEpoch(database) == epoch else { return .superseded }
            guard let row = try rows.fetchOne(.job, database, where: "id = ?", [id]) else { return .missing }
            let record = try row.record(JobRecord.self)
            guard let next = change(record) else { return .unchanged(record) }
            try rows.change(row, try SealedRows.values(next.record), database)
            if next.record.state.isFinal {
                try database.execute(sql: "DELETE FROM job_checkpoint WHERE job = ?", arguments: [id])
            } else if let content = next.checkpoint {
                try rows.put(["tenant": record.tenant, "job": id, "content": Data(content)], into: .jobCheckpoint, database)
            }
            if let audit = next.audit { try rows.append(audit, record.tenant, database) }
            for event in next.events { try rows.enqueue(event, database) }
            return .changed(next.record)
        }
    }

    package func jobCheckpoint(_ id: String) async throws(StorageError) -> [UInt8]? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.jobCheckpoint, database, where: "job = ?", [id]).flatMap { Data.fromDatabaseValue($0.value("content")) }.map { [UInt8]($0) }
        }
    }

    package func forgetJobs(finishedBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        try await commits.write { database in
            try database.execute(
                sql: """
                    DELETE FROM job WHERE id IN (SELECT id FROM job WHERE finished_ms IS NOT NULL AND finished_ms < ? ORDER BY finished_ms, id LIMIT ?)
                    """, arguments: [finishedBefore.milliseconds, max(0, limit)])
            return database.changesCount
        }
    }
}

extension SealedRows {
    fileprivate static let jobEpochName = "job_epoch"

    fileprivate func jobEpoch(_ database: Database) throws -> Int64 {
        try fetchOne(.fact, database, where: "name = ?", [Self.jobEpochName]).flatMap { Int64(try $0.text("value")) } ?? 0
    }

    fileprivate static func values(_ job: JobRecord) throws -> Values {
        [
            "tenant": job.tenant, "id": job.id, "type": job.type.rawValue, "state": job.state.rawValue, "created_ms": job.createdAt.milliseconds,
            "finished_ms": job.finishedAt?.milliseconds, "submission": job.submission?.key, "record": try encode(job),
        ]
    }
}
