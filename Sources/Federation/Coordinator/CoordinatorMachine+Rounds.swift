internal import CryptoSuite
internal import Learning
internal import RobustAggregation
internal import SecureAggregation
internal import Strategies
internal import Wire

extension CoordinatorMachine {
    private static let maximumConsecutiveAborts = 10
    /// How long a round waits for the whole cohort to be there before it makes do with the clients it needs.
    private static let graceSeconds = 5.0

    func graceEnd(_ since: Instant) -> Instant {
        since.adding(seconds: min(Self.graceSeconds, session.spec.roundDeadlineSeconds / 2))
    }

    // MARK: Selecting

    mutating func select(attempt: Int, since: Instant, _ now: Instant) -> [CoordinatorEffect] {
        guard let model else { return [] }
        if session.spec.secureAggregation != nil { return selectSecure(attempt: attempt, since: since, now) }
        let wanted = min(session.spec.cohortSize(registered: trainers.count, needed: needed.count), session.privacy?.floors.cohort ?? .max)
        let asked = min(session.spec.selectionSize(wanted: wanted), max(wanted, trainers.count))
        let isPatient = now < graceEnd(since)
        let least = isPatient ? asked : needed.count
        // Fewer are there, whoever they are: nobody is looked for by name.
        guard activeClients(now) >= least else { return [] }
        let available = availableMembers(now)
        guard available.count >= least else { return [] }
        if let first = beforePrivateRound(cohort: wanted, now) { return first }
        let round = committedRounds + 1
        var record = RoundRecord(
            round: round, attempt: attempt, state: .configured,
            cohort: sample(available, asked, round: round, attempt: attempt), baseModel: model.digest, configuredAt: now,
            deadline: now.adding(seconds: session.spec.roundDeadlineSeconds))
        if session.spec.overSelection > 1 { record.wanted = min(wanted, record.cohort.count) }
        phase = .collecting(OpenRound(record: record))
        return [.persist(.round(record))] + roundStarts(record, to: record.cohort.filter { presence[$0]?.isConnected == true })
    }

    /// A uniform sample without replacement, from the session's seed; sorted.
    func sample(_ available: [String], _ count: Int, round: Int, attempt: Int) -> [String] {
        guard count < available.count else { return available }
        var names = available
        var generator = SeededGenerator(seed: derivedSeed(session.spec.seed, "cohort", "\(round)", "\(attempt)"))
        generator.shuffle(&names)
        return names.prefix(count).sorted()
    }

    /// What differs from one member to the next is little: the rest is put together once.
    func roundStarts(_ record: RoundRecord, to clients: [String]) -> [CoordinatorEffect] {
        guard let first = clients.first else { return [] }
        var start = roundStart(record, first)
        return clients.map { client in
            start.training.seed = trainingSeed(record, client)
            start.rule = updateRule(record, client)
            return .send(.roundStart(start), to: client)
        }
    }

    /// Not of the attempt: a repeated attempt trains the same update.
    private func trainingSeed(_ record: RoundRecord, _ client: String) -> UInt64 {
        derivedSeed(session.spec.seed, "training", client, "\(record.round)")
    }

    func roundStart(_ record: RoundRecord, _ client: String) -> RoundStart {
        let spec = session.spec
        return RoundStart(
            sessionID: session.id, round: record.round, attempt: record.attempt, modelSHA256: digestBytes(record.baseModel),
            modelPath: paths.model(record.round - 1), updatePath: paths.update, deadlineMs: record.deadline.milliseconds,
            training: TrainingPlan(
                learningRate: Float(spec.learningRate * spec.schedule.factor(round: record.round, of: spec.rounds)), momentum: Float(spec.momentum),
                weightDecay: Float(spec.weightDecay),
                proximalMu: Float(spec.proximalMu), localEpochs: spec.localEpochs, batchSize: spec.batchSize,
                seed: trainingSeed(record, client), adam: adamPlan, text: spec.textPlan(session.model)),
            // Masked numbers are random, and do not shrink.
            uploadEncoding: record.secure == nil ? .zstdShuffle : .identity,
            phase: record.secure.flatMap { bytes(hexadecimal: $0.parameters) }.map { .maskedUpdate(parameters: $0) } ?? .plainUpdate,
            rule: updateRule(record, client), privacy: session.privacy?.terms)
    }

