internal import Annealing
internal import Federation
package import Platform
package import Storage
package import StrictJSON

/// `annealing`: looks for low energies of a model. The same parameters, seed and version give the same samples, unless the time is over
/// before. The work is counted for the job's lease; without one it goes by the tenant's quota. What a crash interrupts is done again.
package struct AnnealingRunner: JobRunner {
    package let type = JobType.annealing
    private let pool: SolverPool
    private let leases: Leases
    private let artifacts: Artifacts

    package init(pool: SolverPool, leases: Leases, artifacts: Artifacts) {
        self.pool = pool
        self.leases = leases
        self.artifacts = artifacts
    }

    package func check(_ parameters: JSON) throws(JobFailure) { _ = try AnnealingTask(parameters) }

    package func requirements(_ job: JobRecord) async -> [JobBlocker] {
        guard let input = job.input else { return [] }
        do throws(ArtifactFailure) {
            _ = try await artifacts.find(input, tenant: job.tenant, now: leases.now)
            return []
        } catch .notFound {
            return [JobBlocker(what: "input", field: "parameters.input_source", asked: input, have: "none", fix: "store an artifact of this name")]
        } catch { return [] }
    }

    package func run(_ job: JobRecord, _ context: JobContext) async throws -> JobResult {
        let task = try AnnealingTask(try JSON(parsing: job.parameters))
        let flow = job.tenant
        let lease = try await self.lease(task, job, context)
        let input = try await content(job, context)
        let weight = lease?.priority.weight ?? JobPriority.low.weight
        let reading = try await turn(context, nil) { _ in
            try await pool.turn(of: flow, weight: weight) { _ -> Result<(Problem, Reduction?), JobFailure> in
                do throws(JobFailure) {
                    let problem = try task.model(input: input)
                    return .success((problem, task.reduces ? Reduction(problem.ising) : nil))
                } catch { return .failure(error) }
            }
        }
        let (problem, reduction) = try reading.get()
        try await checkSize(problem.variables, lease, job)
        var solving = Solving(task, problem, reduction, task.solver(for: problem, lease: lease), job)
        let meter = RunMeter(total: solving.planned, seconds: Double(task.seconds))
        context.log(.info, "\(problem.variables) variables, \(problem.ising.couplings.pairs) couplings, by \(solving.solver.id)")
        do {
            while let lot = solving.next() {
                let solver = solving.solver
                let result = try await turn(context, meter) { meter in
                    try await pool.turn(of: flow, weight: weight) { turn -> Result<SampleSet, AnnealingError> in
                        meter?.begin(turn)
                        defer { meter?.end() }
                        do throws(AnnealingError) {
                            return .success(
                                try solver.solve(
                                    problem, reads: lot.reads, seed: lot.seed, crew: turn.crew, watch: meter?.watch ?? .nobody, reduction: reduction))
                        } catch { return .failure(error) }
                    }
                }
                do throws(AnnealingError) { solving.add(try result.get()) } catch {
                    throw JobRunError("invalid", "The problem cannot be solved so: \(error.description)", mayRetry: false)
                }
            }
        } catch {
            // What was done was done, also for a job that is stopped.
            try? await count(solving, meter, lease, job, context)
            throw error
        }
        try await count(solving, meter, lease, job, context)
        try await context.progress(completed: Int64(clamping: solving.planned), total: Int64(clamping: solving.planned))
        return solving.result(meter.seconds, meter.updates, lease: lease?.id)
    }

    // MARK: What it may

    private func lease(_ task: AnnealingTask, _ job: JobRecord, _ context: JobContext) async throws -> LeaseRecord? {
        guard let id = task.lease else { return nil }
        let lease: LeaseRecord
        do throws(LeaseFailure) { lease = try await leases.find(id, tenant: job.tenant) } catch {
            guard case .notFound(let what) = error else { throw JobFailure.internalError("\(error)") }
            throw JobFailure.notFound(what)
        }
        guard lease.isActive(at: context.now) else {
            throw JobRunError("allocation_ended", "Allocation \(id) has ended; allocate another one.", mayRetry: false)
        }
        return lease
    }

    private func checkSize(_ spins: Int, _ lease: LeaseRecord?, _ job: JobRecord) async throws {
        if let lease {
            guard spins <= lease.qubits else {
                throw JobRunError("quota_exceeded", "The problem has \(spins) variables and the allocation \(lease.qubits) qubits.", mayRetry: false)
            }
            return
        }
        let limit: Int
        do throws(LeaseFailure) { limit = min(try await leases.quota(job.tenant), leases.capacity) } catch { throw JobFailure.internalError("\(error)") }
        guard spins <= limit else {
            throw JobRunError("quota_exceeded", "The problem has \(spins) variables; without an allocation there may be \(limit).", mayRetry: false)
        }
    }

    private func content(_ job: JobRecord, _ context: JobContext) async throws -> [UInt8] {
        guard let input = job.input else { return [] }
        do throws(ArtifactFailure) { return try await artifacts.get(input, tenant: job.tenant, now: context.now).content } catch {
            throw JobRunError("input", "The input \(input) could not be read.", mayRetry: true)
        }
    }

    // MARK: Turns

    /// Waits for a turn and does it, telling once a second how far it is. A job that is to stop is stopped also in the midst of it.
    private func turn<Value: Sendable>(
        _ context: JobContext, _ meter: RunMeter?, _ work: @escaping @Sendable (RunMeter?) async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work(meter) }
            group.addTask {
                do {
                    while true {
                        try await Task.sleep(for: .seconds(1))
                        if let meter { try await context.progress(completed: meter.completed, total: meter.total) } else { try context.go() }
                    }
                } catch is CancellationError {
                    return nil
                } catch {
                    meter?.cancel()
                    throw error
                }
            }
            defer { group.cancelAll() }
            while let value = try await group.next() { if let value { return value } }
            throw CancellationError()
        }
    }

    private func count(_ solving: Solving, _ meter: RunMeter, _ lease: LeaseRecord?, _ job: JobRecord, _ context: JobContext) async throws {
        guard meter.updates > 0 || solving.best != nil else { return }
        try await leases.count(
            SolverRunRecord(
                id: "\(job.id)/\(job.attempts)", tenant: job.tenant, lease: lease?.id, endedAt: context.now, solver: solving.solver.id,
                spins: solving.problem.variables, reads: solving.completed, spinUpdates: Int64(clamping: meter.updates),
                microseconds: Int64((meter.seconds * 1e6).rounded()), energy: solving.best, reference: solving.task.reference))
    }
}
