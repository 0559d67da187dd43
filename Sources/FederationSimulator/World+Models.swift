internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Learning
internal import RobustAggregation
internal import Strategies

// Models: the first one, the new one of each round, and who asks for them.
extension World {
    mutating func modelMade(_ made: Int, _ spec: ModelSpec, _ schema: DataSchema, _ seed: UInt64) {
        guard made == epoch, coordinator != nil else { return }
        // The disk is asked again until it has room, as in production.
        if now < diskIsFullUntil { return plan(.modelMade(epoch: made, spec, schema, seed: seed), in: diskIsFullUntil - now) }
        let digest = keep(ModelFile(spec: spec, schema: schema, parameters: spec.initialParameters(seed: seed)))
        tell(.modelInitialised(digest: digest))
    }

    /// Durable now: the time of the write has passed.
    private mutating func keep(_ file: ModelFile) -> String {
        let bytes = file.encode()
        let digest = store.put(model: bytes, isSynced: configuration.plantedBug != .commitsBeforeModelIsDurable)
        note("model", file.parameters.count, bytes)
        checker.sums.knows(model: digest, file.parameters)
        return digest
    }

    /// - Returns: nil when the bytes are no model, or another one than `digest` names.
    mutating func model(_ digest: String, _ bytes: [UInt8]) -> ModelFile? {
        guard hexadecimal(CryptoSuite.simulated.sha256(bytes)) == digest else { return nil }
        if let known = readModels[digest] { return known }
        guard let file = try? ModelFile(decoding: bytes) else { return nil }
        readModels[digest] = file
        return file
    }

    /// Read from the store, and kept until another one is asked for.
    mutating func baseModel(_ digest: String) -> ModelFile? {
        if let model = coordinator?.model, model.digest == digest { return model.file }
        guard let bytes = store.model(digest), let file = model(digest, bytes) else { return nil }
        coordinator?.model = (digest, file)
        return file
    }

    mutating func aggregate(_ begun: Int, _ job: AggregationJob) {
        guard begun == epoch, coordinator != nil else { return }
        if now < diskIsFullUntil { return plan(.aggregationDue(epoch: begun, job), in: diskIsFullUntil - now) }
        guard let privacy = job.privacy else { return compute(job, noise: nil) }
        if configuration.plantedBug == .chargesAfterCommit { compute(job, noise: noise(of: privacy.charge)) }
        begin(.charge(privacy.charge, job))
    }

    /// - Parameter noise: of a private round, whose charge is durable.
    mutating func compute(_ job: AggregationJob, noise: RandomWords?) {
        var job = job
        spoil(&job)
        do {
            let from = configuration.plantedBug == .forksChain ? store.initialModel ?? job.baseModel : job.baseModel
            guard let base = baseModel(from) else { throw AggregationError.source("its model is not in the store") }
            if let masked = job.masked { return try open(masked, job, base, noise) }
            let length = job.strategy.updateLength(parameters: base.parameters.count)
            var deltas: [[Float]] = []
            for record in job.contributions {
                guard let stored = store.contribution(record.attemptKey, record.client)?.delta,
                    let delta = RoundComputer.decode(delta: stored, count: length)
                else { throw AggregationError.source("the update of \(record.client) is not in the store") }
                deltas.append(delta)
            }
            let state = configuration.plantedBug == .forgetsServerState ? nil : job.state.flatMap { store.model($0) }
            try commit(try RoundComputer.step(from: base, state: state, job: job, source: try MemoryUpdates(deltas), noise: noise), job, base)
        } catch {
            tell(.aggregationFailed(round: job.round, attempt: job.attempt, reason: "\(error)"))
        }
    }

    /// Masked updates: sums of groups.
    private mutating func open(_ masked: MaskedJob, _ job: AggregationJob, _ base: ModelFile, _ noise: RandomWords?) throws {
        let attempt = AttemptKey(round: job.round, attempt: job.attempt)
        let state = configuration.plantedBug == .forgetsServerState ? nil : job.state.flatMap { store.model($0) }
        let (step, sums) = try RoundComputer.step(from: base, state: state, job: job, masked: masked, suite: .simulated, noise: noise) {
            [store] name throws(AggregationError) in
            guard let lanes = store.contribution(attempt, name)?.delta else { throw .source("the update of \(name) is not in the store") }
            return lanes
        }
        try commit(step, job, base, sums)
    }

    private mutating func commit(_ step: RoundComputer.Step, _ job: AggregationJob, _ base: ModelFile, _ sums: MaskedSums? = nil) throws {
        var result = AggregationResult(model: keep(step.model), heldOutLoss: nil, heldOutAccuracy: nil, milliseconds: 0)
        result.sums = sums
        if let file = step.state {
            let digest = store.put(model: file, isSynced: true)
            result.state = digest
            checker.sums.strategy.knows(state: digest, try ServerState(decoding: file, strategy: job.strategy, parameters: base.parameters.count))
        }
        if configuration.plantedBug == .discardsBeforeCommit { store.discard(throughRound: job.round) }
        tell(.aggregated(round: job.round, attempt: job.attempt, result))
    }

    /// What is computed instead, when a bug is planted.
    private func spoil(_ job: inout AggregationJob) {
        guard job.strategy.client == .plain else { return }
        if configuration.plantedBug == .addsNoNoise { job.privacy = nil }
        switch configuration.plantedBug {
        case .countsDuplicates:
            for (index, record) in job.contributions.enumerated()
            where repeated.contains(DurableStore.Key(attempt: record.attemptKey, client: record.client)) {
                job.contributions.append(record)
                job.weights.append(job.weights[index])
            }
        case .weighsWrongly: job.weights = job.weights.map { _ in 1 }
        case .forgetsLastUpdate where job.contributions.count > 1:
            job.contributions.removeLast()
            job.weights.removeLast()
        default: break
        }
    }

    mutating func modelAsked(_ client: Int, _ life: Int, _ digest: String, _ path: String) {
        let nothing = WorldEvent.modelAnswered(client, life: life, digest: digest, nil)
        let lost = isLost(from: client)
        guard coordinator != nil, !lost else { return plan(nothing, in: Self.requestTimeout) }
        let found = path.lastIndex(of: "=").flatMap { Int(path[path.index(after: $0)...]) }.flatMap { round -> [UInt8]? in
            let isOld = configuration.plantedBug == .servesOldModel
            if path == paths.model(round) { return store.model(ofRound: isOld ? max(0, round - 1) : round) }
            return path == paths.control(round) ? store.state(ofRound: round) : nil
        }
        guard let bytes = found else { return reply(to: client, nothing, orLost: nothing) }
        reply(to: client, .modelAnswered(client, life: life, digest: digest, bytes), orLost: nothing)
        tell(.bytesServed(Int64(bytes.count)))
    }
}
