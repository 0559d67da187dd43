package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: SessionStore {
    package func create(_ session: SessionRecord, audit: AuditRecord?) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.refuseErased(session.tenant, database)
            try rows.insert(
                [
                    "tenant": session.tenant, "id": session.id, "created_ms": session.createdAt.milliseconds, "is_final": session.status.isFinal,
                    "record": try encode(session),
                ], into: .session, database)
            if let audit { try rows.append(audit, session.tenant, database) }
        }
    }

    package func apply(_ changes: [DurableChange], events: [OutboxEvent], audit: [AuditRecord], session: String, tenant: String) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.need(session, tenant, database)
            for change in changes { try rows.apply(change, session, tenant, database) }
            for event in events { try rows.enqueue(event, database) }
            for entry in audit { try rows.append(entry, tenant, database) }
        }
    }

    // MARK: Reading

    package func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.session, database, where: "id = ? AND tenant = ?", [id, tenant])?.record(SessionRecord.self)
        }
    }

    package func sessions(tenant: String) async throws(StorageError) -> [SessionRecord] {
        try await commits.read { [rows, decoded] database in
            try rows.fetch(.session, database, where: "tenant = ? ORDER BY created_ms DESC, id LIMIT ?", [tenant, Limits.sessions])
                .map { try decoded.record($0) }
        }
    }

    package func openSessions() async throws(StorageError) -> [SessionSnapshot] {
        try await commits.read { [rows] database in
            try rows.fetch(.session, database, where: "is_final = 0 ORDER BY created_ms, id").map { try rows.snapshot($0, database) }
        }
    }

    package func snapshot(_ id: String, tenant: String?) async throws(StorageError) -> SessionSnapshot? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.session, database, where: "id = ? AND (? IS NULL OR tenant = ?)", [id, tenant, tenant])
                .map { try rows.snapshot($0, database) }
        }
    }

    package func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .round, database,
                where: "session = ? AND tenant = ? AND round > ? AND state IN ('committed', 'aborted') ORDER BY round, attempt LIMIT ?",
                [session, tenant, after, max(0, limit)]
            ).map { try $0.record(RoundRecord.self) }
        }
    }

    // MARK: Evaluation sets

    package func setEvaluationSet(
        _ set: EvaluationSetRecord, session: String, tenant: String, audit: AuditRecord?
    ) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.change(try rows.session(session, tenant, database), ["evaluation_set": try encode(set)], database)
            if let audit { try rows.append(audit, tenant, database) }
        }
    }

    package func evaluationSet(session: String, tenant: String) async throws(StorageError) -> EvaluationSetRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.session, database, where: "id = ? AND tenant = ?", [session, tenant])?
                .optionalRecord(EvaluationSetRecord.self, "evaluation_set")
        }
    }
}

extension SealedRows {
    /// - Throws: `missing`, also when it is another tenant's.
    func session(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow {
        guard let row = try fetchOne(.session, database, where: "id = ? AND tenant = ?", [id, tenant]) else {
            throw StorageError.missing("session \(id)")
        }
        return row
    }

    /// The same where nothing is wanted of its row.
    func need(_ session: String, _ tenant: String, _ database: Database) throws {
        let known = try database.cachedStatement(sql: "SELECT 1 FROM session WHERE id = ? AND tenant = ?")
        guard try Int.fetchOne(known, arguments: [session, tenant]) != nil else { throw StorageError.missing("session \(session)") }
    }

    fileprivate func apply(_ change: DurableChange, _ session: String, _ tenant: String, _ database: Database) throws {
        func row() throws -> SealedRow { try self.session(session, tenant, database) }
        switch change {
        case .member(let member):
            try put(["tenant": tenant, "session": session, "client": member.client, "record": try encode(member)], into: .member, database)
        case .session(let record):
            try self.change(
                try row(), ["record": try encode(record), "created_ms": record.createdAt.milliseconds, "is_final": record.status.isFinal], database)
        case .initialModel(let digest): try self.change(try row(), ["initial_model": digest], database)
        case .round(let record):
            try put(
                [
                    "tenant": tenant, "session": session, "round": record.round, "attempt": record.attempt, "state": record.state.rawValue,
                    "record": try encode(record),
                ], into: .round, database)
        case .evaluation(let record): try self.change(try row(), ["evaluation": try encode(record)], database)
        }
    }

    fileprivate func snapshot(_ row: SealedRow, _ database: Database) throws -> SessionSnapshot {
        let id = try row.text("id")
        var snapshot = SessionSnapshot(session: try row.record(SessionRecord.self))
        snapshot.initialModel = row.optionalText("initial_model")
        snapshot.evaluation = try row.optionalRecord(EvaluationRecord.self, "evaluation")
        snapshot.members = try fetch(.member, database, where: "session = ? ORDER BY client", [id]).map { try $0.record(MemberRecord.self) }
        let committed =
            try fetchOne(.round, database, where: "session = ? AND state = 'committed' ORDER BY round DESC LIMIT 1", [id])?.number("round") ?? 0
        snapshot.rounds = try fetch(.round, database, where: "session = ? AND round >= ? ORDER BY round, attempt", [id, committed])
            .map { try $0.record(RoundRecord.self) }
        snapshot.contributions = try fetch(
            .contribution, database, where: "session = ? AND round > ? ORDER BY round, attempt, client", [id, committed]
        ).map { try $0.record(ContributionRecord.self) }
        return snapshot
    }
}

extension SQLiteStore: BlobStore {
    package func put(_ bytes: [UInt8]) async throws(StorageError) -> String { try await blobs.put(bytes) }
    package func get(_ digest: String) async throws(StorageError) -> [UInt8]? { try await blobs.get(digest) }
    package func contains(_ digest: String) async throws(StorageError) -> Bool { try await blobs.contains(digest) }
}
