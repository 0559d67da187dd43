internal import APIKit
internal import FederationService
internal import StrictJSON

extension TrustStream {
    /// The tenant of the administrator or node that calls.
    static func tenant(_ request: APIRequest) throws(ServiceError) -> String {
        guard let tenant = request.caller.tenant else { throw .unauthenticated("the key is not known") }
        return tenant
    }

    /// The tenant of any member of the session in the path.
    static func tenant(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> String {
        if let tenant = request.caller.tenant { return tenant }
        return try await member(request, service).tenant
    }

    /// Who calls, as a member of the session in the path. An administrator reads as a member without a name.
    static func member(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> Member {
        let credential: MemberCredential
        switch request.caller {
        case .administrator(let tenant): return Member(tenant: tenant, client: "")
        case .anonymous, .principal: throw .unauthenticated("a client certificate or the session's update token is needed")
        case .node(let peer): credential = .certificate(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint)
        case .bearer(let token): credential = .updateToken(token)
        }
        let id = request.parameter("session_id")
        return try await calling { () async throws(FederationFailure) in try await service.member(id, credential: credential) }
    }

    /// Notices about a body where nothing is expected in it.
    static func noticesOfBody(_ request: APIRequest) async throws(ServiceError) -> [JSON] { try await request.object().notices }
}
