package import Federation
import Synchronization

extension MemoryStore: AccountStore {
    // MARK: Keys

    package func addKey(_ key: APIKeyRecord, audit: AuditRecord) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            guard tables.keys[MemoryKey(key.id)] == nil else { throw .exists("API key \(key.id)") }
            tables.keys[MemoryKey(key.id)] = key
            tables.audit.append(.init(tenant: key.tenant, value: audit))
        }
    }

    package func changeKey(
        id: String, _ change: @escaping @Sendable (APIKeyRecord) -> (record: APIKeyRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> APIKeyRecord? {
        changeOne(\.keys, id, change) { $0.tenant }
    }

    package func keys(tenant: String?, limit: Int) async throws(StorageError) -> [APIKeyRecord] {
        tables.withLock { Array($0.keys.inOrder.filter { key in tenant.map { same(key.tenant, $0) } ?? true }.prefix(max(0, limit))) }
    }

    // MARK: Users

    package func addUser(_ user: UserRecord, audit: AuditRecord) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            guard tables.users[MemoryKey(user.id)] == nil, tables.userNames[MemoryKey(user.name)] == nil else { throw .exists("user \(user.name)") }
            tables.users[MemoryKey(user.id)] = user
            tables.userNames[MemoryKey(user.name)] = user.id
            tables.audit.append(.init(tenant: user.tenant, value: audit))
        }
    }

    package func user(id: String) async throws(StorageError) -> UserRecord? { tables.withLock { $0.users[MemoryKey(id)] } }

    package func user(name: String) async throws(StorageError) -> UserRecord? {
        tables.withLock { tables in tables.userNames[MemoryKey(name)].flatMap { tables.users[MemoryKey($0)] } }
    }

    package func users(tenant: String?, limit: Int) async throws(StorageError) -> [UserRecord] {
        tables.withLock { tables in
            let all = tables.userNames.inOrder.compactMap { tables.users[MemoryKey($0)] }
            return Array(all.filter { user in tenant.map { same(user.tenant, $0) } ?? true }.prefix(max(0, limit)))
        }
    }

    package func changeUser(
        id: String, _ change: @escaping @Sendable (UserRecord) -> (record: UserRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> UserRecord? {
        changeOne(\.users, id, change) { $0.tenant }
    }

    // MARK: OAuth clients

    package func addOAuthClient(_ client: OAuthClientRecord, audit: AuditRecord) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            guard tables.clients[MemoryKey(client.id)] == nil else { throw .exists("OAuth client \(client.id)") }
            tables.clients[MemoryKey(client.id)] = client
            tables.audit.append(.init(tenant: client.tenant, value: audit))
        }
    }

    package func oauthClient(id: String) async throws(StorageError) -> OAuthClientRecord? { tables.withLock { $0.clients[MemoryKey(id)] } }

    package func oauthClients(tenant: String?, limit: Int) async throws(StorageError) -> [OAuthClientRecord] {
        tables.withLock { Array($0.clients.inOrder.filter { client in tenant.map { same(client.tenant, $0) } ?? true }.prefix(max(0, limit))) }
    }

    package func changeOAuthClient(
        id: String, _ change: @escaping @Sendable (OAuthClientRecord) -> (record: OAuthClientRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> OAuthClientRecord? {
        changeOne(\.clients, id, change) { $0.tenant }
    }

    private func changeOne<Record: Sendable>(
        _ table: any WritableKeyPath<Tables, [MemoryKey: Record]> & Sendable, _ id: String,
        _ change: @Sendable (Record) -> (record: Record, audit: AuditRecord)?, _ tenant: @Sendable (Record) -> String
    ) -> Record? {
        tables.withLock { tables in
            guard let record = tables[keyPath: table][MemoryKey(id)] else { return nil }
            guard let (changed, entry) = change(record) else { return record }
            tables[keyPath: table][MemoryKey(id)] = changed
            tables.audit.append(.init(tenant: tenant(record), value: entry))
            return changed
        }
    }

    // MARK: Logins

    package func beginLogin(_ login: LoginRecord, token: RefreshTokenRecord) async throws(StorageError) {
        try change { (tables) throws(StorageError) in
            var (logins, tokens) = (tables.logins, tables.refreshTokens)
            let old = logins.inOrder.filter { $0.expiresAt < login.startedAt }.sorted { $0.expiresAt < $1.expiresAt }.prefix(Limits.forgottenLogins)
            for gone in old {
                logins[MemoryKey(gone.id)] = nil
                for (key, token) in tokens where same(token.login, gone.id) { tokens[key] = nil }
            }
            guard logins[MemoryKey(login.id)] == nil, tokens[MemoryKey(token.hash)] == nil else { throw .exists("login \(login.id)") }
            guard logins[MemoryKey(token.login)] != nil || same(token.login, login.id) else { throw .missing("login \(token.login)") }
            logins[MemoryKey(login.id)] = login
            tokens[MemoryKey(token.hash)] = token
            (tables.logins, tables.refreshTokens) = (logins, tokens)
        }
    }

    package func login(id: String) async throws(StorageError) -> LoginRecord? { tables.withLock { $0.logins[MemoryKey(id)] } }

    package func refresh(
        hash: [UInt8], next: (hash: [UInt8], expiresAt: Instant), now: Instant, reused: @escaping @Sendable (LoginRecord) -> [OutboxEvent]
    ) async throws(StorageError) -> RefreshOutcome {
        try change { (tables) throws(StorageError) in
            guard let token = tables.refreshTokens[MemoryKey(hash)], let login = tables.logins[MemoryKey(token.login)] else { return .unknown }
            let refresh = Refresh(token, login, next: next, now: now)
            if let next = refresh.next {
                guard tables.refreshTokens[MemoryKey(next.hash)] == nil else { throw .exists("refresh token") }
                tables.refreshTokens[MemoryKey(next.hash)] = next
            }
            if let spent = refresh.token { tables.refreshTokens[MemoryKey(hash)] = spent }
            if case .reused(let ended) = refresh.outcome { tables.logins[MemoryKey(ended.id)] = ended }
            if let audit = refresh.audit { tables.audit.append(.init(tenant: login.tenant, value: audit)) }
            if case .reused(let ended) = refresh.outcome { for event in reused(ended) { tables.enqueue(event, suite) } }
            return refresh.outcome
        }
    }

    package func endLogin(hash: [UInt8], now: Instant) async throws(StorageError) -> LoginRecord? {
        tables.withLock { tables in
            guard let token = tables.refreshTokens[MemoryKey(hash)], var login = tables.logins[MemoryKey(token.login)] else { return nil }
            guard login.endedAt == nil else { return login }
            login.endedAt = now
            tables.logins[MemoryKey(login.id)] = login
            return login
        }
    }
}
