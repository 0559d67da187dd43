internal import Federation

// How a round goes: selected fairly, configured once, sealed and frozen, committed or aborted by its deadline.
extension Checker {
    /// So long after all is healed the last client is back: its longest wait before a retry, and what a round takes.
    private static let calmAfter: Int64 = 20_000

    /// A cohort is drawn.
    /// - Parameters:
    ///   - connected: who has an open control channel, in order.
    ///   - most: clients that the session's noise is planned for.
    mutating func selects(_ record: RoundRecord, connected: [String], most: Int, _ now: Int64) {
        if record.cohort != Set(record.cohort).sorted() { violated(.selectionIsFair, now, "the cohort of \(name(record)) repeats a name") }
        // Masked rounds have the members of the groups who are there.
        if spec.secureAggregation != nil { return }
        if record.cohort.count < spec.minClients || record.cohort.count > spec.maxClients {
            violated(.selectionIsFair, now, "the cohort of \(name(record)) has \(record.cohort.count) clients")
        }
        // When all are asked for, all who are there are in it.
        guard spec.clientFraction == 1, record.cohort.count < most,
            let left = connected.first(where: { !record.cohort.contains($0) })
        else { return }
        violated(.selectionIsFair, now, "\(left) is connected, and \(name(record)) goes without it")
    }

    mutating func configured(_ record: RoundRecord, _ now: Int64) {
        if record.round != chain.count { violated(.hashChain, now, "round \(record.round) follows \(chain.count - 1) commits") }
        if record.baseModel != chain.last { violated(.hashChain, now, "\(name(record)) does not start from the last model") }
        configuredSecurely(record, now)
        configuredPrivately(record, now)
        // Who took part in the first phase is written into the record of the open attempt.
        if let before = rounds[record.key], before.state == .configured, before.secure?.advertised == nil, record.secure?.advertised != nil { return }
        if let before = rounds[record.key] { violated(.attemptIsNew, now, "\(name(record)) was \(before.state.rawValue) before") }
    }

    mutating func sealed(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        checkDeadline(record, now, openSince, slack)
        let names = record.sealed ?? []
        guard let before = rounds[record.key] else { return violated(.durableBeforeVisible, now, "\(name(record)) was never configured") }
        if before.state != .configured { violated(.sealedIsFrozen, now, "\(name(record)) is sealed after it was \(before.state.rawValue)") }
        if names != Set(names).sorted() || !Set(names).isSubset(of: record.cohort) {
            violated(.countedOnce, now, "the sealed set of \(name(record)) is no set of its cohort")
        }
    }

    mutating func committed(_ record: RoundRecord, _ store: DurableStore, _ now: Int64) {
        if spec.secureAggregation != nil, committedSecurely(record, store, now) { return }
        committedPrivately(record, now)
        let names = record.sealed ?? []
        guard let before = rounds[record.key], before.state == .sealed, before.sealed == record.sealed else {
            return violated(.sealedIsFrozen, now, "\(name(record)) is committed with another set than was sealed")
        }
        if spec.secureAggregation == nil, names.count < min(spec.quorum ?? spec.minClients, record.cohort.count) {
            violated(.quorumIsMet, now, "\(name(record)) is committed with \(names.count) updates")
        }
        let forgotten = (acknowledged[record.key] ?? []).subtracting(names).sorted()
        if !forgotten.isEmpty { violated(.acknowledgedIsDurable, now, "\(name(record)) goes without \(forgotten), which have a receipt") }
        guard let model = record.outcome?.model else { return violated(.hashChain, now, "\(name(record)) is committed without a model") }
        if !store.isDurable(model: model) { violated(.durableBeforeVisible, now, "the model of \(name(record)) is still being written") }
        if record.round != chain.count || record.baseModel != chain.last {
            violated(record.round < chain.count ? .oneModelPerRound : .hashChain, now, "\(name(record)) forks the chain")
        } else {
            if spec.secureAggregation != nil {
                checkSecureModel(record, store, now)
            } else if let (rule, problem) = sums.problem(of: model, record, chain, spec.privacy == nil ? nil : privacy, session) {
                violated(rule, now, "\(name(record)): \(problem)")
            }
            chain.append(model)
        }
    }

    mutating func aborted(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        abortedAttempts += 1
        guard let before = rounds[record.key], before.state == .configured || before.state == .sealed else {
            return violated(.sealedIsFrozen, now, "\(name(record)) is aborted, but it was not open")
        }
        if before.state == .sealed, mayGiveUp(record) { return }
        if before.state == .sealed, spec.secureAggregation != nil {
            return violated(.opensOnce, now, "\(name(record)) was sealed and is aborted, so that another attempt may ask again")
        }
        if before.state == .sealed {
            // Here every aggregation can succeed: only lost updates could make one fail.
            return violated(.acknowledgedIsDurable, now, "\(name(record)) was sealed and is aborted: \(record.outcome?.reason ?? "")")
        }
        checkDeadline(record, now, openSince, slack)
        // Keys and shares may be missing where updates are not.
        if spec.secureAggregation != nil { return }
        let receipts = acknowledged[record.key]?.count ?? 0
        let floor = spec.aggregation == .mean ? 0 : privacy.plan?.floors.groups ?? 0
        if receipts >= max(spec.quorum ?? spec.minClients, floor) && receipts >= sums.updatesNeeded(record) {
            violated(.acknowledgedIsDurable, now, "\(name(record)) is aborted although \(receipts) clients have receipts")
        }
        if now > healedAt + Self.calmAfter && healedAt > 0 && spec.roundDeadlineSeconds <= 5 {
            violated(.comesToItsEnd, now, "\(name(record)) is aborted long after all was healed")
        }
    }

    private mutating func checkDeadline(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        guard let open, open.key == record.key else { return }
        let latest = max(open.latest, openSince) + slack
        if now > latest { violated(.endsByDeadline, now, "\(name(record)) closes \(now - latest) ms after its deadline") }
    }

    /// Whether the open round had to be closed long ago.
    mutating func checkOpenRound(_ now: Int64, openSince: Int64, slack: Int64) {
        guard let open, now > max(open.latest, openSince) + slack, finalSession == nil, let record = rounds[open.key] else { return }
        checkDeadline(record, now, openSince, slack)
    }

    /// The coordinator's clock goes back, its deadlines not: a round that is open may take so much longer.
    mutating func clockSetBack(by step: Int64) { open?.latest += step }
}
