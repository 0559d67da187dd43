package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: IdentityStore {
    package func addEnrolmentTokens(_ tokens: [EnrolmentTokenRecord]) async throws(StorageError) {
        try await commits.write { database in
            for token in tokens {
                try database.execute(
                    sql: "INSERT INTO enrolment_token VALUES (?, ?, ?, ?, NULL, NULL)",
                    arguments: [Data(token.hash), token.tenant, token.node, token.expiresAt.milliseconds])
            }
        }
    }

    package func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord? {
        try await commits.read { try Self.token(hash, $0) }
    }

    private static func token(_ hash: [UInt8], _ database: Database) throws -> EnrolmentTokenRecord? {
        try Row.fetchOne(database, sql: "SELECT * FROM enrolment_token WHERE hash = ?", arguments: [Data(hash)]).map { row in
            var token = EnrolmentTokenRecord(
                hash: hash, tenant: row["tenant"], node: row["node"], expiresAt: Instant(milliseconds: row["expires_ms"]))
            token.usedAt = (row["used_ms"] as Int64?).map(Instant.init(milliseconds:))
            token.withdrawnAt = (row["withdrawn_ms"] as Int64?).map(Instant.init(milliseconds:))
            return token
        }
    }

    package func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant) async throws(StorageError) -> EnrolmentOutcome {
        try await commits.write { database in
            guard let token = try Self.token(tokenHash, database) else { return .unknownToken }
            if token.usedAt != nil { return .alreadyUsed }
            if token.withdrawnAt != nil { return .withdrawn }
            if token.expiresAt <= now { return .expired }
            // The token decides who this is; a record for anybody else would be a mistake of ours.
            guard token.tenant == node.tenant, token.node == node.name else { return .unknownToken }
            try database.execute(
                sql: "UPDATE enrolment_token SET used_ms = ? WHERE hash = ?", arguments: [now.milliseconds, Data(tokenHash)])
            try database.execute(
                sql: "INSERT INTO node VALUES (?, ?, ?) ON CONFLICT (tenant, name) DO UPDATE SET record = excluded.record",
                arguments: [node.tenant, node.name, try encode(node)])
            try Self.append(AuditRecord(at: now, action: .nodeEnrolled, actor: node.name, subject: node.name), node.tenant, database)
            return .enrolled
        }
    }

    package func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord? {
        try await commits.read { try Self.node(tenant, name, $0) }
    }

    private static func node(_ tenant: String, _ name: String, _ database: Database) throws -> NodeRecord? {
        try Data.fetchOne(database, sql: "SELECT record FROM node WHERE tenant = ? AND name = ?", arguments: [tenant, name])
            .map { try decode(NodeRecord.self, $0) }
    }

    package func nodes(tenant: String) async throws(StorageError) -> [NodeRecord] {
        try await commits.read { database in
            try Data.fetchAll(database, sql: "SELECT record FROM node WHERE tenant = ? ORDER BY name", arguments: [tenant])
                .map { try decode(NodeRecord.self, $0) }
        }
    }

    package func revokeNode(tenant: String, name: String, now: Instant) async throws(StorageError) -> Bool {
        try await commits.write { database in
            // A token that is still out there must not bring the node back.
            try database.execute(
                sql: "UPDATE enrolment_token SET withdrawn_ms = ? WHERE tenant = ? AND node = ? AND used_ms IS NULL AND withdrawn_ms IS NULL",
                arguments: [now.milliseconds, tenant, name])
            let withdrawn = database.changesCount
            guard var node = try Self.node(tenant, name, database) else { return withdrawn > 0 }
            guard node.revokedAt == nil else { return true }
            node.revokedAt = now
            try database.execute(
                sql: "UPDATE node SET record = ? WHERE tenant = ? AND name = ?", arguments: [try encode(node), tenant, name])
            try Self.append(AuditRecord(at: now, action: .nodeRevoked, actor: "administrator", subject: name), tenant, database)
            return true
        }
    }

    package func addKey(_ key: APIKeyRecord) async throws(StorageError) {
        try await commits.write { database in
            try database.execute(
                sql: "INSERT INTO api_key VALUES (?, ?, ?)", arguments: [key.id, key.tenant, try encode(key)])
        }
    }

    package func key(id: String) async throws(StorageError) -> APIKeyRecord? {
        try await commits.read { database in
            try Data.fetchOne(database, sql: "SELECT record FROM api_key WHERE id = ?", arguments: [id])
                .map { try decode(APIKeyRecord.self, $0) }
        }
    }
}
