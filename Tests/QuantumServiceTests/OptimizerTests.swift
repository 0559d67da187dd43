import Annealing
import Federation
import Platform
import QuantumService
import Storage
import StrictJSON
import Testing
import Trust

@Suite struct OptimizerTests {
    private func optimizer(_ bureau: Bureau, at seconds: Double = 0) -> QuantumOptimizer {
        QuantumOptimizer(
            leases: bureau.leases(at: seconds), store: bureau.store, artifacts: nil, pool: SolverPool(threads: 1, slice: 0.01), random: .system,
            pilotSeconds: 0.2)
    }

    private func ask(
        _ bureau: Bureau, _ objective: OptimizationRequest.Objective, at seconds: Double, sla: Bool = true, trial: Bool = false, target: Double = 0.1
    ) async throws -> OptimizationReport {
        try await optimizer(bureau, at: seconds).optimize(
            OptimizationRequest(objective: objective, target: target, seconds: 60, maintainsSLA: sla, isTrial: trial), tenant: Tenants.defaultID, actor: "a",
            now: noon.adding(seconds: seconds))
    }

    /// Every number by hand.
    @Test func leasesAreAsLargeAsWhatIsDoneWithThem() async throws {
        let bureau = try await Bureau()
        let large = try await bureau.allocate(400, seconds: 2000)
        let idle = try await bureau.allocate(300, seconds: 2000)
        let fresh = try await bureau.allocate(200, seconds: 2000, at: 900)
        let past = try await bureau.allocate(100, seconds: 10)
        try await bureau.run("1", large.id, at: 100, spins: 100, milliseconds: 1000)
        try await bureau.run("2", large.id, at: 110, spins: 60, milliseconds: 1000)
        let planned = try await ask(bureau, .cost, at: 1000, trial: true)
        func size(_ lease: LeaseRecord) async throws -> Int { try await bureau.leases().find(lease.id, tenant: Tenants.defaultID).qubits }
        #expect(try await size(large) == 400 && planned.reallocations.count == 2)
        let report = try await ask(bureau, .cost, at: 1000)
        // Idle since it began: as large as what the tenant does elsewhere. The fresh one has had no time.
        #expect(Set(report.reallocations.map(\.lease)) == [large.id, idle.id] && report.reallocations.allSatisfy { $0.after == 100 })
        #expect(try await size(large) == 100)
        #expect(try await size(idle) == 100)
        #expect(try await size(fresh) == 200)
        #expect(try await size(past) == 100)
        // Still to come: 400 and 300 for 1000 s and 200 for 1900 s; then 100 and 100.
        let (before, after) = (700_000.0 + 380_000, 200_000.0 + 380_000)
        #expect(report.cost.map { abs($0 - 100 * (1 - after / before)) < 1e-9 } == true && report.isTargetMet)
        // Leased until now: 400 and 300 for 1000 s, 200 for 100 s.
        #expect(report.efficiency.map { abs($0 - (720_000.0 / 220_000 - 1)) < 1e-9 } == true && report.performance == nil && report.pilots.isEmpty)
        let entries = try await bureau.store.audit(tenant: Tenants.defaultID, after: 0, limit: 99).map(\.entry).filter { $0.action == .leaseOptimized }
        #expect(entries.count == 2 && entries.allSatisfy { $0.details["qubits_after"] == "100" })
        // What was leased before stays leased: the past is not written anew.
        let usage = try await bureau.leases().usage(tenant: Tenants.defaultID, seconds: 1000, now: noon.adding(seconds: 1000))
        #expect(usage.leasedSpinMilliseconds == 721_000_000)
        let later = try await bureau.leases().usage(tenant: Tenants.defaultID, seconds: 1010, now: noon.adding(seconds: 1010))
        #expect(later.leasedSpinMilliseconds == 721_000_000 + 4_000_000 && later.peak == 900)
        #expect(try await ask(bureau, .cost, at: 1000).reallocations.isEmpty)
    }

