internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

private struct TenantReply: Described {
    static let name = "CreatedTenant"
    let status = Success.success
    var id: String
    var config: TenantView
    var seconds: Double
    var createdAt: Timestamp
    var blockedBy: [BlockerBody]

    static let fields = [
        FieldOf<TenantReply>("status", \.status, .fixed), FieldOf("tenant_id", \.id, .generated), FieldOf("tenant_config", \.config, .stored),
        FieldOf("provisioning_time", \.seconds, .measured, unit: "s"), FieldOf("created_at", \.createdAt, .clock),
        FieldOf("blocked_by", \.blockedBy, .rule("pending")),
    ]
}

private struct ChangesView: Described {
    static let name = "TenantChanges"
    var tier: PerformanceTier?
    var allocation: Int?
    var added: [String]
    var lost: [String]
    var plans: [String: String]

    static let fields = [
        FieldOf<ChangesView>("performance_tier", \.tier, .stored, "null: it stayed"),
        FieldOf("quantum_allocation", \.allocation, .stored, unit: "qubits", "null: it stayed"), FieldOf("new_capabilities", \.added, .stored),
        FieldOf("lost_capabilities", \.lost, .stored), FieldOf("plans", \.plans, .stored, "those that are different now"),
    ]
}

private struct MigrationView: Described {
    static let name = "TenantMigration"
    var isDone: Bool
    var seconds: Double
    static let fields = [FieldOf<MigrationView>("success", \.isDone, .stored), FieldOf("migration_time", \.seconds, .measured, unit: "s")]
}

private struct UpdateReply: Described {
    static let name = "UpdatedTenant"
    let status = Updated.updated
    var id: String
    var changes: ChangesView
    var migration: MigrationView

    static let fields = [
        FieldOf<UpdateReply>("status", \.status, .fixed), FieldOf("tenant_id", \.id, .stored), FieldOf("changes_applied", \.changes, .stored),
        FieldOf("migration_result", \.migration, .measured),
    ]
}

private struct TenantPage: Described {
    static let name = "Tenants"
    var tenants: [TenantLine]
    var next: String?
    static let fields = [FieldOf<TenantPage>("tenants", \.tenants, .stored), FieldOf("next", \.next, .stored, "the next `after`; null at the end")]
}

private struct TenantLine: Described {
    static let name = "TenantLine"
    var id: String
    var config: TenantView
    var createdAt: Timestamp
    var updatedAt: Timestamp

    static let fields = [
        FieldOf<TenantLine>("tenant_id", \.id, .stored), FieldOf("tenant_config", \.config, .stored), FieldOf("created_at", \.createdAt, .stored),
        FieldOf("last_updated", \.updatedAt, .stored),
    ]

    init(_ record: TenantRecord, base: String) {
        id = record.id
        config = TenantView(record, base: base)
        createdAt = Timestamp(milliseconds: record.createdAt.milliseconds)
        updatedAt = Timestamp(milliseconds: record.updatedAt.milliseconds)
    }
}

private struct ErasedReply: Described {
    static let name = "ErasedTenant"
    enum Word: String, ChoiceValue { case erased }
    let status = Word.erased
    var id: String
    var erasedAt: Timestamp?
    static let fields = [
        FieldOf<ErasedReply>("status", \.status, .fixed), FieldOf("tenant_id", \.id, .stored), FieldOf("erased_at", \.erasedAt, .clock),
    ]
}

