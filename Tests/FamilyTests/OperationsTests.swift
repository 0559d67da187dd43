import APIKit
import AisembleAPI
import Federation
import Platform
import Storage
import StrictJSON
import Telemetry
import Testing

/// Health, metrics, the log and services, as their document has them.
@Suite struct OperationsTests {
    private func get(_ world: World, _ path: String, _ query: [(name: String, value: String)] = [], as caller: Caller? = nil) async -> APIReply {
        var asked = request("GET", "/api/v2\(path)")
        asked.query = query
        return await world.call(world.aisemble, asked, as: caller)
    }

    /// The reply has the form that is described, and every one of these paths in it.
    private func check(_ world: World, _ path: String, _ reply: APIReply, _ keys: [String]) throws {
        let endpoint = try #require(world.aisemble.endpoint(method: "GET", path: "/api/v2\(path)"))
        guard case .json(let shape) = try #require(endpoint.contract?.replies.first { $0.status == reply.status }).content else {
            Issue.record("\(path): \(reply.status)")
            return
        }
        #expect(shape.problem(with: reply.json, at: "") == nil, "\(path): \(reply.json.encodedText)")
        for key in keys {
            var value: JSON? = reply.json
            for part in key.split(separator: ".") { value = value?[String(part)] }
            #expect(value != nil, "\(path): \(key) is missing")
        }
    }

    private static let healthKeys = [
        "status", "timestamp", "version", "services.orchestrator.status", "services.orchestrator.response_time", "services.orchestrator.uptime",
        "services.llm_service.status", "services.llm_service.response_time", "services.llm_service.models_loaded", "services.llm_service.queue_size",
        "services.vision_service.status", "services.vision_service.response_time", "services.vision_service.gpu_utilization",
        "services.vision_service.image_formats",
        "services.nlp_service.status", "services.nlp_service.response_time", "services.nlp_service.memory_usage",
    ]

    @Test func healthIsOpenAndWhatIsNotBuiltIsNotMeasured() async throws {
        let world = try await World()
        let reply = await get(world, "/health", as: .anonymous)
        try check(world, "/health", reply, Self.healthKeys)
        let services = reply.json["services"]
        #expect(reply.status == 200 && reply.json["status"] == "healthy" && reply.json["version"] == "1.2.3")
        #expect(services?["orchestrator"] == ["status": "healthy", "response_time": .null, "uptime": 657_120])
        #expect(services?["llm_service"] == ["status": "healthy", "response_time": .null, "models_loaded": 0, "queue_size": 0])
        #expect(services?["vision_service"] == ["status": "healthy", "response_time": .null, "gpu_utilization": .null, "image_formats": ["PNG"]])
        #expect(services?["nlp_service"] == ["status": "healthy", "response_time": .null, "memory_usage": .null])
    }

    /// Ticks until the recorder knows what was asked for; questions to probes are answered in between.
    private func tick(_ world: World, until isKnown: (Instant) async -> Bool) async -> Instant {
        var now = World.now
        for _ in 0..<100_000 {
            await world.recorder.tick(at: now)
            if await isKnown(now) { return now }
            now = now.adding(seconds: 10)
            await Task.yield()
        }
        Issue.record("it was never known")
        return now
    }

    private func health(_ world: World, at now: Instant) async -> APIReply {
        var asked = request("GET", "/api/v2/health")
        asked.nowMilliseconds = now.milliseconds
        return await world.call(world.aisemble, asked, as: .anonymous)
    }

    @Test func healthGoesByTheWorstAlertAndByTheLastProbe() async throws {
        let world = try await World()
        await world.recorder.add(.service(Operations.coordinator) { true })
        var now = await tick(world) { now in await world.recorder.service(Operations.coordinator, at: now).seconds != nil }
        var reply = await health(world, at: now)
        #expect(reply.status == 200 && reply.json["services"]?["orchestrator"]?["response_time"]?.double.map { $0 >= 0 } == true)
        // A minute without a probe: what it said before is not repeated.
        reply = await health(world, at: now.adding(seconds: 120))
        #expect(reply.json["services"]?["orchestrator"]?["response_time"] == .null && reply.json["status"] == "healthy")
        await world.recorder.add(.service(Operations.coordinator) { false })
        now = await tick(world) { now in await world.recorder.service(Operations.coordinator, at: now).isAnswering == false }
        reply = await health(world, at: now)
        try check(world, "/health", reply, Self.healthKeys)
        #expect(reply.status == 503 && reply.json["status"] == "unhealthy" && reply.json["services"]?["orchestrator"]?["response_time"] == .null)
    }

    @Test(arguments: [(SeriesName.certificateDays, 3.0, "degraded", "degraded", 200), (SeriesName.auditIntact, 0, "unhealthy", "outage", 503)])
    func anAlertIsSeenInHealthAndStatus(_ series: String, _ value: Double, _ word: String, _ status: String, _ code: Int) async throws {
        let world = try await World()
        await world.recorder.add(Probe("test") { [(SeriesKey(series), value)] })
        let now = await tick(world) { _ in await !world.recorder.firing.isEmpty }
        let reply = await health(world, at: now)
        #expect(reply.status == code && reply.json["status"]?.text == word)
        let shown = await get(world, "/ops/status")
        #expect(shown.status == 200 && shown.json["system_status"]?.text == status && shown.json["alerts"]?.elements?.count == 1)
        #expect(await get(world, "/health/comprehensive").json["status"]?.text == word)
    }

    /// Wrong passwords are an alert, which names the address to the platform alone; and they turn nobody's health check.
    @Test func whoGuessesPasswordsDoesNotMakeACoordinatorUnhealthy() async throws {
        let world = try await World()
        // A name is made to wait after a few tries, an address is not.
        for number in 0..<10 {
            let login = request("POST", "/api/v2/auth/login", body: #"{"username":"ada\#(number)","password":"wrong"}"#)
            #expect(await world.call(world.aisemble, login, as: .anonymous).status == 401)
        }
        await world.recorder.tick(at: World.now)
        #expect(await world.recorder.health == .critical)
        #expect(await health(world, at: World.now).status == 200)
        let all = await get(world, "/ops/status").json["alerts"]?.elements
        #expect(all?.count == 1 && all?.first?["level"] == "critical" && all?.first?["message"]?.text?.contains("192.0.2.7") == true)
        #expect(await get(world, "/ops/status", as: world.principal("default", [.ops])).json["alerts"] == [])
    }

    @Test func theMachineIsShownWhereItWasLookedAt() async throws {
        let world = try await World()
        let keys = [
            "status", "timestamp", "system_metrics.cpu_usage", "system_metrics.memory_usage", "system_metrics.disk_usage",
            "system_metrics.network_io.bytes_sent", "system_metrics.network_io.bytes_received", "database.status", "database.connection_pool.active",
            "database.connection_pool.idle", "database.connection_pool.max", "external_services.model_registry", "external_services.monitoring",
            "external_services.storage",
        ]
        let before = await get(world, "/health/comprehensive")
        try check(world, "/health/comprehensive", before, keys)
        #expect(before.json["system_metrics"]?["memory_usage"] == .null && before.json["database"]?["status"] == "connected")
        // A store in memory has no connections.
        #expect(before.json["database"]?["connection_pool"] == ["active": .null, "idle": .null, "max": .null])
        #expect(before.json["external_services"]?["storage"] == "not_configured")
        await world.recorder.tick(at: World.now)
        let machine = await world.recorder.machine
        let after = await get(world, "/health/comprehensive")
        try check(world, "/health/comprehensive", after, keys)
        #expect(after.json["system_metrics"]?["memory_usage"] == JSON(machine.memoryPercent))
        #expect(after.json["system_metrics"]?["disk_usage"] == JSON(machine.diskPercent))
    }

    @Test func metricsAreThoseOfTheReadersTenant() async throws {
        let world = try await World()
        for tenant in ["default", "other"] { world.metrics.observe(TelemetryMetric.tenantRequests, [("tenant", tenant), ("status", "200")], seconds: 0.1) }
        world.metrics.add(TelemetryMetric.jobs, [("outcome", "failed")])
        func text(_ caller: Caller?) async -> String {
            guard case .bytes(let bytes, let type) = await get(world, "/metrics", as: caller).body else { return "" }
            #expect(type == "text/plain; version=0.0.4; charset=utf-8")
            return String(decoding: bytes, as: UTF8.self)
        }
        let all = await text(nil)
        #expect(all.contains(#"tenant="other""#) && all.contains(#"tutti_jobs_total{outcome="failed"} 1"#))
        let own = await text(world.principal("default", [.monitoring]))
        #expect(own.contains(#"tenant="default""#) && own.contains("tutti_jobs_total") && !own.contains("other"))
    }

    @Test func theStatusCountsTheTenantsJobs() async throws {
        let world = try await World()
        _ = await world.call(world.aisemble, request("POST", "/api/v2/jobs", body: #"{"name":"r","type":"report","parameters":{"kind":"usage"}}"#))
        let keys = [
            "system_status", "uptime", "active_jobs", "queued_jobs", "failed_jobs_24h", "resource_utilization.cpu", "resource_utilization.memory",
            "resource_utilization.gpu", "alerts",
        ]
        let reply = await get(world, "/ops/status")
        try check(world, "/ops/status", reply, keys)
        #expect(reply.json["system_status"] == "operational" && reply.json["uptime"] == "7d 14h 32m" && reply.json["resource_utilization"]?["gpu"] == .null)
        #expect(reply.json["queued_jobs"] == 1 && reply.json["active_jobs"] == 0 && reply.json["failed_jobs_24h"] == 0)
        #expect(await get(world, "/ops/status", as: world.principal("other", [.ops])).json["queued_jobs"] == 0)
    }

    // MARK: The log

    private func withLogs() async throws -> World {
        let world = try await World()
        func entry(_ second: Double, _ level: LogLevel, _ service: String, _ tenant: String?, _ fields: [String: String] = [:]) -> LogRecord {
            LogRecord(
                at: World.now.adding(seconds: second), level: level, service: service, message: "m\(Int(second))", tenant: tenant, traceID: "req-7",
                fields: fields)
        }
        try await world.store.appendLogs(
            [
                entry(0, .info, "llm_service", "default"),
                entry(1, .error, "llm_service", "default", ["model": "m", "error_code": "MODEL_NOT_FOUND", "a": "b"]),
                entry(2, .warning, "nlp_service", "other"), entry(3, .critical, "llm_service", "other"), entry(4, .notice, "tutti", nil),
                entry(5, .trace, "tutti", "default", ["code": "timeout"]),
            ], ring: LogKeeper.ring)
        return world
    }

    private func messages(_ reply: APIReply) -> [String] { (reply.json["logs"]?.elements ?? []).compactMap { $0["message"]?.text } }

    @Test func theLogIsFilteredByServiceAndLevel() async throws {
        let world = try await withLogs()
        let reply = await get(world, "/ops/logs", [("service", "llm"), ("level", "ERROR")])
        try check(world, "/ops/logs", reply, ["logs", "pagination.limit", "pagination.has_more", "pagination.next_cursor"])
        #expect(messages(reply) == ["m3", "m1"] && reply.json["pagination"] == ["limit": 100, "has_more": false, "next_cursor": .null])
        let entry = reply.json["logs"]?.elements?.last
        #expect(entry?["level"] == "ERROR" && entry?["service"] == "llm_service" && entry?["trace_id"] == "req-7")
        #expect(entry?["timestamp"] == "2025-09-22T02:00:04.000Z")
        #expect(entry?["details"] == ["a": "b", "error_code": "MODEL_NOT_FOUND", "model": "m"])
        #expect(await messages(get(world, "/ops/logs", [("level", "Warning")])) == ["m3", "m2", "m1"])
        #expect(await messages(get(world, "/ops/logs", [("service", "nlp_service")])) == ["m2"])
        #expect(await messages(get(world, "/ops/logs", [("service", "nobody")])) == [])
        let bare = await get(world, "/ops/logs", [("service", "tutti")]).json["logs"]?.elements
        #expect(bare?.first?["details"] == ["code": "timeout", "error_code": "timeout", "model": .null])
        #expect(bare?.last?["details"] == ["error_code": .null, "model": .null])
    }

    @Test func pagesGoOnWhereTheOneBeforeEnded() async throws {
        let world = try await withLogs()
        var (seen, query): ([String], [(name: String, value: String)]) = ([], [("limit", "2")])
        for pages in 1... {
            let reply = await get(world, "/ops/logs", query)
            seen += messages(reply)
            let cursor = reply.json["pagination"]?["next_cursor"]?.text
            #expect(reply.json["pagination"]?["has_more"] == .bool(cursor != nil))
            guard let cursor, pages < 10 else { break }
            // What comes in between is newer than all pages.
            try await world.store.appendLogs([LogRecord(at: World.now, level: .info, service: "x", message: "new")], ring: LogKeeper.ring)
            query = [("limit", "2"), ("cursor", cursor)]
        }
        #expect(seen == ["m5", "m4", "m3", "m2", "m1", "m0"])
    }

    /// Errors of the machinery may name files and other tenants' things.
    @Test func causesAreForTheOperator() async throws {
        let world = try await World()
        let entry = LogRecord(
            at: World.now, level: .error, service: "x", message: "m", tenant: "other", fields: ["cause": "/srv/tutti/blobs", "status": "500"])
        try await world.store.appendLogs([entry], ring: LogKeeper.ring)
        let told = await get(world, "/ops/logs", as: world.principal("other", [.ops])).json["logs"]?.elements?.first?["details"]
        #expect(told?["status"] == "500" && told?["cause"] == nil)
        #expect(await get(world, "/ops/logs").json["logs"]?.elements?.first?["details"]?["cause"] == "/srv/tutti/blobs")
    }

    @Test func anotherTenantsLogIsNotSeen() async throws {
        let world = try await withLogs()
        #expect(await messages(get(world, "/ops/logs")) == ["m5", "m4", "m3", "m2", "m1", "m0"])
        #expect(await messages(get(world, "/ops/logs", as: world.principal("default", [.ops]))) == ["m5", "m1", "m0"])
        #expect(await messages(get(world, "/ops/logs", as: world.principal("other", [.ops]))) == ["m3", "m2"])
        // An administrator that acts for a tenant sees what that tenant sees.
        let acting = request("GET", "/api/v2/ops/logs", headers: [("x-tenant-id", "other")])
        let caller = Principal(id: "admin", kind: .platformAdmin, tenant: "other", scopes: Set(Scope.allCases), audiences: Set(APIFamily.allCases))
        #expect(messages(await world.call(world.aisemble, acting, as: .principal(caller))) == ["m3", "m2"])
    }

    @Test(arguments: [
        ("limit", "0"), ("limit", "1001"), ("limit", "ten"), ("level", "loud"), ("level", ""), ("service", ""), ("cursor", ""), ("cursor", "5"),
        ("cursor", "l+5"), ("cursor", "l99999999999999999999"), ("cursor", "lé"),
    ])
    func aQuestionThatCannotBeAskedIsRefused(_ field: String, _ value: String) async throws {
        let reply = await get(try await World(), "/ops/logs", [(field, value)])
        #expect(reply.status == 400 && reply.json["error"]?["details"]?["field"]?.text == field, "\(reply.json.encodedText)")
    }

    // MARK: Services

    @Test func aServiceThatIsNotBuiltSaysSoAndAnUnknownOneIsNotThere() async throws {
        let world = try await World()
        func post(_ name: String, _ action: String, _ body: String = "{}") async -> APIReply {
            await world.call(world.aisemble, request("POST", "/api/v2/ops/services/\(name)/\(action)", body: body))
        }
        for action in ["start", "stop"] {
            for name in ["workflow_service", "explain_service"] {
                let reply = await post(name, action, #"{"force":true}"#)
                #expect(reply.status == 503 && reply.json["error"]?["code"] == "SERVICE_UNAVAILABLE")
                #expect(reply.json["error"]?["details"]?["reason"]?.text == "\(name) is not built")
            }
            let near = await post("llm_servise", action)
            #expect(near.status == 404 && near.json["error"]?["message"]?.text?.contains("did you mean 'llm_service'?") == true)
            let far = await post("unheard_of", action)
            #expect(far.status == 404 && far.json["error"]?["message"]?.text?.contains("explain_service") == true)
            let wrong = await post("llm_service", action, #"{"force":"yes"}"#)
            #expect(wrong.status == 400 && wrong.json["error"]?["details"]?["field"] == "force")
        }
        #expect(await post("llm", "start", #"{"wait_for_health":1}"#).json["error"]?["details"]?["field"] == "wait_for_health")
    }

    @Test func aStoppedServiceRefusesAndStaysStopped() async throws {
        let world = try await World()
        let family = world.aisemble.gated(by: world.gates, Aisemble.gate)
        func post(_ name: String, _ action: String, _ body: String = "{}", as caller: Caller? = nil) async -> APIReply {
            await world.call(family, request("POST", "/api/v2/ops/services/\(name)/\(action)", body: body), as: caller)
        }
        func ask() async -> APIReply { await world.call(family, request("POST", "/api/v2/ai/nlp/analyze", body: #"{"text":"A good day."}"#)) }
        func health() async -> JSON? {
            await world.call(family, request("GET", "/api/v2/health")).json["services"]?["nlp_service"]?["status"]
        }
        #expect(await ask().status == 200)
        let running = await post("nlp", "start", #"{"wait_for_health":true}"#)
        #expect(running.status == 200 && running.json["service"] == "nlp_service" && running.json["action"] == "start")
        #expect(running.json["status"] == "running" && running.json["changed"] == false)
        // Of a tenant nobody stops what is everybody's.
        #expect(await post("nlp", "stop", as: world.principal("default", [.ops])).status == 403)
        let stopped = await post("nlp_service", "stop")
        #expect(stopped.status == 200 && stopped.json["status"] == "stopped" && stopped.json["changed"] == true && stopped.json["action"] == "stop")
        #expect(await post("nlp_service", "stop").json["changed"] == false)
        let refused = await ask()
        #expect(refused.status == 503 && refused.json["error"]?["details"]?["reason"] == "nlp_service is stopped")
        #expect(await health() == "stopped")
        // The other ones go on, and so does this one's start.
        #expect(await world.call(family, request("GET", "/api/v2/ai/llm/models")).status == 200)
        // The next process finds it so.
        let next = try await ServiceGates.open(world.store) { World.now }
        #expect(!next.isOpen(.nlp) && next.isOpen(.llm) && !next.enter(.nlp))
        let again = await post("nlp", "start")
        #expect(again.json["status"] == "running" && again.json["changed"] == true)
        #expect(await ask().status == 200)
        #expect(await health() == "healthy")
        let entries = try await world.store.audit(tenant: "default", after: 0, limit: 99).map(\.entry)
        let actions: [AuditRecord.Action] = entries.map(\.action).filter { [.serviceStopped, .serviceStarted].contains($0) }
        #expect(actions == [.serviceStopped, .serviceStarted])
        #expect(entries.last?.resourceType == "service" && entries.last?.resourceID == "nlp_service")
    }
}
