import APIKit
import Federation
import FederationService
import Platform
import Storage
import Trust
import TrustStreamAPI

/// Who calls. In the federation's family: the administrator by key, a node by its certificate, else a bearer that a session may know. In
/// the others: whoever has a key or a token made for them.
struct CallerAuthenticator: Authenticator {
    let identity: Identity
    let tenants: Tenants
    let engine: FederationEngine
    /// Told of keys and tokens that nobody has made.
    let loginFailed: @Sendable (APIRequest) async -> Void

    func caller(of request: APIRequest) async throws(ServiceError) -> Caller {
        // HTTP Basic is how a client may name itself where the credentials are the request (RFC 6749 §2.3.1); there nobody calls yet.
        if request.family == .phi, request.header("authorization")?.lowercased().hasPrefix("basic ") == true { return .anonymous }
        if let token = try bearer(of: request) { return try await caller(bearer: token, request) }
        guard let peer = request.peer else { return .anonymous }
        // TLS proves that our authority signed the certificate; the service knows whether it is still the node's.
        do { try await engine.verify(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint) } catch { throw ServiceError(error) }
        return .node(peer)
    }

    private func caller(bearer token: String, _ request: APIRequest) async throws(ServiceError) -> Caller {
        let found: Authentication
        do {
            found = try await identity.authenticate(bearer: token, now: Instant(milliseconds: request.nowMilliseconds), audience: request.family)
        } catch { throw ServiceError(error) }
        switch found {
        case .principal(let principal):
            let acting = try await acting(principal, request)
            guard request.family == .v4 else { return .principal(acting) }
            // Routes of this family know the administrator apart: some are its alone.
            return principal.isPlatform ? .administrator(tenant: acting.tenant, key: acting.id) : .principal(acting)
        case .expired: throw .unauthenticated("the credentials have expired")
        case .revoked: throw .unauthenticated("the credentials were revoked")
        case .wrongAudience: throw .unauthenticated("the token was made for other services")
        case .unknown:
            if APIKey.id(of: token) != nil || request.family != .v4 {
                await loginFailed(request)
                throw .unauthenticated("the key or token is not known")
            }
            return .bearer(token)
        }
    }

    /// A platform administrator acts for the tenant that it names, and the master key of a partner for one that has its own as its parent; for
    /// everybody the tenant must still be there.
    private func acting(_ principal: Principal, _ request: APIRequest) async throws(ServiceError) -> Principal {
        var tenant = principal.tenant
        if principal.isPlatform, let asked = request.header("x-tenant-id") { tenant = asked }
        do { _ = try await tenants.tenant(tenant) } catch {
            if case .notFound = error, tenant == principal.tenant { throw .unauthenticated("the tenant of these credentials has ended") }
            throw ServiceError(error)
        }
        if principal.kind == .partnerMaster, let asked = request.header("x-tenant-id"), asked != tenant {
            let found: TenantRecord?
            do { found = try await tenants.stored(asked) } catch { throw ServiceError(error) }
            // Whether there is a tenant that is not a child is no partner's business.
            guard let found, !found.isErased, found.parent == principal.tenant else {
                throw .forbidden("X-Tenant-ID is neither the tenant of these credentials nor one that has it as its parent")
            }
            tenant = asked
        }
        return principal.acting(for: tenant)
    }
}
