package import Federation
internal import Storage
internal import Synchronization
package import Trust

/// An access token as it is sent. It does not print.
package struct AccessToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package let text: String
    package let lifetimeSeconds: Int

    package var description: String { "<access token>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

package enum LoginOutcome: Sendable {
    case granted(AccessToken, refresh: Token)
    /// The same for a name that is none, a wrong password, and a user who is disabled.
    case refused
    case throttled(retryAfterSeconds: Int)
}

package enum RefreshedLogin: Sendable {
    case granted(AccessToken, refresh: Token)
    case refused
}

extension Identity {
    /// - Parameter address: of the other side, for the throttle.
    /// - Throws: `busy` when too many passwords are being looked at.
    package func login(name: String, password: String, address: String, now: Instant) async throws(IdentityError) -> LoginOutcome {
        guard tokens != nil else { throw .internalError(cause: "there are no signing keys") }
        // What no user can have is told by its length to whoever sent it.
        guard (1...IdentityLimits.nameBytesMax).contains(name.utf8.count), (1...IdentityLimits.passwordBytesMax).contains(password.utf8.count) else {
            return .refused
        }
        let address = String(address.prefix(IdentityLimits.addressBytesMax))
        let verdict = throttle.withLock { $0.attempt(name: name, address: address, now: now) }
        if case .wait(let seconds) = verdict { return .throttled(retryAfterSeconds: seconds) }
        let user = try await storing { () throws(StorageError) in try await store.user(name: name) }
        let isRight = try await passwords.matches(password, user?.password)
        guard isRight, let user, user.disabledAt == nil else {
            if verdict == .go(tells: true) {
                try await tell(user?.tenant ?? Self.defaultTenant, user?.id ?? "unknown user", user == nil ? nil : "user", address, now)
            }
            return .refused
        }
        throttle.withLock { $0.succeeded(name: name, address: address) }
        let login = LoginRecord(
            id: identifier("login_", random), tenant: user.tenant, user: user.id, generation: user.generation, startedAt: now,
            expiresAt: now.adding(seconds: Double(IdentityLimits.loginSeconds)))
        let refresh = Token(.refresh, random)
        let kept = RefreshTokenRecord(
            hash: refresh.hash, tenant: user.tenant, login: login.id, issuedAt: now, expiresAt: now.adding(seconds: Double(IdentityLimits.refreshSeconds)))
        try await storing { () throws(StorageError) in try await store.beginLogin(login, token: kept) }
        return .granted(try await accessToken(user, login, now), refresh: refresh)
    }

    /// A new pair for a refresh token, which is spent by it. One that comes a second time ends its login: who has the other copy is
    /// not known, so neither goes on.
    /// - Parameter address: of the other side, for who is told of a second use.
    package func refresh(_ text: String, address: String? = nil, now: Instant) async throws(IdentityError) -> RefreshedLogin {
        guard text.hasPrefix(Token.Kind.refresh.rawValue), text.utf8.count <= IdentityLimits.bearerBytesMax else { return .refused }
        let next = Token(.refresh, random)
        let until = now.adding(seconds: Double(IdentityLimits.refreshSeconds))
        let outcome = try await storing { () throws(StorageError) in
            try await store.refresh(hash: Token.hash(text), next: (next.hash, until), now: now) {
                [SecurityEvents.refreshReused($0, address: address, at: now)]
            }
        }
        switch outcome {
        case .unknown, .expired, .ended: return .refused
        case .reused(let login):
            cache.forget(login.id)
            return .refused
        case .rotated(let login):
            let user = try await storing { () throws(StorageError) in try await store.user(id: login.user) }
            guard let user, user.disabledAt == nil, user.generation == login.generation else { return .refused }
            return .granted(try await accessToken(user, login, now), refresh: next)
        }
    }

    /// Ends the login that the refresh token belongs to, with its access tokens.
    /// - Returns: false for a text that is no refresh token of ours.
    package func logout(_ text: String, now: Instant) async throws(IdentityError) -> Bool {
        guard text.hasPrefix(Token.Kind.refresh.rawValue), text.utf8.count <= IdentityLimits.bearerBytesMax else { return false }
        let login = try await storing { () throws(StorageError) in try await store.endLogin(hash: Token.hash(text), now: now) }
        guard let login else { return false }
        cache.forget(login.id)
        return true
    }

    private func accessToken(_ user: UserRecord, _ login: LoginRecord, _ now: Instant) async throws(IdentityError) -> AccessToken {
        guard let tokens else { throw .internalError(cause: "there are no signing keys") }
        let text = try await tokens.issue(
            subject: user.id, tenant: user.tenant, scopes: Scope.known(user.scopes), audiences: [.v2], login: login.id,
            lifetimeSeconds: IdentityLimits.loginTokenSeconds, now: now)
        return AccessToken(text: text, lifetimeSeconds: IdentityLimits.loginTokenSeconds)
    }
}
