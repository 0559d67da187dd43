package import CryptoSuite
internal import Learning

extension CoordinatorMachine {
    /// The machine as it was after its last durable change, and what it does first.
    package static func restored(
        from snapshot: SessionSnapshot, now: Instant, suite: CryptoSuite? = nil
    ) -> (CoordinatorMachine, [CoordinatorEffect]) {
        var machine = CoordinatorMachine(session: snapshot.session, suite: suite)
        let effects = machine.restore(snapshot, now)
        return (machine, effects)
    }

    private mutating func restore(_ snapshot: SessionSnapshot, _ now: Instant) -> [CoordinatorEffect] {
        _ = handle(.bytesServed(0), now: now)  // sets the clock
        for member in snapshot.members { remember(member) }
        evaluation = snapshot.evaluation
        model = snapshot.initialModel.map { ($0, 0) }
        let rounds = snapshot.rounds.sorted { ($0.round, $0.attempt) < ($1.round, $1.attempt) }
        for record in rounds where record.state == .committed {
            committedRounds = max(committedRounds, record.round)
            (lastOutcome, lastCommitted) = (record.outcome, record.outcome)
            best = record.outcome?.best ?? BestModels()
            progress = record.outcome?.progress
            if let digest = record.outcome?.model { model = (digest, record.round) }
            state = record.outcome?.state
        }
        if session.status.isFinal {
            phase = .ended
            return []
        }
        guard session.status == .training else { return proceed(now) }
        guard let spec = session.model, let schema = session.schema else { return [] }
        if model == nil, let digest = session.warmStart {
            // The process ended between the write that begins the session and the one that names its first model.
            model = (digest, 0)
            return [.persist(.initialModel(digest: digest))] + goOn(spec, snapshot, rounds, now)
        }
        guard model != nil else {
            phase = .initialising
            return [.initialiseModel(spec, schema, seed: session.spec.seed)]
        }
        return goOn(spec, snapshot, rounds, now)
    }

    /// A session in training whose first model is there.
    private mutating func goOn(_ spec: ModelSpec, _ snapshot: SessionSnapshot, _ rounds: [RoundRecord], _ now: Instant) -> [CoordinatorEffect] {
        if let kept = session.epoch, let suite {
            guard let drawn = try? EpochContext(kept, spec: session.spec, dimension: spec.parameterCount, suite: suite) else {
                return end(.failed, "the groups of this session were kept in a form that cannot be read", now)
            }
            epoch = drawn
        }
        if isEnough != nil {
            // The last model stands; nobody is connected yet to evaluate it, so the evaluation waits for its deadline.
            let expected = rounds.last { $0.state == .committed }?.sealed ?? []
            phase = .evaluating(
                deadline: now.adding(seconds: min(10, session.spec.roundDeadlineSeconds)), reports: [:], expected: expected)
            return []
        }
        let attempts = rounds.filter { $0.round == committedRounds + 1 }
        consecutiveAborts = attempts.filter { $0.state == .aborted }.count
        if let told = attempts.last(where: { $0.secure?.advertised != nil })?.secure?.advertised { retry = (committedRounds + 1, told) }
        guard let last = attempts.last, last.state != .aborted else {
            phase = .selecting(attempt: (attempts.last?.attempt ?? 0) + 1, since: now)
            return proceed(now)
        }
        return resume(last, snapshot.contributions, now)
    }

    private mutating func resume(
        _ record: RoundRecord, _ contributions: [ContributionRecord], _ now: Instant
    ) -> [CoordinatorEffect] {
        var open = OpenRound(record: record)
        for contribution in contributions
        where contribution.round == record.round && contribution.attempt == record.attempt
            && record.cohort.hasSorted(contribution.client)
        {
            open.contributions[contribution.client] = contribution
        }
        if record.secure != nil {
            if let sealed = record.sealed { open.contributions = open.contributions.filter { sealed.hasSorted($0.key) } }
            return resumeSecure(open, now)
        }
        guard record.state == .sealed, let sealed = record.sealed else {
            phase = .collecting(open)
            return closeIfDue(open, now)
        }
        // The sealed set is frozen: an update that became durable later does not count.
        open.contributions = open.contributions.filter { sealed.hasSorted($0.key) }
        guard open.contributions.count == sealed.count, let job = aggregationJob(open) else {
            return abort(open, "updates of the sealed set are missing after a restart", now)
        }
        phase = .aggregating(open)
        return [.aggregate(job)]
    }
}
