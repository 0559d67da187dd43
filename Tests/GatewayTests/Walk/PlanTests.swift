import Foundation
import NIOHTTP1
import StrictJSON
import Testing

/// Plans to their last call: exactly as many as the documents say are answered, and the next one is refused as they say.
@Suite struct PlanTests {
    @Test func exactlyAsManyCallsAsThePlanHasAreAnswered() async throws {
        try await LiveCoordinator.with { live in
            let made = try await live.admin(.POST, "/api/v1/tenants", ["name": "Small", "performance_tier": "basic", "plans": ["v2": "free"]])
            let tenant = try #require(made.json["tenant_id"]?.text)
            let documented = try #require(try DocumentedFamily("enterprise").errors.first { $0["error"] == "quota_exceeded" })
            // Calls an hour of the smallest plan of each document. The fourth has no plans of its own, and no headers.
            for (path, limit, code) in [
                ("/api/v1/webhooks", 1000, "quota_exceeded"), ("/api/v2/jobs", 100, "RATE_LIMIT_EXCEEDED"),
                ("/api/v4/monitoring/performance", 1000, "RATE_LIMIT_EXCEEDED"), ("/v1/logs?deployment_id=deploy_1", 1000, nil),
            ] as [(String, Int, String?)] {
                let hasHeaders = !path.hasPrefix("/v1/")
                func call(_ headers: [(String, String)]) async throws -> LiveCoordinator.Reply {
                    try await live.call(.GET, path, bearer: live.key, headers: headers)
                }
                for number in 1...limit {
                    let reply = try await call([("x-tenant-id", tenant)])
                    try #require(reply.status != 429, "\(path): call \(number) of \(limit)")
                    let left = reply.headers.first(name: "x-ratelimit-remaining")
                    #expect(left == (hasHeaders ? "\(limit - number)" : nil), "\(path): call \(number)")
                }
                let refused = try await call([("x-tenant-id", tenant)])
                let wait = refused.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0
                #expect(refused.status == 429 && (1...3600).contains(wait), "\(path): \(refused.status)")
                #expect(refused.headers.first(name: "x-ratelimit-remaining") == (hasHeaders ? "0" : nil), "\(path)")
                if let code { #expect((refused.code ?? refused.json["error"]?.text) == code, "\(path): \(refused.json.encodedText)") }
                if path.hasPrefix("/api/v1") {
                    let comparison = DocumentComparison(description: ServedDescription(document: .null))
                    #expect(comparison.differences(documented, refused.json, nil) == [], "\(refused.json.encodedText)")
                    let details = refused.json["details"]
                    #expect(details?["limit"] == JSON(limit) && details?["used"] == JSON(limit), "\(refused.json.encodedText)")
                }
                // Another tenant's calls are its own.
                #expect(try await call([]).status != 429, "\(path)")
            }
        }
    }
}
