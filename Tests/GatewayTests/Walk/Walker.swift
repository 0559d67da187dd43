import NIOHTTP1
import Platform
import StrictJSON
import Testing

/// Takes steps over the interfaces of a coordinator in the name of its tenants, and keeps the tally. Every reply is checked against it at once:
/// its status, and what is left of its window.
struct Walker {
    /// What a tenant has, as far as the walk knows.
    struct Place {
        let id: String
        /// With all scopes but `webhooks`.
        var key = ""
        var keys: [String] = []
        var waiting: [String] = []
        var cancelled: [String] = []
        var reports = 0
        var webhooks: [String] = []
        var sessions: [String] = []
        var stopped = 0
    }

    enum Step: CaseIterable {
        case key, revoke, batch, report, cancel, cancelAgain, webhook, forget, session, stop, update
        case show, list, unknownPath, unknownJob, badBody, wrongKey, lacking
    }

    let live: LiveCoordinator
    var tally = Tally()
    var places: [Place] = []
    private var resets: [String: String] = [:]
    /// Where the administrator's own calls are counted, on the highest plan there is.
    private static let home = "default administrator /api/v1"
    /// Calls an hour of the tier premium, by the documents.
    private static let limits = ["/api/v1": 10_000, "/api/v2": 1000, "/api/v4": 10_000]

    init(_ live: LiveCoordinator) { self.live = live }