    @Test func whatIsInUseIsKeptWhereThatIsAskedFor() async throws {
        let bureau = try await Bureau()
        let lease = try await bureau.allocate(400, seconds: 2000)
        try await bureau.run("1", lease.id, at: 900, spins: 50, milliseconds: 10)
        #expect(try await ask(bureau, .cost, at: 1000).reallocations.isEmpty)
        #expect(try await ask(bureau, .cost, at: 1000, sla: false).reallocations.map(\.after) == [50])
        // One that a job names is kept, whatever was asked for.
        let named = try await bureau.allocate(300, seconds: 2000)
        try await bureau.run("2", named.id, at: 100, spins: 9, milliseconds: 10)
        try await bureau.solving { queue, _ in
            let parameters: JSON = ["format": "gset", "input_source": "nowhere", "allocation_id": .string(named.id)]
            _ = try await queue.submit(JobRequest(name: "x", type: .annealing, parameters: parameters), tenant: Tenants.defaultID, actor: "a")
            #expect(try await ask(bureau, .cost, at: 1000, sla: false).reallocations.isEmpty)
        }
    }

    @Test func solversAreTunedByTheTenantsOwnModel() async throws {
        let bureau = try await Bureau()
        let lease = try await bureau.allocate(64, seconds: 2000)
        let sampling = try await bureau.leases().allocate(
            LeaseRequest(qubits: 5, seconds: 2000, priority: .low, workload: .sampling, strategy: .auto), tenant: Tenants.defaultID, actor: "a", now: noon)
        try await bureau.solving { queue, _ in
            let planted = try Planted.frustratedLoops(spins: 24, degree: 4, loopsPerSpin: 1, seed: 3)
            let job = try await queue.solve(["problem": planted.problem.bqm, "allocation_id": .string(lease.id), "reads": 8])
            let report = try await ask(bureau, .performance, at: 10, target: 10)
            let pilot = try #require(report.pilots.first)
            #expect(report.pilots.count == 1 && pilot.model == .job && pilot.job == job.id && pilot.spins == 24 && pilot.present.runs > 0)
            let after = try await bureau.leases().find(lease.id, tenant: Tenants.defaultID)
            #expect(after.qubits == 64 && after.tuning == (pilot.isBetter ? pilot.chosen : nil))
            #expect(try await bureau.leases().find(sampling.id, tenant: Tenants.defaultID).tuning == nil)
            #expect(report.reallocations.count == (pilot.isBetter ? 1 : 0) && report.efficiency == nil && report.cost == nil)
            if pilot.isBetter {
                #expect((pilot.ratio?.low ?? 0) > 1 && (report.performance ?? 0) > 0)
                // Jobs that name no solver go by it from now on.
                let next = try await queue.solve(["problem": planted.problem.bqm, "allocation_id": .string(lease.id), "reads": 8])
                let solver = try JSON(parsing: try #require(next.figures))["solver"]?.text
                #expect(solver?.hasPrefix(try #require(pilot.chosen).solver) == true)
            }
        }
    }

    /// What solves two spins soonest says nothing of a lease of a hundred: the benchmark's model stands in for the tenant's.
    @Test func aToyTunesNoLargeLease() async throws {
        let bureau = try await Bureau()
        _ = try await bureau.allocate(100, seconds: 2000)
        try await bureau.solving { queue, _ in
            let toy = try Planted.frustratedLoops(spins: 8, degree: 2, loopsPerSpin: 1, seed: 3)
            _ = try await queue.solve(["problem": toy.problem.bqm, "reads": 8])
            let report = try await ask(bureau, .performance, at: 10, target: 10)
            let pilot = try #require(report.pilots.first)
            #expect(pilot.model == .benchmark && pilot.job == nil && pilot.spins == 100)
        }
    }

    @Test func withoutALeaseThereIsNothingToSay() async throws {
        let report = try await ask(try await Bureau(), .efficiency, at: 0)
        #expect(report.efficiency == nil && report.cost == nil && report.performance == nil && report.reallocations.isEmpty && !report.isTargetMet)
    }
}
