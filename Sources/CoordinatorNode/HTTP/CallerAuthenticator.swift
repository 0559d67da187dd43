import APIKit
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
            do {
                if let tenant = try await identity.administratorTenant(key: token) { return .administrator(tenant: tenant) }
            } catch { throw .internalError(cause: "\(error)") }
            if APIKey.id(of: token) != nil { throw .unauthenticated("the key is not known") }
            return .bearer(token)
        }
        guard let peer = request.peer else { return .anonymous }
        // TLS proves that our authority signed the certificate; the service knows whether it is still the node's.
        do { try await engine.verify(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint) } catch { throw ServiceError(error) }
        return .node(peer)
    }
}
