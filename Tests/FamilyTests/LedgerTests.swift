import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Telemetry
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

    private func called(_ world: World, _ tenant: String, _ status: String, _ seconds: Double) {
        world.metrics.observe("tutti_http_request_seconds", [("operation", "x"), ("status", status)], seconds: seconds)
        world.metrics.observe(TelemetryMetric.tenantRequests, [("tenant", tenant), ("status", status)], seconds: seconds)
    }

    private func shaped(_ world: World, _ path: String, _ reply: APIReply) throws {
        let endpoint = try #require(world.enterprise.endpoint(method: "GET", path: path))
        guard case .json(let shape) = try #require(endpoint.contract?.replies.first).content else { return }
        #expect(shape.problem(with: reply.json, at: "") == nil, "\(path): \(reply.json.encodedText)")
    }

    @Test func aTenantsStatusIsWhatWasMeasuredAndElseNull() async throws {
        let (world, tenant) = try await world()
        let path = "/api/v1/tenants/\(tenant)/status"
        let before = await world.call(world.enterprise, request("GET", path))
        #expect(before.status == 200 && before.json["status"] == "active" && before.json["tenant_id"]?.text == tenant)
        #expect(before.json["performance_tier"] == "basic" && before.json["last_updated"] == "2025-09-22T02:00:03.000Z")
        #expect(before.json["resource_usage"] == ["quantum_utilization": .null, "storage_used": 0.0, "bandwidth_used": .null])
        #expect(
            before.json["performance_metrics"] == ["response_time": .null, "uptime": .null, "success_rate": .null, "observed_hours": 0.0],
            "\(before.json.encodedText)")
        // Two hours ago, ten minutes ago, and another's.
        called(world, tenant, "500", 9)
        await world.recorder.tick(at: World.now.adding(seconds: -7200))
        for status in ["200", "201", "404"] { called(world, tenant, status, 0.25) }
        called(world, tenant, "503", 1.25)
        called(world, "default", "500", 30)
        await world.recorder.tick(at: World.now.adding(seconds: -600))
        let after = await world.call(world.enterprise, request("GET", path), as: world.principal(tenant, [.tenantManagement]))
        #expect(after.json["performance_metrics"]?["response_time"]?.double == 500 && after.json["performance_metrics"]?["success_rate"]?.double == 50)
        try shaped(world, path, after)
        let stranger = world.principal("default", [.tenantManagement])
        #expect(await world.call(world.enterprise, request("GET", path), as: stranger).json["error"] == "tenant_not_found")
    }

    @Test func whatATenantUsesIsCounted() async throws {
        let (world, tenant) = try await world()
        _ = try await world.store.putArtifact(
            ArtifactRecord(
                tenant: tenant, name: "a", digest: String(repeating: "a", count: 64), bytes: 2_500_000, mediaType: "text/csv", createdAt: World.now,
                expiresAt: nil), content: [], replaces: false, bytesMax: .max, countMax: 9, audit: nil)
        func moved(_ tenant: String, _ bytes: Double) {
            for direction in ["in", "out"] {
                world.metrics.add(TelemetryMetric.tenantBytes, [("tenant", tenant), ("direction", direction)], bytes)
            }
        }
        // Last month, this month, and another's. It is 22 September 2025.
        moved(tenant, 1e9)
        await world.recorder.tick(at: World.now.adding(seconds: -30 * 86_400))
        moved(tenant, 750_000)
        moved("default", 5e6)
        await world.recorder.tick(at: World.now.adding(seconds: -20 * 86_400))
        moved(tenant, 500_000)
        await world.recorder.tick(at: World.now.adding(seconds: -60))
        let path = "/api/v1/tenants/\(tenant)/status"
        let usage = await world.call(world.enterprise, request("GET", path)).json["resource_usage"]
        #expect(usage?["storage_used"]?.double == 2.5 && usage?["bandwidth_used"]?.double == 2.5, "\(usage?.encodedText ?? "")")
        // Files are looked at once a minute.
        _ = try await world.store.deleteArtifact("a", tenant: tenant, audit: record(1, .artifactDeleted))
        var later = request("GET", path)
        later.nowMilliseconds += 59_000
        #expect(await world.call(world.enterprise, later).json["resource_usage"]?["storage_used"]?.double == 2.5)
        later.nowMilliseconds += 1000
        #expect(await world.call(world.enterprise, later).json["resource_usage"]?["storage_used"]?.double == 0)
    }

    @Test func theLastMinuteIsThePlatformsAndEachTenantsOwn() async throws {
        let (world, tenant) = try await world()
        let path = "/api/v1/analytics/realtime"
        called(world, "default", "200", 8)
        await world.recorder.tick(at: World.now.adding(seconds: -3600))
        called(world, tenant, "200", 0.5)
        called(world, tenant, "400", 0.25)
        await world.recorder.tick(at: World.now.adding(seconds: -20))
        let all = await world.call(world.enterprise, asked(path, []))
        #expect(all.status == 200 && all.json["timestamp"] == "2025-09-22T02:00:03.000Z")
        let global = all.json["global_metrics"]
        #expect(global?["active_tenants"] == 2 && global?["average_response_time"]?.double == 375 && global?["system_health"] == "excellent")
        #expect(global?["total_quantum_operations"] == 0 && global?["quantum_utilization"] == .null)
        let (own, idle) = (all.json["tenant_metrics"]?[tenant], all.json["tenant_metrics"]?["default"])
        #expect(own?["response_time"]?.double == 375 && own?["success_rate"]?.double == 50 && own?["quantum_utilization"] == .null)
        #expect(idle == ["quantum_utilization": .null, "response_time": .null, "success_rate": .null])
        try shaped(world, path, all)
        let mine = await world.call(world.enterprise, asked(path, []), as: world.principal(tenant, [.analytics]))
        #expect(mine.json["tenant_metrics"]?.members?.map(\.name) == [tenant] && mine.json["tenant_metrics"]?[tenant] == own)
        #expect(mine.json["global_metrics"]?.members?.allSatisfy { $0.value == .null } == true, "the platform's are not a tenant's to see")
        try shaped(world, path, mine)
        let some = await world.call(world.enterprise, asked(path, [("metrics", "success_rate, system_health"), ("tenant_id", tenant)]))
        #expect(some.json["global_metrics"] == ["system_health": "excellent"])
        #expect(some.json["tenant_metrics"]?.members?.count == 1 && some.json["tenant_metrics"]?[tenant]?.members?.map(\.name) == ["success_rate"])
        try shaped(world, path, some)
        for wrong in ["sucess_rate", "", "success_rate,"] {
            let refused = await world.call(world.enterprise, asked(path, [("metrics", wrong)]))
            #expect(refused.status == 400 && refused.json["details"]?["field"] == "metrics", "\(wrong)")
        }
        let stranger = world.principal("default", [.analytics])
        #expect(await world.call(world.enterprise, asked(path, [("tenant_id", tenant)]), as: stranger).status == 403)
        #expect(await world.call(world.enterprise, asked(path, [("tenant_id", "nobody")])).status == 404)
    }

    /// What the gateway counts calls by.
    @Test func everyReplyKnowsWhoseCallItWas() async throws {
        let world = try await World()
        let caller = world.principal("one", [.analytics])
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/analytics/realtime"), as: caller).tenant == "one")
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/tenants"), as: caller).tenant == "one", "also one that is refused")
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/tenants"), as: .anonymous).tenant == nil)
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/nothing")).tenant == nil)
    }
}
