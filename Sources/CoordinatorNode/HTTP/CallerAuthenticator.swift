import APIKit
import Federation
import FederationService
import Platform
import Trust
import TrustStreamAPI

/// Who calls: the administrator by key, a node by its certificate, else a bearer that a session may know.
struct CallerAuthenticator: Authenticator {
    let identity: Identity
    let engine: FederationEngine

    func caller(of request: APIRequest) async throws(ServiceError) -> Caller {
        if let token = try bearer(of: request) {
            let found: Authentication
            do { found = try await identity.authenticate(bearer: token, now: Instant(milliseconds: request.nowMilliseconds), audience: .v4) } catch {
                throw .internalError(cause: "\(error)")
            }
            switch found {
            case .principal(let principal) where principal.isPlatform: return .administrator(tenant: principal.tenant)
            case .principal: throw .forbidden("these credentials are for other services; the administrator's key is needed here")
            case .expired: throw .unauthenticated("the credentials have expired")
            case .revoked: throw .unauthenticated("the credentials were revoked")
            case .wrongAudience: throw .unauthenticated("the token was made for other services")
            case .unknown:
                if APIKey.id(of: token) != nil { throw .unauthenticated("the key is not known") }
                return .bearer(token)
            }
        }
        guard let peer = request.peer else { return .anonymous }
        // TLS proves that our authority signed the certificate; the service knows whether it is still the node's.
        do { try await engine.verify(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint) } catch { throw ServiceError(error) }
        return .node(peer)
    }
}
