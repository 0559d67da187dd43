internal import CryptoSuite
internal import SecureAggregation
internal import Wire

/// Kept apart, so that a client without secure aggregation is as small as before: a list of none or one, which is changed in place.
struct SecureSide: Sendable {
    private var sides: [SecureClient] = []

    var isMade: Bool { !sides.isEmpty }
    var isReady: Bool { sides.first?.isReady == true }

    mutating func change(
        _ body: (inout SecureClient) -> [SecureClient.Step], orMake make: () -> SecureClient
    ) -> [SecureClient.Step] {
        if sides.isEmpty { sides.append(make()) }
        return body(&sides[0])
    }
}

extension ClientMachine {
    /// Does something with the secure side, made when it is first needed.
    mutating func withSecure(_ body: (inout SecureClient) -> [SecureClient.Step]) -> [ClientEffect] {
        guard let protection else { return [] }
        let (client, session, kept) = (client, session, state.secure)
        let steps = secure.change(body) { SecureClient(protection, name: client, session: session, state: kept) }
        return steps.flatMap { effects(of: $0) }
    }

    mutating func secureFrame(_ frame: SecureFrame) -> [ClientEffect] {
        guard frame.sessionID == session else { return [] }
        if frame.round == 0 { return withSecure { $0.hear(draw: frame.attempt, frame.message) } }
        let key = AttemptKey(round: frame.round, attempt: frame.attempt)
        // What it did for this attempt it did in another history, and its secrets are gone.
        if let refusal = bygone(key) { return refusal }
        if let closed = state.closed, key <= closed { return [] }
        return withSecure { $0.hear(key, frame.message) }
    }

    private mutating func effects(of step: SecureClient.Step) -> [ClientEffect] {
        switch step {
        case .send(let message, let key):
            // In the draw the frame names its number, which the state holds.
            let attempt = key?.attempt ?? state.secure?.epoch ?? 1
            return [.send(.secure(SecureFrame(sessionID: session, round: key?.round ?? 0, attempt: attempt, message: message)))]
        case .persist(let kept):
            state.secure = kept
            return [.persist(state)]
        case .draw(let use): return [.drawEntropy(use)]
        case .mask(let job):
            masks = job
            return maskIfReady()
        case .ready:
            guard let start = heldStart else { return [] }
            heldStart = nil
            return roundStarted(start)
        case .refuse(let key, let reason): return refuse(key, reason)
        case .decline(let draw, let reason):
            let message = DrawRefusal(reason: Array(reason.utf8)).encoded
            return [
                .warning("secure aggregation: \(reason)"),
                .send(.secure(SecureFrame(sessionID: session, round: 0, attempt: draw, message: message))),
            ]
        case .notice(let text): return [.notice(text)]
        }
    }

    /// Both are needed: the update as whole numbers, and the masks.
    mutating func maskIfReady() -> [ClientEffect] {
        guard case .masking(let start) = work, let job = masks, job.key == start.key else { return [] }
        masks = nil
        return [.mask(job)]
    }

    /// What is said of an attempt that this client takes no part in.
    func notTaking(_ key: AttemptKey, _ reason: String) -> [ClientEffect] {
        [.notice("round \(key.round), attempt \(key.attempt): \(reason)"), refusal(key, reason)]
    }

    func refusal(_ key: AttemptKey, _ reason: String) -> ClientEffect {
        .send(.roundFailed(RoundFailed(sessionID: session, round: key.round, attempt: key.attempt, reason: reason)))
    }

    private mutating func refuse(_ key: AttemptKey, _ reason: String) -> [ClientEffect] {
        let told = notTaking(key, reason)
        // What is on its way already still counts.
        guard currentKey == key, state.pending?.key != key else { return told }
        var effects: [ClientEffect] = []
        if case .training = work { effects.append(.cancelTraining) }
        work = .idle
        refused = key
        return effects + told
    }

    /// A start of a masked round; nil: there is nothing to hold it up.
    mutating func beginSecurely(_ start: RoundStart) -> [ClientEffect]? {
        guard case .maskedUpdate(let parameters) = start.phase else { return nil }
        guard protection != nil else {
            return [
                .send(
                    .roundFailed(
                        RoundFailed(sessionID: session, round: start.round, attempt: start.attempt, reason: "this client knows no secure aggregation")))
            ]
        }
        guard secure.isReady else {
            // The groups were told before the round; frames may overtake each other.
            heldStart = start
            return []
        }
        let asked = begin(start)
        let begun = withSecure { $0.begin(start.key, parameters, model: start.modelSHA256) }
        // Refused at once, and told so.
        guard currentKey == start.key else { return begun }
        return begun + asked
    }
}
