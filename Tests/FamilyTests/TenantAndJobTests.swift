import APIKit
import CryptoSuite
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Tenants and jobs by their documents' own examples, and nobody sees another's.
@Suite struct TenantAndJobTests {
    private static let example = """
        {"name": "Enterprise Client Corp", "domain": "client.meschain.ai", "performance_tier": "enterprise", "isolation_level": "enhanced",
         "ai_capabilities": ["product_recommendations", "fraud_detection", "nlp_processing"], "billing_tier": "enterprise",
         "security_config": {"encryption_level": "enhanced", "compliance": ["gdpr", "soc2"]}}
        """

    @Test func theDocumentsTenantIsMadeWithWhatIsNotInEffectNamed() async throws {
        let world = try await World()
        let reply = await world.call(world.enterprise, request("POST", "/api/v1/tenants", body: Self.example))
        #expect(reply.status == 201 && reply.json["status"] == "success", "\(reply.json.encodedText)")
        let id = try #require(reply.json["tenant_id"]?.text)
        let config = reply.json["tenant_config"]
        #expect(config?["quantum_allocation"] == 750 && config?["performance_tier"] == "enterprise" && config?["plans"]?["v4"] == "enterprise")
        #expect(config?["endpoints"]?["api"] == "https://localhost:8443/api/v1")
        let blocked = (reply.json["blocked_by"]?.elements ?? []).compactMap { $0["field"]?.text }
        #expect(blocked.contains("isolation_level"))
        let again = await world.call(world.enterprise, request("POST", "/api/v1/tenants", body: Self.example))
        #expect(again.status == 409, "a domain has one tenant")
        let update = await world.call(
            world.enterprise,
            request(
                "PUT", "/api/v1/tenants/\(id)",
                body: #"{"performance_tier": "quantum", "additional_capabilities": ["quantum_optimization"], "quantum_allocation": 1500}"#))
        #expect(update.json["status"] == "updated" && update.json["migration_result"]?["success"] == true, "\(update.json.encodedText)")
        #expect(
            update.json["changes_applied"]?["quantum_allocation"] == 1500 && update.json["changes_applied"]?["new_capabilities"] == ["quantum_optimization"])
        let listed = await world.call(world.enterprise, request("GET", "/api/v1/tenants"))
        let ids = (listed.json["tenants"]?.elements ?? []).compactMap { $0["tenant_id"]?.text }
        #expect(ids.contains(id))
        #expect(await world.call(world.enterprise, request("DELETE", "/api/v1/tenants/\(id)")).json["status"] == "erased")
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/tenants/\(id)")).json["error"] == "tenant_not_found")
        #expect(await world.call(world.enterprise, request("DELETE", "/api/v1/tenants/default")).status == 409)
    }

    @Test func anotherTenantIsNotThere() async throws {
        let world = try await World()
        let other = try await world.tenants.create(NewTenant(name: "Other"), actor: "test", now: World.now)
        let stranger = world.principal("default", Set(Scope.allCases))
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/tenants/\(other.id)"), as: stranger).status == 404)
        #expect(await world.call(world.enterprise, request("GET", "/api/v1/tenants/default"), as: stranger).status == 200)
        for (method, path) in [("POST", "/api/v1/tenants"), ("GET", "/api/v1/tenants"), ("DELETE", "/api/v1/tenants/\(other.id)")] {
            let body = method == "POST" ? #"{"name":"x"}"# : ""
            #expect(await world.call(world.enterprise, request(method, path, body: body), as: stranger).status == 403, "\(method) \(path)")
        }
        let job = await world.call(world.aisemble, request("POST", "/api/v2/jobs", body: #"{"name":"r","type":"report","parameters":{"kind":"usage"}}"#)).json
        let id = try #require(job["job_id"]?.text)
        for (method, path) in [("GET", "/api/v2/jobs/\(id)"), ("DELETE", "/api/v2/jobs/\(id)"), ("GET", "/api/v2/jobs/\(id)/results")] {
            #expect(await world.call(world.aisemble, request(method, path), as: world.principal(other.id, [.jobs])).status == 404, "\(method) \(path)")
        }
        let listed = await world.call(world.aisemble, request("GET", "/api/v2/jobs"), as: world.principal(other.id, [.jobs]))
        #expect(listed.json["pagination"]?["total"] == 0)
    }

    @Test func theDocumentsJobWaitsForWhatItLacks() async throws {
        let world = try await World()
        let example = """
            {"name": "Batch Image Analysis", "type": "batch_processing", "service": "vision", "parameters": {"input_source": "s3://bucket/images/",
             "analysis_type": "object_detection", "model": "yolo-v8", "output_format": "json"}, "priority": "normal", "scheduled_at": "2024-01-01T12:00:00Z"}
            """
        let created = await world.call(world.aisemble, request("POST", "/api/v2/jobs", body: example))
        #expect(created.status == 201 && created.json["status"] == "queued" && created.json["estimated_completion"] == .null, "\(created.json.encodedText)")
        #expect(created.json["scheduled_at"] == "2024-01-01T12:00:00.000Z")
        #expect(created.json["blocked_by"]?.elements?.first?["what"] == "not_built")
        let id = try #require(created.json["job_id"]?.text)
        let shown = await world.call(world.aisemble, request("GET", "/api/v2/jobs/\(id)"))
        #expect(shown.json["progress"]?["completed"] == 0 && shown.json["results_available"] == false && shown.json["name"] == "Batch Image Analysis")
        #expect(await world.call(world.aisemble, request("GET", "/api/v2/jobs/\(id)/results")).status == 409)
        let cancelled = await world.call(world.aisemble, request("DELETE", "/api/v2/jobs/\(id)"))
        #expect(cancelled.json["status"] == "cancelled" && cancelled.json["message"] == "Job cancelled successfully")
        #expect(await world.call(world.aisemble, request("DELETE", "/api/v2/jobs/\(id)")).status == 409)
        var listing = request("GET", "/api/v2/jobs")
        listing.query = [("status", "cancelled"), ("limit", "1"), ("colour", "red")]
        let listed = await world.call(world.aisemble, listing)
        #expect(listed.json["pagination"] == ["limit": 1, "offset": 0, "total": 1, "has_more": false])
        #expect(listed.json["notices"]?.elements?.first?["field"] == "colour")
        for (query, field) in [("limit=0", "limit"), ("offset=-1", "offset"), ("status=done", "status")] {
            let parts = query.split(separator: "=").map(String.init)
            listing.query = [(parts[0], parts[1])]
            let refused = await world.call(world.aisemble, listing)
            #expect(refused.status == 400 && refused.json["error"]?["details"]?["field"]?.text == field)
        }
    }

    /// Every reply of what is built has the form that its description says.
    @Test func repliesHaveTheFormThatIsDescribed() async throws {
        let world = try await World()
        let tenant = await world.call(world.enterprise, request("POST", "/api/v1/tenants", body: #"{"name":"T","colour":"red"}"#))
        #expect(tenant.json["notices"]?.elements?.count == 1)
        let calls: [(Family, APIRequest)] = [
            (world.enterprise, request("POST", "/api/v1/auth/generate-key", body: "{}")),
            (world.enterprise, request("POST", "/api/v1/tenants", body: #"{"name":"U"}"#)),
            (world.enterprise, request("GET", "/api/v1/tenants")), (world.enterprise, request("GET", "/api/v1/tenants/default")),
            (world.enterprise, request("PUT", "/api/v1/tenants/\(tenant.json["tenant_id"]?.text ?? "")", body: #"{"performance_tier":"premium"}"#)),
            (world.aisemble, request("POST", "/api/v2/jobs", body: #"{"name":"r","type":"report","parameters":{"kind":"usage"}}"#)),
            (world.aisemble, request("GET", "/api/v2/jobs")),
        ]
        for (family, asked) in calls {
            let reply = await world.call(family, asked)
            let endpoint = try #require(family.endpoint(method: asked.method, path: asked.path))
            guard case .json(let shape) = try #require(endpoint.contract?.replies.first { $0.status == reply.status }).content else {
                Issue.record("\(asked.path): \(reply.json.encodedText)")
                continue
            }
            #expect(shape.problem(with: reply.json, at: "") == nil, "\(asked.path): \(reply.json.encodedText)")
        }
    }
}

/// A key makes a call once, whatever happens to its reply on the way.
@Suite struct RepetitionTests {
    @Test func aCallWithAKeyIsMadeOnce() async throws {
        let world = try await World()
        let family = world.enterprise.counted(by: Uncounted(), once: Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) })
        func create(_ name: String, _ key: String, _ caller: Caller? = nil) async -> APIReply {
            let asked = request("POST", "/api/v1/tenants", body: #"{"name":"\#(name)"}"#, headers: [(name: "idempotency-key", value: key)])
            return await world.call(family, asked, as: caller)
        }
        let first = await create("A", "k1")
        let again = await create("A", "k1")
        #expect(first.status == 201 && again.status == 201 && content(first) == content(again))
        #expect(again.headers.contains { $0 == ("idempotency-replayed", "true") } && !first.headers.contains { $0.name == "idempotency-replayed" })
        #expect(await create("B", "k1").status == 409, "the same key with another body")
        #expect(content(await create("A", "k2")) != content(first))
        #expect(await create("A", String(repeating: "k", count: 129)).status == 400)
        // A refusal is not kept: what was wrong can be mended and sent with the same key.
        #expect(await create("", "k3").status == 400)
        #expect(await create("C", "k3").status == 201)
        #expect(try await world.tenants.list().tenants.count == 4)
    }

    private func content(_ reply: APIReply) -> [UInt8] {
        switch reply.body {
        case .empty: []
        case .json(let json): json.encoded()
        case .bytes(let bytes, _): bytes
        case .stream: []
        }
    }

    private struct Uncounted: CallAdmission {
        func admit(_ request: APIRequest) async -> AdmittedCall { AdmittedCall() }
        func window(_ request: APIRequest) async -> [(name: String, value: String)] { [] }
    }
}
