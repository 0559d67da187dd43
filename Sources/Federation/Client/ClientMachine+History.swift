internal import Wire

// A coordinator whose records were restored from a backup has forgotten what came after it: rounds that this client was
// done with come again, and a client that takes them for old news would never answer.
extension ClientMachine {
    /// Forgets what it has delivered to another history. With secure aggregation that stays: two sums of one round over
    /// different members would tell what single ones sent, whoever put the records back and why.
    mutating func follow(history: String?) -> [ClientEffect] {
        // A coordinator that began anew has not heard it.
        if state.bygone != nil { refused = nil }
        guard history != state.history else { return [] }
        state.history = history
        let done = [state.acknowledged, state.closed].compactMap { $0 }.max()
        guard state.secure == nil else {
            state.bygone = [state.bygone, done].compactMap { $0 }.max()
            return [.persist(state)]
        }
        var effects: [ClientEffect] = []
        if case .training = work { effects.append(.cancelTraining) }
        let pending = state.pending
        (work, workFailures, refused) = (.idle, 0, nil)
        (state.acknowledged, state.closed, state.pending) = (nil, nil, nil)
        effects.append(.persist(state))
        if let pending { effects.append(.discard(digest: pending.digest)) }
        if done != nil { effects.append(.notice("the coordinator's records were restored from a backup: rounds that it has lost are run again")) }
        return effects
    }

    /// What is said to a round that this client was done with in another history; nil: it was not.
    mutating func bygone(_ key: AttemptKey) -> [ClientEffect]? {
        guard let bygone = state.bygone, key <= bygone else { return nil }
        // Said once, however many frames there are of it.
        if refused == key { return [] }
        refused = key
        return notTaking(
            key,
            "this client had done with round \(bygone.round) when the coordinator's records were restored from a backup, and masks no second update for "
                + "a round; create a new session")
    }

    /// Under which a round is counted in this client's own ledger: one that is run again after a restore is paid for again.
    package func claimID(_ round: Int) -> String { "\(session)/\(round)" + (state.history.map { "/\($0)" } ?? "") }
}
