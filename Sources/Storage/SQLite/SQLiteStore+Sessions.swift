package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: SessionStore {
    package func create(_ session: SessionRecord) async throws(StorageError) {
        try await commits.write { database in
            try database.execute(
                sql: "INSERT INTO session (tenant, id, created_ms, is_final, record) VALUES (?, ?, ?, ?, ?)",
                arguments: [session.tenant, session.id, session.createdAt.milliseconds, session.status.isFinal, try encode(session)])
        }
    }

    package func apply(_ changes: [DurableChange], session: String, tenant: String) async throws(StorageError) {
        try await commits.write { database in
            for change in changes { try Self.apply(change, session, tenant, database) }
        }
    }

    private static func apply(_ change: DurableChange, _ session: String, _ tenant: String, _ database: Database) throws {
        switch change {
        case .member(let member):
            try database.execute(
                sql: "INSERT INTO member VALUES (?, ?, ?, ?) ON CONFLICT (session, client) DO UPDATE SET record = excluded.record",
                arguments: [tenant, session, member.client, try encode(member)])
        case .session(let record):
            try database.execute(
                sql: "UPDATE session SET record = ?, is_final = ? WHERE id = ? AND tenant = ?",
                arguments: [try encode(record), record.status.isFinal, session, tenant])
        case .initialModel(let digest):
            try database.execute(
                sql: "UPDATE session SET initial_model = ? WHERE id = ? AND tenant = ?", arguments: [digest, session, tenant])
        case .round(let record):
            try database.execute(
                sql: """
                    INSERT INTO round VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT (session, round, attempt) DO UPDATE SET state = excluded.state, record = excluded.record
                    """,
                arguments: [tenant, session, record.round, record.attempt, record.state.rawValue, try encode(record)])
        case .evaluation(let record):
            try database.execute(
                sql: "UPDATE session SET evaluation = ? WHERE id = ? AND tenant = ?", arguments: [try encode(record), session, tenant])
        }
    }

    // MARK: Reading

    package func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord? {
        try await commits.read { database in
            try Data.fetchOne(database, sql: "SELECT record FROM session WHERE id = ? AND tenant = ?", arguments: [id, tenant])
                .map { try decode(SessionRecord.self, $0) }
        }
    }

    package func sessions(tenant: String) async throws(StorageError) -> [SessionRecord] {
        try await commits.read { database in
            try Data.fetchAll(
                database, sql: "SELECT record FROM session WHERE tenant = ? ORDER BY created_ms DESC, id LIMIT ?",
                arguments: [tenant, Limits.sessions]
            ).map { try decode(SessionRecord.self, $0) }
        }
    }

    package func openSessions() async throws(StorageError) -> [SessionSnapshot] {
        try await commits.read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM session WHERE is_final = 0 ORDER BY created_ms, id")
                .map { try Self.snapshot($0, database) }
        }
    }

    package func snapshot(_ id: String, tenant: String?) async throws(StorageError) -> SessionSnapshot? {
        try await commits.read { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM session WHERE id = ? AND (? IS NULL OR tenant = ?)", arguments: [id, tenant, tenant]
            ).map { try Self.snapshot($0, database) }
        }
    }

    private static func snapshot(_ row: Row, _ database: Database) throws -> SessionSnapshot {
        let id: String = row["id"]
        var snapshot = SessionSnapshot(session: try decode(SessionRecord.self, row["record"]))
        snapshot.initialModel = row["initial_model"]
        snapshot.evaluation = try (row["evaluation"] as Data?).map { try decode(EvaluationRecord.self, $0) }
        snapshot.members = try Data.fetchAll(database, sql: "SELECT record FROM member WHERE session = ? ORDER BY client", arguments: [id])
            .map { try decode(MemberRecord.self, $0) }
        let committed =
            try Int.fetchOne(
                database, sql: "SELECT max(round) FROM round WHERE session = ? AND state = 'committed'", arguments: [id]) ?? 0
        snapshot.rounds = try Data.fetchAll(
            database, sql: "SELECT record FROM round WHERE session = ? AND round >= ? ORDER BY round, attempt", arguments: [id, committed]
        ).map { try decode(RoundRecord.self, $0) }
        snapshot.contributions = try Data.fetchAll(
            database, sql: "SELECT record FROM contribution WHERE session = ? AND round > ? ORDER BY round, attempt, client",
            arguments: [id, committed]
        ).map { try decode(ContributionRecord.self, $0) }
        return snapshot
    }

    package func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord] {
        try await commits.read { database in
            try Data.fetchAll(
                database,
                sql: """
                    SELECT record FROM round WHERE session = ? AND tenant = ? AND round > ? AND state IN ('committed', 'aborted')
                    ORDER BY round, attempt LIMIT ?
                    """, arguments: [session, tenant, after, limit]
            ).map { try decode(RoundRecord.self, $0) }
        }
    }

    // MARK: Evaluation sets

    package func setEvaluationSet(_ set: EvaluationSetRecord, session: String, tenant: String) async throws(StorageError) {
        try await commits.write { database in
            try database.execute(
                sql: "UPDATE session SET evaluation_set = ? WHERE id = ? AND tenant = ?", arguments: [try encode(set), session, tenant])
        }
    }

    package func evaluationSet(session: String, tenant: String) async throws(StorageError) -> EvaluationSetRecord? {
        try await commits.read { database in
            try Data.fetchOne(
                database, sql: "SELECT evaluation_set FROM session WHERE id = ? AND tenant = ?", arguments: [session, tenant]
            ).map { try decode(EvaluationSetRecord.self, $0) }
        }
    }
}

extension SQLiteStore: BlobStore {
    package func put(_ bytes: [UInt8]) async throws(StorageError) -> String { try await blobs.put(bytes) }
    package func get(_ digest: String) async throws(StorageError) -> [UInt8]? { try await blobs.get(digest) }
    package func contains(_ digest: String) async throws(StorageError) -> Bool { try await blobs.contains(digest) }
}