extension Enterprise {
    static func tenants(_ tenants: Tenants, _ terms: TenantTerms) -> [Endpoint] {
        [
            Endpoint(
                "POST", "/tenants", "tenants.create", .scope(.tenantManagement), "Makes a tenant with its plans. For the platform's administrator.",
                takes: NewTenantBody.self, gives: TenantReply.self, status: 201
            ) { request, body throws(ServiceError) in
                let (caller, began) = (try platform(request), ContinuousClock.now)
                let record = try await asking { () async throws(TenantError) in
                    try await tenants.create(body.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                }
                return TenantReply(
                    id: record.id, config: TenantView(record, base: request.baseURL), seconds: began.duration(to: .now) / .seconds(1),
                    createdAt: Timestamp(milliseconds: record.createdAt.milliseconds), blockedBy: blockers(record))
            },
            Endpoint(
                "GET", "/tenants", "tenants.list", .scope(.tenantManagement), "All tenants; for the platform's administrator.",
                query: [
                    .query("after", String.self, note: "ids behind this one"), .query("limit", Int.self, Bounds(range: 1...1000), usual: 100, note: "how many"),
                ],
                gives: TenantPage.self
            ) { request throws(ServiceError) in
                _ = try platform(request)
                let limit = try request.wholeQuery("limit", 1...1000) ?? 100
                let (page, next) = try await asking { () async throws(TenantError) in try await tenants.list(after: request.query("after") ?? "", limit: limit)
                }
                return TenantPage(tenants: page.map { TenantLine($0, base: request.baseURL) }, next: next)
            },
            Endpoint(
                "GET", "/tenants/{tenant_id}", "tenants.show", .scope(.tenantManagement), "A tenant: the caller's own, or any for the platform.",
                gives: TenantLine.self
            ) { request throws(ServiceError) in TenantLine(try await own(request, tenants), base: request.baseURL) },
            Endpoint(
                "PUT", "/tenants/{tenant_id}", "tenants.update", .scope(.tenantManagement), "Changes tier, capabilities and allocation.",
                takes: TenantUpdateBody.self, gives: UpdateReply.self
            ) { request, body throws(ServiceError) in
                let (caller, began) = (try platform(request), ContinuousClock.now)
                let id = try await own(request, tenants).id
                let change = try await asking { () async throws(TenantError) in
                    try await tenants.update(
                        id, body.update, ceiling: .capacity(terms.qubits), actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                }
                return UpdateReply(
                    id: id,
                    changes: ChangesView(
                        tier: change.performanceTier, allocation: change.quantumAllocation, added: change.newCapabilities.map(\.rawValue),
                        lost: change.lostCapabilities.map(\.rawValue),
                        plans: Dictionary(uniqueKeysWithValues: change.plans.map { ($0.family.rawValue, $0.name) })),
                    migration: MigrationView(isDone: true, seconds: began.duration(to: .now) / .seconds(1)))
            },
            Endpoint(
                "DELETE", "/tenants/{tenant_id}", "tenants.erase", .scope(.tenantManagement), "Ends a tenant; a tombstone and its audit stay.",
                gives: ErasedReply.self
            ) { request throws(ServiceError) in
                let caller = try platform(request)
                let id = try await own(request, tenants).id
                let record = try await asking { () async throws(TenantError) in
                    try await tenants.erase(id, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                }
                return ErasedReply(id: id, erasedAt: record.erasedAt.map { Timestamp(milliseconds: $0.milliseconds) })
            },
        ]
    }

    static func blockers(_ record: TenantRecord) -> [BlockerBody] {
        record.pending([]).map { BlockerBody(what: "not_built", field: $0.field, asked: $0.asked, have: $0.have, fix: $0.fix) }
    }

    static func platform(_ request: APIRequest) throws(ServiceError) -> Principal {
        let caller = try request.principal()
        guard caller.isPlatform else { throw .forbidden("only the platform's administrator does this") }
        return caller
    }

    /// The tenant in the path; another tenant's is as if it were not there.
    static func own(_ request: APIRequest, _ tenants: Tenants) async throws(ServiceError) -> TenantRecord {
        let (caller, id) = (try request.principal(), request.parameter("tenant_id"))
        guard caller.isPlatform || caller.tenant == id else { throw .notFound("tenant \(id)") }
        return try await asking { () async throws(TenantError) in try await tenants.tenant(id) }
    }
}
