internal import APIKit
internal import Federation
internal import Platform
internal import StrictJSON
internal import Trust

extension TrustStream {
    /// Users, OAuth clients and keys of the caller's tenant. Secrets are in the reply that makes them and in no other.
    static func identities(_ identity: Identity) -> [Endpoint] { users(identity) + oauthClients(identity) + keys(identity) }

    private static func users(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/identity/users", "identity.users.create", .tenant(.admin), "Makes a user who can log in.", reads: NewUser.self,
                atMost: Limits.identityBytes, tells: UserFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, caller, now) = (try tenant(request), try principal(request), instant(request))
                let (body, scopes) = (sent.body, try scopes(sent.body.scopes))
                return UserFacts(
                    user: try await asking { () async throws(IdentityError) in
                        try await identity.createUser(tenant: tenant, name: body.name, password: body.password, scopes: scopes, by: caller, now: now)
                    })
            },
            Endpoint("GET", "/identity/users", "identity.users.list", .tenant(.admin), "The tenant's users.", tells: UserList.self) {
                request throws(ServiceError) in
                let (tenant, caller) = (try tenant(request), try principal(request))
                let users = try await asking { () async throws(IdentityError) in try await identity.users(tenant: tenant, by: caller) }
                return UserList(users: users.map(UserFacts.init))
            },
            Endpoint(
                "POST", "/identity/users/{user_id}/password", "identity.users.password", .tenant(.admin), "Gives a user another password.",
                reads: NewPassword.self, atMost: Limits.identityBytes, tells: UserFacts.self
            ) { request, sent throws(ServiceError) in
                let (id, caller, now, password) = (request.parameter("user_id"), try principal(request), instant(request), sent.body.password)
                return UserFacts(
                    user: try await asking { () async throws(IdentityError) in
                        try await identity.setPassword(password, user: id, by: caller, now: now)
                    })
            },
            setting(disabled: true, "disable", "Shuts a user out.", identity), setting(disabled: false, "enable", "Lets a user in again.", identity),
        ]
    }

    private static func setting(disabled: Bool, _ word: String, _ summary: String, _ identity: Identity) -> Endpoint {
        Endpoint(
            "POST", "/identity/users/{user_id}/\(word)", "identity.users.\(word)", .tenant(.admin), summary, reads: NoFields.self,
            atMost: Limits.emptyBytes, tells: UserFacts.self
        ) { request, _ throws(ServiceError) in
            let (id, caller, now) = (request.parameter("user_id"), try principal(request), instant(request))
            return UserFacts(
                user: try await asking { () async throws(IdentityError) in
                    try await identity.setDisabled(disabled, user: id, by: caller, now: now)
                })
        }
    }

    private static func oauthClients(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/identity/oauth-clients", "identity.oauth_clients.create", .tenant(.admin), "Makes an OAuth client.", reads: NewOAuthClient.self,
                atMost: Limits.identityBytes, tells: CreatedOAuthClient.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, caller, now) = (try tenant(request), try principal(request), instant(request))
                let (name, scopes) = (sent.body.name, try scopes(sent.body.scopes))
                let (client, secret) = try await asking { () async throws(IdentityError) in
                    try await identity.createOAuthClient(tenant: tenant, name: name, scopes: scopes, by: caller, now: now)
                }
                return CreatedOAuthClient(secret: secret.text, client: OAuthClientFacts(client: client))
            },
            Endpoint(
                "GET", "/identity/oauth-clients", "identity.oauth_clients.list", .tenant(.admin), "The tenant's OAuth clients.", tells: OAuthClientList.self
            ) { request throws(ServiceError) in
                let (tenant, caller) = (try tenant(request), try principal(request))
                let clients = try await asking { () async throws(IdentityError) in try await identity.oauthClients(tenant: tenant, by: caller) }
                return OAuthClientList(clients: clients.map(OAuthClientFacts.init))
            },
            Endpoint(
                "POST", "/identity/oauth-clients/{oauth_client_id}/revoke", "identity.oauth_clients.revoke", .tenant(.admin), "Ends an OAuth client.",
                reads: NoFields.self, atMost: Limits.emptyBytes, tells: OAuthClientFacts.self
            ) { request, _ throws(ServiceError) in
                let (id, caller, now) = (request.parameter("oauth_client_id"), try principal(request), instant(request))
                return OAuthClientFacts(
                    client: try await asking { () async throws(IdentityError) in try await identity.revokeOAuthClient(id: id, by: caller, now: now) })
            },
        ]
    }

    private static func keys(_ identity: Identity) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/identity/keys", "identity.keys.create", .tenant(.admin), "Makes a key.", reads: NewKey.self, atMost: Limits.identityBytes,
                tells: CreatedKey.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (tenant, caller, now, body) = (try tenant(request), try principal(request), instant(request), sent.body)
                if body.isPlatform { sent.withoutEffect(["scopes"], "a platform key has every scope") }
                let asked = KeyRequest(
                    name: body.name, tenant: tenant, scopes: body.isPlatform ? nil : try scopes(body.scopes), lifetimeSeconds: body.lifetime,
                    isPlatform: body.isPlatform, partner: body.partner, rateLimit: body.rateLimit)
                let (key, view) = try await asking { () async throws(IdentityError) in try await identity.createKey(asked, by: caller, now: now) }
                return CreatedKey(text: key.text, key: KeyFacts(key: view))
            },
            Endpoint("GET", "/identity/keys", "identity.keys.list", .tenant(.admin), "The tenant's keys, without their texts.", tells: KeyList.self) {
                request throws(ServiceError) in
                let (tenant, caller) = (try tenant(request), try principal(request))
                let keys = try await asking { () async throws(IdentityError) in try await identity.keys(tenant: tenant, by: caller) }
                return KeyList(keys: keys.map(KeyFacts.init))
            },
            Endpoint(
                "POST", "/identity/keys/{key_id}/revoke", "identity.keys.revoke", .tenant(.admin), "Ends a key.", reads: NoFields.self,
                atMost: Limits.emptyBytes, tells: KeyFacts.self
            ) { request, _ throws(ServiceError) in
                let (id, caller, now) = (request.parameter("key_id"), try principal(request), instant(request))
                return KeyFacts(key: try await asking { () async throws(IdentityError) in try await identity.revokeKey(id: id, by: caller, now: now) })
            },
        ]
    }

    private static func scopes(_ names: [String]?) throws(ServiceError) -> Set<Scope>? {
        guard let names else { return nil }
        do { return try Scope.parse(names, field: "scopes") } catch { throw ServiceError(error, provided: .array(names.map(JSON.string))) }
    }
}
