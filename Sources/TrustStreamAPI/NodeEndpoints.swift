internal import APIKit
internal import Federation
internal import FederationService
internal import Platform
internal import StrictJSON

extension TrustStream {
    static func nodes(_ service: any FederatedLearning) -> [Endpoint] { enrolling(service) + administering(service) }

    private static func enrolling(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/nodes/enrol", "nodes.enrol", .open, rate: .admission, "Gives a node its first certificate.", reads: EnrolmentBody.self,
                atMost: Limits.enrolmentBytes, tells: EnrolledFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                let (body, actor) = (sent.body, request.actor)
                return EnrolledFacts(
                    enrolment: try await calling { () async throws(FederationFailure) in
                        try await service.enrol(token: body.token, certificateRequestPEM: body.csr, by: actor)
                    })
            },
            Endpoint(
                "POST", "/nodes/renew", "nodes.renew", .node, "Gives a node a new certificate for the name in the one it shows.", reads: RenewalBody.self,
                atMost: Limits.enrolmentBytes, tells: EnrolledFacts.self, status: 201
            ) { request, sent throws(ServiceError) in
                // The name is the certificate's; a request that names another is not asked.
                guard case .node(let peer) = request.caller else { throw .unauthenticated("a client certificate is needed") }
                let (csr, shown) = (sent.body.csr, CertificateName(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint))
                let actor = request.actor
                return EnrolledFacts(
                    enrolment: try await calling { () async throws(FederationFailure) in
                        try await service.renew(shown, certificateRequestPEM: csr, by: actor)
                    })
            },
        ]
    }

    private static func administering(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/nodes/tokens", "nodes.tokens", .tenant(.federatedLearning), "Makes tokens with which nodes enrol.", reads: NewTokens.self,
                atMost: Limits.tokensBytes, tells: TokenList.self, status: 201
            ) { request, sent throws(ServiceError) in
                let tenant = try tenant(request)
                let asked = try TokensBody(sent)
                let tokens = try await calling { () async throws(FederationFailure) in
                    try await service.createEnrolmentTokens(tenant: tenant, names: asked.names, lifetimeSeconds: Double(asked.lifetimeSeconds))
                }
                let enrolled = try await calling { () async throws(FederationFailure) in try await service.nodes(tenant: tenant) }
                let pin = try await calling { () async throws(FederationFailure) in try await service.authorities() }.signing.pin
                sent.notices = asked.notices + replacements(Set(enrolled.filter { $0.revokedAt == nil }.map(\.name)).intersection(asked.names).sorted())
                return TokenList(pin: pin, tokens: tokens.map(TokenFacts.init))
            },
            Endpoint("GET", "/nodes", "nodes.list", .tenant(.federatedLearning), "The tenant's nodes.", tells: NodeList.self) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let nodes = try await calling { () async throws(FederationFailure) in try await service.nodes(tenant: tenant) }
                return NodeList(nodes: nodes.map(NodeFacts.init))
            },
            Endpoint(
                "POST", "/nodes/{client_id}/revoke", "nodes.revoke", .tenant(.federatedLearning), "Ends a node's certificate.", reads: NoFields.self,
                atMost: Limits.emptyBytes, tells: RevokedNode.self
            ) { request, _ throws(ServiceError) in
                let (name, tenant, actor) = (request.parameter("client_id"), try tenant(request), try actor(request))
                try await calling { () async throws(FederationFailure) in try await service.revokeNode(tenant: tenant, name: name, by: actor) }
                return RevokedNode(client: name)
            },
        ]
    }
}

/// A token for a node that is there is meant for one that lost its key, and ends what the other has.
private func replacements(_ names: [String]) -> [JSON] {
    guard let first = names.first else { return [] }
    let who = names.count == 1 ? "\(first) is enrolled already" : "\(first) and \(names.count - 1) more of these nodes are enrolled already"
    return [notice("REPLACES_NODE", "names", "\(who): who uses its token takes its place, and its certificate ends; give other names for more nodes")]
}
