extension CoordinatorMachine {
    /// Why this client may not send this update now; nil when it may.
    func refusal(_ client: String, _ key: AttemptKey) -> Refused? {
        guard isMember(client) else { return .notAMember }
        switch phase {
        case .collecting(let open), .unmasking(let open), .aggregating(let open):
            if key == open.key {
                guard open.isInCohort(client) else {
                    return .notInCohort(round: key.round, retryAfterSeconds: 1)
                }
                if open.has(client) { return nil }
                guard case .collecting = phase else { return .late(round: key.round) }
                if open.isSecure, maskedUpload(client) == nil { return .late(round: key.round) }
                return nil
            }
            if let closed = lastClosed, key == closed.key, closed.has(client) { return nil }
            return key < open.key
                ? .late(round: key.round) : .stale(round: key.round, attempt: key.attempt, open: open.record.round)
        case .gathering, .initialising, .selecting, .drawing, .evaluating:
            if let closed = lastClosed, key == closed.key, closed.has(client) { return nil }
            if key.round <= committedRounds { return .late(round: key.round) }
            return .noRoundOpen(retryAfterSeconds: 1)
        case .ended:
            if let closed = lastClosed, key == closed.key, closed.has(client) { return nil }
            return .sessionClosed(session.status)
        }
    }

    mutating func updateStored(_ record: ContributionRecord, _ ticket: Ticket?, _ now: Instant) -> [CoordinatorEffect] {
        seen(record.client, now)
        let key = AttemptKey(round: record.round, attempt: record.attempt)
        if let refusal = refusal(record.client, key) {
            if case .late = refusal { countLate() }
            return answer(ticket, .refused(refusal))
        }
        if let stored = stored(record.client, key) { return answer(ticket, again(stored, record)) }
        guard isCollecting(key) else { return answer(ticket, .refused(.late(round: key.round))) }
        return answer(ticket, .accepted(record)) + take(record, now)
    }

    private func isCollecting(_ key: AttemptKey) -> Bool {
        if case .collecting(let open) = phase { open.key == key } else { false }
    }

    /// What was accepted from this client for this attempt, if it is the one under way or else the one closed last.
    private func stored(_ client: String, _ key: AttemptKey) -> ContributionRecord? {
        switch phase {
        case .collecting(let open), .unmasking(let open), .aggregating(let open):
            if open.key == key { return open.contributions[client] }
        case .gathering, .initialising, .selecting, .drawing, .evaluating, .ended: break
        }
        return lastClosed?.contributions[client]
    }

    private mutating func take(_ record: ContributionRecord, _ now: Instant) -> [CoordinatorEffect] {
        change { open in
            open.contributions[record.client] = record
            open.failed.remove(record.client)
        }
        // With a copy of the round in hand, the secure side would be copied whole before it is changed.
        if isCollectingSecurely { return secureStored(record, now) }
        guard case .collecting(let open) = phase else { return [] }
        return closeIfDue(open, now)
    }

    private var isCollectingSecurely: Bool { if case .collecting(let open) = phase { open.isSecure } else { false } }

    /// Changes the attempt under way in place: nothing else holds it meanwhile, so that what a cohort of thousands has
    /// sent is not copied for every update.
    private mutating func change(_ body: (inout OpenRound) -> Void) {
        switch phase {
        case .collecting(var open):
            phase = .ended
            body(&open)
            phase = .collecting(open)
        case .unmasking(var open):
            phase = .ended
            body(&open)
            phase = .unmasking(open)
        case .aggregating(var open):
            phase = .ended
            body(&open)
            phase = .aggregating(open)
        case .gathering, .initialising, .selecting, .drawing, .evaluating, .ended: break
        }
    }

    private func answer(_ ticket: Ticket?, _ reply: CoordinatorReply) -> [CoordinatorEffect] {
        ticket.map { [.reply($0, reply)] } ?? []
    }

    /// The same body has the same receipt; another one changes nothing.
    private func again(_ stored: ContributionRecord, _ offered: ContributionRecord) -> CoordinatorReply {
        stored.digest == offered.digest ? .accepted(stored) : .refused(.duplicateDiffers(round: stored.round))
    }

    /// In the attempt that is under way, whichever attempt the update was for: that one's record is closed.
    mutating func countLate() {
        lateUpdates += 1
        change { $0.late += 1 }
    }

    mutating func updateRejected(_ client: String, _ key: AttemptKey) -> [CoordinatorEffect] {
        guard isMember(client) else { return [] }
        rejectedUpdates += 1
        if isCollecting(key) { change { $0.rejected += 1 } }
        return []
    }

    /// A round does not wait for a client that says it cannot deliver.
    mutating func roundFailed(_ client: String, _ key: AttemptKey, _ reason: String, _ now: Instant) -> [CoordinatorEffect] {
        seen(client, now)
        if session.spec.secureAggregation != nil { return secureFailed(client, key, reason, now) }
        guard openAttempt(client) == key else { return [] }
        change { $0.failed.insert(client) }
        guard case .collecting(let open) = phase else { return [] }
        return closeIfDue(open, now)
    }
}
