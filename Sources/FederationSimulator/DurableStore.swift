internal import CryptoSuite
internal import DifferentialPrivacy
internal import Federation
internal import Learning

/// What a crash of the coordinator leaves: nothing else survives it.
struct DurableStore {
    struct Stored {
        var record: ContributionRecord
        /// nil once discarded.
        var delta: [UInt8]?
    }
    struct Key: Hashable, Comparable {
        var attempt: AttemptKey
        var client: String
        static func < (a: Key, b: Key) -> Bool { (a.attempt, a.client) < (b.attempt, b.client) }
    }

    private(set) var session: SessionRecord
    private(set) var members: [String: MemberRecord] = [:]
    private(set) var rounds: [AttemptKey: RoundRecord] = [:]
    /// The first committed attempt of each round.
    private var committed: [Int: AttemptKey] = [:]
    private(set) var initialModel: String?
    private(set) var evaluation: EvaluationRecord?
    /// Of all sessions of these clients.
    private(set) var ledger = PrivacyLedger()
    private(set) var contributions: [Key: Stored] = [:]
    /// Those whose delta is still there.
    private var held: [Key] = []
    private var models: [String: [UInt8]] = [:]
    /// Models that a crash would forget; only `PlantedBug.commitsBeforeModelIsDurable` puts any here.
    private var unsynced: Set<String> = []

    init(session: SessionRecord) { self.session = session }

    mutating func apply(_ change: DurableChange) {
        switch change {
        case .member(let member): members[member.client] = member
        case .session(let record): session = record
        case .initialModel(let digest): initialModel = digest
        case .round(let record):
            rounds[record.key] = record
            noteCommit(record)
        case .evaluation(let record): evaluation = record
        }
    }

    /// Rows, record and the leave to draw, in one transaction that reads what it changes. One accountant decides, as the plan's did: the
    /// other one takes too long for thousands of federations.
    mutating func pay(_ charge: PrivacyCharge) -> Result<LedgerChange?, PrivacyError> {
        Result { () throws(PrivacyError) in try ledger.pay(charge, tenant: session.tenant, by: .renyi) }
    }

    /// Only `PlantedBug.forgetsLedger` does this.
    mutating func forgetLedger() { ledger = PrivacyLedger() }

    enum Outcome { case stored(ContributionRecord), again(ContributionRecord), conflict }

    mutating func store(_ record: ContributionRecord, delta: [UInt8]) -> Outcome {
        let key = Key(attempt: record.attemptKey, client: record.client)
        if let stored = contributions[key] { return stored.record.digest == record.digest ? .again(stored.record) : .conflict }
        contributions[key] = Stored(record: record, delta: delta)
        held.append(key)
        return .stored(record)
    }

    func contribution(_ attempt: AttemptKey, _ client: String) -> Stored? { contributions[Key(attempt: attempt, client: client)] }

    mutating func discard(throughRound round: Int) {
        for key in held where key.attempt.round <= round { contributions[key]?.delta = nil }
        held.removeAll { $0.attempt.round <= round }
    }

    mutating func put(model bytes: [UInt8], isSynced: Bool) -> String {
        let digest = hexadecimal(CryptoSuite.simulated.sha256(bytes))
        models[digest] = bytes
        if !isSynced { unsynced.insert(digest) }
        return digest
    }

    func model(_ digest: String) -> [UInt8]? { models[digest] }

    func isDurable(model digest: String) -> Bool { models[digest] != nil && !unsynced.contains(digest) }

    /// The model version that the clients of round `round` + 1 start from.
    func model(ofRound round: Int) -> [UInt8]? {
        if round == 0 { return initialModel.flatMap { models[$0] } }
        return committed[round].flatMap { rounds[$0]?.outcome?.model }.flatMap { models[$0] }
    }

    /// What the server keeps besides that model.
    func state(ofRound round: Int) -> [UInt8]? {
        committed[round].flatMap { rounds[$0]?.outcome?.state }.flatMap { models[$0] }
    }

    private mutating func noteCommit(_ record: RoundRecord) {
        let (round, key) = (record.round, record.key)
        if record.state == .committed {
            committed[round] = committed[round].map { min($0, key) } ?? key
        } else if committed[round] == key {
            committed[round] = rounds.keys.sorted().first { $0.round == round && rounds[$0]?.state == .committed }
        }
    }

    var committedRounds: Int { rounds.values.reduce(0) { $1.state == .committed ? max($0, $1.round) : $0 } }

    /// What a new process reads: the last committed round and everything after it.
    func snapshot() -> SessionSnapshot {
        var snapshot = SessionSnapshot(session: session)
        let committed = committedRounds
        snapshot.members = members.keys.sorted().compactMap { members[$0] }
        snapshot.rounds = rounds.keys.sorted().compactMap { $0.round >= committed ? rounds[$0] : nil }
        snapshot.initialModel = initialModel
        snapshot.contributions = contributions.keys.sorted().compactMap {
            $0.attempt.round > committed ? contributions[$0]?.record : nil
        }
        snapshot.evaluation = evaluation
        return snapshot
    }
}

extension RoundRecord {
    var key: AttemptKey { AttemptKey(round: round, attempt: attempt) }
}

extension ContributionRecord {
    var attemptKey: AttemptKey { AttemptKey(round: round, attempt: attempt) }
}
