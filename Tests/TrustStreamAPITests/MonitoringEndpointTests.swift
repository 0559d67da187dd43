import APIKit
import Federation
import Storage
import StrictJSON
import Telemetry
import Testing

/// What was measured, by the document's names; nothing that was not.
@Suite struct MonitoringEndpointTests {
    private let path = "/api/v4/monitoring/performance"
    private let now = Instant(milliseconds: 1_758_506_403_000)

    private func ask(_ surface: Surface, _ query: [(String, String)] = [], tenant: String? = nil) async -> Answer {
        await surface.call(
            "GET", path, [], query: query.map { (name: $0.0, value: $0.1) }, headers: tenant.map { [(name: "x-tenant-id", value: $0)] } ?? [])
    }

    /// The machine in the last ten minutes, and four calls of a tenant and one of nobody's.
    private func measured() async throws -> Surface {
        let surface = Surface()
        var series = TimeSeries()
        for minute in 1...10 {
            let values = [
                (SeriesName.processor, Double(minute) * 10), (SeriesName.memory, 60), (SeriesName.disk, 75), (SeriesName.received, 1_250_000),
                (SeriesName.sent, 625_000), (SeriesName.segments, 100), (SeriesName.segmentsAgain, 1), (SeriesName.diskRead, 2_500_000),
            ]
            let samples = try values.map { (key: SeriesKey($0.0), point: try #require(Point($0.1))) }
            series.record(samples, at: now.adding(seconds: Double(minute - 11) * 60))
        }
        try await surface.store.putSeries(series.takeChanges(at: now, all: true).blocks, horizons: [:])
        try await surface.recorder.restore()
        for status in ["200", "201", "204", "500"] {
            surface.metrics.observe("tutti_http_request_seconds", [("operation", "x"), ("status", status)], seconds: 0.02)
            surface.metrics.observe(TelemetryMetric.tenantRequests, [("tenant", "default"), ("status", status)], seconds: 0.02)
        }
        surface.metrics.observe("tutti_http_request_seconds", [("operation", "x"), ("status", "404")], seconds: 0.5)
        await surface.recorder.tick(at: now.adding(seconds: -30))
        return surface
    }

    /// Milliseconds of `12.5ms`.
    private func number(_ text: JSON?) -> Double? { text?.text.flatMap { $0.hasSuffix("ms") ? Double($0.dropLast(2)) : nil } }

    @Test func withoutMeasurementsEveryDocumentedLeafIsThereAndNull() async {
        let answer = await ask(Surface())
        #expect(answer.status == 200 && answer.json["success"] == true && answer.json["time_range"] == "1h", "\(answer.json.encodedText)")
        let metrics = answer.json["metrics"]
        let leaves: [(String, [String])] = [
            ("system_performance.cpu_utilization", ["average", "peak"]), ("system_performance.memory_utilization", ["average", "peak"]),
            ("system_performance.network_throughput", ["ingress_mbps", "egress_mbps", "packet_loss"]),
            ("application_performance.response_time", ["p50", "p95", "p99"]), ("application_performance.throughput", ["requests_per_second", "peak_rps"]),
            ("application_performance", ["error_rate", "availability"]), ("federated_learning", ["client_participation_rate", "training_efficiency"]),
            ("ai_explainability", ["explanations_generated", "average_explanation_time", "compliance_check_success_rate"]),
            ("quantum_encryption", ["encryption_operations", "key_generation_time", "quantum_security_level"]),
        ]
        for (place, names) in leaves {
            let object = place.split(separator: ".").reduce(metrics) { $0?[String($1)] }
            for name in names { #expect(object?[name] == .null, "\(place).\(name)") }
        }
        #expect(metrics?["system_performance"]?["cpu_utilization"]?["trend"] == "insufficient_data")
        #expect(metrics?["federated_learning"]?["active_sessions"] == 2 && metrics?["federated_learning"]?["convergence_rate"] == "unknown")
        #expect(answer.json["alerts"] == [] && answer.json["optimization_suggestions"] == [])
        #expect(answer.json["not_built"] == ["ai_explainability"])
    }

    @Test func whatWasMeasuredIsTold() async throws {
        let surface = try await measured()
        surface.service.set { $0.roundEndedAt = Instant(milliseconds: 1_758_506_400_000) }
        let answer = await ask(surface, [("colour", "red")])
        let (system, calls) = (answer.json["metrics"]?["system_performance"], answer.json["metrics"]?["application_performance"])
        #expect(system?["cpu_utilization"] == ["average": 55.0, "peak": 100.0, "trend": "increasing"], "\(answer.json.encodedText)")
        #expect(system?["memory_utilization"] == ["average": 60.0, "peak": 60.0, "trend": "stable"])
        let network = system?["network_throughput"]
        #expect(network?["ingress_mbps"]?.double == 1 && network?["egress_mbps"]?.double == 0.5 && network?["packet_loss"]?.double == 1)
        #expect(system?["storage"]?["used_percent"]?.double == 75 && system?["storage"]?["read_mbps"]?.double == 2)
        #expect(system?["storage"]?["write_mbps"] == .null)
        let median = try #require(number(calls?["response_time"]?["p50"]))
        #expect(abs(median - 20) < 0.2 && abs((number(calls?["response_time"]?["p99"]) ?? 0) - 500) < 5)
        #expect(calls?["throughput"]?["requests_per_second"]?.double == 5.0 / 3600 && calls?["throughput"]?["peak_rps"]?.double == 0.5)
        #expect(calls?["error_rate"]?.double == 20 && calls?["availability"] == .null && calls?["requests"]?["total"] == 5)
        #expect(calls?["requests"]?["by_status"] == ["1xx": 0, "2xx": 3, "3xx": 0, "4xx": 1, "5xx": 1])
        #expect(answer.json["metrics"]?["federated_learning"]?["client_participation_rate"]?.double == 1 && answer.notices == ["colour"])
        // Of one tenant; the machine is everybody's.
        let own = await ask(surface, tenant: "default")
        let ownCalls = own.json["metrics"]?["application_performance"]
        #expect(ownCalls?["requests"]?["total"] == 4 && ownCalls?["error_rate"]?.double == 25)
        #expect(own.json["metrics"]?["federated_learning"]?["active_sessions"] == 1 && own.json["metrics"]?["system_performance"] == system)
    }

    @Test func aFilterDropsItsOwnBlockAndAnAggregationAddsOne() async throws {
        let surface = try await measured()
        let some = await ask(surface, [("metrics", "cpu, storage"), ("aggregation", "max"), ("time_range", "24h")])
        let metrics = some.json["metrics"]
        #expect(some.json["time_range"] == "24h" && metrics?["system_performance"]?.members?.map(\.name) == ["cpu_utilization", "storage"])
        #expect(metrics?["application_performance"]?["requests"] == nil && metrics?["application_performance"]?["response_time"]?["p50"] != nil)
        #expect(metrics?.members?.count == 5)
        let cpu = metrics?["system_performance"]?["cpu_utilization"]
        #expect(cpu?["value"]?.double == 100 && cpu?["aggregation"] == "max" && cpu?["average"]?.double == 55)
        for (aggregation, value, both) in [("avg", 55.0, 1.5), ("min", 10, 1.5), ("p95", 100, 1.5), ("p99", 100, 1.5)] {
            let system = await ask(surface, [("aggregation", aggregation)]).json["metrics"]?["system_performance"]
            #expect(system?["cpu_utilization"]?["value"]?.double == value && system?["network_throughput"]?["value"]?.double == both, "\(aggregation)")
        }
        for range in ["7d", "30d"] {
            let answer = await ask(surface, [("time_range", range)])
            #expect(answer.json["metrics"]?["application_performance"]?["requests"]?["total"] == 5, "\(range)")
        }
    }

    /// A call of what is not built was answered 5xx, and nothing failed.
    @Test func whatIsNotBuiltIsNoFailure() async throws {
        let surface = try await measured()
        for _ in 0..<5 { surface.metrics.observe("tutti_http_request_seconds", [("operation", "x"), ("status", "501")], seconds: 0.02) }
        await surface.recorder.tick(at: now.adding(seconds: -20))
        let calls = await ask(surface).json["metrics"]?["application_performance"]
        #expect(calls?["requests"]?["total"] == 10 && calls?["error_rate"]?.double == 10)
        #expect(calls?["requests"]?["by_status"]?["5xx"] == 6)
    }

    @Test func whatIsDoneWithKeysIsCountedByTenant() async throws {
        let surface = Surface()
        func make(_ algorithm: String, _ caller: Caller) async throws -> String {
            let reply = await surface.call("POST", "/api/v4/quantum-encryption/keys/generate", json: #"{"algorithm": "\#(algorithm)"}"#, as: caller)
            return try #require(reply.json["key_id"]?.text, "\(reply.json.encodedText)")
        }
        let other = Caller.administrator(tenant: "other")
        let (strong, weak) = (try await make("ml_kem_1024", administrator), try await make("x_wing", other))
        for (id, caller, times) in [(strong, administrator, 3), (weak, other, 2)] {
            for _ in 0..<times {
                let body = #"{"data": "x", "key_id": "\#(id)"}"#
                #expect(await surface.call("POST", "/api/v4/quantum-encryption/encrypt", json: body, as: caller).status == 200)
            }
        }
        await surface.recorder.tick(at: now.adding(seconds: -30))
        let all = await ask(surface).json["metrics"]?["quantum_encryption"]
        #expect(all == ["encryption_operations": 5, "key_generation_time": "20ms", "quantum_security_level": 192], "\(all?.encodedText ?? "")")
        let own = await ask(surface, tenant: "default").json["metrics"]?["quantum_encryption"]
        #expect(own?["encryption_operations"] == 3 && own?["quantum_security_level"] == 256, "\(own?.encodedText ?? "")")
    }

    @Test func whatIsNotKnownIsRefusedByName() async {
        for (field, value) in [("time_range", "2h"), ("metrics", "gpu"), ("metrics", "cpu,"), ("aggregation", "median")] {
            let answer = await ask(Surface(), [(field, value)])
            #expect(answer.status == 400 && answer.details["field"]?.text == field, "\(field)=\(value)")
        }
        #expect(await Surface().call("GET", path, [], as: .anonymous).status == 401)
        #expect(await Surface().call("GET", path, [], as: .node(peer)).status == 403)
    }
}
