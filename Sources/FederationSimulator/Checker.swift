internal import CryptoSuite
internal import Federation
internal import Wire

/// Sees what is durable and what is said, and holds it against the promises. It knows nothing of the machines' inside.
/// `Checker+Rounds` watches how rounds go.
struct Checker {
    private(set) var violations: [Violation] = []
    /// Digests of the committed models, the initial one first.
    var chain: [String] = []
    var abortedAttempts = 0
    var rounds: [AttemptKey: RoundRecord] = [:]
    /// The attempt that is configured and not yet closed, and until when it has to be.
    var open: (key: AttemptKey, latest: Int64)?
    var acknowledged: [AttemptKey: Set<String>] = [:]
    private(set) var finalSession: String?
    private var joined: Set<String> = []
    /// Attempts that a client has sent an update for.
    private var delivered: [String: Set<AttemptKey>] = [:]
    private var begun: [String: Set<AttemptKey>] = [:]
    /// Digests of bodies that nobody may accept.
    private var bad: Set<[UInt8]> = []
    var sums: SumTwin
    private var evaluation: EvaluationRecord?
    /// The model the session gives away: the last one, unless the best was asked for.
    private(set) var given: String?
    var secure = SecureTwin()
    var privacy = PrivacyTwin()
    let session: String
    let spec: SessionSpec
    /// Who gives wrong shares.
    let forgers: Set<String>
    let healedAt: Int64

    private static let mostViolations = 20

    /// - Parameter rows: that each client joins with.
    init(session: String, spec: SessionSpec, rows: [String: Int64], liars: Set<String>, forgers: Set<String>, healedAt: Int64) {
        self.session = session
        self.spec = spec
        self.forgers = forgers
        self.healedAt = healedAt
        sums = SumTwin(spec: spec, rows: rows, liars: liars)
    }

    mutating func violated(_ rule: Violation.Rule, _ now: Int64, _ detail: String) {
        guard violations.count < Self.mostViolations else { return }
        violations.append(Violation(rule: rule, milliseconds: now, detail: detail))
    }

    // MARK: What is durable

    /// - Parameters:
    ///   - clock: what the coordinator's clock shows.
    ///   - openSince: when the coordinator was last able to act.
    mutating func became(
        durable change: DurableChange, _ store: DurableStore, _ now: Int64, clock: Int64, openSince: Int64, slack: Int64
    ) {
        switch change {
        case .initialModel(let digest):
            if !store.isDurable(model: digest) { violated(.durableBeforeVisible, now, "the first model is still being written") }
            if let first = chain.first {
                if first != digest { violated(.oneModelPerRound, now, "a second initial model \(digest.prefix(8))") }
            } else {
                chain = [digest]
            }
        case .round(let record):
            switch record.state {
            case .configured: configured(record, now)
            case .sealed: sealed(record, now, openSince, slack)
            case .committed: committed(record, store, now)
            case .aborted: aborted(record, now, openSince, slack)
            }
            rounds[record.key] = record
            // The deadline is an instant of a clock that may be set: what counts is how far away it is. When the clock was
            // set forward while this was being written, the timer runs already, for the whole of the round. A masked round goes on
            // when it is sealed, to the same deadline.
            switch record.state {
            case .configured:
                let away = max(record.deadline.milliseconds - clock, Int64(spec.roundDeadlineSeconds * 1000))
                if open?.key != record.key { open = (record.key, now + away) }
            case .sealed: if record.secure == nil { open = nil }
            case .committed, .aborted: open = nil
            }
        case .session(let record):
            keptSecurely(record, now)
            keptPrivately(record, now)
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
        guard spec.modelSelection == .best, chain.count > 1 else {
            if session.chosen != nil { violated(.agreesOnTheModel, now, "a model was chosen, though the last one stands") }
            return
        }
        var losses: [Int: Double] = [:]
        let isMean = spec.aggregation == .mean
        for record in rounds.values where record.state == .committed && isMean { losses[record.round - 1] = record.outcome?.federatedLoss }
        if let evaluation, isMean { losses[evaluation.round] = evaluation.loss }
        let best = (1..<chain.count).filter { losses[$0] != nil }.min { losses[$0] ?? 0 < losses[$1] ?? 0 } ?? chain.count - 1
        if session.chosen?.round != best || session.chosen?.model != chain[best] {
            violated(.agreesOnTheModel, now, "round \(session.chosen?.round ?? -1) is chosen, the best was round \(best)")
        }
    }

    /// After a restart: all that was ever durable is still there.
    mutating func audit(_ store: DurableStore, _ now: Int64) {
        for key in rounds.keys.sorted() where store.rounds[key] != rounds[key] {
            violated(.durableStaysDurable, now, "round \(key.round), attempt \(key.attempt) was \(rounds[key]?.state.rawValue ?? "") and is not")
        }
        if let final = finalSession, store.session.status.rawValue != final {
            violated(.durableStaysDurable, now, "the session was \(final) and is \(store.session.status.rawValue)")
        }
        if let problem = privacy.problem(with: store.ledger) { violated(.ledgerNeverFalls, now, problem) }
        if let first = chain.first, store.initialModel != first { violated(.durableStaysDurable, now, "the first model is gone") }
        for client in joined.sorted() where store.members[client] == nil {
            violated(.durableStaysDurable, now, "\(client) had joined and is not known any more")
        }
        guard let open else { return }
        for client in (acknowledged[open.key] ?? []).sorted() where store.contribution(open.key, client) == nil {
            violated(.durableStaysDurable, now, "the update of \(client) had a receipt and is gone")
        }
    }

    mutating func joins(_ client: String, isDurable: Bool, _ now: Int64) {
        joined.insert(client)
        if !isDurable { violated(.durableBeforeVisible, now, "\(client) has joined, but that is not durable") }
    }

    /// The coordinator gives a receipt.
    mutating func acknowledges(_ record: ContributionRecord, isDurable: Bool, _ now: Int64) {
        let key = record.attemptKey
        if !isDurable { violated(.acknowledgedIsDurable, now, "\(record.client) gets a receipt for round \(key.round) that is not stored") }
        if bad.contains(record.digest) { violated(.refusesBadUpdates, now, "\(record.client) gets a receipt for what is no update") }
        if let round = rounds[key], round.state == .committed || round.state == .sealed, round.sealed?.contains(record.client) != true {
            violated(.acknowledgedIsDurable, now, "\(record.client) gets a receipt for \(name(round)), which goes without it")
        }
        acknowledged[key, default: []].insert(record.client)
    }

    mutating func mustRefuse(_ digest: [UInt8]) { bad.insert(digest) }

    // MARK: What is said

    mutating func said(_ message: ServerMessage, to client: String, _ now: Int64) {
        switch message {
        case .welcome, .refused: break
        case .secure(let frame): saidSecurely(frame, to: client, now)
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

    /// Its update is refused for good: should it be called once more, it may try once more.
    mutating func isRefused(_ client: String, _ key: AttemptKey) {
        delivered[client]?.remove(key)
        begun[client]?.remove(key)
    }

    func name(_ record: RoundRecord) -> String { "round \(record.round), attempt \(record.attempt)" }
}
