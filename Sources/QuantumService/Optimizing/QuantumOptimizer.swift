internal import Annealing
internal import CryptoSuite
package import Federation
package import Platform
package import Storage
internal import StrictJSON
package import Trust

/// Measures what a tenant's leases are solved by, and how much of them is used, and changes both. One optimisation of a tenant at a time.
package actor QuantumOptimizer {
    private let leases: Leases
    private let store: any LeaseStore & JobStore
    private let artifacts: Artifacts?
    private let pool: SolverPool
    private let random: RandomSource
    private let pilotSeconds: Double
    private var running: Set<String> = []

    /// - Parameters:
    ///   - artifacts: where inputs of jobs are; nil: only models that lie in a job are measured.
    ///   - pilotSeconds: of solvers at work, in all.
    package init(
        leases: Leases, store: any LeaseStore & JobStore, artifacts: Artifacts?, pool: SolverPool, random: RandomSource,
        pilotSeconds: Double = QuantumLimits.pilotSeconds
    ) {
        (self.leases, self.store, self.artifacts, self.pool, self.random, self.pilotSeconds) = (leases, store, artifacts, pool, random, pilotSeconds)
    }

    package func optimize(
        _ request: OptimizationRequest, tenant: String, actor: AuditActor, now: Instant
    ) async throws(OptimizationFailure) -> OptimizationReport {
        guard running.insert(tenant).inserted else { throw .isRunning }
        defer { running.remove(tenant) }
        let began = ContinuousClock.now
        do {
            let active = try await store.leases(tenant: tenant, from: now, to: now.adding(seconds: 0.001), limit: QuantumLimits.leasesTuned)
                .filter { $0.isActive(at: now) }
            var pilots: [Pilot] = []
            if request.objective != .cost {
                let deadline = began.advanced(by: .seconds(min(Double(request.seconds), QuantumLimits.optimizationSeconds)))
                pilots = try await measure(active, request, tenant, until: deadline, now: now)
            }
            let sizes = request.objective == .performance ? [:] : try await rightSizes(active, request, tenant, now: now)
            let changes = active.compactMap { lease -> Reallocation? in
                let tuning = pilots.first { $0.isBetter && $0.strategy == lease.strategy && lease.workload != .sampling }?.chosen
                let after = sizes[lease.id] ?? lease.qubits
                guard after != lease.qubits || tuning != nil else { return nil }
                return Reallocation(lease: lease.id, before: lease.qubits, after: after, tuning: tuning)
            }
            var applied = changes
            if !request.isTrial {
                applied = []
                for change in changes { if try await apply(change, tenant, actor, now) { applied.append(change) } }
            }
            var report = OptimizationReport(
                id: "opt_" + hexadecimal(random.bytes(16)), request: request, reallocations: applied, pilots: pilots, leases: active.count, seconds: 0)
            Self.compare(active, applied, &report, now: now)
            report.seconds = began.duration(to: .now) / .seconds(1)
            return report
        } catch let failure as LeaseFailure { throw .lease(failure) } catch let failure as StorageError { throw .lease(.storage(failure)) } catch {
            throw .lease(.storage(.io(path: "annealer", problem: "\(error)")))
        }
    }

    // MARK: Sizes

    /// What each lease needs, where that is less than it has.
    private func rightSizes(_ active: [LeaseRecord], _ request: OptimizationRequest, _ tenant: String, now: Instant) async throws -> [String: Int] {
        let runs = try await store.solverRuns(
            tenant: tenant, from: now.adding(seconds: -QuantumLimits.keptSeconds), to: now.adding(seconds: 0.001), limit: QuantumLimits.runsRead)
        let largest = runs.map(\.spins).max()
        let recent = now.adding(seconds: -QuantumLimits.idleSeconds)
        let busy = Set(runs.filter { $0.endedAt > recent }.compactMap(\.lease))
        var named: Set<String> = []
        for state in [JobState.queued, .running] {
            // A job that waits may have any model: nothing is known of its size.
            let page = try await store.jobs(tenant: tenant, state: state, offset: 0, limit: QuantumLimits.jobsRead)
            guard page.total <= page.jobs.count else { return [:] }
            for job in page.jobs where job.type == .annealing {
                if let id = (try? JSON(parsing: job.parameters))?["allocation_id"]?.text { named.insert(id) }
            }
        }
        var sizes: [String: Int] = [:]
        for lease in active where !named.contains(lease.id) && !(request.maintainsSLA && busy.contains(lease.id)) {
            // Idle since it began: by what the tenant does elsewhere. A lease that is new has had no time to be used.
            let isOld = lease.allocatedAt <= recent
            guard let needed = lease.use.runs > 0 ? (lease.use.spinsMax > 0 ? lease.use.spinsMax : nil) : isOld ? largest : nil else { continue }
            if needed < lease.qubits { sizes[lease.id] = max(1, needed) }
        }
        return sizes
    }

    private func apply(_ change: Reallocation, _ tenant: String, _ actor: AuditActor, _ now: Instant) async throws -> Bool {
        let after = try await store.changeLease(change.lease, tenant: tenant) { lease in
            // Meanwhile it may have ended, or have solved a larger model.
            guard lease.isActive(at: now), lease.qubits == change.before, change.after == lease.qubits || lease.use.spinsMax <= change.after else { return nil }
            var next = lease
            next.resize(to: change.after, at: now)
            if let tuning = change.tuning { next.tuning = tuning }
            var details = ["qubits": "\(change.before)", "qubits_after": "\(change.after)"]
            if let tuning = change.tuning { (details["solver"], details["sweeps"]) = (tuning.solver, tuning.sweeps.map { "\($0)" }) }
            return (next, AuditRecord(at: now, action: .leaseOptimized, by: actor, of: lease.id, details: details), [])
        }
        return after.map { $0.qubits == change.after && (change.tuning == nil || $0.tuning == change.tuning) } ?? false
    }

    private static func compare(_ active: [LeaseRecord], _ changes: [Reallocation], _ report: inout OptimizationReport, now: Instant) {
        var (used, leased, needed, ahead, aheadAfter) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for lease in active {
            let part = changes.first { $0.lease == lease.id }.map { Double($0.after) / Double($0.before) } ?? 1
            let (past, future) = (lease.spinMilliseconds(to: now), Double(lease.qubits) * max(0, lease.expiresAt.seconds(since: now)))
            used += Double(lease.use.spinMicroseconds)
            (leased, needed) = (leased + past, needed + past * part)
            (ahead, aheadAfter) = (ahead + future, aheadAfter + future * part)
        }
        if report.request.objective != .performance {
            if used > 0, leased > 0, needed > 0 { report.efficiency = leased / needed - 1 }
            if ahead > 0 { report.cost = 100 * (1 - aheadAfter / ahead) }
        }
        let logs = report.pilots.compactMap { pilot -> Double? in
            // Nothing sooner was found: the present one stays, and that is no gain.
            guard pilot.chosen != nil else { return pilot.present.seconds == nil ? nil : 0 }
            return pilot.ratio.map { naturalLogarithm($0.value) }
        }
        if !logs.isEmpty { report.performance = 100 * (exponential(logs.reduce(0, +) / Double(logs.count)) - 1) }
    }

    // MARK: Pilots

    private func measure(
        _ active: [LeaseRecord], _ request: OptimizationRequest, _ tenant: String, until deadline: ContinuousClock.Instant, now: Instant
    ) async throws -> [Pilot] {
        // Samples of a distribution are not to be changed by a search for what is lowest.
        let tuned = active.filter { $0.workload != .sampling }
        let strategies = LeaseStrategy.allCases.filter { strategy in tuned.contains { $0.strategy == strategy } }
        guard !strategies.isEmpty else { return [] }
        let recent = try await store.jobs(tenant: tenant, state: .completed, offset: 0, limit: QuantumLimits.jobsRead).jobs.filter { $0.type == .annealing }
        var pilots: [Pilot] = []
        for strategy in strategies where ContinuousClock.now < deadline {
            guard let lease = tuned.filter({ $0.strategy == strategy }).max(by: { $0.qubits < $1.qubits }) else { continue }
            let found = await model(recent, lease, now: now)
            let problem = try found?.problem ?? Self.benchmarkModel(lease.qubits)
            let present =
                lease.tuning.flatMap { tuning in
                    AnnealingTask.SolverName(rawValue: tuning.solver).map { AnnealingTask.solver($0, tuning.sweeps, for: problem) }
                } ?? AnnealingTask.solver(AnnealingTask.SolverName(lease), nil, for: problem)
            let candidates = SolverTuning.candidates(strategy, spins: problem.variables)
            var runs = PilotRuns(
                problem, present: present,
                candidates: candidates.enumerated().map { .init(AnnealingTask.solver($1.name, $1.sweeps, for: problem), name: "\($0)") },
                seconds: pilotSeconds / Double(strategies.count), seed: UInt64(bitPattern: now.milliseconds))
            while ContinuousClock.now < deadline, let step = try runs.next() {
                let (set, seconds) = try await pool.measured(step, problem, flow: tenant, weight: JobPriority.low.weight)
                runs.add(set, seconds: seconds, of: step)
            }
            guard let choice = try runs.choice() else { continue }
            let chosen = choice.chosen.flatMap { Int($0.name) }.map { at in
                SolverTuning(solver: candidates[at].name.rawValue, sweeps: candidates[at].sweeps, measuredAt: now)
            }
            pilots.append(
                Pilot(
                    strategy: strategy, model: found == nil ? .benchmark : .job, job: found?.job, spins: problem.variables, presentSolver: present.id,
                    present: .init(choice.present), chosen: chosen, chosenTime: choice.speedup.map { .init($0.solverTime) },
                    ratio: choice.speedup?.ratio.map { .init($0) }, isBetter: choice.isBetter))
            // Enough: what is left of the time is not needed.
            if choice.isBetter, let ratio = choice.speedup?.ratio?.value, ratio - 1 >= request.target { break }
        }
        return pilots
    }

    /// The newest model that the lease could hold and that is not much smaller than what it is for, if possible one of its own. What solves a
    /// toy soonest is a bad choice for what a lease of hundreds is made for.
    private func model(_ recent: [JobRecord], _ lease: LeaseRecord, now: Instant) async -> (problem: Problem, job: String)? {
        var others: [(problem: Problem, job: String)] = []
        let least = Double(lease.use.spinsMax > 0 ? lease.use.spinsMax : lease.qubits) * QuantumLimits.pilotPart
        for job in recent.prefix(QuantumLimits.modelsRead) {
            guard let parameters = try? JSON(parsing: job.parameters), let task = try? AnnealingTask(parameters) else { continue }
            var input: [UInt8] = []
            if let name = job.input {
                guard let found = try? await artifacts?.get(name, tenant: job.tenant, now: now) else { continue }
                input = found.content
            }
            guard let problem = try? task.model(input: input), problem.variables <= lease.qubits, Double(problem.variables) >= least else { continue }
            if task.lease == lease.id { return (problem, job.id) }
            others.append((problem, job.id))
        }
        return others.first
    }

    /// Frustrated loops around a planted state, as large as the lease and at most as in the benchmark.
    private static func benchmarkModel(_ qubits: Int) throws(AnnealingError) -> Problem {
        let spins = max(8, min(qubits, QuantumLimits.pilotSpins))
        return try Planted.frustratedLoops(spins: spins, degree: 4, loopsPerSpin: 1, seed: UInt64(spins)).problem
    }
}
