package import CryptoSuite
internal import Learning
internal import Wire

/// One session at the coordinator, as a value: events and instants go in, effects come out. It decides everything and
/// does nothing.
///
/// Its phases and their exits:
/// `gathering` → initialising (enough clients, model known), ended (stop) ·
/// `initialising` → selecting (model version 0 is durable), ended ·
/// `selecting` → collecting (a cohort is available), drawing (secure aggregation, before the first round), ended ·
/// `drawing` → selecting (the groups are drawn, or somebody was silent), ended ·
/// `collecting` → aggregating (all in, or deadline with a quorum), unmasking (the same with masked updates), selecting (aborted), ended ·
/// `unmasking` → aggregating (groups can be opened), selecting or evaluating (they cannot, and the round is closed), ended ·
/// `aggregating` → selecting (committed, or aggregation failed), evaluating (last round), ended ·
/// `evaluating` → ended.
package struct CoordinatorMachine: Sendable {
    enum Phase: Sendable {
        case gathering
        case initialising
        case selecting(attempt: Int, since: Instant)
        case drawing(EpochDraw)
        case collecting(OpenRound)
        /// The set of survivors is durable and was told.
        case unmasking(OpenRound)
        case aggregating(OpenRound)
        /// `expected`: who trained the last model and has to come back after a restart.
        case evaluating(deadline: Instant, reports: [String: EvaluationReport], expected: [String])
        case ended
    }

    struct Presence: Sendable {
        var isConnected = false
        var lastSeen: Instant
        /// As its hello says; empty: none.
        var identity: [UInt8] = []
    }

    package internal(set) var session: SessionRecord
    /// Clients without whom no round is begun.
    package let needed: ClientsNeeded
    /// Changed by `remember` alone.
    private(set) var members: [String: MemberRecord] = [:]
    /// Members that have rows to train on, sorted.
    private(set) var trainers: [String] = []
    var presence: [String: Presence] = [:]
    var phase = Phase.gathering
    /// SHA-256 (hex) of the newest model, and the round that made it (0: the initial one).
    package internal(set) var model: (digest: String, round: Int)?
    /// SHA-256 (hex) of the server's state that goes with `model`; nil before the first round, and where there is none.
    var state: String?
    package internal(set) var committedRounds = 0
    /// What the last closed attempt accepted, so that a repeated upload gets the same receipt.
    var lastClosed: OpenRound?
    var consecutiveAborts = 0
    package internal(set) var evaluation: EvaluationRecord?
    var best = BestModels()
    var progress: Progress?
    package internal(set) var lastOutcome: RoundOutcome?
    /// Of the last round that was committed: its figures are those of the model.
    package internal(set) var lastCommitted: RoundOutcome?
    /// The shell was asked for the noise of the session.
    var isPlanningPrivacy = false
    package internal(set) var rejectedUpdates = 0
    package internal(set) var lateUpdates = 0
    private var clock = Instant(milliseconds: .min)
    // Secure aggregation, in `Secure/`.
    let suite: CryptoSuite?
    /// The groups, once drawn.
    var epoch: EpochContext?
    /// Who was silent in a draw of groups; the next one goes without them, where enough others are there.
    var silentInDraws: Set<String> = []
    /// Who would not take part in a draw, in its own words; not asked again before it connects anew.
    var refusedDraws: [String: String] = [:]
    /// Whom further attempts at this round may have (roster indices).
    var retry: (round: Int, members: [Int])?

    /// - Parameter suite: needed where the session asks for secure aggregation.
    package init(session: SessionRecord, suite: CryptoSuite? = nil) {
        precondition(session.spec.secureAggregation == nil || suite != nil, "secure aggregation needs a crypto suite")
        self.session = session
        self.suite = suite
        // A spec that is stored was valid.
        needed = (try? session.spec.clientsNeeded()) ?? ClientsNeeded(count: session.spec.minClients)
        if let model = session.spec.model, session.model == nil {
            self.session.model = model
            self.session.modelSource = "request"
        }
    }

    package mutating func handle(_ event: CoordinatorEvent, now: Instant) -> [CoordinatorEffect] {
        let now = advance(to: now)
        switch event {
        case .join(let request, let ticket): return join(request, ticket, now)
        case .connected(let client, let identity): return connected(client, identity, now)
        case .disconnected(let client):
            presence[client]?.isConnected = false
            // A round waits for it until the deadline; an evaluation does without it.
            guard case .evaluating(let deadline, let reports, let expected) = phase else { return [] }
            return finishEvaluation(deadline, reports, expected, now)
        case .heartbeat(let client):
            seen(client, now)
            return proceed(now)
        case .updateOffered(let client, let round, let attempt, let ticket):
            seen(client, now)
            let refusal = refusal(client, AttemptKey(round: round, attempt: attempt))
            return [.reply(ticket, refusal.map(CoordinatorReply.refused) ?? .admitted)]
        case .updateStored(let record, let ticket): return updateStored(record, ticket, now)
        case .updateRejected(let client, let round, let attempt, _):
            return updateRejected(client, AttemptKey(round: round, attempt: attempt))
        case .updateTooLate(let client):
            if isMember(client) { countLate() }
            return []
        case .roundFailed(let client, let round, let attempt, let reason):
            return roundFailed(client, AttemptKey(round: round, attempt: attempt), reason, now)
        case .secureFrame(let client, let frame): return secureFrame(client, frame, now)
        case .evaluationReported(let client, let round, let loss, let accuracy, let rows):
            return evaluationReported(client, round, loss, accuracy, rows, now)
        case .modelInitialised(let digest): return modelInitialised(digest, now)
        case .initialModelGiven(let digest, let model, let schema, let ticket):
            return initialModelGiven(digest, model, schema, ticket, now)
        case .aggregated(let round, let attempt, let result):
            return aggregated(AttemptKey(round: round, attempt: attempt), result, now)
        case .aggregationFailed(let round, let attempt, let reason):
            guard case .aggregating(let open) = phase, open.key == AttemptKey(round: round, attempt: attempt) else { return [] }
            // Its groups were opened: there is no second attempt.
            return open.secure == nil ? abort(open, reason, now) : closeUnchanged(open, reason, now)
        case .privacyPlanned(let plan): return privacyPlanned(plan, now)
        case .budgetRefused(let key, let reason): return budgetRefused(key, reason, now)
        case .bytesServed(let bytes):
            if case .collecting(var open) = phase {
                open.bytesDown += bytes
                phase = .collecting(open)
            }
            return []
        case .start(let ticket): return start(ticket, now)
        case .stop(let reason, let ticket): return stop(reason, ticket, now)
        case .tick: return proceed(now)
        }
    }

    /// When `tick` is due; nil while only other events matter.
    package var nextDeadline: Instant? {
        switch phase {
        case .gathering, .initialising, .aggregating, .ended: nil
        case .selecting(_, let since): canSelect && !isPlanningPrivacy ? graceEnd(since) : nil
        case .drawing(let draw): draw.deadline
        case .collecting(let open): open.deadline
        case .unmasking(let open): open.record.deadline
        case .evaluating(let deadline, _, _): deadline
        }
    }

    /// Whether a cohort is there once the time to wait for everybody is over.
    private var canSelect: Bool {
        // Asked after every event: to count those who are there takes less than to name them.
        if epoch == nil, activeClients(clock) < needed.count { return false }
        guard session.spec.secureAggregation != nil else { return availableMembers(clock).count >= needed.count }
        let gathering = secureGathering()
        return gathering.there.count >= gathering.least || gathering.isHopeless
    }

    /// Time never goes back for the machine, whatever the host's clock does.
    private mutating func advance(to now: Instant) -> Instant {
        clock = max(clock, now)
        return clock
    }

    mutating func remember(_ member: MemberRecord) {
        members[member.client] = member
        let place = trainers.sortedPlace(of: member.client)
        let isThere = trainers.hasSorted(member.client, at: place)
        if member.dataSize > 0, !isThere { trainers.insert(member.client, at: place) }
        if member.dataSize == 0, isThere { trainers.remove(at: place) }
    }

    /// Without a copy of what is known of it.
    package func isMember(_ client: String) -> Bool { members.index(forKey: client) != nil }

    mutating func seen(_ client: String, _ now: Instant) {
        guard isMember(client) else { return }
        presence[client, default: Presence(lastSeen: now)].lastSeen = now
    }

    /// Takes the next step if the phase's condition for it holds now.
    mutating func proceed(_ now: Instant) -> [CoordinatorEffect] {
        switch phase {
        case .gathering: return session.spec.autoStart ? begin(now) : []
        case .initialising, .aggregating, .ended: return []
        case .selecting(let attempt, let since): return select(attempt: attempt, since: since, now)
        case .drawing(let draw): return drawDue(draw, now)
        case .collecting(let open): return closeIfDue(open, now)
        case .unmasking: return secureDue(now)
        case .evaluating(let deadline, let reports, let expected): return finishEvaluation(deadline, reports, expected, now)
        }
    }

    mutating func stop(_ reason: String, _ ticket: Ticket?, _ now: Instant) -> [CoordinatorEffect] {
        let reply: [CoordinatorEffect] = ticket.map { [.reply($0, .done)] } ?? []
        if case .ended = phase { return reply }
        return end(.stopped, reason, now) + reply
    }

    mutating func end(_ status: SessionStatus, _ reason: String?, _ now: Instant) -> [CoordinatorEffect] {
        phase = .ended
        session.status = status
        session.statusReason = reason
        session.endedAt = now
        session.chosen = choose()
        let message = ServerMessage.sessionEnded(ended)
        // Nothing will be computed from an update any more: raw updates do not outlive the session.
        let discard: [CoordinatorEffect] = session.startedAt == nil ? [] : [.discardContributions(throughRound: session.spec.rounds)]
        return [.persist(.session(session))] + connectedMembers.map { .send(message, to: $0) } + discard + [.finished(status)]
    }

    /// What is said of a session that has ended.
    var ended: SessionEnded {
        SessionEnded(
            sessionID: session.id, status: session.status.rawValue, modelSHA256: given.map { digestBytes($0.digest) } ?? [],
            modelPath: given.map { paths.model($0.round) } ?? "", reason: session.statusReason ?? "")
    }

    var paths: SessionPaths { SessionPaths(session: session.id) }
}

/// Where a session's things are, in the API's own paths.
package struct SessionPaths: Sendable {
    package let base: String
    package init(session: String) { base = "/api/v4/federated-learning/sessions/\(session)" }
    package func model(_ round: Int) -> String { "\(base)/weights?round=\(round)" }
    package func control(_ round: Int) -> String { "\(base)/control?round=\(round)" }
    package var weights: String { "\(base)/weights" }
    package var update: String { "\(base)/update" }
    package var socket: String { "\(base)/socket" }
}

extension [String] {
    /// Of a sorted array: where `name` is, or would be.
    func sortedPlace(of name: String) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }

    fileprivate func hasSorted(_ name: String, at place: Int) -> Bool { place < count && self[place] == name }

    /// Of a sorted array. A cohort may have thousands of members, and every update asks for its sender.
    func hasSorted(_ name: String) -> Bool { hasSorted(name, at: sortedPlace(of: name)) }
}
