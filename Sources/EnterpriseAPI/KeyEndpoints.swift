internal import APIKit
internal import Federation
internal import Platform
internal import Trust

private struct KeyBody: DescribedRequest {
    static let name = "KeyRequest"
    var tenant: String?
    var scope: [String]?
    var expiresIn = IdentityLimits.keySecondsUsual

    static let fields = [
        FieldOf<KeyBody>("tenant_id", \.tenant, note: "the caller's where it is left out"),
        FieldOf("scope", \.scope, Bounds(count: 1...Scope.allCases.count, elementBytes: 1...64), note: "the caller's where it is left out, and never more"),
        FieldOf(
            "expires_in", \.expiresIn, Bounds(range: Double(IdentityLimits.keySecondsMin)...Double(IdentityLimits.keySecondsMax)), unit: "s"),
    ]
}

private struct KeyReply: Described {
    static let name = "Key"
    let status = Success.success
    var key: String
    var expiresAt: Timestamp?
    var permissions: [String]
    var tenant: String

    static let fields = [
        FieldOf<KeyReply>("status", \.status, .fixed), FieldOf("api_key", \.key, .generated, "shown once; kept as a hash"),
        FieldOf("expires_at", \.expiresAt, .clock), FieldOf("permissions", \.permissions, .stored, "what was granted"), FieldOf("tenant_id", \.tenant, .stored),
    ]
}

extension Enterprise {
    static func keys(_ identity: Identity, _ tenants: Tenants) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/auth/generate-key", "auth.generate_key", .scope(.admin), "Makes an API key, with scopes of which the caller has every one.",
                takes: KeyBody.self, gives: KeyReply.self, status: 201
            ) { request, body throws(ServiceError) in
                let (caller, now) = (try request.principal(), Instant(milliseconds: request.nowMilliseconds))
                var scopes: Set<Scope>?
                if let names = body.scope { scopes = try asking { () throws(IdentityError) in try Scope.parse(names, field: "scope") } }
                if let tenant = body.tenant, tenant != caller.tenant {
                    guard caller.isPlatform else { throw .forbidden("tenant_id is not the tenant of these credentials") }
                    _ = try await asking { () async throws(TenantError) in try await tenants.tenant(tenant) }
                }
                let asked = KeyRequest(tenant: body.tenant, scopes: scopes, lifetimeSeconds: body.expiresIn)
                let (key, view) = try await asking { () async throws(IdentityError) in try await identity.createKey(asked, by: caller, now: now) }
                return KeyReply(
                    key: key.text, expiresAt: view.expiresAt.map { Timestamp(milliseconds: $0.milliseconds) }, permissions: Scope.names(view.scopes),
                    tenant: view.tenant)
            }
        ]
    }
}
