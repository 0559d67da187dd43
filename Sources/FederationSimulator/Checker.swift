internal import CryptoSuite
internal import Federation
internal import Wire

/// Sees what is durable and what is said, and holds it against the promises. It knows nothing of the machines' inside.
struct Checker {
    private(set) var violations: [Violation] = []
    /// Digests of the committed models, the initial one first.
    private(set) var chain: [String] = []
    private(set) var abortedAttempts = 0
    private var rounds: [AttemptKey: RoundRecord] = [:]
    /// The attempt that is configured and not yet closed.
    private var open: (key: AttemptKey, deadline: Int64)?
    private var acknowledged: [AttemptKey: Set<String>] = [:]
    private var finalSession: String?
    /// Attempts a client has a durable update or a receipt for.
    private var delivered: [String: Set<AttemptKey>] = [:]
    private var begun: [String: Set<AttemptKey>] = [:]
    var sums = SumTwin()
    var choosesBest = false
    private var evaluation: EvaluationRecord?
    /// The model the session gives away: the last one, unless the best was asked for.
    private(set) var given: String?
    var quorum = 1

    private static let mostViolations = 20

    mutating func violated(_ rule: Violation.Rule, _ now: Int64, _ detail: String) {
        guard violations.count < Self.mostViolations else { return }
        violations.append(Violation(rule: rule, milliseconds: now, detail: detail))
    }

    // MARK: What is durable

    /// - Parameter openSince: when the coordinator was last able to act.
    mutating func became(durable change: DurableChange, _ now: Int64, openSince: Int64, slack: Int64) {
        switch change {
        case .initialModel(let digest):
            if let first = chain.first {
                if first != digest { violated(.oneModelPerRound, now, "a second initial model \(digest.prefix(8))") }
            } else {
                chain = [digest]
            }
        case .round(let record):
            switch record.state {
            case .configured: configured(record, now)
            case .sealed: sealed(record, now, openSince, slack)
            case .committed: committed(record, now)
            case .aborted: aborted(record, now, openSince, slack)
            }
            rounds[record.key] = record
            open = record.state == .configured ? (record.key, record.deadline.milliseconds) : nil
        case .session(let record):
            if let final = finalSession, final != record.status.rawValue {
                violated(.comesToItsEnd, now, "the session was \(final) and is \(record.status.rawValue)")
            }
            if record.status.isFinal {
                finalSession = record.status.rawValue
                checkChoice(record, now)
            }
        case .evaluation(let record): evaluation = record
        case .member: break
        }
    }

    /// Of the committed models the one with the smallest loss that clients report; the first of equals.
    private mutating func checkChoice(_ session: SessionRecord, _ now: Int64) {
        given = session.chosen?.model ?? chain.last
        guard choosesBest, chain.count > 1 else {
            if session.chosen != nil { violated(.agreesOnTheModel, now, "a model was chosen, though the last one stands") }
            return
        }
        var losses: [Int: Double] = [:]
        for record in rounds.values where record.state == .committed && sums.rule == .mean { losses[record.round - 1] = record.outcome?.federatedLoss }
        if let evaluation, sums.rule == .mean { losses[evaluation.round] = evaluation.loss }
        let best = (1..<chain.count).filter { losses[$0] != nil }.min { losses[$0] ?? 0 < losses[$1] ?? 0 } ?? chain.count - 1
        if session.chosen?.round != best || session.chosen?.model != chain[best] {
            violated(.agreesOnTheModel, now, "round \(session.chosen?.round ?? -1) is chosen, the best was round \(best)")
        }
    }

    private mutating func configured(_ record: RoundRecord, _ now: Int64) {
        if record.round != chain.count { violated(.hashChain, now, "round \(record.round) follows \(chain.count - 1) commits") }
        if record.baseModel != chain.last { violated(.hashChain, now, "\(name(record)) does not start from the last model") }
        if record.cohort != Set(record.cohort).sorted() { violated(.countedOnce, now, "the cohort of \(name(record)) repeats a name") }
        if let before = rounds[record.key], before != record { violated(.sealedIsFrozen, now, "\(name(record)) was configured twice") }
    }

    private mutating func sealed(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        checkDeadline(record, now, openSince, slack)
        let names = record.sealed ?? []
        guard let before = rounds[record.key] else { return violated(.durableBeforeVisible, now, "\(name(record)) was never configured") }
        if before.state != .configured { violated(.sealedIsFrozen, now, "\(name(record)) is sealed after it was \(before.state.rawValue)") }
        if names != Set(names).sorted() || !Set(names).isSubset(of: record.cohort) {
            violated(.countedOnce, now, "the sealed set of \(name(record)) is no set of its cohort")
        }
    }

