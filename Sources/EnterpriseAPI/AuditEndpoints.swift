internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

extension Enterprise {
    /// - Parameter store: whose log is read; nothing of it is written here.
    static func audit(_ store: any AuditStore, _ tenants: Tenants) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/security/audit-log", "security.audit_log", .scope(.securityAudit), "What was done in a tenant, by whom and when; the newest first.",
                query: [
                    .query("tenant_id", String.self, note: "the caller's where it is left out; any for the platform, also one that was erased"),
                    .query("action", AuditRecord.Action.self, note: "all where it is left out"),
                    .query("start_date", String.self, note: "an ISO 8601 date (its beginning in UTC) or time: entries then or later"),
                    .query("end_date", String.self, note: "an ISO 8601 date (its beginning in UTC) or time: entries before it"),
                    .query("security_level", AuditRecord.Level.self, note: "exactly this one"),
                    .query("page", Int.self, Bounds(range: Double(pages.lowerBound)...Double(pages.upperBound)), usual: 1, note: "from 1"),
                    .query("per_page", Int.self, Bounds(range: Double(perPage.lowerBound)...Double(perPage.upperBound)), usual: 50, note: "entries of a page"),
                ],
                gives: AuditPage.self
            ) { request throws(ServiceError) in
                let tenant = try await named(request, tenants)
                let (page, count) = (try request.wholeQuery("page", pages) ?? 1, try request.wholeQuery("per_page", perPage) ?? 50)
                var filter = AuditFilter(offset: Int64(page - 1) * Int64(count), limit: count)
                filter.action = try request.choiceQuery("action", AuditRecord.Action.self)
                filter.level = try request.choiceQuery("security_level", AuditRecord.Level.self)
                filter.from = try instant(request, "start_date")
                filter.to = try instant(request, "end_date")
                if let from = filter.from, let to = filter.to, to < from {
                    throw .invalid(field: "end_date", issue: "must not be before start_date", provided: request.query("end_date").map(JSON.string))
                }
                let found: (leaves: [AuditLeaf], total: Int64)
                do throws(StorageError) { found = try await store.auditLog(filter, tenant: tenant) } catch { throw ServiceError(error) }
                return AuditPage(entries: found.leaves.map(AuditLine.init), total: found.total, page: page, perPage: count)
            }
        ]
    }

    private static let pages = 1...1_000_000_000
    private static let perPage = 1...500

    /// The tenant that the query names: the caller's own, or any for the platform.
    static func named(_ request: APIRequest, _ tenants: Tenants) async throws(ServiceError) -> String {
        let caller = try request.principal()
        guard let id = request.query("tenant_id"), id != caller.tenant else { return caller.tenant }
        guard caller.isPlatform else { throw .forbidden("tenant_id is not the tenant of these credentials") }
        let stored = try await asking { () async throws(TenantError) in try await tenants.stored(id) }
        guard stored != nil else { throw ServiceError(TenantError.notFound(id: id)) }
        return id
    }

    private static func instant(_ request: APIRequest, _ name: String) throws(ServiceError) -> Instant? {
        guard let text = request.query(name) else { return nil }
        guard let at = milliseconds(timestamp: text.utf8.count == 10 ? text + "T00:00:00Z" : text) else {
            throw .invalid(field: name, issue: "must be a date or time by ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z", provided: .string(text))
        }
        return Instant(milliseconds: at)
    }
}
