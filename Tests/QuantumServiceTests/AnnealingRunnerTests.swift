import Annealing
import Federation
import Platform
import QuantumService
import Storage
import StrictJSON
import Testing

@Suite struct AnnealingRunnerTests {
    /// A ring of five with cut 4.
    private static let ring = "5 5\n1 2 1\n2 3 1\n3 4 1\n4 5 1\n5 1 1\n"

    private func result(_ job: JobRecord, _ artifacts: Artifacts) async throws -> JSON {
        let name = try #require(job.result?.artifact, "\(job.state) \(job.error.map { "\($0)" } ?? "")")
        return try JSON(parsing: try await artifacts.get(name, tenant: job.tenant, now: noon).content)
    }

    @Test func aModelIsSolvedAndItsWorkIsCounted() async throws {
        let bureau = try await Bureau()
        let lease = try await bureau.allocate(5, strategy: .quantumAnnealing)
        try await bureau.solving { queue, artifacts in
            let job = try await queue.solve([
                "format": "gset", "problem": .string(Self.ring), "seed": 7, "reads": 100, "sweeps": 50, "allocation_id": .string(lease.id),
                "reference_energy": -4,
            ])
            let result = try await result(job, artifacts)
            #expect(result["best_energy"] == -4.0 && result["backend"] == "simulator" && result["quantum_hardware"] == false, "\(result.encodedText)")
            #expect(result["solver"] == "path_integral" && result["reads_completed"] == 100 && result["stop"] == "completed" && result["seed"] == 7)
            let samples = result["samples"]?.elements ?? []
            let best = try #require(samples.first)
            let values = (best["values"]?.elements ?? []).compactMap { $0.whole.map { Int8($0) } }
            #expect(try Problem(gset: Array(Self.ring.utf8)).energy(of: values) == -4 && samples.count <= 10)
            let use = try await bureau.leases().find(lease.id, tenant: Tenants.defaultID).use
            #expect(use.runs == 1 && use.spinUpdates > 0 && result["spin_updates"]?.whole == use.spinUpdates)
            let usage = try await bureau.leases().usage(tenant: Tenants.defaultID, seconds: 60, now: noon)
            #expect(usage.efficiency == 1 && usage.runs == 1)
            #expect(job.progress.completed == job.progress.total)
        }
    }

    /// More than one turn: the same seed gives the same, and another one something else.
    @Test func theSeedDecides() async throws {
        let bureau = try await Bureau()
        try await bureau.solving { queue, artifacts in
            let planted = try Planted.frustratedLoops(spins: 60, degree: 4, loopsPerSpin: 0.8, seed: 3)
            func samples(_ seed: Int, _ solver: String) async throws -> JSON? {
                let job = try await queue.solve([
                    "problem": planted.problem.bqm, "seed": JSON(seed), "reads": 150, "sweeps": 5, "solver": .string(solver), "samples": 100,
                ])
                return try await result(job, artifacts)["samples"]
            }
            for solver in ["simulated_annealing", "simulated_bifurcation", "parallel_tempering"] {
                let first = try await samples(5, solver)
                #expect(try await samples(5, solver) == first)
                #expect(try await samples(6, solver) != first)
            }
        }
    }

    /// What few see is minimised over beforehand, only where that is asked for: a tree is then solved by one spin.
    @Test func aModelIsReducedWhereThatIsAskedFor() async throws {
        let bureau = try await Bureau()
        try await bureau.solving { queue, artifacts in
            let tree = "40 39\n" + (2...40).map { "\($0 / 2) \($0) 1\n" }.joined()
            for isAsked in [true, false] {
                let job = try await queue.solve(["format": "gset", "problem": .string(tree), "seed": 7, "reads": 8, "reduce": .bool(isAsked)])
                let result = try await result(job, artifacts)
                #expect(result["best_energy"] == -39.0 && result["variables"] == 40, "\(result.encodedText)")
                #expect(result["reduced_to"] == (isAsked ? 1 : .null))
                #expect(result["samples"]?.elements?.first?["values"]?.elements?.count == 40)
                #expect(job.progress.completed == job.progress.total)
            }
            // No spin of a complete graph of six has so few neighbours; then it is solved as it is.
            let complete = "6 15\n" + (1...6).flatMap { first in (1...6).filter { $0 > first }.map { "\(first) \($0) 1\n" } }.joined()
            let job = try await queue.solve(["format": "gset", "problem": .string(complete), "reduce": true])
            let result = try await result(job, artifacts)
            #expect(result["best_energy"] == -9.0 && result["reduced_to"] == .null)
            let error = await #expect(throws: JobFailure.self) { _ = try await queue.solve(["format": "gset", "problem": .string(tree), "reduce": "yes"]) }
            #expect("\(String(describing: error))".contains("parameters.reduce"))
        }
    }

