import NIOHTTP1
import StrictJSON
import Testing

/// What is measured of a tenant while it is served.
struct TenantMeasuresTests {
    /// Ticks come every ten seconds, and what is asked at one is known at the next.
    private func afterTicks<Value>(_ what: String, _ ask: () async throws -> Value?) async throws -> Value {
        let end = ContinuousClock.now + .seconds(180)
        while ContinuousClock.now < end {
            if let value = try await ask() { return value }
            try await Task.sleep(for: .milliseconds(250))
        }
        throw TestFailure("never: \(what)")
    }

    @Test func bytesAndUptimeAreTheTenantsOwn() async throws {
        try await LiveCoordinator.with { live in
            let made = try await live.admin(.POST, "/api/v1/tenants", ["name": "Measured"])
            let id = try #require(made.json["tenant_id"]?.text)
            func call(_ method: HTTPMethod, _ path: String, _ body: JSON? = nil) async throws -> LiveCoordinator.Reply {
                try await live.call(method, path, body?.encoded(), bearer: live.key, headers: [("x-tenant-id", id)])
            }
            let status = "/api/v1/tenants/\(id)/status"
            let first = try await live.admin(.GET, status)
            #expect(first.json["resource_usage"]?["storage_used"] == 0.0, "\(first.json.encodedText)")
            // So many bytes each way, and nobody else's. The administrator asks on behalf of the default tenant.
            let body: JSON = ["name": "r", "type": "report", "parameters": ["kind": "usage", "note": .string(String(repeating: "x", count: 5000))]]
            var bytes = 0
            for _ in 0..<3 {
                let reply = try await call(.POST, "/api/v2/jobs", body)
                #expect(reply.status == 201, "\(reply.json.encodedText)")
                bytes += body.encoded().count + reply.body.count
            }
            let refused = try await call(.GET, "/api/v2/jobs/none")
            bytes += refused.body.count
            let megabytes = Double(bytes) / 1e6
            let usage = try await afterTicks("bytes that were counted") {
                let reply = try await live.admin(.GET, status)
                return reply.json["resource_usage"]?["bandwidth_used"] == .null ? nil : reply.json["resource_usage"]
            }
            #expect(usage["bandwidth_used"]?.double.map { abs($0 - megabytes) < 1e-9 } == true, "\(usage.encodedText), not \(megabytes)")
            let metrics = try await live.metrics()
            #expect(metrics.split(separator: "\n").contains { $0.hasPrefix("tutti_tenant_bytes_total{") && $0.contains(id) && $0.contains("out") })
            let measured = try await afterTicks("a probe that was answered") {
                let reply = try await live.admin(.GET, status)
                return reply.json["performance_metrics"]?["uptime"] == .null ? nil : reply.json["performance_metrics"]
            }
            #expect(measured["uptime"] == 100.0 && measured["observed_hours"]?.double.map { $0 > 0 } == true, "\(measured.encodedText)")
        }
    }

    /// Uploads with a session's own token are its tenant's.
    @Test func aMembersBytesAreItsTenants() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session()
            let token = try await live.join(session, as: "a")
            let weights = try await live.openWeights(session.id, token: token)
            let metrics = try await until("the model's bytes") {
                let text = try await live.metrics()
                let out = text.split(separator: "\n").first { $0.hasPrefix("tutti_tenant_bytes_total{") && $0.contains("default") && $0.contains("out") }
                let value = out?.split(separator: " ").last.flatMap { Double($0) } ?? 0
                return value >= Double(weights.bytes.count) ? value : nil
            }
            #expect(metrics > 0)
        }
    }

    @Test func anAddressThatGuessesIsToldToWait() async throws {
        try await LiveCoordinator.with(flags: ["server.open_requests_per_address": "1"]) { live in
            let answers = try await until("a limit") {
                let reply = try await live.call(.GET, "/api/v2/jobs", bearer: "guess")
                return reply.status == 401 ? nil : reply
            }
            #expect(answers.status == 429 && answers.code == "RATE_LIMIT_EXCEEDED")
            #expect(answers.headers.contains(name: "retry-after") && !answers.headers.contains(name: "x-ratelimit-limit"))
            #expect(try await live.admin(.GET, "/api/v2/jobs").status == 200, "who has credentials is served all the while")
            let health = try await until("a limit without credentials") {
                let reply = try await live.call(.GET, "/livez")
                return reply.status == 200 ? nil : reply
            }
            #expect(health.status == 429 && health.headers.contains(name: "retry-after"))
        }
    }

    @Test func aLoginOpensOtherFamiliesOnlyWhereTheOperatorSaysSo() async throws {
        for (flags, expected) in [([:], 401), (["identity.cross_family": "v2"], 200)] as [([String: String], Int)] {
            try await LiveCoordinator.with(flags: flags) { live in
                let made = try await live.admin(
                    .POST, "/api/v4/identity/users", ["name": "ada", "password": "correct horse battery", "scopes": ["tenant_management", "jobs"]])
                #expect(made.status == 201, "\(made.json.encodedText)")
                let login = try await live.call(
                    .POST, "/api/v2/auth/login", (["username": "ada", "password": "correct horse battery"] as JSON).encoded())
                let token = try #require(login.json["access_token"]?.text, "\(login.json.encodedText)")
                #expect(try await live.call(.GET, "/api/v2/jobs", bearer: token).status == 200)
                #expect(try await live.call(.GET, "/api/v1/tenants/default/status", bearer: token).status == expected)
            }
        }
    }
}
