internal import CryptoSuite
package import Federation
package import Storage
internal import Trust

extension Identity {
    /// What a bearer is worth for a family, whichever kind it is: an API key or an access token.
    package func authenticate(bearer text: String, now: Instant, audience: APIFamily) async throws(StorageError) -> Authentication {
        guard text.utf8.count <= IdentityLimits.bearerBytesMax else { return .unknown }
        let hash = CryptoSuite.system.sha256(Array(text.utf8))
        let (kept, changes) = cache.look(hash)
        if let kept { return verdict(kept, now, audience) }
        switch try await believed(text, now) {
        case .success(let entry):
            cache.keep(entry, hash, changes: changes)
            return verdict(entry, now, audience)
        case .failure(let refusal): return refusal.authentication
        }
    }

    private struct Refusal: Error {
        var authentication: Authentication
        init(_ authentication: Authentication) { self.authentication = authentication }
    }

    private func verdict(_ entry: PrincipalCache.Entry, _ now: Instant, _ audience: APIFamily) -> Authentication {
        if let until = entry.goodUntil, until <= now { return .expired }
        let audiences = entry.principal.audiences
        let isMeant = audiences.contains(audience) || !audiences.isDisjoint(with: crossFamily)
        return isMeant ? .principal(entry.principal) : .wrongAudience
    }

    private func believed(_ text: String, _ now: Instant) async throws(StorageError) -> Result<PrincipalCache.Entry, Refusal> {
        if let id = APIKey.id(of: text) { return try await key(id, text, now) }
        guard let tokens else { return .failure(Refusal(.unknown)) }
        switch await tokens.read(text, now: now) {
        case .unknown: return .failure(Refusal(.unknown))
        case .expired: return .failure(Refusal(.expired))
        case .claims(let claims): return try await subject(claims)
        }
    }

    private func key(_ id: String, _ text: String, _ now: Instant) async throws(StorageError) -> Result<PrincipalCache.Entry, Refusal> {
        // What is wrong with a key is told to who has it, and to nobody else.
        guard let key = try await store.key(id: id), Token.matches(text, hash: key.hash) else { return .failure(Refusal(.unknown)) }
        guard key.revokedAt == nil else { return .failure(Refusal(.revoked)) }
        let kind: Principal.Kind
        switch key.role {
        case Self.administrator: kind = .platformAdmin
        case Self.service: kind = .apiKey
        default:
            guard let partner = PartnerKey(rawValue: key.role) else { return .failure(Refusal(.unknown)) }
            kind = partner == .master ? .partnerMaster : .partner
        }
        var principal = Principal(id: key.id, kind: kind, tenant: key.tenant, scopes: key.grantedScopes, audiences: Set(APIFamily.allCases))
        principal.isReadOnly = key.role == PartnerKey.readOnly.rawValue
        principal.rateLimit = key.rateLimit.map { Principal.RateLimit(perHour: $0, isOfPlatform: key.isLimitOfPlatform == true) }
        return .success(PrincipalCache.Entry(principal: principal, goodUntil: key.expiresAt, grounds: [key.id]))
    }

    /// The token is good; whether the user, the login or the client still is, only the store knows. Scopes are those of the token
    /// that its subject has by now.
    private func subject(_ claims: TokenClaims) async throws(StorageError) -> Result<PrincipalCache.Entry, Refusal> {
        let until = Instant(milliseconds: 0).adding(seconds: Double(claims.exp) + Double(IdentityLimits.leewaySeconds))
        func entry(_ kind: Principal.Kind, _ scopes: [String], _ grounds: [String]) -> Result<PrincipalCache.Entry, Refusal> {
            let principal = Principal(
                id: claims.sub, kind: kind, tenant: claims.tid, scopes: claims.scopes.intersection(Scope.known(scopes)), audiences: claims.audiences)
            return .success(PrincipalCache.Entry(principal: principal, goodUntil: until, grounds: grounds))
        }
        if let login = claims.sid {
            guard let user = try await store.user(id: claims.sub), user.tenant == claims.tid else { return .failure(Refusal(.revoked)) }
            guard let begun = try await store.login(id: login), begun.user == user.id, begun.endedAt == nil, begun.generation == user.generation,
                user.disabledAt == nil
            else { return .failure(Refusal(.revoked)) }
            return entry(.user, user.scopes, [user.id, login])
        }
        guard let client = try await store.oauthClient(id: claims.sub), client.tenant == claims.tid, client.revokedAt == nil else {
            return .failure(Refusal(.revoked))
        }
        return entry(.oauthClient, client.scopes, [client.id])
    }
}
