package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: AccountStore {
    // MARK: Keys

    package func addKey(_ key: APIKeyRecord, audit: AuditRecord) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.insert(["id": key.id, "tenant": key.tenant, "record": try encode(key)], into: .apiKey, database)
            try rows.append(audit, key.tenant, database)
        }
    }

    package func changeKey(
        id: String, _ change: @escaping @Sendable (APIKeyRecord) -> (record: APIKeyRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> APIKeyRecord? {
        try await commits.write { [rows] in try rows.changeOne(.apiKey, id, $0, change) { $0.tenant } }
    }

    package func keys(tenant: String?, limit: Int) async throws(StorageError) -> [APIKeyRecord] {
        try await commits.read { [rows] in try rows.list(.apiKey, tenant, by: "id", limit, $0) }
    }

    // MARK: Users

    package func addUser(_ user: UserRecord, audit: AuditRecord) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.insert(["id": user.id, "tenant": user.tenant, "name": user.name, "record": try encode(user)], into: .user, database)
            try rows.append(audit, user.tenant, database)
        }
    }

    package func user(id: String) async throws(StorageError) -> UserRecord? {
        try await commits.read { [rows] in try rows.fetchOne(.user, $0, where: "id = ?", [id])?.record(UserRecord.self) }
    }

    package func user(name: String) async throws(StorageError) -> UserRecord? {
        try await commits.read { [rows] in try rows.fetchOne(.user, $0, where: "name = ?", [name])?.record(UserRecord.self) }
    }

    package func users(tenant: String?, limit: Int) async throws(StorageError) -> [UserRecord] {
        try await commits.read { [rows] in try rows.list(.user, tenant, by: "name", limit, $0) }
    }

    package func changeUser(
        id: String, _ change: @escaping @Sendable (UserRecord) -> (record: UserRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> UserRecord? {
        try await commits.write { [rows] in try rows.changeOne(.user, id, $0, change) { $0.tenant } }
    }

    // MARK: OAuth clients

    package func addOAuthClient(_ client: OAuthClientRecord, audit: AuditRecord) async throws(StorageError) {
        try await commits.write { [rows] database in
            try rows.insert(["id": client.id, "tenant": client.tenant, "record": try encode(client)], into: .oauthClient, database)
            try rows.append(audit, client.tenant, database)
        }
    }

    package func oauthClient(id: String) async throws(StorageError) -> OAuthClientRecord? {
        try await commits.read { [rows] in try rows.fetchOne(.oauthClient, $0, where: "id = ?", [id])?.record(OAuthClientRecord.self) }
    }

    package func oauthClients(tenant: String?, limit: Int) async throws(StorageError) -> [OAuthClientRecord] {
        try await commits.read { [rows] in try rows.list(.oauthClient, tenant, by: "id", limit, $0) }
    }

    package func changeOAuthClient(
        id: String, _ change: @escaping @Sendable (OAuthClientRecord) -> (record: OAuthClientRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> OAuthClientRecord? {
        try await commits.write { [rows] in try rows.changeOne(.oauthClient, id, $0, change) { $0.tenant } }
    }

    // MARK: Logins

    package func beginLogin(_ login: LoginRecord, token: RefreshTokenRecord) async throws(StorageError) {
        try await commits.write { [rows] database in
            let old = try String.fetchAll(
                database, sql: "SELECT id FROM login WHERE expires_ms < ? ORDER BY expires_ms, id LIMIT ?",
                arguments: [login.startedAt.milliseconds, Limits.forgottenLogins])
            for id in old {
                try database.cachedStatement(sql: "DELETE FROM refresh_token WHERE login = ?").execute(arguments: [id])
                try database.cachedStatement(sql: "DELETE FROM login WHERE id = ?").execute(arguments: [id])
            }
            try rows.insert(
                ["id": login.id, "tenant": login.tenant, "expires_ms": login.expiresAt.milliseconds, "record": try encode(login)], into: .login, database)
            try rows.insert(token, database)
        }
    }

    package func login(id: String) async throws(StorageError) -> LoginRecord? {
        try await commits.read { [rows] in try rows.login(id, $0)?.record(LoginRecord.self) }
    }

    package func refresh(
        hash: [UInt8], next: (hash: [UInt8], expiresAt: Instant), now: Instant, reused: @escaping @Sendable (LoginRecord) -> [OutboxEvent]
    ) async throws(StorageError) -> RefreshOutcome {
        try await commits.write { [rows] database in
            guard let row = try rows.refreshToken(hash, database) else { return .unknown }
            let token = try row.record(RefreshTokenRecord.self)
            guard let loginRow = try rows.login(token.login, database) else { return .unknown }
            let login = try loginRow.record(LoginRecord.self)
            let refresh = Refresh(token, login, next: next, now: now)
            if let spent = refresh.token { try rows.change(row, ["record": try encode(spent)], database) }
            if let next = refresh.next { try rows.insert(next, database) }
            if case .reused(let ended) = refresh.outcome { try rows.change(loginRow, ["record": try encode(ended)], database) }
            if let audit = refresh.audit { try rows.append(audit, login.tenant, database) }
            if case .reused(let ended) = refresh.outcome { for event in reused(ended) { try rows.enqueue(event, database) } }
            return refresh.outcome
        }
    }

    package func endLogin(hash: [UInt8], now: Instant) async throws(StorageError) -> LoginRecord? {
        try await commits.write { [rows] database in
            guard let token = try rows.refreshToken(hash, database)?.record(RefreshTokenRecord.self), let row = try rows.login(token.login, database)
            else { return nil }
            var login = try row.record(LoginRecord.self)
            guard login.endedAt == nil else { return login }
            login.endedAt = now
            try rows.change(row, ["record": try encode(login)], database)
            return login
        }
    }
}

extension SealedRows {
    fileprivate func login(_ id: String, _ database: Database) throws -> SealedRow? { try fetchOne(.login, database, where: "id = ?", [id]) }

    fileprivate func refreshToken(_ hash: [UInt8], _ database: Database) throws -> SealedRow? {
        try fetchOne(.refreshToken, database, where: "hash = ?", [Data(hash)])
    }

    fileprivate func insert(_ token: RefreshTokenRecord, _ database: Database) throws {
        try insert(["hash": Data(token.hash), "tenant": token.tenant, "login": token.login, "record": try encode(token)], into: .refreshToken, database)
    }

    fileprivate func list<Record: Decodable>(
        _ table: SealedTable, _ tenant: String?, by order: String, _ limit: Int, _ database: Database
    ) throws -> [Record] {
        try fetch(table, database, where: "?1 IS NULL OR tenant = ?1 ORDER BY \(order) LIMIT ?2", [tenant, max(0, limit)]).map { try $0.record(Record.self) }
    }

    /// Changes the record of the row with this id, and writes down that it did.
    fileprivate func changeOne<Record: Codable>(
        _ table: SealedTable, _ id: String, _ database: Database, _ change: (Record) -> (record: Record, audit: AuditRecord)?,
        _ tenant: (Record) -> String
    ) throws -> Record? {
        guard let row = try fetchOne(table, database, where: "id = ?", [id]) else { return nil }
        let record = try row.record(Record.self)
        guard let (changed, entry) = change(record) else { return record }
        try self.change(row, ["record": try encode(changed)], database)
        try append(entry, tenant(record), database)
        return changed
    }
}
