package import Federation
internal import Storage
internal import Synchronization
package import Trust

/// An OAuth client as it may be shown.
package struct OAuthClientView: Sendable, Equatable {
    package let id: String
    package let tenant: String
    package let name: String
    package let scopes: Set<Scope>
    package let createdAt: Instant
    package let createdBy: String
    package let revokedAt: Instant?
}

/// What `POST /auth/token` ends in (RFC 6749 §5).
package enum ClientTokenOutcome: Sendable {
    case granted(AccessToken, scopes: Set<Scope>)
    /// `invalid_client`: the same for an id that is none, a wrong secret and a client that was revoked.
    case invalidClient
    /// `invalid_scope`: more than the client has, or no scope at all.
    case invalidScope
    case throttled(retryAfterSeconds: Int)
}

extension Identity {
    /// Makes a client with an id and a secret, which is shown this once.
    /// - Parameters:
    ///   - tenant: nil: the caller's.
    ///   - scopes: nil: the usual ones that the caller has.
    package func createOAuthClient(
        tenant: String? = nil, name: String, scopes: Set<Scope>? = nil, by caller: Principal, now: Instant
    ) async throws(IdentityError) -> (client: OAuthClientView, secret: Token) {
        let tenant = try administered(tenant, by: caller)
        let scopes = try granted(scopes, usual: Scope.usualOfClients, by: caller)
        try Self.checkName(name, field: "name")
        let present = try await storing { () throws(StorageError) in try await store.oauthClients(tenant: tenant, limit: IdentityLimits.listed) }
        guard present.count(where: { $0.revokedAt == nil }) < IdentityLimits.clientsPerTenant else {
            throw .conflict("tenant \(tenant) has \(IdentityLimits.clientsPerTenant) OAuth clients already; revoke those that nobody needs")
        }
        let secret = Token(.client, random)
        let client = OAuthClientRecord(
            id: identifier("oc_", random), tenant: tenant, name: name, secretHash: secret.hash, scopes: Scope.names(scopes), createdAt: now,
            createdBy: caller.id)
        let entry = AuditRecord(
            at: now, action: .oauthClientCreated, by: caller.actor, of: client.id,
            details: ["name": name, "scopes": client.scopes.joined(separator: " ")])
        try await storing { () throws(StorageError) in try await store.addOAuthClient(client, audit: entry) }
        return (client.view, secret)
    }

    /// By id.
    /// - Parameter tenant: nil: the caller's; for a platform administrator those of every tenant.
    package func oauthClients(tenant: String?, by caller: Principal) async throws(IdentityError) -> [OAuthClientView] {
        let tenant = try listed(tenant, by: caller)
        return try await storing { () throws(StorageError) in try await store.oauthClients(tenant: tenant, limit: IdentityLimits.listed) }.map(\.view)
    }

    /// Ends a client and its tokens. One that was revoked already stays so.
    package func revokeOAuthClient(id: String, by caller: Principal, now: Instant) async throws(IdentityError) -> OAuthClientView {
        guard let client = try await storing({ () throws(StorageError) in try await store.oauthClient(id: id) }), administers(client.tenant, caller) else {
            throw .notFound("OAuth client \(id)")
        }
        let changed = try await storing { () throws(StorageError) in
            try await store.changeOAuthClient(id: id) { client in
                guard client.revokedAt == nil else { return nil }
                var client = client
                client.revokedAt = now
                return (client, AuditRecord(at: now, action: .oauthClientRevoked, by: caller.actor, of: id))
            }
        }
        cache.forget(id)
        return (changed ?? client).view
    }

    /// A token for a client that knows its secret (RFC 6749 §4.4), for Phi(a) and v4.
    /// - Parameters:
    ///   - scope: what the request asks for, names with blanks in between; nil: all that the client has.
    ///   - address: of the other side, for the throttle.
    package func clientToken(
        id: String, secret: String, scope: String? = nil, address: String, now: Instant
    ) async throws(IdentityError) -> ClientTokenOutcome {
        guard let tokens else { throw .internalError(cause: "there are no signing keys") }
        guard (1...IdentityLimits.nameBytesMax).contains(id.utf8.count) else { return .invalidClient }
        let address = String(address.prefix(IdentityLimits.addressBytesMax))
        let client = try await storing { () throws(StorageError) in try await store.oauthClient(id: id) }
        // Compared with something in any case.
        let isSecret = Token.matches(secret, hash: client?.secretHash ?? [UInt8](repeating: 0, count: 32))
        guard let client, isSecret, client.revokedAt == nil else {
            // A secret of 256 bits is not guessed: only who fails is slowed down, so that a client with many workers is not.
            switch throttle.withLock({ $0.attempt(name: id, address: address, now: now) }) {
            case .wait(let seconds): return .throttled(retryAfterSeconds: seconds)
            case .go(let tells):
                if tells, let client { try await tell(client.tenant, client.id, "oauth_client", address, now) }
                return .invalidClient
            }
        }
        var scopes = Scope.known(client.scopes)
        if let scope {
            let names = scope.split(separator: " ").map(String.init)
            guard let asked = try? Scope.parse(names, field: "scope"), asked.isSubset(of: scopes) else { return .invalidScope }
            scopes = asked
        }
        let text = try await tokens.issue(
            subject: client.id, tenant: client.tenant, scopes: scopes, audiences: [.phi, .v4], lifetimeSeconds: IdentityLimits.clientTokenSeconds, now: now)
        return .granted(AccessToken(text: text, lifetimeSeconds: IdentityLimits.clientTokenSeconds), scopes: scopes)
    }

    /// Somebody is trying.
    /// - Parameter type: what the subject is; nil: there is none by the name that was tried.
    func tell(_ tenant: String, _ subject: String, _ type: String?, _ address: String, _ now: Instant) async throws(IdentityError) {
        let entry = AuditRecord(
            at: now, action: .loginThrottled, actor: "anonymous", subject: subject,
            details: ["address": address, "tries": "\(IdentityLimits.triesToTell)"], resourceType: type, resourceID: type == nil ? nil : subject,
            ipAddress: address)
        try await storing { () throws(StorageError) in try await store.append(entry, tenant: tenant) }
    }
}

extension OAuthClientRecord {
    var view: OAuthClientView {
        OAuthClientView(id: id, tenant: tenant, name: name, scopes: Scope.known(scopes), createdAt: createdAt, createdBy: createdBy, revokedAt: revokedAt)
    }
}