    @Test func anArtifactIsWaitedForAndRead() async throws {
        let bureau = try await Bureau()
        try await bureau.solving { queue, artifacts in
            let parameters: JSON = ["format": "qubo", "input_source": "models/small", "solver": "exact"]
            let id = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: parameters), tenant: Tenants.defaultID, actor: "a").job.record
                .id
            var blockers: [String] = []
            for _ in 0..<60_000 where blockers.isEmpty {
                blockers = try await queue.job(id, tenant: Tenants.defaultID).record.blockedBy.map(\.what)
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(blockers == ["input"])
            _ = try await artifacts.put(
                Array("p qubo 0 2 2 1\n0 0 -1\n1 1 -1\n0 1 3\n".utf8), name: "models/small", mediaType: "text/plain", tenant: Tenants.defaultID, actor: "a",
                now: noon)
            await queue.look(again: .annealing)
            let result = try await result(try await queue.settled(id), artifacts)
            #expect(result["best_energy"] == -1.0 && result["vartype"] == "BINARY" && result["reads"] == 1)
        }
    }

    @Test func whatIsTooLargeOrNotItsOwnIsRefused() async throws {
        let bureau = try await Bureau()
        let (small, other) = (try await bureau.allocate(4), try await bureau.tenants.create(NewTenant(name: "B"), actor: "a", now: noon).id)
        let past = try await bureau.allocate(10, seconds: 1, at: -10)
        try await bureau.solving { queue, _ in
            func failure(_ lease: String?, tenant: String = Tenants.defaultID) async throws -> String? {
                let job = try await queue.solve(
                    ["format": "gset", "problem": .string(Self.ring), "allocation_id": lease.map { .string($0) } ?? .null], tenant: tenant)
                return job.state == .failed ? job.error?.code : nil
            }
            let tooSmall = try await failure(small.id)
            #expect(tooSmall == "quota_exceeded")
            #expect(try await failure(small.id, tenant: other) == "not_found")
            #expect(try await failure(past.id) == "allocation_ended")
            #expect(try await failure(nil, tenant: other) == nil)
        }
    }

    @Test func aRunningJobIsStoppedInTheMidstAndItsWorkIsCounted() async throws {
        let bureau = try await Bureau()
        try await bureau.solving { queue, _ in
            let planted = try Planted.frustratedLoops(spins: 100, degree: 4, loopsPerSpin: 0.8, seed: 3)
            let parameters: JSON = ["problem": planted.problem.bqm, "sweeps": 1_000_000, "reads": 10_000, "max_seconds": 600]
            let id = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: parameters), tenant: Tenants.defaultID, actor: "a").job.record
                .id
            for _ in 0..<60_000 {
                if try await queue.job(id, tenant: Tenants.defaultID).record.progress.completed > 0 { break }
                try await Task.sleep(for: .milliseconds(2))
            }
            _ = try await queue.cancel(id, tenant: Tenants.defaultID, actor: "a")
            #expect(try await queue.settled(id).state == .cancelled)
            let usage = try await bureau.leases().usage(tenant: Tenants.defaultID, seconds: 60, now: noon)
            #expect(usage.runs == 1 && usage.spinUpdates > 0)
        }
    }

    @Test(arguments: [
        (#"{}"#, "problem"), (#"{"problem":{}}"#, "problem"), (#"{"format":"gset","problem":"1"}"#, "problem"), (#"{"format":"gset","problem":5}"#, "problem"),
        (#"{"format":"x","problem":"1"}"#, "format"), (#"{"format":"gset","problem":"1 0\n","reads":0}"#, "reads"),
        (#"{"format":"gset","problem":"1 0\n","solver":"gate"}"#, "solver"), (#"{"input_source":"https://example.org/"}"#, "input_source"),
        (#"{"input_source":"a","problem":"1 0\n","format":"gset"}"#, "problem"), (#"{"input_source":"a","seed":-1}"#, "seed"),
        (#"{"input_source":"a","seed":1.5}"#, "seed"), (#"{"input_source":"a","max_seconds":601}"#, "max_seconds"),
        (#"{"input_source":"a","allocation_id":5}"#, "allocation_id"), (#"{"input_source":"a","reference_energy":"x"}"#, "reference_energy"),
    ]) func badParametersAreNamed(_ text: String, _ field: String) async throws {
        let bureau = try await Bureau()
        try await bureau.solving { queue, _ in
            let parameters = try JSON(parsing: text)
            do {
                _ = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: parameters), tenant: Tenants.defaultID, actor: "a")
                Issue.record("\(text) is taken")
            } catch let failure as JobFailure {
                guard case .invalid(let named, _, _) = failure else { throw failure }
                #expect(named == "parameters.\(field)", "\(text)")
            }
        }
    }
}
