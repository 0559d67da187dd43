internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation

// Differential privacy: paid for and durable before anything is drawn, drawn once, never forgotten, and nobody beyond its cap.
extension Checker {
    /// A charge has become durable.
    mutating func charges(_ change: LedgerChange, within budget: PrivacyBudget, _ now: Int64) {
        if let problem = privacy.charges(change, within: budget) { violated(.capIsKept, now, problem) }
    }

    /// The noise of a release is drawn.
    mutating func draws(_ id: String, _ entropy: Secret, _ now: Int64) {
        if !privacy.draws(id, entropy) { violated(.noiseIsDrawnOnce, now, "the noise of \(id) is drawn again") }
    }

    /// A client's machine is told that a round is paid for.
    mutating func pays(_ client: String, _ id: String, _ own: OwnLedger?, _ now: Int64) {
        guard let own else { return }
        if !own.paid.contains(id) { violated(.clientPaysFirst, now, "\(client) works for \(id), which its own ledger does not hold yet") }
        privacy.knows(own.row, of: client)
        if let epsilon = own.row?.renyiEpsilon(delta: own.cap.delta), epsilon > own.cap.epsilon {
            violated(.capIsKept, now, "\(client) has lost epsilon \(epsilon) by its own ledger, and its owner allows \(own.cap.epsilon)")
        }
    }

    /// What a client finds in its folder.
    mutating func findsOwn(_ own: OwnLedger, of client: String, _ now: Int64) {
        if let problem = privacy.problem(of: client, with: own.row) { violated(.ledgerNeverFalls, now, problem) }
    }

    mutating func keptPrivately(_ session: SessionRecord, _ now: Int64) {
        guard spec.privacy != nil else { return }
        if !privacy.keeps(session) { violated(.ledgerNeverFalls, now, "the noise of the session is planned again") }
        let isOver = privacy.plan.map { chain.count - 1 >= $0.roundsThatFit } ?? false
        switch session.status {
        case .budgetExhausted where !privacy.isSpent && !isOver:
            violated(.budgetEndsSession, now, "the session ends for its budget, which pays for more: \(session.statusReason ?? "")")
        case .completed where chain.count - 1 > privacy.plan?.roundsThatFit ?? 0:
            violated(.budgetEndsSession, now, "\(chain.count - 1) rounds are committed, and the budget pays for \(privacy.plan?.roundsThatFit ?? 0)")
        default: break
        }
    }

    /// Whether an attempt that was sealed may be aborted: its budget was refused, or a crash came between its charge and its commit.
    /// Masked updates are opened once, and such a round is closed as it was.
    func mayGiveUp(_ record: RoundRecord) -> Bool {
        guard spec.privacy != nil else { return false }
        return privacy.isSpent || (spec.secureAggregation == nil && privacy.isReleased(release(record)))
    }

    mutating func configuredPrivately(_ record: RoundRecord, _ now: Int64) {
        if privacy.isSpent { violated(.budgetEndsSession, now, "\(name(record)) begins, though the budget is spent") }
    }

    mutating func committedPrivately(_ record: RoundRecord, _ now: Int64) {
        guard spec.privacy != nil, !privacy.isPaid(release(record), by: record.sealed?.count ?? 0) else { return }
        violated(.chargedBeforeReleased, now, "\(name(record)) is committed, and its charge to all who count is not durable")
    }

    private func release(_ record: RoundRecord) -> String { "\(session)/\(record.round)/\(record.attempt)" }
}
