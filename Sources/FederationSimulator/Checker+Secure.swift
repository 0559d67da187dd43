internal import Federation
internal import SecureAggregation
internal import Wire

// Secure aggregation: groups are kept and opened once, never below their floor, and no update is ever readable.
extension Checker {
    mutating func saidSecurely(_ frame: SecureFrame, to client: String, _ now: Int64) {
        let key = AttemptKey(round: frame.round, attempt: frame.attempt)
        switch MessageKind(of: frame.message)?.plain {
        case .epochInvitation:
            if let epoch = secure.epoch, epoch.number != frame.attempt {
                violated(.groupsAreKept, now, "\(client) is invited to draw \(frame.attempt), and the groups were drawn in \(epoch.number)")
            }
        case .nonces:
            if secure.epoch?.number != frame.attempt { violated(.durableBeforeVisible, now, "groups are told that are not durable") }
        case .adverts:
            if rounds[key]?.secure?.advertised == nil {
                violated(.durableBeforeVisible, now, "who takes part in round \(key.round) is told before it is durable")
            }
        case .unmaskRequest:
            guard let (request, names) = secure.read(frame.message) else { return }
            if rounds[key]?.state != .sealed || rounds[key]?.sealed != names {
                violated(.durableBeforeVisible, now, "round \(key.round) is to be opened for a set that is not durable")
            }
            if let problem = secure.asks(key, request) { violated(.opensOnce, now, problem) }
        default: break
        }
    }

    /// A member's answer, as it leaves it.
    mutating func reveals(_ frame: SecureFrame, _ now: Int64) {
        guard let floor = spec.secureAggregation?.groupFloor, let response = try? UnmaskResponse(encoded: frame.message) else { return }
        let key = AttemptKey(round: frame.round, attempt: frame.attempt)
        if let problem = secure.reveals(key, response, floor: floor) { violated(.opensOnce, now, problem) }
    }

    mutating func keptSecurely(_ session: SessionRecord, _ now: Int64) {
        if let problem = secure.keeps(session) { violated(.groupsAreKept, now, problem) }
        if let problem = secure.keepsOffenders(session, forgers: forgers) { violated(.offendersAreKept, now, problem) }
    }

    /// A new attempt at a round that was to be opened already.
    mutating func configuredSecurely(_ record: RoundRecord, _ now: Int64) {
        if rounds[record.key] == nil, let offender = secure.offender(in: record.cohort) {
            violated(.offendersAreKept, now, "\(name(record)) has \(offender) in it, which broke two attempts")
        }
        if let asked = secure.asked[record.round], asked.attempt != record.attempt {
            violated(.opensOnce, now, "\(name(record)) begins, though attempt \(asked.attempt) was opened")
        }
    }

    /// - Returns: true when the round is closed with its model as it was, and there is nothing more to check.
    mutating func committedSecurely(_ record: RoundRecord, _ store: DurableStore, _ now: Int64) -> Bool {
        guard let outcome = record.outcome, let secured = outcome.secure else {
            violated(.sumIsExact, now, "\(name(record)) says nothing of its groups")
            return true
        }
        if secured.isUnchanged {
            abortedAttempts += 1
            if outcome.model != record.baseModel || record.baseModel != chain.last || record.round != chain.count {
                violated(.hashChain, now, "\(name(record)) is closed with another model than it began with")
            }
            chain.append(outcome.model ?? "")
            return true
        }
        return false
    }

    mutating func checkSecureModel(_ record: RoundRecord, _ store: DurableStore, _ now: Int64) {
        guard let expected = secure.expected(record, spec, store, spec.privacy == nil ? nil : privacy, session) else {
            return violated(.sumIsExact, now, "\(name(record)) counts groups that were not there")
        }
        if expected != record.outcome?.model { violated(.sumIsExact, now, "\(name(record)): the model is not that of the encoded updates' sums") }
    }
}
