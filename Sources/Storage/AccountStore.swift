package import Federation

/// Who may use the services: users, OAuth clients, API keys, and the logins of users. Secrets only as hashes. What a caller may see
/// or change is decided above; here a tenant is a column.
///
/// Names of users are unique over all tenants, because a login names nobody but the user. Every method that writes takes the entry
/// of the audit and stores both or neither.
package protocol AccountStore: IdentityStore, AuditStore {
    /// - Throws: `exists` when the id is taken.
    func addKey(_ key: APIKeyRecord, audit: AuditRecord) async throws(StorageError)
    /// Changes a key as it is at that moment; nil changes nothing.
    /// - Returns: the record afterwards, changed or not; nil when there is no such key.
    func changeKey(
        id: String, _ change: @escaping @Sendable (APIKeyRecord) -> (record: APIKeyRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> APIKeyRecord?
    /// By id, at most `limit`.
    /// - Parameter tenant: nil: of every tenant.
    func keys(tenant: String?, limit: Int) async throws(StorageError) -> [APIKeyRecord]

    /// - Throws: `exists` when the id or the name is taken.
    func addUser(_ user: UserRecord, audit: AuditRecord) async throws(StorageError)
    func user(id: String) async throws(StorageError) -> UserRecord?
    func user(name: String) async throws(StorageError) -> UserRecord?
    /// By name, at most `limit`.
    func users(tenant: String?, limit: Int) async throws(StorageError) -> [UserRecord]
    /// As `changeKey`. The change leaves id, tenant and name as they are.
    func changeUser(
        id: String, _ change: @escaping @Sendable (UserRecord) -> (record: UserRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> UserRecord?

    /// - Throws: `exists` when the id is taken.
    func addOAuthClient(_ client: OAuthClientRecord, audit: AuditRecord) async throws(StorageError)
    func oauthClient(id: String) async throws(StorageError) -> OAuthClientRecord?
    /// By id, at most `limit`.
    func oauthClients(tenant: String?, limit: Int) async throws(StorageError) -> [OAuthClientRecord]
    /// As `changeKey`. The change leaves id and tenant as they are.
    func changeOAuthClient(
        id: String, _ change: @escaping @Sendable (OAuthClientRecord) -> (record: OAuthClientRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> OAuthClientRecord?

    /// Stores a login with its first refresh token. Logins that expired before this one began are forgotten, some at a time.
    func beginLogin(_ login: LoginRecord, token: RefreshTokenRecord) async throws(StorageError)
    func login(id: String) async throws(StorageError) -> LoginRecord?
    /// Spends a refresh token and stores the next one of its login: of many simultaneous uses one succeeds. A token that was spent
    /// already ends its login, with the entry `refresh.reused`.
    /// - Parameters:
    ///   - hash: of the token that is shown.
    ///   - next: hash of the token that follows, and until when it is good at most: never longer than the login.
    ///   - reused: what webhooks are told of a login that was ended so; stored with its end.
    func refresh(
        hash: [UInt8], next: (hash: [UInt8], expiresAt: Instant), now: Instant, reused: @escaping @Sendable (LoginRecord) -> [OutboxEvent]
    ) async throws(StorageError) -> RefreshOutcome
    /// Ends the login that a refresh token belongs to, spent or not.
    /// - Returns: the login afterwards; nil when the token is not known.
    func endLogin(hash: [UInt8], now: Instant) async throws(StorageError) -> LoginRecord?
}

extension AccountStore {
    /// The same with nothing that webhooks are told of.
    package func refresh(hash: [UInt8], next: (hash: [UInt8], expiresAt: Instant), now: Instant) async throws(StorageError) -> RefreshOutcome {
        try await refresh(hash: hash, next: next, now: now) { _ in [] }
    }
}

/// A password as scrypt (RFC 7914) has left it, with what is needed to do the same again.
package struct PasswordHash: Sendable, Equatable, Codable {
    /// The cost N, a power of two.
    package var rounds: Int
    /// r.
    package var blockSize: Int
    /// p.
    package var parallelism: Int
    package var salt: [UInt8]
    package var hash: [UInt8]
    package init(rounds: Int, blockSize: Int, parallelism: Int, salt: [UInt8], hash: [UInt8]) {
        self.rounds = rounds
        self.blockSize = blockSize
        self.parallelism = parallelism
        self.salt = salt
        self.hash = hash
    }
}

package struct UserRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    package var name: String
    package var password: PasswordHash
    /// Names of scopes.
    package var scopes: [String]
    package var createdAt: Instant
    package var createdBy: String
    package var disabledAt: Instant?
    /// Counts what ends all logins: another password, being disabled. A login of an earlier generation is over.
    package var generation = 0
    package init(id: String, tenant: String, name: String, password: PasswordHash, scopes: [String], createdAt: Instant, createdBy: String) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.password = password
        self.scopes = scopes
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

package struct OAuthClientRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    /// What people call it.
    package var name: String
    package var secretHash: [UInt8]
    /// Names of scopes.
    package var scopes: [String]
    package var createdAt: Instant
    package var createdBy: String
    package var revokedAt: Instant?
    package init(id: String, tenant: String, name: String, secretHash: [UInt8], scopes: [String], createdAt: Instant, createdBy: String) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.secretHash = secretHash
        self.scopes = scopes
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// One login of a user: the family of its refresh tokens.
package struct LoginRecord: Sendable, Equatable, Codable {
    package var id: String
    package var tenant: String
    /// The user's id.
    package var user: String
    /// The user's, when it logged in.
    package var generation: Int
    package var startedAt: Instant
    /// However often it is refreshed.
    package var expiresAt: Instant
    package var endedAt: Instant?
    package init(id: String, tenant: String, user: String, generation: Int, startedAt: Instant, expiresAt: Instant) {
        self.id = id
        self.tenant = tenant
        self.user = user
        self.generation = generation
        self.startedAt = startedAt
        self.expiresAt = expiresAt
    }
}

package struct RefreshTokenRecord: Sendable, Equatable, Codable {
    package var hash: [UInt8]
    package var tenant: String
    /// The login's id.
    package var login: String
    package var issuedAt: Instant
    package var expiresAt: Instant
    package var spentAt: Instant?
    package init(hash: [UInt8], tenant: String, login: String, issuedAt: Instant, expiresAt: Instant) {
        self.hash = hash
        self.tenant = tenant
        self.login = login
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

package enum RefreshOutcome: Sendable, Equatable {
    case rotated(LoginRecord)
    case unknown
    case expired
    /// The login had ended before.
    case ended
    /// The token had been spent: somebody else has it. The login has ended now.
    case reused(LoginRecord)
}

/// What a refresh does, for every store the same.
struct Refresh {
    var outcome: RefreshOutcome
    /// To be stored with the outcome.
    var token: RefreshTokenRecord?
    var next: RefreshTokenRecord?
    var audit: AuditRecord?

    init(_ token: RefreshTokenRecord, _ login: LoginRecord, next: (hash: [UInt8], expiresAt: Instant), now: Instant) {
        guard login.endedAt == nil else {
            outcome = .ended
            return
        }
        guard login.expiresAt > now else {
            outcome = .expired
            return
        }
        if token.spentAt != nil {
            var ended = login
            ended.endedAt = now
            outcome = .reused(ended)
            audit = AuditRecord(at: now, action: .refreshReused, by: AuditActor(login.user), of: login.id)
            return
        }
        guard token.expiresAt > now else {
            outcome = .expired
            return
        }
        var spent = token
        spent.spentAt = now
        outcome = .rotated(login)
        self.token = spent
        self.next = RefreshTokenRecord(
            hash: next.hash, tenant: login.tenant, login: login.id, issuedAt: now, expiresAt: min(next.expiresAt, login.expiresAt))
    }
}
