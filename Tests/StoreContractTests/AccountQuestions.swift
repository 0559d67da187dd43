import Federation
import Storage

let entry = AuditRecord(at: now, action: .userCreated, actor: "admin", subject: "u")

func user(_ id: String, tenant: String = "default", name: String? = nil) -> UserRecord {
    UserRecord(
        id: id, tenant: tenant, name: name ?? id, password: PasswordHash(rounds: 2, blockSize: 1, parallelism: 1, salt: [1], hash: [2]), scopes: ["models"],
        createdAt: now, createdBy: "admin")
}

func oauthClient(_ id: String, tenant: String = "default") -> OAuthClientRecord {
    OAuthClientRecord(id: id, tenant: tenant, name: "é", secretHash: [3], scopes: ["models"], createdAt: now, createdBy: "admin")
}

func login(_ id: String, tenant: String = "default", at began: Instant = now) -> LoginRecord {
    LoginRecord(id: id, tenant: tenant, user: "u", generation: 0, startedAt: began, expiresAt: began.adding(seconds: 90))
}

func refreshToken(_ hash: UInt8, login: String, at issued: Instant = now) -> RefreshTokenRecord {
    RefreshTokenRecord(hash: [hash], tenant: "default", login: login, issuedAt: issued, expiresAt: issued.adding(seconds: 30))
}

/// One call of the store of accounts.
enum AccountQuestion: Sendable {
    case addKey(APIKeyRecord)
    case revokeKey(String, Instant)
    case keys(tenant: String?, limit: Int)
    case addUser(UserRecord)
    case user(String)
    case userNamed(String)
    case users(tenant: String?, limit: Int)
    case disableUser(String, Instant)
    case addClient(OAuthClientRecord)
    case client(String)
    case clients(tenant: String?, limit: Int)
    case revokeClient(String, Instant)
    case beginLogin(LoginRecord, RefreshTokenRecord)
    case login(String)
    case refresh(UInt8, next: UInt8, Instant)
    case endLogin(UInt8, Instant)

    func answer(_ store: any WholeStore) async throws -> String {
        switch self {
        case .addKey(let key): return "\(try await store.addKey(key, audit: entry))"
        case .revokeKey(let id, let at):
            let changed = try await store.changeKey(id: id) { key in
                guard key.revokedAt == nil else { return nil }
                var key = key
                key.revokedAt = at
                return (key, AuditRecord(at: at, action: .keyRevoked, actor: "a", subject: id))
            }
            return "\(String(describing: changed))"
        case .keys(let tenant, let limit): return "\(try await store.keys(tenant: tenant, limit: limit))"
        case .addUser(let user): return "\(try await store.addUser(user, audit: entry))"
        case .user(let id): return "\(String(describing: try await store.user(id: id)))"
        case .userNamed(let name): return "\(String(describing: try await store.user(name: name)))"
        case .users(let tenant, let limit): return "\(try await store.users(tenant: tenant, limit: limit))"
        case .disableUser(let id, let at):
            let changed = try await store.changeUser(id: id) { user in
                guard user.disabledAt == nil else { return nil }
                var user = user
                user.disabledAt = at
                user.generation += 1
                return (user, AuditRecord(at: at, action: .userDisabled, actor: "a", subject: id))
            }
            return "\(String(describing: changed))"
        case .addClient(let client): return "\(try await store.addOAuthClient(client, audit: entry))"
        case .client(let id): return "\(String(describing: try await store.oauthClient(id: id)))"
        case .clients(let tenant, let limit): return "\(try await store.oauthClients(tenant: tenant, limit: limit))"
        case .revokeClient(let id, let at):
            let changed = try await store.changeOAuthClient(id: id) { client in
                guard client.revokedAt == nil else { return nil }
                var client = client
                client.revokedAt = at
                return (client, AuditRecord(at: at, action: .oauthClientRevoked, actor: "a", subject: id))
            }
            return "\(String(describing: changed))"
        case .beginLogin(let login, let token): return "\(try await store.beginLogin(login, token: token))"
        case .login(let id): return "\(String(describing: try await store.login(id: id)))"
        case .refresh(let hash, let next, let at):
            return "\(try await store.refresh(hash: [hash], next: ([next], at.adding(seconds: 0.004)), now: at))"
        case .endLogin(let hash, let at): return "\(String(describing: try await store.endLogin(hash: [hash], now: at)))"
        }
    }
}

extension Questions {
    mutating func accountQuestion() -> AccountQuestion {
        let (at, tenant, id) = (instant(), one(of: [nil, "one", "two"]), client())
        switch below(20) {
        case 0: return .addKey(APIKeyRecord(id: id, tenant: self.tenant(), hash: [1], role: "service", createdAt: at))
        case 1: return .revokeKey(id, at)
        case 2: return .keys(tenant: tenant, limit: below(5))
        case 3, 4: return .addUser(user(id, tenant: self.tenant(), name: client()))
        case 5: return .user(id)
        case 6: return .userNamed(id)
        case 7: return .users(tenant: tenant, limit: below(5))
        case 8: return .disableUser(id, at)
        case 9: return .addClient(oauthClient(id, tenant: self.tenant()))
        case 10: return .client(id)
        case 11: return .clients(tenant: tenant, limit: below(5))
        case 12: return .revokeClient(id, at)
        case 13, 14:
            var begun = login(id, tenant: self.tenant(), at: at)
            begun.expiresAt = at.adding(seconds: Double(below(40)) / 1000)
            let token = refreshToken(UInt8(below(30)), login: begun.id, at: at)
            return .beginLogin(begun, token)
        case 15: return .login(id)
        case 16...18: return .refresh(UInt8(below(30)), next: UInt8(below(30)), at)
        default: return .endLogin(UInt8(below(30)), at)
        }
    }
}
