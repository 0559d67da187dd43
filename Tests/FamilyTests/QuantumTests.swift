import APIKit
import EnterpriseAPI
import Federation
import Foundation
import Logging
import Platform
import QuantumService
import Storage
import StrictJSON
import Testing
import Trust

/// Allocations of the annealer, as the document has them.
@Suite struct QuantumTests {
    private static let example = """
        {"qubits": 200, "duration": 3600, "priority": "high", "workload_type": "optimization", "allocation_strategy": "quantum_annealing"}
        """
    private static let path = "/api/v1/quantum/allocate"

    private func ask(_ world: World, _ method: String, _ path: String, _ body: String = "", as caller: Caller? = nil, of family: Family? = nil) async throws
        -> APIReply
    {
        let family = family ?? world.enterprise
        var sent = request(method, String(path.prefix { $0 != "?" }), body: body)
        for pair in path.drop(while: { $0 != "?" }).dropFirst().split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            sent.query.append((name: parts[0], value: parts.count > 1 ? parts[1] : ""))
        }
        let reply = await world.call(family, sent, as: caller)
        if reply.status >= 400 {
            #expect(family.errorShape.problem(with: reply.json, at: "") == nil, "\(reply.json.encodedText)")
        } else if case .json(let shape) = try #require(family.endpoint(method: method, path: sent.path)?.contract?.replies.first).content {
            #expect(shape.problem(with: reply.json, at: "") == nil, "\(reply.json.encodedText)")
        }
        return reply
    }

    @Test func theDocumentsExampleIsLeasedShownAndReleased() async throws {
        let world = try await World()
        let made = try await ask(world, "POST", Self.path, Self.example)
        let id = try #require(made.json["allocation_id"]?.text)
        #expect(made.status == 200 && made.json["status"] == "allocated" && id.hasPrefix("quantum_alloc_") && made.json["qubits_allocated"] == 200)
        #expect(made.json["allocated_at"] == "2025-09-22T02:00:03.000Z" && made.json["expires_at"] == "2025-09-22T03:00:03.000Z")
        // What nobody has measured.
        #expect(made.json["efficiency_estimate"] == .null && made.json["quantum_advantage"] == .null && made.json["efficiency_basis"] == 0)
        #expect(made.json["backend"] == "simulator" && made.json["quantum_hardware"] == false && made.json["quantum_processors"] == 0)
        #expect(made.json["weight"] == 4.0 && made.json["allocation_strategy"] == "quantum_annealing")
        let place = "/api/v1/quantum/allocations/\(id)"
        #expect(try await ask(world, "GET", place).json == made.json)
        // Of another tenant it is not there.
        let other = world.principal("other", [.quantumResources])
        for method in ["GET", "DELETE"] { #expect(try await ask(world, method, place, as: other).status == 404) }
        #expect(try await ask(world, "GET", place, as: world.principal("default", [.analytics])).status == 403)
        let ended = try await ask(world, "DELETE", place)
        #expect(ended.json["status"] == "released" && ended.json["ended_at"] == made.json["allocated_at"])
        #expect(try await ask(world, "DELETE", place).json == ended.json)
        let entries = try await world.store.audit(tenant: "default", after: 0, limit: 99).map(\.entry).filter { $0.subject == id }
        #expect(entries.map(\.action) == [.leaseAllocated, .leaseReleased] && entries.allSatisfy { $0.actor == "admin" })
    }

    @Test func whatIsTooMuchIsRefusedWithItsNumbers() async throws {
        let world = try await World()
        _ = try await ask(world, "POST", Self.path, #"{"qubits": 1400, "duration": 90}"#)
        let plan = try await ask(world, "POST", Self.path, #"{"qubits": 101}"#)
        #expect(plan.status == 429 && plan.json["error"] == "quota_exceeded" && plan.json["retry_after"] == 90, "\(plan.json.encodedText)")
        let details = plan.json["details"]
        #expect(details?["quota_type"] == "quantum_qubits" && details?["limit"] == 1500 && details?["used"] == 1400)
        #expect(details?["reset_date"] == "2025-09-22T02:01:33.000Z")
        let tenant = try await world.tenants.create(NewTenant(name: "T", performanceTier: .quantum), actor: "test", now: World.now).id
        let beyond = try await ask(world, "POST", Self.path, #"{"qubits": 601}"#, as: world.principal(tenant, [.quantumResources]))
        #expect(beyond.status == 503 && beyond.json["error"] == "quantum_unavailable", "\(beyond.json.encodedText)")
        #expect(beyond.json["message"]?.text?.contains("2000") == true && beyond.json["message"]?.text?.contains("1400") == true)
        let gate = try await ask(world, "POST", Self.path, #"{"qubits": 24, "allocation_strategy": "gate_model"}"#)
        #expect(gate.status == 501 && gate.json["error"] == "not_implemented")
        let large = try await ask(world, "POST", Self.path, #"{"qubits": 30, "allocation_strategy": "gate_model"}"#)
        #expect(large.status == 400 && large.json["details"]?["field"] == "qubits" && large.json.encodedText.contains("17179869184"))
        for (body, field) in [
            ("{}", "qubits"), (#"{"qubits":0}"#, "qubits"), (#"{"qubits":1,"duration":86401}"#, "duration"), (#"{"qubits":1,"priority":"x"}"#, "priority"),
            (#"{"qubits":1,"workload_type":"x"}"#, "workload_type"), (#"{"qubits":1,"allocation_strategy":"x"}"#, "allocation_strategy"),
        ] {
            let reply = try await ask(world, "POST", Self.path, body)
            #expect(reply.status == 400 && reply.json["details"]?["field"]?.text == field, "\(body)")
        }
    }

    @Test func usageIsCountedAndPricedByTheOperatorsTableAlone() async throws {
        let world = try await World()
        let usage = "/api/v1/quantum/usage"
        let nothing = try await ask(world, "GET", usage)
        #expect(nothing.json["period"] == "1d" && nothing.json["total_qubits_allocated"] == 0 && nothing.json["quantum_operations"] == 0)
        for name in ["utilization_percentage", "efficiency_score", "average_speedup"] { #expect(nothing.json[name] == .null) }
        #expect(nothing.json["cost_metrics"] == ["total_cost": .null, "cost_per_qubit_hour": .null, "currency": .null])
        // Two hours ago for an hour.
        let before = World.now.adding(seconds: -7200)
        let asked = LeaseRequest(qubits: 100, seconds: 3600, priority: .normal, workload: .optimization, strategy: .auto)
        let lease = try await world.leases.allocate(asked, tenant: "default", actor: "a", now: before)
        try await world.leases.count(
            SolverRunRecord(
                id: "r", tenant: "default", lease: lease.id, endedAt: before.adding(seconds: 1800), solver: "exact", spins: 50, reads: 1, spinUpdates: 7,
                microseconds: 720_000_000, energy: -9, reference: -10))
        let prices = PriceTable(currency: "USD", amounts: [.rate(.qubitHour): Decimal(string: "0.16") ?? 0])
        let family = Enterprise.family(
            world.identity, world.tenants, world.store, world.recorder, webhooks: world.webhooks, leases: world.leases, terms: TenantTerms(prices: prices))
        let told = try await ask(world, "GET", usage + "?period=6h", of: family)
        #expect(told.json["total_qubits_allocated"] == 100 && told.json["utilization_percentage"] == 10.0 && told.json["efficiency_score"] == 0.9)
        #expect(told.json["quantum_operations"] == 1 && told.json["spin_updates"] == 7 && told.json["spin_seconds"] == 36_000.0)
        #expect(told.json["cost_metrics"] == ["total_cost": 16.0, "cost_per_qubit_hour": 0.16, "currency": "USD"], "\(told.json.encodedText)")
        let short = try await ask(world, "GET", usage + "?period=1h", of: family)
        #expect(short.json["total_qubits_allocated"] == 0 && short.json["cost_metrics"]?["total_cost"] == 0.0)
        let some = try await ask(world, "GET", usage + "?period=6h&metrics=efficiency")
        #expect(some.json["efficiency_score"] == 0.9 && some.json["utilization_percentage"] == nil && some.json["average_speedup"] == nil)
        #expect(some.json["quantum_operations"] == 1 && some.json["cost_metrics"] != nil)
        for query in ["?period=2d", "?metrics=x", "?metrics=utilization,"] { #expect(try await ask(world, "GET", usage + query).status == 400) }
        #expect(try await ask(world, "GET", usage + "?period=6h", as: world.principal("other", [.quantumResources])).status == 404)
        // The lease ended an hour ago: the next one's estimate knows of it.
        await world.leases.expire()
        #expect(try await ask(world, "POST", Self.path, #"{"qubits": 1}"#).json["efficiency_estimate"]?.double.map { abs($0 - 0.1) < 1e-12 } == true)
    }

    /// Over the world's stores, with a benchmark that was measured elsewhere.
    private func measured(_ world: World) async throws -> Family {
        let time = BenchmarkRecord.Time(runs: 100, reached: 50, secondsPerRun: 0.25, seconds: .init(value: 1, low: 0.5, high: nil))
        let comparison = BenchmarkRecord.Comparison(
            family: "planted_loops", spins: 128, density: 0.03, target: -100, isProved: true, solver: "path_integral", solverTime: time, baseline: "tabu",
            baselineTime: time, ratio: .init(value: 0.25, low: 0.125, high: 0.5))
        let record = BenchmarkRecord(
            id: "bench_1", measuredAt: World.now, version: "1", solverVersion: 1, machine: .init(processor: "p", cores: 2, threads: 1), seconds: 3,
            comparisons: [comparison])
        try await world.store.addBenchmark(record, kept: 1)
        let pool = SolverPool(threads: 1)
        let log = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let benchmark = AnnealerBenchmark(
            store: world.store, pool: pool, version: "1", processor: "p", cores: 2, hours: 0, plan: .init(runs: 1, seconds: 0, models: 1),
            clock: .system { World.now }, random: .system, log: log)
        let optimizer = QuantumOptimizer(leases: world.leases, store: world.store, artifacts: nil, pool: pool, random: .system, pilotSeconds: 0.05)
        return Enterprise.family(
            world.identity, world.tenants, world.store, world.recorder, webhooks: world.webhooks, leases: world.leases,
            annealing: AnnealerTools(benchmark: benchmark, optimizer: optimizer))
    }

    /// Slower than the strongest baseline: that is what is told.
    @Test func ratiosAreThoseThatWereMeasured() async throws {
        let world = try await World()
        let family = try await measured(world)
        let made = try await ask(world, "POST", Self.path, Self.example, of: family)
        #expect(made.json["quantum_advantage"] == 0.25 && made.json["quantum_speedup_basis"]?["baseline"] == ["tabu"], "\(made.json.encodedText)")
        let low = try #require(made.json["quantum_speedup_basis"]?["ci95"]?["low"]?.double)
        #expect(abs(low - 0.125) < 1e-9 && made.json["quantum_speedup_basis"]?["live"] == false, "\(made.json.encodedText)")
        // Nothing was measured of this size.
        #expect(
            try await ask(world, "POST", Self.path, #"{"qubits": 900, "allocation_strategy": "quantum_annealing"}"#, of: family).json["quantum_advantage"]
                == .null)
        try await world.leases.count(
            SolverRunRecord(
                id: "r", tenant: "default", lease: made.json["allocation_id"]?.text, endedAt: World.now, solver: "path_integral", spins: 100, reads: 1,
                spinUpdates: 7, microseconds: 1234, energy: nil, reference: nil))
        let usage = try await ask(world, "GET", "/api/v1/quantum/usage", of: family)
        #expect(
            usage.json["average_speedup"]?.double.map { abs($0 - 0.25) < 1e-12 } == true
                && usage.json["spin_seconds"]?.double.map { abs($0 - 0.1234) < 1e-12 } == true)
        let shown = try await ask(world, "GET", "/api/v1/quantum/benchmark", of: family)
        #expect(shown.json["status"] == "measured" && shown.json["comparisons"]?.elements?.first?["baseline_time"]?["seconds"]?["high"] == .null)
        let other = world.principal("other", [.quantumResources])
        #expect(try await ask(world, "POST", "/api/v1/quantum/benchmark", as: other, of: family).status == 403)
        #expect(try await ask(world, "POST", "/api/v1/quantum/benchmark", of: family).status == 202)
        // Where nobody measures, it says so.
        for (method, path) in [("GET", "/api/v1/quantum/benchmark"), ("POST", "/api/v1/quantum/optimize")] {
            let body = method == "POST" ? "{}" : ""
            #expect(try await ask(world, method, path, body).json["error"] == "quantum_unavailable")
        }
    }

    @Test func theDocumentsOptimizationChangesWhatWasMeasured() async throws {
        let world = try await World()
        let family = try await measured(world)
        let path = "/api/v1/quantum/optimize"
        let asked = LeaseRequest(qubits: 100, seconds: 7200, priority: .normal, workload: .sampling, strategy: .auto)
        let lease = try await world.leases.allocate(asked, tenant: "default", actor: "a", now: World.now.adding(seconds: -3600))
        try await world.leases.count(
            SolverRunRecord(
                id: "r", tenant: "default", lease: lease.id, endedAt: World.now.adding(seconds: -1800), solver: "exact", spins: 25, reads: 1, spinUpdates: 7,
                microseconds: 1_000_000, energy: nil, reference: nil))
        let example =
            #"{"optimization_type": "efficiency", "target_improvement": 0.15, "constraints": {"max_reallocation_time": 300, "maintain_sla": true}}"#
        let done = try await ask(world, "POST", path, example, of: family)
        #expect(done.json["status"] == "completed" && done.json["reallocations"] == 1 && done.json["target_met"] == true, "\(done.json.encodedText)")
        #expect(done.json["improvements"]?["efficiency_gain"]?.double == 3 && done.json["improvements"]?["cost_reduction"]?.double == 75)
        // Samples of a distribution are not sought faster: nothing was measured.
        #expect(done.json["improvements"]?["performance_boost"] == .null && done.json["optimization_id"]?.text?.hasPrefix("opt_") == true)
        #expect(try await ask(world, "GET", "/api/v1/quantum/allocations/\(lease.id)", of: family).json["qubits_allocated"] == 25)
        for (body, field) in [
            (#"{"optimization_type":"x"}"#, "optimization_type"), (#"{"target_improvement":11}"#, "target_improvement"), (#"{"constraints":5}"#, "constraints"),
            (#"{"constraints":{"max_reallocation_time":0}}"#, "constraints.max_reallocation_time"), (#"{"dry_run":1}"#, "dry_run"),
        ] {
            let reply = try await ask(world, "POST", path, body, of: family)
            #expect(reply.status == 400 && reply.json["details"]?["field"]?.text == field, "\(body) \(reply.json.encodedText)")
        }
    }
}
