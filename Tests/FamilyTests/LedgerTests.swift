import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Testing

/// What was done and what was measured, by the documents' own names.
@Suite struct LedgerTests {
    private let log = "/api/v1/security/audit-log"

    private func asked(_ path: String, _ query: [(String, String)]) -> APIRequest {
        var asked = request("GET", path)
        asked.query = query.map { (name: $0.0, value: $0.1) }
        return asked
    }

    private func record(_ day: Int64, _ action: AuditRecord.Action, _ level: AuditRecord.Level = .info) -> AuditRecord {
        AuditRecord(
            at: Instant(milliseconds: day * 86_400_000), action: action, actor: "user_456", subject: "s-\(day)", details: ["why": "asked"],
            resourceType: "job", resourceID: "job_\(day)", ipAddress: "192.0.2.9", level: level)
    }

    /// A log of days 1 to 9 of 1970 in a tenant of its own.
    private func world() async throws -> (world: World, tenant: String) {
        let world = try await World()
        let tenant = try await world.tenants.create(NewTenant(name: "Ledger"), actor: "admin", now: Instant(milliseconds: 0)).id
        for day in 1...9 {
            try await world.store.append(record(Int64(day), day % 2 == 0 ? .jobFailed : .jobCreated, day == 6 ? .critical : .info), tenant: tenant)
        }
        return (world, tenant)
    }

    private func days(_ reply: APIReply) -> [String] { (reply.json["audit_logs"]?.elements ?? []).compactMap { $0["resource_id"]?.text } }

    @Test func entriesHaveTheDocumentsFields() async throws {
        let (world, tenant) = try await world()
        let reply = await world.call(world.enterprise, asked(log, [("tenant_id", tenant), ("per_page", "1"), ("colour", "red")]))
        let first = reply.json["audit_logs"]?.elements?.first
        #expect(reply.status == 200 && reply.json["total_count"] == 10 && reply.json["page"] == 1 && reply.json["per_page"] == 1)
        #expect(first?["log_id"] == 9 && first?["tenant_id"]?.text == tenant && first?["action"] == "job.created" && first?["resource_type"] == "job")
        #expect(first?["resource_id"] == "job_9" && first?["user_id"] == "user_456" && first?["ip_address"] == "192.0.2.9")
        #expect(first?["security_level"] == "info" && first?["timestamp"] == "1970-01-10T00:00:00.000Z" && first?["details"] == ["why": "asked"])
        #expect(reply.json["notices"]?.elements?.first?["field"] == "colour")
        let endpoint = try #require(world.enterprise.endpoint(method: "GET", path: log))
        guard case .json(let shape) = try #require(endpoint.contract?.replies.first).content else { return }
        let all = await world.call(world.enterprise, asked(log, [("tenant_id", tenant)]))
        #expect(shape.problem(with: all.json, at: "") == nil && all.json["per_page"] == 50 && days(all).count == 10)
        #expect(all.json["audit_logs"]?.elements?.last?["action"] == "tenant.created" && all.json["audit_logs"]?.elements?.last?["log_id"] == 0)
    }

    @Test func entriesAreFiltered() async throws {
        let (world, tenant) = try await world()
        let cases: [([(String, String)], [Int], Int)] = [
            ([("action", "job.failed")], [8, 6, 4, 2], 4), ([("action", "job.failed"), ("per_page", "3"), ("page", "2")], [2], 4),
            ([("security_level", "critical")], [6], 1), ([("start_date", "1970-01-03"), ("end_date", "1970-01-05")], [3, 2], 2),
            ([("start_date", "1970-01-05T01:00:00+01:00"), ("action", "job.created")], [9, 7, 5], 3), ([("action", "key.revoked")], [], 0),
            ([("page", "1000000000")], [], 10), ([("start_date", "1970-01-05"), ("end_date", "1970-01-05")], [], 0),
        ]
        for (query, wanted, total) in cases {
            let reply = await world.call(world.enterprise, asked(log, query + [("tenant_id", tenant)]))
            #expect(days(reply) == wanted.map { "job_\($0)" } && reply.json["total_count"] == .integer(Int64(total)), "\(query): \(reply.json.encodedText)")
        }
    }

    @Test func whatCannotBeAskedIsRefusedByName() async throws {
        let (world, tenant) = try await world()
        for (field, value) in [
            ("action", "job.fialed"), ("security_level", "high"), ("start_date", "yesterday"), ("end_date", "1970-02-30"), ("page", "0"), ("per_page", "501"),
            ("per_page", "-1"), ("page", "99999999999999999999"),
        ] {
            let reply = await world.call(world.enterprise, asked(log, [(field, value)]))
            #expect(reply.status == 400 && reply.json["details"]?["field"]?.text == field, "\(field)=\(value)")
            if field == "action" { #expect(reply.json["details"]?["additional_info"]?.text?.contains("did you mean 'job.failed'") == true) }
        }
        let backwards = await world.call(world.enterprise, asked(log, [("start_date", "1970-01-05"), ("end_date", "1970-01-04")]))
        #expect(backwards.status == 400 && backwards.json["details"]?["field"] == "end_date")
        let stranger = world.principal("default", [.securityAudit])
        #expect(await world.call(world.enterprise, asked(log, [("tenant_id", tenant)]), as: stranger).status == 403)
        #expect(await world.call(world.enterprise, asked(log, [("tenant_id", "nobody")])).json["error"] == "tenant_not_found")
        let own = await world.call(world.enterprise, asked(log, []), as: stranger)
        #expect(own.status == 200 && days(own).allSatisfy { !$0.hasPrefix("job_") }, "nothing of another tenant")
        // What was done in a tenant outlives it.
        #expect(await world.call(world.enterprise, request("DELETE", "/api/v1/tenants/\(tenant)")).status == 200)
        let after = await world.call(world.enterprise, asked(log, [("tenant_id", tenant), ("per_page", "1")]))
        #expect(after.json["audit_logs"]?.elements?.first?["action"] == "tenant.erased")
    }
}