    private mutating func committed(_ record: RoundRecord, _ now: Int64) {
        let names = record.sealed ?? []
        guard let before = rounds[record.key], before.state == .sealed, before.sealed == record.sealed else {
            return violated(.sealedIsFrozen, now, "\(name(record)) is committed with another set than was sealed")
        }
        let forgotten = (acknowledged[record.key] ?? []).subtracting(names).sorted()
        if !forgotten.isEmpty { violated(.acknowledgedIsDurable, now, "\(name(record)) goes without \(forgotten), which have a receipt") }
        guard let model = record.outcome?.model else { return violated(.hashChain, now, "\(name(record)) is committed without a model") }
        if record.round != chain.count || record.baseModel != chain.last {
            violated(record.round < chain.count ? .oneModelPerRound : .hashChain, now, "\(name(record)) forks the chain")
        } else {
            if let problem = sums.problem(of: model, record) { violated(.countedOnce, now, "\(name(record)): \(problem)") }
            chain.append(model)
        }
    }

    private mutating func aborted(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        abortedAttempts += 1
        guard let before = rounds[record.key], before.state == .configured || before.state == .sealed else {
            return violated(.sealedIsFrozen, now, "\(name(record)) is aborted, but it was not open")
        }
        if before.state == .sealed {
            // Here every aggregation can succeed: only lost updates could make one fail.
            return violated(.acknowledgedIsDurable, now, "\(name(record)) was sealed and is aborted: \(record.outcome?.reason ?? "")")
        }
        checkDeadline(record, now, openSince, slack)
        let receipts = acknowledged[record.key]?.count ?? 0
        if receipts >= quorum && receipts > 2 * (sums.cut(record) ?? 0) {
            violated(.acknowledgedIsDurable, now, "\(name(record)) is aborted although \(receipts) clients have receipts")
        }
    }

    private mutating func checkDeadline(_ record: RoundRecord, _ now: Int64, _ openSince: Int64, _ slack: Int64) {
        let latest = max(record.deadline.milliseconds, openSince) + slack
        if now > latest { violated(.endsByDeadline, now, "\(name(record)) closes \(now - latest) ms after its deadline") }
    }

    /// Whether the open round had to be closed long ago.
    mutating func checkOpenRound(_ now: Int64, openSince: Int64, slack: Int64) {
        guard let open, now > open.deadline + slack, finalSession == nil, let record = rounds[open.key] else { return }
        checkDeadline(record, now, openSince, slack)
    }

    // MARK: What is said

    mutating func said(_ message: ServerMessage, to client: String, _ now: Int64) {
        switch message {
        case .welcome, .refused: break
        case .roundStart(let start):
            let key = AttemptKey(round: start.round, attempt: start.attempt)
            guard let record = rounds[key], record.cohort.contains(client) else {
                return violated(.durableBeforeVisible, now, "\(client) is called to round \(start.round), which is not durable")
            }
            if hexadecimal(start.modelSHA256) != record.baseModel { violated(.hashChain, now, "\(name(record)) offers another model") }
        case .roundClosed(let closed):
            let record = rounds[AttemptKey(round: closed.round, attempt: closed.attempt)]
            let expected: RoundState = closed.committed ? .committed : .aborted
            if record?.state != expected || (closed.committed && record?.outcome?.model != hexadecimal(closed.modelSHA256)) {
                violated(.durableBeforeVisible, now, "round \(closed.round) is said to be \(expected.rawValue), which is not durable")
            }
        case .evaluate(let request):
            if request.round != chain.count - 1 || hexadecimal(request.modelSHA256) != chain.last {
                violated(.durableBeforeVisible, now, "a model that is not the last durable one is evaluated")
            }
        case .sessionEnded(let ended):
            if finalSession != ended.status { violated(.durableBeforeVisible, now, "the end is told before it is durable") }
            if !ended.modelSHA256.isEmpty && hexadecimal(ended.modelSHA256) != given {
                violated(.agreesOnTheModel, now, "the end names another model than the last durable one")
            }
        }
    }

    /// The coordinator gives a receipt.
    mutating func acknowledges(_ record: ContributionRecord, isDurable: Bool, _ now: Int64) {
        let key = record.attemptKey
        if !isDurable { violated(.acknowledgedIsDurable, now, "\(record.client) gets a receipt for round \(key.round) that is not stored") }
        if let round = rounds[key], round.state == .committed || round.state == .sealed, round.sealed?.contains(record.client) != true {
            violated(.acknowledgedIsDurable, now, "\(record.client) gets a receipt for \(name(round)), which goes without it")
        }
        acknowledged[key, default: []].insert(record.client)
    }

    // MARK: What clients do

    mutating func trains(_ client: String, _ key: AttemptKey, _ now: Int64) {
        if delivered[client]?.contains(key) == true || begun[client]?.contains(key) == true {
            violated(.trainsOnce, now, "\(client) trains again for round \(key.round), attempt \(key.attempt)")
        }
        begun[client, default: []].insert(key)
    }

    /// The client is gone, or could not do it: it may train once more.
    mutating func losesTraining(_ client: String) { begun[client] = nil }

    mutating func delivers(_ client: String, _ key: AttemptKey) { delivered[client, default: []].insert(key) }

    private func name(_ record: RoundRecord) -> String { "round \(record.round), attempt \(record.attempt)" }
}