    private var adamPlan: AdamPlan? {
        switch session.spec.optimizer {
        case .sgd: nil
        case .adam(let adam): AdamPlan(beta1: adam.beta1, beta2: adam.beta2, epsilon: adam.epsilon)
        }
    }

    private func updateRule(_ record: RoundRecord, _ client: String) -> UpdateRule {
        switch session.spec.strategy.client {
        case .plain: return .plain
        case .normalised: return .normalised
        case .controlled:
            let counted = members[client]?.counted
            return .controlled(
                ControlStart(
                    sha256: state.map(digestBytes) ?? [], path: state == nil ? "" : paths.control(record.round - 1),
                    countedRound: counted?.round ?? 0, countedAttempt: counted?.attempt ?? 0))
        }
    }

    // MARK: Closing

    /// Seals when enough of the cohort have delivered, when all of it has answered, or at the deadline if there is a quorum.
    mutating func closeIfDue(_ open: OpenRound, _ now: Instant) -> [CoordinatorEffect] {
        if open.secure != nil { return secureDue(now) }
        let isOver = now >= open.record.deadline
        guard open.isComplete || isOver || open.contributions.count >= open.record.wanted ?? .max else { return [] }
        let quorum = max(session.spec.quorum ?? needed.count, session.spec.aggregation == .mean ? 0 : session.privacy?.floors.groups ?? 0)
        guard open.contributions.count >= min(quorum, open.record.cohort.count) else {
            return abort(open, "\(open.contributions.count) of \(quorum) updates \(isOver ? "by the deadline" : "delivered")", now)
        }
        return seal(open, now)
    }

    private mutating func seal(_ open: OpenRound, _ now: Instant) -> [CoordinatorEffect] {
        var sealed = open
        sealed.record.state = .sealed
        let names = open.contributions.keys.sorted()
        sealed.record.sealed = names
        if session.spec.strategy.client == .controlled { sealed.record.weighing = weighing(names) }
        guard let job = aggregationJob(sealed) else {
            return abort(open, "\(open.contributions.count) updates are too few for \(session.spec.aggregation.rawValue)", now)
        }
        phase = .aggregating(sealed)
        return [.persist(.round(sealed.record)), .aggregate(job)]
    }

    /// nil when the rule cannot work with so few updates.
    func aggregationJob(_ open: OpenRound) -> AggregationJob? {
        let contributions = (open.record.sealed ?? []).compactMap { open.contributions[$0] }
        let f: Int
        if open.secure != nil {
            f = epoch?.plan.byzantine ?? 0
        } else {
            f = session.privacy?.floors.trimmed ?? session.spec.byzantineTolerance ?? SessionSpec.defaultTolerance(open.record.cohort.count)
            guard !session.spec.cannotCombine(contributions.count, byzantine: f) else { return nil }
        }
        let rule = session.spec.rule(byzantine: f)
        let weighing = open.record.weighing
        var job = AggregationJob(
            round: open.record.round, attempt: open.record.attempt, baseModel: open.record.baseModel, rule: rule,
            contributions: contributions,
            // Sample counts cannot be verified, so a robust rule does not use them; and they are private, too.
            weights: weighing?.counted ?? contributions.map { rule == .mean && session.privacy == nil ? max(1, $0.samples) : 1 },
            strategy: session.spec.strategy)
        (job.state, job.allWeights) = (state, weighing?.all ?? 0)
        job.privacy = privacyJob(open)
        return job
    }

