internal import DifferentialPrivacy
internal import Federation

/// A client's own account, as it lies in its folder.
struct OwnLedger {
    private static let key = try? LedgerKey(tenant: "default", client: "simulated", dataset: "default")
    /// What its owner allows.
    let cap: PrivacyBudget
    private var ledger: ClientPrivacyLedger
    private(set) var paid: Set<String> = []

    /// nil where nothing is counted.
    /// - Parameter cap: ε; nil: any sum.
    init?(cap: Double?, _ spec: SessionSpec, _ bug: PlantedBug?) {
        guard let privacy = spec.privacy, let cap = try? PrivacyBudget(epsilon: cap ?? .greatestFiniteMagnitude, delta: privacy.delta) else { return nil }
        self.cap = cap
        let any = try? PrivacyBudget(epsilon: .greatestFiniteMagnitude, delta: privacy.delta)
        ledger = ClientPrivacyLedger(cap: bug == .clientIgnoresCap ? any ?? cap : cap)
    }

    var row: LedgerRow? { Self.key.flatMap { ledger.row($0) } }

    /// - Returns: false when the round is counted already.
    mutating func admit(_ claim: PrivacyClaim) throws(PrivacyError) -> Bool {
        guard let key = Self.key else { throw .contradiction("a ledger without a key") }
        let change = try ledger.admit(claim.id, key, try claim.release(), by: .renyi)
        paid.insert(claim.id)
        return change != nil
    }

    mutating func forget() { (ledger, paid) = (ClientPrivacyLedger(cap: ledger.cap), []) }
}
