package import APIKit
internal import Federation
internal import FederationService
package import StrictJSON

extension TrustStream {
    static func nodes(_ service: any FederatedLearning) -> [Endpoint] {
        [
            Endpoint("POST", "/nodes/enrol", "nodes.enrol", .open, rate: .admission, bodyLimitBytes: Limits.enrolmentBytes) { request throws(ServiceError) in
                var body = try await request.object()
                guard let token = try body.secret("token") else { throw body.missing("token") }
                guard let csr = try body.secret("csr", bytes: 1...(16 << 10)) else { throw body.missing("csr") }
                let enrolment = try await calling { () async throws(FederationFailure) in try await service.enrol(token: token, certificateRequestPEM: csr) }
                return enrolled(enrolment, body.notices)
            },
            Endpoint("POST", "/nodes/renew", "nodes.renew", .node, bodyLimitBytes: Limits.enrolmentBytes) { request throws(ServiceError) in
                // The name is the certificate's; a request that names another is not asked.
                guard case .node(let peer) = request.caller else { throw .unauthenticated("a client certificate is needed") }
                var body = try await request.object()
                guard let csr = try body.secret("csr", bytes: 1...(16 << 10)) else { throw body.missing("csr") }
                let shown = CertificateName(tenant: peer.tenant, client: peer.client, fingerprint: peer.fingerprint)
                let enrolment = try await calling { () async throws(FederationFailure) in try await service.renew(shown, certificateRequestPEM: csr) }
                return enrolled(enrolment, body.notices)
            },
            Endpoint("POST", "/nodes/tokens", "nodes.tokens", .administrator, bodyLimitBytes: Limits.tokensBytes) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let asked = try TokensBody(try await request.object())
                let tokens = try await calling { () async throws(FederationFailure) in
                    try await service.createEnrolmentTokens(tenant: tenant, names: asked.names, lifetimeSeconds: Double(asked.lifetimeSeconds))
                }
                let shown = tokens.map { token -> JSON in
                    ["client_id": .string(token.node), "token": .string(token.token), "expires_at": .string(timestamp(token.expiresAt.milliseconds))]
                }
                let enrolled = try await calling { () async throws(FederationFailure) in try await service.nodes(tenant: tenant) }
                let pin = try await calling { () async throws(FederationFailure) in try await service.authorities() }.signing.pin
                let notices = asked.notices + replacements(Set(enrolled.filter { $0.revokedAt == nil }.map(\.name)).intersection(asked.names).sorted())
                return .json(201, ["success": true, "ca_pin": .string(pin), "tokens": .array(shown), "notices": .array(notices)])
            },
            Endpoint("GET", "/nodes", "nodes.list", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let nodes = try await calling { () async throws(FederationFailure) in try await service.nodes(tenant: tenant) }
                let shown = nodes.map { node -> JSON in
                    [
                        "client_id": .string(node.name), "enrolled_at": .string(timestamp(node.enrolledAt.milliseconds)),
                        "certificate_expires_at": .string(timestamp(node.certificateExpiresAt.milliseconds)),
                        "revoked_at": JSON(node.revokedAt.map { timestamp($0.milliseconds) }),
                    ]
                }
                return .json(["success": true, "nodes": .array(shown)])
            },
            Endpoint("POST", "/nodes/{client_id}/revoke", "nodes.revoke", .administrator, bodyLimitBytes: Limits.emptyBytes) { request throws(ServiceError) in
                let (name, tenant) = (request.parameter("client_id"), try tenant(request))
                let notices = try await noticesOfBody(request)
                try await calling { () async throws(FederationFailure) in try await service.revokeNode(tenant: tenant, name: name) }
                return .json(["success": true, "client_id": .string(name), "notices": .array(notices)])
            },
        ]
    }
}

/// The reply to an enrolment and to a renewal.
private func enrolled(_ enrolment: Enrolment, _ notices: [JSON]) -> APIReply {
    .json(
        201,
        [
            "success": true, "tenant": .string(enrolment.tenant), "client_id": .string(enrolment.node),
            "certificate": .string(enrolment.certificatePEM), "ca_certificate": .string(enrolment.authorityPEM),
            "expires_at": .string(timestamp(enrolment.expiresAt.milliseconds)), "notices": .array(notices),
        ])
}

/// A token for a node that is there is meant for one that lost its key, and ends what the other has.
private func replacements(_ names: [String]) -> [JSON] {
    guard let first = names.first else { return [] }
    let who = names.count == 1 ? "\(first) is enrolled already" : "\(first) and \(names.count - 1) more of these nodes are enrolled already"
    return [notice("REPLACES_NODE", "names", "\(who): who uses its token takes its place, and its certificate ends; give other names for more nodes")]
}

/// A request for enrolment tokens: for `names`, or for `count` nodes called `prefix-01`, `prefix-02`, …
package struct TokensBody {
    package let names: [String]
    package let lifetimeSeconds: Int
    package let notices: [JSON]

    package init(_ body: ObjectReader) throws(ServiceError) {
        var body = body
        lifetimeSeconds = try body.integer("lifetime_seconds", 60...2_592_000) ?? 86_400
        let prefix = try body.text("prefix", bytes: 1...100) ?? "client"
        let count = try body.integer("count", 1...10_000) ?? 1
        var names = try body.texts("names", atMost: 10_000) ?? []
        var notices: [JSON] = []
        if names.isEmpty {
            guard isName("\(prefix)-1") else { throw body.invalid("prefix", "must be letters, digits, '-', '.' and '_'") }
            let width = max(2, "\(count)".count)
            names = (1...count).map { "\(prefix)-" + String(repeating: "0", count: width - "\($0)".count) + "\($0)" }
        } else {
            notices += body.withoutEffect(["count", "prefix"], "names are given, so this does not count")
            if let bad = names.first(where: { !isName($0) }) { throw .invalid(field: "names", issue: "each \(nameRule)", provided: .string(bad)) }
            var seen = Set<String>()
            if let twice = names.first(where: { !seen.insert($0).inserted }) {
                throw .invalid(field: "names", issue: "each node gets one token; this name is there twice", provided: .string(twice))
            }
        }
        self.names = names
        self.notices = notices + body.notices
    }
}