    /// By the rows that members joined with: SCAFFOLD's control is a mean over all of them, whoever delivers.
    private func weighing(_ sealed: [String]) -> Weighing {
        func weight(_ name: String) -> Int64 { max(1, members[name]?.dataSize ?? 1) }
        let everybody = trainers.reduce(Int64(0)) { $0 + weight($1) }
        // Who has said since that it has no rows left counts all the same.
        let others = sealed.reduce(Int64(0)) { $0 + (trainers.hasSorted($1) ? 0 : weight($1)) }
        return Weighing(counted: sealed.map(weight), all: everybody + others)
    }

    /// SCAFFOLD: every counted client learns from this, at its next round, which of its controls the server has.
    private mutating func countControls(_ open: OpenRound) -> [CoordinatorEffect] {
        guard session.spec.strategy.client == .controlled else { return [] }
        return (open.record.sealed ?? []).compactMap { name in
            guard var member = members[name] else { return nil }
            member.counted = open.key
            remember(member)
            return .persist(.member(member))
        }
    }

    mutating func aggregated(_ key: AttemptKey, _ result: AggregationResult, _ now: Instant) -> [CoordinatorEffect] {
        guard case .aggregating(var open) = phase, open.key == key else { return [] }
        var outcome = outcome(open, result, now)
        judge(&outcome, key, base: open.record.baseModel)
        let charged = charge(open)
        open.record.state = .committed
        open.record.outcome = outcome
        open.record.secure = nil
        open.secure = nil
        model = (result.model, key.round)
        state = result.state
        consecutiveAborts = 0
        return conclude(open, outcome, "", charged, now)
    }

    /// A secure round that cannot be gone on with and must not be tried again: the model stays as it was.
    mutating func closeUnchanged(_ open: OpenRound, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        var open = open
        var outcome = outcome(open, nil, now)
        outcome.reason = "the model stays as it was: \(reason)"
        outcome.model = open.record.baseModel
        outcome.state = state
        outcome.secure?.isUnchanged = true
        outcome.contributors = 0
        outcome.dropped = open.record.cohort.count
        judge(&outcome, open.key, base: open.record.baseModel)
        let charged = charge(open)
        open.record.state = .committed
        open.record.outcome = outcome
        open.record.secure = nil
        open.secure = nil
        // Nobody counts, so nobody's update has a receipt that another one would be measured by.
        open.contributions = [:]
        model = (open.record.baseModel, open.record.round)
        consecutiveAborts += 1
        if consecutiveAborts >= Self.maximumConsecutiveAborts {
            committedRounds = open.record.round
            lastOutcome = outcome
            let why = "round \(open.record.round) and those before it came to nothing \(consecutiveAborts) times in a row; last: \(reason)"
            return merge([.persist(.round(open.record))] + charged, closing(open, committed: true, reason: outcome.reason ?? ""), end(.failed, why, now))
        }
        return conclude(open, outcome, outcome.reason ?? "", charged, now)
    }

    /// A committed round is stored and told, and the next one or the last evaluation begins.
    /// - Parameter charged: what else becomes durable with the round.
    private mutating func conclude(
        _ open: OpenRound, _ outcome: RoundOutcome, _ reason: String, _ charged: [CoordinatorEffect], _ now: Instant
    ) -> [CoordinatorEffect] {
        let key = open.key
        committedRounds = key.round
        (lastOutcome, lastCommitted) = (outcome, outcome)
        lastClosed = open
        let closed = closing(open, committed: true, reason: reason)
        let stored: [CoordinatorEffect] = [.persist(.round(open.record))] + charged + countControls(open)
        if isEnough != nil {
            return merge(stored, closed + [.discardContributions(throughRound: key.round)], beginEvaluation(now))
        }
        phase = .selecting(attempt: 1, since: now)
        return merge(stored, closed, select(attempt: 1, since: now, now)) + [.discardContributions(throughRound: key.round)]
    }

    mutating func abort(_ open: OpenRound, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        let (stored, closed) = closeAborted(open, reason, now)
        if consecutiveAborts >= Self.maximumConsecutiveAborts {
            let why = "round \(open.record.round) was aborted \(consecutiveAborts) times in a row; last: \(reason)"
            return merge(stored, closed, end(.failed, why, now))
        }
        phase = .selecting(attempt: open.record.attempt + 1, since: now)
        return merge(stored, closed, select(attempt: open.record.attempt + 1, since: now, now))
    }

