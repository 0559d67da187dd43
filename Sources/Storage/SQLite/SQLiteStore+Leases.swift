package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: LeaseStore {
    package func addLease(_ lease: LeaseRecord, audit: AuditRecord, limits: LeaseLimits) async throws(StorageError) -> LeaseAddition {
        try await commits.write { [rows] database in
            try rows.refuseErased(lease.tenant, database)
            let active = try rows.fetch(.lease, database, where: "ended_ms IS NULL AND expires_ms > ?", [lease.allocatedAt.milliseconds])
                .map { try $0.record(LeaseRecord.self) }
            let kept = try Int.fetchOne(database, sql: "SELECT count(*) FROM lease WHERE tenant = ?", arguments: [lease.tenant]) ?? 0
            let answer = limits.answer(lease, active: active, kept: kept)
            guard answer == .added else { return answer }
            try rows.insert(try SealedRows.values(lease), into: .lease, database)
            try rows.append(audit, lease.tenant, database)
            return .added
        }
    }

    package func lease(_ id: String, tenant: String) async throws(StorageError) -> LeaseRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.lease, database, where: "id = ? AND tenant = ?", [id, tenant])?.record(LeaseRecord.self)
        }
    }

    package func leases(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .lease, database,
                where: "\(Self.ofTenant(tenant)) AND allocated_ms < ? AND coalesce(ended_ms, expires_ms) > ? ORDER BY allocated_ms DESC, id LIMIT ?",
                [tenant, to.milliseconds, from.milliseconds, max(0, limit)]
            ).map { try $0.record(LeaseRecord.self) }
        }
    }

    package func dueLeases(_ now: Instant, limit: Int) async throws(StorageError) -> [LeaseRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .lease, database, where: "ended_ms IS NULL AND expires_ms <= ? ORDER BY expires_ms, id LIMIT ?", [now.milliseconds, max(0, limit)]
            ).map { try $0.record(LeaseRecord.self) }
        }
    }

    package func nextLeaseEnd() async throws(StorageError) -> Instant? {
        try await commits.read { database in
            try Int64.fetchOne(database, sql: "SELECT min(expires_ms) FROM lease WHERE ended_ms IS NULL").map(Instant.init(milliseconds:))
        }
    }

    package func changeLease(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (LeaseRecord) -> (record: LeaseRecord, audit: AuditRecord, events: [OutboxEvent])?
    ) async throws(StorageError) -> LeaseRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.fetchOne(.lease, database, where: "id = ? AND tenant = ?", [id, tenant]) else { return nil }
            let record = try row.record(LeaseRecord.self)
            guard let next = change(record) else { return record }
            try rows.change(row, try SealedRows.values(next.record), database)
            try rows.append(next.audit, tenant, database)
            for event in next.events { try rows.enqueue(event, database) }
            return next.record
        }
    }

    package func addRun(_ run: SolverRunRecord) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            guard try rows.fetchOne(.solverRun, database, where: "id = ?", [run.id]) == nil else { return false }
            try rows.insert(
                ["tenant": run.tenant, "id": run.id, "ended_ms": run.endedAt.milliseconds, "record": try Storage.encode(run)], into: .solverRun, database)
            guard let id = run.lease, let row = try rows.fetchOne(.lease, database, where: "id = ? AND tenant = ?", [id, run.tenant]) else { return true }
            var lease = try row.record(LeaseRecord.self)
            lease.use.add(run)
            try rows.change(row, try SealedRows.values(lease), database)
            return true
        }
    }

    package func solverRuns(tenant: String?, from: Instant, to: Instant, limit: Int) async throws(StorageError) -> [SolverRunRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .solverRun, database, where: "\(Self.ofTenant(tenant)) AND ended_ms >= ? AND ended_ms < ? ORDER BY ended_ms DESC, id LIMIT ?",
                [tenant, from.milliseconds, to.milliseconds, max(0, limit)]
            ).map { try $0.record(SolverRunRecord.self) }
        }
    }

    package func solverRunCount(from: Instant, to: Instant) async throws(StorageError) -> Int {
        try await commits.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM solver_run WHERE ended_ms >= ? AND ended_ms < ?", arguments: [from.milliseconds, to.milliseconds]) ?? 0
        }
    }

    /// A condition of one parameter, by which the index of a tenant or of all is taken.
    private static func ofTenant(_ tenant: String?) -> String { tenant == nil ? "? IS NULL" : "tenant = ?" }

    package func forgetLeases(endedBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        try await commits.write { database in
            var gone = 0
            for (table, condition) in [("lease", "ended_ms IS NOT NULL AND ended_ms < ?"), ("solver_run", "ended_ms < ?")] {
                try database.execute(
                    sql: "DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE \(condition) ORDER BY ended_ms, id LIMIT ?)",
                    arguments: [endedBefore.milliseconds, max(0, limit)])
                gone += database.changesCount
            }
            return gone
        }
    }
}

extension SealedRows {
    fileprivate static func values(_ lease: LeaseRecord) throws -> Values {
        [
            "tenant": lease.tenant, "id": lease.id, "allocated_ms": lease.allocatedAt.milliseconds, "expires_ms": lease.expiresAt.milliseconds,
            "ended_ms": lease.endedAt?.milliseconds, "record": try encode(lease),
        ]
    }
}
