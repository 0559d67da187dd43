/// A client's own account of its data. It believes the announced mechanism and no total: it adds up for itself, and takes part in
/// nothing that would bring a data set beyond the cap of its owner, whatever budget the coordinator has.
package struct ClientPrivacyLedger: Sendable {
    /// What each data set may lose in all.
    package let cap: PrivacyBudget
    private var ledger: PrivacyLedger

    package init(cap: PrivacyBudget) { (self.cap, ledger) = (cap, PrivacyLedger()) }

    /// From what was stored.
    package init(cap: PrivacyBudget, rows: [LedgerRow], records: [ReleaseRecord]) throws(PrivacyError) {
        self.cap = cap
        ledger = try PrivacyLedger(rows: rows, records: records)
    }

    package func row(_ key: LedgerKey) -> LedgerRow? { ledger.row(key) }

    /// Counts a round before anything of it is sent; a retry has the round's id and is counted once.
    /// - Returns: what to make durable first; nil where this round is counted already.
    /// - Throws: `budgetExhausted`: refuse the round.
    package mutating func admit(
        _ id: String, _ key: LedgerKey, _ release: PrivateRelease, by accountant: Accountant = .tighter
    ) throws(PrivacyError) -> LedgerChange? {
        try ledger.charge(id, to: [key], release, within: cap, by: accountant)
    }
}
