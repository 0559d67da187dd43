internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation

/// What is known of a private session: what became durable of its ledgers, and what its noise was drawn from. The noise of a round
/// is drawn once more from that, by the twin alone.
struct PrivacyTwin {
    private(set) var plan: SessionPrivacy?
    private var rows: [LedgerKey: LedgerRow] = [:]
    private var records: [String: ReleaseRecord] = [:]
    private var drawn: [String: Secret] = [:]
    private var own: [String: LedgerRow] = [:]
    /// The ledger did not pay, or the plan found no round that it would pay for.
    private(set) var isSpent = false

    // MARK: What is durable

    /// false: another plan than before.
    mutating func keeps(_ session: SessionRecord) -> Bool {
        guard let plan else {
            plan = session.privacy
            return true
        }
        return plan == session.privacy
    }

    mutating func refuses(_ error: PrivacyError) {
        switch error {
        case .budgetExhausted, .unreachable: isSpent = true
        case .invalid, .contradiction, .notReleasable: break
        }
    }

    /// nil: nobody is beyond what it may lose.
    mutating func charges(_ change: LedgerChange, within budget: PrivacyBudget) -> String? {
        records[change.record.id] = change.record
        var (problem, last): (String?, (curve: RenyiCurve, epsilon: Double)?)
        for row in change.rows {
            // Most have the same history.
            let epsilon = last?.curve == row.curve ? last?.epsilon ?? 0 : row.renyiEpsilon(delta: budget.delta)
            last = (row.curve, epsilon)
            if epsilon > budget.epsilon, problem == nil { problem = "\(row.key.client) has lost epsilon \(epsilon), and may lose \(budget.epsilon)" }
            rows[row.key] = row
        }
        return problem
    }

    func isReleased(_ id: String) -> Bool { records[id]?.state == .released }

    /// Whether exactly so many have paid for it.
    func isPaid(_ id: String, by participants: Int) -> Bool { isReleased(id) && records[id]?.participants == participants }

    /// After a restart; nil: all is there.
    func problem(with ledger: PrivacyLedger) -> String? {
        for (id, record) in records.sorted(by: { $0.key < $1.key }) where ledger.record(id) != record {
            return "release \(id) was \(record.state.rawValue) and is \(ledger.record(id)?.state.rawValue ?? "unknown")"
        }
        for (key, row) in rows.sorted(by: { $0.key < $1.key }) where isLess(ledger.row(key), than: row) { return "what \(key.client) has lost is forgotten" }
        return nil
    }

    /// The same of a client's own ledger.
    mutating func problem(of client: String, with row: LedgerRow?) -> String? {
        // A write that was under way may be there.
        guard let before = own[client], isLess(row, than: before) else { return nil }
        return "\(client) has forgotten what its rows have lost"
    }

    private func isLess(_ row: LedgerRow?, than before: LedgerRow) -> Bool {
        guard let row else { return true }
        return zip(row.curve.divergences, before.curve.divergences).contains { $0 < $1 }
    }

    mutating func knows(_ row: LedgerRow?, of client: String) { own[client] = row }

    // MARK: What is drawn

    /// false: it was drawn before.
    mutating func draws(_ id: String, _ entropy: Secret) -> Bool { drawn.updateValue(entropy, forKey: id) == nil }

    /// A round's result as it may be seen: a sum over the plan's cohort where it is a mean, on the lattice, and with its noise.
    /// - Parameter summands: clients in it.
    func released(_ combined: [Double], summands: Int, isMean: Bool, _ record: RoundRecord, session: String) -> [Double]? {
        let id = "\(session)/\(record.round)/\(record.attempt)"
        guard let plan else { return nil }
        let factor = isMean ? Double(summands) / Double(plan.floors.cohort) : 1
        // The clients' noise is in what they sent.
        if plan.share != nil { return combined.map { Double(Float($0 * factor)) } }
        guard let entropy = drawn[id], let gaussian = try? DiscreteGaussian(deviation: plan.deviationSteps) else { return nil }
        var words = RandomWords(entropy: entropy, release: id, suite: .simulated)
        return combined.map { (($0 * factor / plan.latticeStep).rounded() + Double(gaussian.draw(&words))) * plan.latticeStep }
    }

    /// An update as the coordinator counts it: no longer than the clip.
    func clipped(_ update: [Float]) -> [Float] {
        guard let plan else { return update }
        let (norm, clip) = (update.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), plan.l2Clip * (1 - 0x1p-20))
        return norm <= clip ? update : update.map { $0 * Float(clip / norm) }
    }
}