    /// A call in the name of a tenant.
    /// - Parameters:
    ///   - key: nil: the administrator's.
    ///   - service: what scrapers see it as.
    ///   - isCounted: whether it gets as far as its window.
    mutating func call(
        _ method: HTTPMethod, _ path: String, _ body: JSON? = nil, in tenant: String, key: String? = nil, _ service: String, gives status: Int,
        isCounted: Bool = true, isKnown: Bool = true
    ) async throws -> JSON {
        let headers = key == nil ? [("x-tenant-id", tenant)] : []
        let reply = try await live.call(method, path, body?.encoded(), bearer: key ?? live.key, headers: headers)
        try #require(reply.status == status, "\(method) \(path): \(reply.status) \(reply.json.encodedText)")
        tally.called(service, status, tenant: isKnown ? tenant : nil)
        let family = String(path.prefix(7))
        let told = ["limit", "remaining", "reset", "window"].map { reply.headers.first(name: "x-ratelimit-\($0)") }
        guard let limit = Self.limits[family] else { return reply.json }
        let window = "\(tenant) \(key ?? "administrator") \(family)"
        guard isCounted else {
            // What is refused before it is counted takes nothing, whether it says what is left or not.
            if isKnown, let left = told[1] { #expect(left == "\(limit - (tally.windows[window] ?? 0))", "\(method) \(path) is counted") }
            // The enterprise document's window stands in every reply to a key that is known, unknown paths among them.
            if family == "/api/v1", status != 401 {
                // Where no endpoint is, nobody looks for whom the key acts: what is left is its own.
                let own = isKnown ? (window, limit) : (Self.home, 500_000)
                #expect(told[0] == "\(own.1)" && told[1] == "\(own.1 - (tally.windows[own.0] ?? 0))" && told[3] == "3600", "\(path): \(told)")
            }
            return reply.json
        }
        let count = tally.counted(window)
        #expect(told[0] == "\(limit)" && told[1] == "\(limit - count)", "\(window): \(told)")
        #expect(told[3] == (family == "/api/v1" ? "3600" : nil))
        let reset = resets[window, default: told[2] ?? ""]
        resets[window] = reset
        #expect(told[2] == reset, "the window of \(window) moved")
        return reply.json
    }

    mutating func settle(_ names: [String]) async throws {
        for name in names {
            let made = try await live.admin(.POST, "/api/v1/tenants", ["name": .string(name), "performance_tier": "premium"])
            _ = tally.counted(Self.home)
            tally.called("tenants", made.status, tenant: nil)
            let id = try #require(made.json["tenant_id"]?.text)
            tally.audited("tenant.created", tenant: id)
            places.append(Place(id: id))
            let at = places.count - 1
            let scopes = JSON.array(Scope.allCases.filter { $0 != .webhooks }.map { .string($0.rawValue) })
            let key = try await call(.POST, "/api/v4/identity/keys", ["scopes": scopes], in: id, "identity", gives: 201)
            tally.audited("key.created", tenant: id)
            places[at].key = try #require(key["api_key"]?.text)
        }
    }

    /// One step at a place; where there is nothing for it, another is taken.
    mutating func take(_ step: Step, at: Int, using random: inout SeededNumbers) async throws {
        let id = places[at].id
        switch step {
        case .key:
            let made = try await call(.POST, "/api/v4/identity/keys", ["scopes": ["jobs"]], in: id, "identity", gives: 201)
            tally.audited("key.created", tenant: id)
            places[at].keys.append(try #require(made["key_id"]?.text))
        case .revoke:
            guard let key = places[at].keys.popLast() else { return try await take(.key, at: at, using: &random) }
            _ = try await call(.POST, "/api/v4/identity/keys/\(key)/revoke", .object([]), in: id, "identity", gives: 200)
            tally.audited("key.revoked", tenant: id)
        case .batch:
            let body: JSON = ["name": "x", "type": "batch_processing", "service": "nlp", "parameters": ["input_source": "s3://pictures/of-things/"]]
            let made = try await call(.POST, "/api/v2/jobs", body, in: id, key: places[at].key, "jobs", gives: 201)
            tally.audited("job.created", tenant: id)
            places[at].waiting.append(try #require(made["job_id"]?.text))
        case .report:
            let body: JSON = ["name": "y", "type": "report", "parameters": ["kind": "usage"]]
            _ = try await call(.POST, "/api/v2/jobs", body, in: id, "jobs", gives: 201)
            // Nobody asks for these: the job's runner does it.
            for action in ["job.created", "artifact.stored", "job.completed"] { tally.audited(action, tenant: id) }
            places[at].reports += 1
        case .cancel:
            guard !places[at].waiting.isEmpty else { return try await take(.batch, at: at, using: &random) }
            let job = places[at].waiting.remove(at: Int.random(in: 0..<places[at].waiting.count, using: &random))
            _ = try await call(.DELETE, "/api/v2/jobs/\(job)", in: id, "jobs", gives: 200)
            tally.audited("job.cancelled", tenant: id)
            places[at].cancelled.append(job)
        case .cancelAgain:
            guard let job = places[at].cancelled.randomElement(using: &random) else { return try await take(.cancel, at: at, using: &random) }
            _ = try await call(.DELETE, "/api/v2/jobs/\(job)", in: id, "jobs", gives: 409)
        case .webhook:
            let (path, body): (String, JSON) = ("/api/v1/webhooks/configure", ["url": "https://example.org/", "events": ["sla_breach"]])
            let made = try await call(.POST, path, body, in: id, "webhooks", gives: 201)
            tally.audited("webhook.created", tenant: id)
            places[at].webhooks.append(try #require(made["webhook_id"]?.text))
        case .forget:
            guard let webhook = places[at].webhooks.popLast() else { return try await take(.webhook, at: at, using: &random) }
            _ = try await call(.DELETE, "/api/v2/webhooks/\(webhook)", in: id, "webhooks", gives: 200)
            tally.audited("webhook.deleted", tenant: id)
        case .session:
            let body: JSON = ["min_clients": 1, "rounds": 1, "model": ["kind": "softmax_regression", "layers": [3, 2]]]
            let made = try await call(.POST, LiveCoordinator.sessions, body, in: id, "sessions", gives: 201)
            places[at].sessions.append(try #require(made["session_id"]?.text))
        case .stop:
            guard let session = places[at].sessions.popLast() else { return try await take(.session, at: at, using: &random) }
            _ = try await call(.POST, "\(LiveCoordinator.sessions)/\(session)/stop", .object([]), in: id, "sessions", gives: 200)
            places[at].stopped += 1
        case .update:
            let allocation = Int.random(in: 1...200, using: &random)
            let told = try await call(
                .PUT, "/api/v1/tenants/\(id)", .object([.init("quantum_allocation", JSON(allocation))]), in: id, "tenants", gives: 200)
            // What stays as it was is no change, and leaves no entry.
            if told["changes_applied"]?["quantum_allocation"] != .null { tally.audited("tenant.updated", tenant: id) }
        case .show: _ = try await call(.GET, "/api/v1/tenants/\(id)", in: id, "tenants", gives: 200)
        case .list: _ = try await call(.GET, "/api/v2/jobs", in: id, key: places[at].key, "jobs", gives: 200)
        case .unknownPath: _ = try await call(.GET, "/api/v1/nothing/here", in: id, "unmatched", gives: 404, isCounted: false, isKnown: false)
        case .unknownJob: _ = try await call(.GET, "/api/v2/jobs/job_none", in: id, "jobs", gives: 404)
        case .badBody: _ = try await call(.POST, "/api/v2/jobs", .object([]), in: id, key: places[at].key, "jobs", gives: 400)
        case .wrongKey:
            let key = "mk_live_" + String(repeating: "A", count: 43)
            _ = try await call(.GET, "/api/v2/jobs", in: id, key: key, "jobs", gives: 401, isCounted: false, isKnown: false)
        case .lacking: _ = try await call(.GET, "/api/v2/webhooks", in: id, key: places[at].key, "webhooks", gives: 403, isCounted: false)
        }
    }

    /// Logins of somebody who is not there, until they are told to wait.
    mutating func guess(_ name: String) async throws {
        for _ in 0..<20 {
            let reply = try await live.call(
                .POST, "/api/v2/auth/login", JSON.object([.init("username", .string(name)), .init("password", "a wrong one")]).encoded())
            tally.called("auth", reply.status, tenant: nil)
            if reply.status == 429 {
                #expect(reply.headers.contains(name: "retry-after"))
                return
            }
            #expect(reply.status == 401)
        }
        Issue.record("nobody who guesses is told to wait")
    }
}
