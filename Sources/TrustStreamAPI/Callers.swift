internal import APIKit
internal import FederationService
internal import Platform
internal import Storage
internal import StrictJSON

extension TrustStream {
    /// The tenant of whoever calls by a key, a token or a certificate.
    static func tenant(_ request: APIRequest) throws(ServiceError) -> String {
        guard let tenant = request.caller.tenant else { throw .unauthenticated("the key is not known") }
        return tenant
    }

    /// The tenant of any member of the session in the path.
    static func tenant(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> String {
        if let tenant = request.caller.tenant { return tenant }
        return try await member(request, service).tenant
    }

    /// Whether the caller administers its tenant's sessions, and is no member of one.
    static func administers(_ request: APIRequest) -> Bool {
        switch request.caller {
        case .administrator, .principal: true
        case .anonymous, .node, .bearer: false
        }
    }

    /// Who answers for what the call changes: a key, a user or an OAuth client.
    static func actor(_ request: APIRequest) throws(ServiceError) -> AuditActor { try principal(request).actor }

    /// Who has an administrator's key may do everything; whoever has scopes gives no more than these.
    static func principal(_ request: APIRequest) throws(ServiceError) -> Principal {
        switch request.caller {
        case .administrator(_, let key): return request.calling(.platform(id: key))
        case .principal(let principal): return request.calling(principal)
        case .anonymous, .node, .bearer: throw .unauthenticated("the key is not known")
        }
    }

    /// Who calls, as a member of the session in the path. Who administers it reads as a member without a name.
    static func member(_ request: APIRequest, _ service: any FederatedLearning) async throws(ServiceError) -> Member {
        let credential: MemberCredential
        switch request.caller {
        case .administrator(let tenant, _): return Member(tenant: tenant, client: "")
        case .principal(let principal): return Member(tenant: principal.tenant, client: "")
        case .anonymous: throw .unauthenticated("a client certificate or the session's update token is needed")
        case .node(let peer): credential = .certificate(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint)
        case .bearer(let token): credential = .updateToken(token)
        }
        let id = request.parameter("session_id")
        let member = try await calling { () async throws(FederationFailure) in try await service.member(id, credential: credential) }
        request.owner.set(member.tenant)
        return member
    }
}
