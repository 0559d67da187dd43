import NIOHTTP1
import StrictJSON
import Testing

/// Partners act for the tenants below their own, within their own plan.
struct PartnerTests {
    private func tenant(_ live: LiveCoordinator, _ name: String, parent: String? = nil) async throws -> String {
        let made = try await live.admin(.POST, "/api/v1/tenants", ["name": .string(name), "parent_id": JSON(parent)])
        return try #require(made.json["tenant_id"]?.text, "\(made.json.encodedText)")
    }

    private func key(_ live: LiveCoordinator, _ tenant: String, _ type: String, limit: Int? = nil) async throws -> String {
        let body: JSON = [
            "key_type": .string(type), "rate_limit": JSON(limit), "scopes": ["tenant_management", "jobs", "admin"],
        ]
        let made = try await live.call(.POST, "/api/v4/identity/keys", body.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
        #expect(made.status == 201 && made.json["key_type"]?.text == type, "\(made.json.encodedText)")
        return try #require(made.json["api_key"]?.text)
    }

    @Test func aMasterKeyActsForItsChildrenAndForNobodyElse() async throws {
        try await LiveCoordinator.with { live in
            let home = try await tenant(live, "Partner")
            let (child, stranger) = (try await tenant(live, "Child", parent: home), try await tenant(live, "Stranger"))
            func status(_ key: String, _ tenant: String) async throws -> Int {
                try await live.call(.GET, "/api/v1/tenants/\(tenant)/status", bearer: key, headers: [("x-tenant-id", tenant)]).status
            }
            let master = try await key(live, home, "partner_master")
            #expect(try await status(master, home) == 200)
            #expect(try await status(master, child) == 200)
            for other in [stranger, "default", "tenant_none"] { #expect(try await status(master, other) == 403, "\(other)") }
            #expect(try await live.call(.GET, "/api/v1/tenants/\(child)/status", bearer: master).status == 404, "not without being named")
            #expect(try await live.call(.GET, "/api/v1/tenants", bearer: master).status == 403, "no platform")
            let standard = try await key(live, home, "partner_standard")
            #expect(try await status(standard, home) == 200)
            #expect(try await status(standard, child) == 403)
            // Below a child there is nobody.
            let below = try await live.admin(.POST, "/api/v1/tenants", ["name": "Below", "parent_id": .string(child)])
            #expect(below.status == 400 && below.json["details"]?["field"] == "parent_id")
        }
    }

    @Test func aReadOnlyKeyChangesNothing() async throws {
        try await LiveCoordinator.with { live in
            let home = try await tenant(live, "Partner")
            let reader = try await key(live, home, "partner_readonly")
            #expect(try await live.call(.GET, "/api/v2/jobs", bearer: reader).status == 200)
            let body: JSON = ["name": "r", "type": "report", "parameters": ["kind": "usage"]]
            #expect(try await live.call(.POST, "/api/v2/jobs", body.encoded(), bearer: reader).status == 403)
            #expect(try await live.call(.POST, "/api/v1/auth/generate-key", Array("{}".utf8), bearer: reader).status == 403)
        }
    }

    @Test func itsOwnLimitIsItsLimitForAllItsTenants() async throws {
        try await LiveCoordinator.with { live in
            let home = try await tenant(live, "Partner")
            let child = try await tenant(live, "Child", parent: home)
            let master = try await key(live, home, "partner_master", limit: 3)
            for (number, tenant) in [home, child, home].enumerated() {
                let reply = try await live.call(.GET, "/api/v2/jobs", bearer: master, headers: [("x-tenant-id", tenant)])
                #expect(reply.status == 200 && reply.headers.first(name: "x-ratelimit-limit") == "3")
                #expect(reply.headers.first(name: "x-ratelimit-remaining") == "\(2 - number)")
            }
            #expect(try await live.call(.GET, "/api/v2/jobs", bearer: master, headers: [("x-tenant-id", child)]).status == 429)
            // Basic has 1,000 in v1; the platform may give more.
            let more = try await key(live, home, "partner_standard", limit: 5000)
            #expect(try await live.call(.GET, "/api/v1/tenants/\(home)", bearer: more).headers.first(name: "x-ratelimit-limit") == "5000")
        }
    }
}
