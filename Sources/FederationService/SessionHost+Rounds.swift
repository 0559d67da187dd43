internal import Compute
internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import Logging
internal import RobustAggregation
internal import Storage
internal import Strategies
internal import Trust
internal import WorkSharing

// Who computes: the first model, and each round's new one. The arithmetic is `RoundComputer`'s, on the pool's threads.
extension SessionHost {
    func initialise(_ spec: ModelSpec, _ schema: DataSchema, _ seed: UInt64) {
        Task {
            let file = await around.pool.run {
                ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed)).encode()
            }
            guard let digest = await keep(model: file, round: 0) else { return }
            handle(.modelInitialised(digest: digest))
        }
    }

    func aggregate(_ job: AggregationJob) {
        Task {
            do {
                let base = try await model(digest: job.baseModel)
                let rows = await evaluationRows(base.schema)
                var state: [UInt8]?
                if let digest = job.state { state = try await modelBytes(digest) }
                var paid: (epsilon: Double, noise: RandomWords?)?
                if let privacy = job.privacy {
                    guard let given = await pay(privacy.charge, job) else { return }
                    paid = given
                }
                let made = try await around.pool.run(throwing: {
                    [id, tenant, state, noise = paid?.noise, store = around.sessions, crew = around.crew] () throws(AggregationError) in
                    try NewModel(base, state, job, rows, store, crew, noise, session: id, tenant: tenant)
                })
                for void in made.sums?.void ?? [] {
                    around.log.warning("a group does not count", metadata: ["session": "\(id)", "round": "\(job.round)", "reason": "\(void)"])
                }
                var result = AggregationResult(
                    model: "", heldOutLoss: made.evaluation?.loss, heldOutAccuracy: made.evaluation?.accuracy, milliseconds: made.milliseconds)
                result.sums = made.sums
                result.epsilon = paid?.epsilon
                if let bytes = made.state {
                    guard let digest = await keep(state: bytes) else { return }
                    result.state = digest
                }
                guard let digest = await keep(model: made.bytes, round: job.round) else { return }
                result.model = digest
                handle(.aggregated(round: job.round, attempt: job.attempt, result))
            } catch {
                around.log.error("a round could not be aggregated", metadata: ["session": "\(id)", "round": "\(job.round)", "cause": "\(error)"])
                handle(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
            }
        }
    }

    func discard(through round: Int) {
        Task { [around, id, tenant] in
            do { try await around.sessions.discardContributions(session: id, tenant: tenant, throughRound: round) } catch {
                // The next round's, or the next start's clearing up takes them along.
                around.log.warning("updates of closed rounds could not be removed", metadata: ["session": "\(id)", "cause": "\(error)"])
            }
        }
    }

    // MARK: Held-out evaluation

    func setEvaluation(_ set: EvaluationSet, as record: EvaluationSetRecord, by actor: AuditActor) async throws(FederationFailure) {
        if machine.session.status.isFinal {
            throw .conflict("the session is \(machine.session.status.rawValue); there is nothing left to evaluate", retryAfterSeconds: nil)
        }
        if case .raw(let table) = set, let model = machine.session.model, case let (inputs, outputs) = (table.schema.inputs, table.schema.outputs),
            model.inputs != inputs || model.outputs < outputs
        {
            throw .unprocessable(
                field: "evaluation",
                issue: "has \(inputs) inputs and \(outputs) outputs; the model has \(model.inputs) and \(model.outputs)", provided: nil)
        }
        if let schema = machine.session.schema,
            case .unusable(let problem) = await around.pool.run({ set.scaled(for: schema) })
        {
            throw .unprocessable(field: "evaluation", issue: problem, provided: nil)
        }
        let entry = SessionAudit.entry(.sessionEvaluationSet, around.now(), by: actor, id, ["sha256": record.file])
        do { try await around.sessions.setEvaluationSet(record, session: id, tenant: tenant, audit: entry) } catch {
            throw storageFailure(error, around.log)
        }
        evaluation = set
    }

    private func evaluationRows(_ schema: DataSchema) async -> Dataset? {
        if case .raw = evaluation {
            let raw = evaluation
            let scaled = await around.pool.run { raw.scaled(for: schema) }
            // Unless the operator has given another one in the meantime.
            if case .raw = evaluation { evaluation = scaled }
            if case .unusable(let problem) = scaled {
                around.log.warning("the evaluation set does not fit the session", metadata: ["session": "\(id)", "reason": "\(problem)"])
            }
        }
        guard case .scaled(let rows) = evaluation else { return nil }
        return rows
    }
}

/// What one aggregation gives.
private struct NewModel: Sendable {
    var bytes: [UInt8]
    /// What the server keeps with it; nil when the algorithm keeps nothing.
    var state: [UInt8]?
    var evaluation: Assessment?
    /// Of reading and combining the updates.
    var milliseconds: Double
    /// Of masked updates.
    var sums: MaskedSums?

    init(
        _ base: ModelFile, _ state: [UInt8]?, _ job: AggregationJob, _ rows: Dataset?, _ store: any ContributionStore, _ crew: Crew, _ noise: RandomWords?,
        session: String, tenant: String
    ) throws(AggregationError) {
        let started = ContinuousClock.now
        let keys = job.contributions.map {
            ContributionKey(tenant: tenant, session: session, round: $0.round, attempt: $0.attempt, client: $0.client)
        }
        let step: RoundComputer.Step
        if let masked = job.masked {
            (step, sums) = try RoundComputer.step(from: base, state: state, job: job, masked: masked, suite: .system, crew: crew, noise: noise) {
                name throws(AggregationError) in
                try Self.packed(keys.first { $0.client == name }, store, of: name)
            }
        } else {
            let updates = StoredUpdates(
                keys, dimension: job.strategy.updateLength(parameters: base.parameters.count),
                shape: job.rule == .mean ? .oneByOne : .columns(bytes: Limits.aggregationBytes),
                store: store)
            step = try RoundComputer.step(from: base, state: state, job: job, source: updates, crew: crew, noise: noise)
        }
        let model = step.model
        let elapsed = started.duration(to: .now).components
        milliseconds = Double(elapsed.seconds) * 1e3 + Double(elapsed.attoseconds) / 1e15
        evaluation = rows.map { LocalComputer.assessment(of: model, on: $0) }
        bytes = model.encode()
        self.state = step.state
    }

    /// The masked vector of a member, one in memory at a time.
    private static func packed(_ key: ContributionKey?, _ store: any ContributionStore, of client: String) throws(AggregationError) -> [UInt8] {
        let bytes: [UInt8]?
        do { bytes = try key.flatMap { key throws(StorageError) in try store.contributionBody(key) } } catch {
            throw .source("the masked update of \(client) cannot be read")
        }
        guard let bytes else { throw .source("the masked update of \(client) is not in the store") }
        return bytes
    }
}
