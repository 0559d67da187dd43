package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: KeyExchangeStore {
    package func addExchange(
        _ exchange: KeyExchangeRecord, forgetting before: Instant, audit: AuditRecord, limits: ExchangeLimits
    ) async throws(StorageError) -> AddedExchange {
        try await commits.write { [rows] database in
            try database.execute(
                sql: "DELETE FROM key_exchange WHERE tenant = ? AND expires_ms < ?", arguments: [exchange.tenant, before.milliseconds])
            if let transcript = exchange.transcript,
                try rows.fetchOne(.keyExchange, database, where: "tenant = ? AND transcript = ?", [exchange.tenant, Data(transcript)]) != nil
            {
                return .repeated
            }
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM key_exchange WHERE tenant = ?", arguments: [exchange.tenant]) ?? 0
            guard count < limits.exchanges else { return .tooMany }
            try rows.insert(SealedRows.values(exchange), into: .keyExchange, database)
            try rows.append(audit, exchange.tenant, database)
            return .added(try rows.see(exchange, limit: limits.seen, database))
        }
    }

    package func exchange(_ id: String, tenant: String) async throws(StorageError) -> KeyExchangeRecord? {
        try await commits.read { [rows] in try rows.exchange(id, tenant, $0)?.record(KeyExchangeRecord.self) }
    }

    package func changeExchange(
        _ id: String, tenant: String, _ change: @escaping @Sendable (KeyExchangeRecord) -> (record: KeyExchangeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> KeyExchangeRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.exchange(id, tenant, database) else { return nil }
            let exchange = try row.record(KeyExchangeRecord.self)
            guard let (changed, entry) = change(exchange) else { return exchange }
            try rows.change(row, SealedRows.values(changed), database)
            if let entry { try rows.append(entry, tenant, database) }
            return changed
        }
    }

    // MARK: Parties

    package func putParty(_ party: ExchangePartyRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            let others = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM exchange_party WHERE tenant = ? AND id <> ?", arguments: [party.tenant, party.id])
            guard others ?? 0 < limit else { return false }
            try rows.put(["tenant": party.tenant, "id": party.id, "record": encode(party)], into: .exchangeParty, database)
            try rows.append(audit, party.tenant, database)
            return true
        }
    }

    package func party(_ id: String, tenant: String) async throws(StorageError) -> ExchangePartyRecord? {
        try await commits.read { [rows] in
            try rows.fetchOne(.exchangeParty, $0, where: "tenant = ? AND id = ?", [tenant, id])?.record(ExchangePartyRecord.self)
        }
    }

    package func parties(tenant: String, after: String, limit: Int) async throws(StorageError) -> [ExchangePartyRecord] {
        try await commits.read { [rows] in
            try rows.fetch(.exchangeParty, $0, where: "tenant = ? AND id > ? ORDER BY id LIMIT ?", [tenant, after, max(0, limit)])
                .map { try $0.record(ExchangePartyRecord.self) }
        }
    }

    package func removeParty(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            try database.execute(sql: "DELETE FROM exchange_party WHERE tenant = ? AND id = ?", arguments: [tenant, id])
            guard database.changesCount > 0 else { return false }
            try rows.append(audit, tenant, database)
            return true
        }
    }
}

extension SealedRows {
    fileprivate static func values(_ exchange: KeyExchangeRecord) throws -> Values {
        [
            "tenant": exchange.tenant, "id": exchange.id, "expires_ms": exchange.expiresAt.milliseconds,
            "transcript": exchange.transcript.map { Data($0) }, "record": try encode(exchange),
        ]
    }

    fileprivate func exchange(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.keyExchange, database, where: "id = ? AND tenant = ?", [id, tenant])
    }

    fileprivate func see(_ exchange: KeyExchangeRecord, limit: Int, _ database: Database) throws -> SeenKey {
        let key = SeenKeyRecord(tenant: exchange.tenant, fingerprint: exchange.fingerprint, session: exchange.id, seenAt: exchange.createdAt)
        if try hasSeen(key, database) { return .known }
        let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM seen_key WHERE tenant = ?", arguments: [key.tenant]) ?? 0
        guard count < limit else { return .tooMany }
        try see(key, database)
        return .new
    }
}