    /// The attempt is over and the session with it.
    mutating func abort(_ open: OpenRound, ending status: SessionStatus, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        let (stored, closed) = closeAborted(open, reason, now)
        return merge(stored, closed, end(status, reason, now))
    }

    private mutating func closeAborted(_ open: OpenRound, _ reason: String, _ now: Instant) -> (stored: [CoordinatorEffect], told: [CoordinatorEffect]) {
        var open = open
        open.record.state = .aborted
        var outcome = outcome(open, nil, now)
        outcome.reason = reason
        open.record.outcome = outcome
        open.record.secure?.sealedState = nil
        consecutiveAborts += 1
        lastOutcome = outcome
        lastClosed = nil
        return ([.persist(.round(open.record))] + charge(open), closing(open, committed: false, reason: reason))
    }

    /// Durable first: the persists of both steps stand together, and so become one transaction.
    private func merge(
        _ stored: [CoordinatorEffect], _ closed: [CoordinatorEffect], _ next: [CoordinatorEffect]
    ) -> [CoordinatorEffect] {
        func isPersist(_ effect: CoordinatorEffect) -> Bool { if case .persist = effect { true } else { false } }
        let persists = next.prefix(while: isPersist)
        return stored + persists + closed + next.dropFirst(persists.count)
    }

    private func closing(_ open: OpenRound, committed: Bool, reason: String) -> [CoordinatorEffect] {
        let message = ServerMessage.roundClosed(
            RoundClosed(
                sessionID: session.id, round: open.record.round, attempt: open.record.attempt, committed: committed,
                modelSHA256: committed ? digestBytes(model?.digest ?? "") : [], reason: reason))
        return open.record.cohort.filter { presence[$0]?.isConnected == true }.map { .send(message, to: $0) }
    }

    private func outcome(_ open: OpenRound, _ result: AggregationResult?, _ now: Instant) -> RoundOutcome {
        var outcome = RoundOutcome(
            selected: open.record.cohort.count, contributors: open.contributions.count,
            seconds: max(0, now.seconds(since: open.record.configuredAt)), endedAt: now)
        outcome.model = result?.model
        outcome.state = result?.state
        // A diverged model has no loss that could be stored or shown.
        outcome.heldOutLoss = result?.heldOutLoss.flatMap { $0.isFinite ? $0 : nil }
        outcome.heldOutAccuracy = result?.heldOutAccuracy.flatMap { $0.isFinite ? $0 : nil }
        outcome.aggregateMilliseconds = result?.milliseconds ?? 0
        outcome.late = open.late
        outcome.rejected = open.rejected
        outcome.dropped = open.record.cohort.count - open.contributions.count
        if session.spec.algorithm == .scaffold { outcome.lostControls = open.contributions.values.count { $0.hasLostControl == true } }
        outcome.bytesDown = open.bytesDown
        outcome.epsilon = result?.epsilon ?? lastOutcome?.epsilon
        var (loss, accuracy) = (WeightedMean(), WeightedMean())
        for name in open.contributions.keys.sorted() {
            guard let record = open.contributions[name] else { continue }
            outcome.bytesUp += record.wireBytes
            // What a client measures on its rows tells of them, and is not paid for.
            guard session.spec.privacy == nil else { continue }
            loss.add(record.loss, rows: max(1, record.samples))
            accuracy.add(record.accuracy, rows: max(1, record.samples))
        }
        outcome.federatedLoss = loss.value
        outcome.federatedAccuracy = hasAccuracy ? accuracy.value : nil
        outcome.secure = secureOutcome(open, result?.sums)
        return outcome
    }

    /// A regression has none, whatever a client says.
    var hasAccuracy: Bool { session.spec.task == .classification }
}

/// 32 bytes of a digest that this code itself wrote in hex; empty for anything else.
func digestBytes(_ hex: String) -> [UInt8] { bytes(hexadecimal: hex) ?? [] }
