internal import APIKit
internal import Federation
internal import Platform
internal import StrictJSON
internal import Trust

extension TrustStream {
    /// Users, OAuth clients and keys of the administrator's tenant. Secrets are in the reply that makes them and in no other.
    static func identities(_ identity: Identity) -> [Endpoint] { users(identity) + oauthClients(identity) + keys(identity) }

    private static func users(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint("POST", "/identity/users", "identity.users.create", .administrator, bodyLimitBytes: Limits.identityBytes) { request throws(ServiceError) in
                let (tenant, now) = (try tenant(request), instant(request))
                var body = try await request.object()
                guard let name = try body.text("name", bytes: 1...IdentityLimits.nameBytesMax) else { throw body.missing("name") }
                guard let password = try body.secret("password", bytes: 1...IdentityLimits.passwordBytesMax) else { throw body.missing("password") }
                let scopes = try scopes(&body)
                let user = try await asking { () async throws(IdentityError) in
                    try await identity.createUser(tenant: tenant, name: name, password: password, scopes: scopes, by: administrator, now: now)
                }
                return .json(201, .object([.init("success", true)] + members(user) + [.init("notices", .array(body.notices))]))
            },
            Endpoint("GET", "/identity/users", "identity.users.list", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let users = try await asking { () async throws(IdentityError) in try await identity.users(tenant: tenant, by: administrator) }
                return .json(["success": true, "users": .array(users.map { .object(members($0)) })])
            },
            Endpoint("POST", "/identity/users/{user_id}/password", "identity.users.password", .administrator, bodyLimitBytes: Limits.identityBytes) {
                request throws(ServiceError) in
                let (id, now) = (request.parameter("user_id"), instant(request))
                var body = try await request.object()
                guard let password = try body.secret("password", bytes: 1...IdentityLimits.passwordBytesMax) else { throw body.missing("password") }
                let user = try await asking { () async throws(IdentityError) in
                    try await identity.setPassword(password, user: id, by: administrator, now: now)
                }
                return .json(.object([.init("success", true)] + members(user) + [.init("notices", .array(body.notices))]))
            },
            Endpoint("POST", "/identity/users/{user_id}/disable", "identity.users.disable", .administrator, bodyLimitBytes: Limits.emptyBytes) {
                request throws(ServiceError) in try await setDisabled(true, request, identity)
            },
            Endpoint("POST", "/identity/users/{user_id}/enable", "identity.users.enable", .administrator, bodyLimitBytes: Limits.emptyBytes) {
                request throws(ServiceError) in try await setDisabled(false, request, identity)
            },
        ]
    }

    private static func setDisabled(_ disabled: Bool, _ request: APIRequest, _ identity: Identity) async throws(ServiceError) -> APIReply {
        let (id, now) = (request.parameter("user_id"), instant(request))
        let notices = try await noticesOfBody(request)
        let user = try await asking { () async throws(IdentityError) in
            try await identity.setDisabled(disabled, user: id, by: administrator, now: now)
        }
        return .json(.object([.init("success", true)] + members(user) + [.init("notices", .array(notices))]))
    }

    private static func oauthClients(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint("POST", "/identity/oauth-clients", "identity.oauth_clients.create", .administrator, bodyLimitBytes: Limits.identityBytes) {
                request throws(ServiceError) in
                let (tenant, now) = (try tenant(request), instant(request))
                var body = try await request.object()
                guard let name = try body.text("name", bytes: 1...IdentityLimits.nameBytesMax) else { throw body.missing("name") }
                let scopes = try scopes(&body)
                let (client, secret) = try await asking { () async throws(IdentityError) in
                    try await identity.createOAuthClient(tenant: tenant, name: name, scopes: scopes, by: administrator, now: now)
                }
                return .json(
                    201,
                    .object(
                        [.init("success", true), .init("client_secret", .string(secret.text))] + members(client) + [.init("notices", .array(body.notices))]))
            },
            Endpoint("GET", "/identity/oauth-clients", "identity.oauth_clients.list", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let clients = try await asking { () async throws(IdentityError) in try await identity.oauthClients(tenant: tenant, by: administrator) }
                return .json(["success": true, "oauth_clients": .array(clients.map { .object(members($0)) })])
            },
            Endpoint(
                "POST", "/identity/oauth-clients/{oauth_client_id}/revoke", "identity.oauth_clients.revoke", .administrator, bodyLimitBytes: Limits.emptyBytes
            ) { request throws(ServiceError) in
                let (id, now) = (request.parameter("oauth_client_id"), instant(request))
                let notices = try await noticesOfBody(request)
                let client = try await asking { () async throws(IdentityError) in
                    try await identity.revokeOAuthClient(id: id, by: administrator, now: now)
                }
                return .json(.object([.init("success", true)] + members(client) + [.init("notices", .array(notices))]))
            },
        ]
    }

    private static func keys(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint("POST", "/identity/keys", "identity.keys.create", .administrator, bodyLimitBytes: Limits.identityBytes) { request throws(ServiceError) in
                let (tenant, now) = (try tenant(request), instant(request))
                var body = try await request.object()
                let name = try body.text("name", bytes: 1...IdentityLimits.nameBytesMax)
                let seconds = try body.integer("expires_in", IdentityLimits.keySecondsMin...IdentityLimits.keySecondsMax)
                let isPlatform = try body.flag("platform") ?? false
                var notices = isPlatform ? body.withoutEffect(["scopes"], "a platform key has every scope") : []
                let scopes = isPlatform ? nil : try scopes(&body)
                notices += body.notices
                let asked = KeyRequest(
                    name: name, tenant: tenant, scopes: scopes, lifetimeSeconds: seconds ?? IdentityLimits.keySecondsUsual, isPlatform: isPlatform)
                let (key, view) = try await asking { () async throws(IdentityError) in try await identity.createKey(asked, by: administrator, now: now) }
                return .json(
                    201, .object([.init("success", true), .init("api_key", .string(key.text))] + members(view) + [.init("notices", .array(notices))]))
            },
            Endpoint("GET", "/identity/keys", "identity.keys.list", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let keys = try await asking { () async throws(IdentityError) in try await identity.keys(tenant: tenant, by: administrator) }
                return .json(["success": true, "keys": .array(keys.map { .object(members($0)) })])
            },
            Endpoint("POST", "/identity/keys/{key_id}/revoke", "identity.keys.revoke", .administrator, bodyLimitBytes: Limits.emptyBytes) {
                request throws(ServiceError) in
                let (id, now) = (request.parameter("key_id"), instant(request))
                let notices = try await noticesOfBody(request)
                let key = try await asking { () async throws(IdentityError) in try await identity.revokeKey(id: id, by: administrator, now: now) }
                return .json(.object([.init("success", true)] + members(key) + [.init("notices", .array(notices))]))
            },
        ]
    }

    /// Who has an administrator's key may do all of this.
    private static let administrator = Principal.platform(id: "administrator")

    private static func instant(_ request: APIRequest) -> Instant { Instant(milliseconds: request.nowMilliseconds) }

    private static func scopes(_ body: inout ObjectReader) throws(ServiceError) -> Set<Scope>? {
        guard let names = try body.texts("scopes", atMost: Scope.allCases.count) else { return nil }
        do { return try Scope.parse(names, field: "scopes") } catch { throw ServiceError(error, provided: .array(names.map(JSON.string))) }
    }
}

