package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: IdentityStore {
    package func addEnrolmentTokens(_ tokens: [EnrolmentTokenRecord]) async throws(StorageError) {
        try await commits.write { [rows] database in
            for token in tokens {
                try rows.insert(
                    ["hash": Data(token.hash), "tenant": token.tenant, "node": token.node, "expires_ms": token.expiresAt.milliseconds],
                    into: .token, database)
            }
        }
    }

    package func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord? {
        try await commits.read { [rows] in try rows.token(hash, $0)?.token() }
    }

    package func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant, by actor: AuditActor) async throws(StorageError) -> EnrolmentOutcome {
        try await commits.write { [rows] database in
            guard let row = try rows.token(tokenHash, database) else { return .unknownToken }
            let token = try row.token()
            if token.usedAt != nil { return .alreadyUsed }
            if token.withdrawnAt != nil { return .withdrawn }
            if token.expiresAt <= now { return .expired }
            // The token decides who this is; a record for anybody else would be a mistake of ours.
            guard token.tenant == node.tenant, token.node == node.name else { return .unknownToken }
            try rows.change(row, ["used_ms": now.milliseconds], database)
            try rows.put(["tenant": node.tenant, "name": node.name, "record": try encode(node)], into: .node, database)
            try rows.append(AuditRecord(at: now, action: .nodeEnrolled, by: actor, of: node.name), node.tenant, database)
            return .enrolled
        }
    }

    package func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord? {
        try await commits.read { [rows] in try rows.node(tenant, name, $0)?.record(NodeRecord.self) }
    }

    package func nodes(tenant: String?) async throws(StorageError) -> [NodeRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(.node, database, where: "?1 IS NULL OR tenant = ?1 ORDER BY tenant, name", [tenant]).map { try $0.record(NodeRecord.self) }
        }
    }

    package func changeNode(
        tenant: String, name: String, _ change: @escaping @Sendable (NodeRecord) -> (record: NodeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> NodeRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.node(tenant, name, database) else { return nil }
            let node = try row.record(NodeRecord.self)
            guard let (changed, entry) = change(node) else { return node }
            try rows.change(row, ["record": try encode(changed)], database)
            if let entry { try rows.append(entry, tenant, database) }
            return changed
        }
    }

    package func revokeNode(tenant: String, name: String, now: Instant, by actor: AuditActor) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            // A token that is still out there must not bring the node back.
            let unused = try rows.fetch(
                .token, database, where: "tenant = ? AND node = ? AND used_ms IS NULL AND withdrawn_ms IS NULL", [tenant, name])
            for token in unused { try rows.change(token, ["withdrawn_ms": now.milliseconds], database) }
            guard let row = try rows.node(tenant, name, database) else { return !unused.isEmpty }
            var node = try row.record(NodeRecord.self)
            guard node.revokedAt == nil else { return true }
            node.revokedAt = now
            try rows.change(row, ["record": try encode(node)], database)
            try rows.append(AuditRecord(at: now, action: .nodeRevoked, by: actor, of: name), tenant, database)
            return true
        }
    }

    package func addKey(_ key: APIKeyRecord) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.insert(["id": key.id, "tenant": key.tenant, "record": try encode(key)], into: .apiKey, database)
        }
    }

    package func key(id: String) async throws(StorageError) -> APIKeyRecord? {
        try await commits.read { [rows] database in
            try rows.fetchOne(.apiKey, database, where: "id = ?", [id])?.record(APIKeyRecord.self)
        }
    }
}

extension SealedRows {
    fileprivate func token(_ hash: [UInt8], _ database: Database) throws -> SealedRow? {
        try fetchOne(.token, database, where: "hash = ?", [Data(hash)])
    }

    fileprivate func node(_ tenant: String, _ name: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.node, database, where: "tenant = ? AND name = ?", [tenant, name])
    }
}

extension SealedRow {
    func token() throws(StorageError) -> EnrolmentTokenRecord {
        var token = EnrolmentTokenRecord(
            hash: Data.fromDatabaseValue(value("hash")).map { [UInt8]($0) } ?? [], tenant: try text("tenant"), node: try text("node"),
            expiresAt: Instant(milliseconds: try number("expires_ms")))
        token.usedAt = optionalNumber("used_ms").map(Instant.init(milliseconds:))
        token.withdrawnAt = optionalNumber("withdrawn_ms").map(Instant.init(milliseconds:))
        return token
    }
}
