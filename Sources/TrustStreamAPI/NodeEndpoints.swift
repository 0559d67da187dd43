internal import APIKit
internal import Federation
internal import FederationService
internal import StrictJSON

extension TrustStream {
    static func nodes(_ service: any FederatedLearning, authorityPin: String) -> [Endpoint] {
        [
            Endpoint("POST", "/nodes/enrol", "nodes.enrol", .open) { request throws(ServiceError) in
                var body = try await request.object(limit: 64 << 10)
                guard let token = try body.text("token") else { throw .invalid(field: "token", issue: "is missing", provided: nil) }
                guard let csr = try body.text("csr", bytes: 1...(16 << 10)) else { throw .invalid(field: "csr", issue: "is missing", provided: nil) }
                let enrolment = try await calling { () async throws(FederationFailure) in try await service.enrol(token: token, certificateRequestPEM: csr) }
                return .json(
                    201,
                    [
                        "success": true, "tenant": .string(enrolment.tenant), "client_id": .string(enrolment.node),
                        "certificate": .string(enrolment.certificatePEM), "ca_certificate": .string(enrolment.authorityPEM),
                        "expires_at": .string(timestamp(enrolment.expiresAt.milliseconds)),
                    ])
            },
            Endpoint("POST", "/nodes/tokens", "nodes.tokens", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let (names, lifetime) = try tokenRequest(try await request.object())
                let tokens = try await calling { () async throws(FederationFailure) in
                    try await service.createEnrolmentTokens(tenant: tenant, names: names, lifetimeSeconds: lifetime)
                }
                return .json(
                    201,
                    [
                        "success": true, "ca_pin": .string(authorityPin),
                        "tokens": .array(
                            tokens.map { ["client_id": .string($0.node), "token": .string($0.token), "expires_at": .string(timestamp($0.expiresAt.milliseconds))] }),
                    ])
            },
            Endpoint("GET", "/nodes", "nodes.list", .administrator) { request throws(ServiceError) in
                let tenant = try tenant(request)
                let nodes = try await calling { () async throws(FederationFailure) in try await service.nodes(tenant: tenant) }
                return .json([
                    "success": true,
                    "nodes": .array(
                        nodes.map {
                            [
                                "client_id": .string($0.name), "enrolled_at": .string(timestamp($0.enrolledAt.milliseconds)),
                                "certificate_expires_at": .string(timestamp($0.certificateExpiresAt.milliseconds)),
                                "revoked_at": JSON($0.revokedAt.map { timestamp($0.milliseconds) }),
                            ]
                        }),
                ])
            },
            Endpoint("POST", "/nodes/{client_id}/revoke", "nodes.revoke", .administrator) { request throws(ServiceError) in
                let (tenant, name) = (try tenant(request), request.parameter("client_id"))
                try await calling { () async throws(FederationFailure) in try await service.revokeNode(tenant: tenant, name: name) }
                return .json(["success": true, "client_id": .string(name)])
            },
        ]
    }

    private static func tokenRequest(_ body: ObjectReader) throws(ServiceError) -> (names: [String], lifetime: Double) {
        var body = body
        let lifetime = try body.integer("lifetime_seconds", 60...2_592_000) ?? 86_400
        let prefix = try body.text("prefix", bytes: 1...100) ?? "client"
        var names = try body.texts("names", atMost: 10_000) ?? []
        if names.isEmpty {
            let count = try body.integer("count", 1...10_000) ?? 1
            let width = max(2, "\(count)".count)
            names = (1...count).map { "\(prefix)-" + String(repeating: "0", count: width - "\($0)".count) + "\($0)" }
        }
        for name in names {
            guard name.utf8.count <= 128,
                name.utf8.allSatisfy({ c in
                    (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == 0x2D || c == 0x2E || c == 0x5F
                })
            else { throw .invalid(field: "names", issue: "must be letters, digits, '-', '.' and '_', at most 128", provided: name) }
        }
        return (names, Double(lifetime))
    }
}
