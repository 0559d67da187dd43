import NIOHTTP1
import StrictJSON
import Synchronization
import Testing

/// Calls that are under way count for their tenant, in all families together, as long as they are and no longer.
struct ConcurrencyTests {
    private final class Flag: Sendable {
        private let state = Mutex(false)
        var isUp: Bool { state.withLock { $0 } }
        func raise() { state.withLock { $0 = true } }
    }

    /// A basic tenant: ten at once.
    private func tenant(_ live: LiveCoordinator) async throws -> String {
        let made = try await live.admin(.POST, "/api/v1/tenants", ["name": "Small"])
        return try #require(made.json["tenant_id"]?.text)
    }

    /// A call that is under way as long as its body does not come.
    private func begun(_ path: String, _ tenant: String, _ live: LiveCoordinator) -> String {
        "POST \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(live.key)\r\nX-Tenant-ID: \(tenant)\r\n"
            + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
    }

    /// Does `work` while ten calls in two families are under way: of twelve that are begun two are refused, and once they are, the others
    /// have their places. `rest` ends them; nil: their connections are closed instead.
    private func duringTen(_ tenant: String, then rest: String?, _ live: LiveCoordinator, _ work: @Sendable () async throws -> Void) async throws {
        let isOver = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let request = begun(number.isMultiple(of: 2) ? "/api/v2/jobs" : "/api/v1/auth/generate-key", tenant, live)
                group.addTask {
                    try await RawConnection.open(live) { stream in
                        try await stream.send(request)
                        while !isOver.isUp { try await Task.sleep(for: .milliseconds(5)) }
                        guard let rest else { return }
                        try await stream.send(rest)
                        #expect(try await stream.readResponse().head.hasPrefix("HTTP/1.1 "))
                    }
                }
            }
            defer { isOver.raise() }
            _ = try await until("two refusals") {
                let lines = try await live.metrics().split(separator: "\n")
                let refused = lines.first {
                    $0.hasPrefix("tutti_tenant_request_seconds_count") && $0.contains("tenant=\"\(tenant)\"") && $0.contains("status=\"429\"")
                }
                return refused?.hasSuffix(" 2") == true ? true : nil
            }
            try await work()
            isOver.raise()
            try await group.waitForAll()
        }
    }

    private func call(_ path: String, _ tenant: String, _ live: LiveCoordinator) async throws -> LiveCoordinator.Reply {
        try await live.call(.GET, path, bearer: live.key, headers: [("x-tenant-id", tenant)])
    }

    private func serves(_ tenant: String, _ live: LiveCoordinator) async throws {
        _ = try await until("room for the tenant") { try await call("/api/v2/jobs", tenant, live).status == 200 ? true : nil }
    }

    @Test func oneMoreThanThePlanHasIsRefusedInEveryFamily() async throws {
        try await LiveCoordinator.with { live in
            let small = try await tenant(live)
            try await duringTen(small, then: "{}", live) {
                let full = try await call("/api/v1/tenants/\(small)/status", small, live)
                let details = full.json["details"]
                #expect(full.json["error"] == "quota_exceeded" && full.json["retry_after"] == 1, "\(full.json.encodedText)")
                #expect(details?["quota_type"] == "concurrent_operations" && details?["limit"] == 10 && details?["used"] == 10)
                #expect(details?["reset_date"] == .null, "nobody knows when a call ends")
                #expect(full.headers.first(name: "retry-after") == "1" && full.headers.contains(name: "x-ratelimit-window"))
                let left = full.headers.first(name: "x-ratelimit-remaining")
                #expect(try await call("/api/v1/tenants/\(small)/status", small, live).headers.first(name: "x-ratelimit-remaining") == left, "not a request")
                for path in ["/api/v2/jobs", LiveCoordinator.sessions] {
                    let reply = try await call(path, small, live)
                    #expect(reply.status == 429 && reply.code == "RATE_LIMIT_EXCEEDED", "\(path): \(reply.json.encodedText)")
                    #expect(reply.json["error"]?["details"]?["quota_type"] == "concurrent_operations" && reply.headers.first(name: "retry-after") == "1")
                }
                let phi = try await call("/v1/logs", small, live)
                #expect(phi.status == 429 && phi.json["details"]?["quota_type"] == "concurrent_operations" && phi.headers.contains(name: "retry-after"))
                #expect(try await call("/api/v2/jobs", "default", live).status == 200, "another tenant has its own")
            }
            try await serves(small, live)
        }
    }

    @Test func connectionsThatEndGiveTheirPlacesBack() async throws {
        try await LiveCoordinator.with { live in
            let small = try await tenant(live)
            try await duringTen(small, then: nil, live) {
                let reply = try await call("/api/v2/jobs", small, live)
                #expect(reply.status == 429)
            }
            try await serves(small, live)
        }
    }
}