private func members(_ user: UserView) -> [JSON.Member] {
    [
        .init("user_id", .string(user.id)), .init("name", .string(user.name)), .init("tenant_id", .string(user.tenant)), .init("scopes", names(user.scopes)),
        .init("created_at", .string(timestamp(user.createdAt.milliseconds))), .init("created_by", .string(user.createdBy)),
        .init("disabled_at", JSON(user.disabledAt.map { timestamp($0.milliseconds) })),
    ]
}

private func members(_ client: OAuthClientView) -> [JSON.Member] {
    [
        .init("client_id", .string(client.id)), .init("name", .string(client.name)), .init("tenant_id", .string(client.tenant)),
        .init("scopes", names(client.scopes)), .init("created_at", .string(timestamp(client.createdAt.milliseconds))),
        .init("created_by", .string(client.createdBy)), .init("revoked_at", JSON(client.revokedAt.map { timestamp($0.milliseconds) })),
    ]
}

private func members(_ key: KeyView) -> [JSON.Member] {
    [
        .init("key_id", .string(key.id)), .init("name", JSON(key.name)), .init("tenant_id", .string(key.tenant)), .init("platform", .bool(key.isPlatform)),
        .init("scopes", names(key.scopes)), .init("created_at", .string(timestamp(key.createdAt.milliseconds))),
        .init("created_by", JSON(key.createdBy)), .init("expires_at", JSON(key.expiresAt.map { timestamp($0.milliseconds) })),
        .init("revoked_at", JSON(key.revokedAt.map { timestamp($0.milliseconds) })),
    ]
}

private func names(_ scopes: Set<Scope>) -> JSON { .array(Scope.names(scopes).map(JSON.string)) }
