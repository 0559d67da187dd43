internal import CryptoSuite
internal import Wire

// What a round asks for: its beginning, and its end however this client comes to know of it.
extension ClientMachine {
    mutating func roundStarted(_ start: RoundStart) -> [ClientEffect] {
        let key = start.key
        encoding = start.uploadEncoding
        if let refusal = bygone(key) { return refusal }
        if let done = state.acknowledged, key <= done { return [] }
        if let closed = state.closed, key <= closed { return [] }
        if case .waitingToUpload(let update, _) = work, update.key == key {
            // The coordinator is back and asks: no reason to wait any longer.
            work = .uploading(update)
            return [.upload(update, encoding: encoding)]
        }
        if let current = currentKey, key <= current { return current == key ? withSecure { $0.advertAgain(key) } : [] }
        // A round is started again for who connects again: what was said before may have been lost with the channel.
        if let refused, key <= refused { return key == refused ? [refusal(key, "this client takes no part in it, as it has said")] : [] }
        if let why = owner.refusal(of: start) {
            refused = key
            return notTaking(key, why)
        }
        if let pending = state.pending, pending.key == key {
            // Trained before a restart: never a second time.
            work = .uploading(pending)
            return [.upload(pending, encoding: encoding)]
        }
        var effects = close(through: AttemptKey(round: key.round, attempt: key.attempt - 1))
        if case .controlled(let control) = start.rule { effects += followControl(control, key) }
        workFailures = 0
        if let begun = beginSecurely(start) { return effects + begun }
        return effects + begin(start)
    }

    /// Nothing is worked for what may not be sent.
    func claim(_ start: RoundStart) -> PrivacyClaim? {
        var masked: [UInt8]?
        if case .maskedUpdate(let parameters) = start.phase { masked = parameters }
        return start.privacy.map { PrivacyClaim(key: start.key, id: claimID(start.round), terms: $0, masked: masked) }
    }

    mutating func begin(_ start: RoundStart) -> [ClientEffect] {
        if let claim = claim(start) {
            work = .paying(start)
            return [.pay(claim)]
        }
        return fetch(start)
    }

    mutating func fetch(_ start: RoundStart) -> [ClientEffect] {
        work = .fetching(start, retryAt: nil)
        return [.fetchModel(digest: hexadecimal(start.modelSHA256), path: start.modelPath)]
    }

    mutating func followControl(_ control: ControlStart, _ key: AttemptKey) -> [ClientEffect] {
        let before = state.controls ?? ClientControls()
        var after = before
        let counted = control.countedRound > 0 ? AttemptKey(round: control.countedRound, attempt: control.countedAttempt) : nil
        let unneeded = after.follow(counted, beginning: key)
        guard after != before else { return [] }
        state.controls = after
        let notice = after.lost == before.lost ? nil : after.lost.map { ClientEffect.notice(ClientControls.notice(of: $0)) }
        return [.persist(state)] + unneeded.map { .discard(digest: $0) } + (notice.map { [$0] } ?? [])
    }

    var currentKey: AttemptKey? {
        switch work {
        case .paying(let start), .fetching(let start, _), .fetchingControl(let start, _, _), .training(let start), .masking(let start): start.key
        case .uploading(let update), .waitingToUpload(let update, _): update.key
        case .idle, .fetchingToEvaluate, .evaluating: nil
        }
    }

    /// The coordinator has done with these attempts, however this client has come to know it.
    mutating func close(through key: AttemptKey) -> [ClientEffect] {
        state.closed = max(state.closed ?? key, key)
        return abandon(through: key)
    }

    /// Drops work and a pending update that nobody waits for any more.
    mutating func abandon(through key: AttemptKey) -> [ClientEffect] {
        var effects: [ClientEffect] = []
        if secure.isMade {
            _ = withSecure { side in
                side.abandon(through: key)
                return []
            }
        }
        if let job = masks, job.key <= key { masks = nil }
        if let held = heldStart, held.key <= key { heldStart = nil }
        if let current = currentKey, current <= key {
            if case .training = work { effects.append(.cancelTraining) }
            work = .idle
        }
        if let pending = state.pending, pending.key <= key {
            state.pending = nil
            effects += [.persist(state), .discard(digest: pending.digest)]
        }
        return effects
    }
}
