extension CoordinatorMachine {
    /// Why this client may not send this update now; nil when it may.
    func refusal(_ client: String, _ key: AttemptKey) -> Refused? {
        guard members[client] != nil else { return .notAMember }
        switch phase {
        case .collecting(let open), .aggregating(let open):
            if key == open.key {
                guard open.record.cohort.contains(client) else {
                    return .notInCohort(round: key.round, retryAfterSeconds: 1)
                }
                if case .aggregating = phase, open.contributions[client] == nil { return .late(round: key.round) }
                return nil
            }
            if let closed = lastClosed, key == closed.key, closed.contributions[client] != nil { return nil }
            return key < open.key
                ? .late(round: key.round) : .stale(round: key.round, attempt: key.attempt, open: open.record.round)
        case .gathering, .initialising, .selecting, .evaluating:
            if let closed = lastClosed, key == closed.key, closed.contributions[client] != nil { return nil }
            if key.round <= committedRounds { return .late(round: key.round) }
            return .noRoundOpen(retryAfterSeconds: 1)
        case .ended:
            if let closed = lastClosed, key == closed.key, closed.contributions[client] != nil { return nil }
            return .sessionClosed(session.status)
        }
    }

    mutating func updateStored(_ record: ContributionRecord, _ ticket: Ticket?, _ now: Instant) -> [CoordinatorEffect] {
        seen(record.client, now)
        let key = AttemptKey(round: record.round, attempt: record.attempt)
        if let refusal = refusal(record.client, key) {
            countLate(refusal, key)
            return answer(ticket, .refused(refusal))
        }
        if case .collecting(var open) = phase, open.key == key {
            if let stored = open.contributions[record.client] { return answer(ticket, again(stored, record)) }
            open.contributions[record.client] = record
            open.failed.remove(record.client)
            phase = .collecting(open)
            return answer(ticket, .accepted(record)) + closeIfDue(open, now)
        }
        let closed: OpenRound?
        if case .aggregating(let open) = phase, open.key == key { closed = open } else { closed = lastClosed }
        guard let stored = closed?.contributions[record.client] else { return answer(ticket, .refused(.late(round: key.round))) }
        return answer(ticket, again(stored, record))
    }

    private func answer(_ ticket: Ticket?, _ reply: CoordinatorReply) -> [CoordinatorEffect] {
        ticket.map { [.reply($0, reply)] } ?? []
    }

    /// The same body has the same receipt; another one changes nothing.
    private func again(_ stored: ContributionRecord, _ offered: ContributionRecord) -> CoordinatorReply {
        stored.digest == offered.digest ? .accepted(stored) : .refused(.duplicateDiffers(round: stored.round))
    }

    private mutating func countLate(_ refusal: Refused, _ key: AttemptKey) {
        guard case .late = refusal else { return }
        if case .collecting(var open) = phase {
            open.late += 1
            phase = .collecting(open)
        } else if case .aggregating(var open) = phase {
            open.late += 1
            phase = .aggregating(open)
        }
    }

    mutating func updateRejected(_ client: String, _ key: AttemptKey) -> [CoordinatorEffect] {
        guard members[client] != nil else { return [] }
        rejectedUpdates += 1
        if case .collecting(var open) = phase, open.key == key {
            open.rejected += 1
            phase = .collecting(open)
        }
        return []
    }

    /// A round does not wait for a client that says it cannot deliver.
    mutating func roundFailed(_ client: String, _ key: AttemptKey, _ now: Instant) -> [CoordinatorEffect] {
        seen(client, now)
        guard case .collecting(var open) = phase, open.key == key, open.record.cohort.contains(client),
            open.contributions[client] == nil
        else { return [] }
        open.failed.insert(client)
        phase = .collecting(open)
        return closeIfDue(open, now)
    }
}
