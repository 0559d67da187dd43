import DifferentialPrivacy
import Federation
import Foundation
import MerkleLog
import Storage

/// How many durable steps a process still lives. Before and after every write is a step; when they are used up, all
/// that it tries fails, as if it had been killed there.
final class Life: @unchecked Sendable {
    private let lock = NSLock()
    private var left: Int?
    private var isArmed = false
    private var died: [@Sendable () -> Void] = []

    /// - Parameter steps: nil: for ever.
    init(steps: Int?) { left = steps }

    /// Steps count from now on.
    func arm() { lock.withLock { isArmed = true } }

    func onDeath(_ run: @escaping @Sendable () -> Void) { lock.withLock { died.append(run) } }

    var isOver: Bool { lock.withLock { left == 0 } }

    func step() throws(StorageError) {
        let (isOver, run) = lock.withLock { () -> (Bool, [@Sendable () -> Void]) in
            guard isArmed, let steps = left else { return (false, []) }
            left = max(0, steps - 1)
            guard left == 0 else { return (false, []) }
            defer { died = [] }
            return (true, died)
        }
        for one in run { one() }
        if isOver { throw .io(path: "", problem: "the process is dead") }
    }

    func alive() throws(StorageError) { if isOver { throw .io(path: "", problem: "the process is dead") } }
}

/// The store as a process sees it that may die at any step.
struct MortalStore: SessionStore, BlobStore {
    private let store: SQLiteStore
    private let life: Life

    init(_ store: SQLiteStore, _ life: Life) {
        self.store = store
        self.life = life
    }

    private func step<Value>(_ write: () async throws(StorageError) -> Value) async throws(StorageError) -> Value {
        try life.step()
        let value = try await write()
        try life.step()
        return value
    }

    func create(_ session: SessionRecord, audit: AuditRecord?) async throws(StorageError) {
        try await step { () async throws(StorageError) in try await store.create(session, audit: audit) }
    }
    func apply(
        _ changes: [DurableChange], events: [OutboxEvent], audit: [AuditRecord], session: String, tenant: String
    ) async throws(StorageError) {
        try await step { () async throws(StorageError) in
            try await store.apply(changes, events: events, audit: audit, session: session, tenant: tenant)
        }
    }
    func storeContribution(
        _ record: ContributionRecord, body: [UInt8], session: String, tenant: String
    ) async throws(StorageError) -> StoredContribution {
        try await step { () async throws(StorageError) in
            try await store.storeContribution(record, body: body, session: session, tenant: tenant)
        }
    }
    func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError) {
        try await step { () async throws(StorageError) in
            try await store.discardContributions(session: session, tenant: tenant, throughRound: throughRound)
        }
    }
    func setEvaluationSet(
        _ set: EvaluationSetRecord, session: String, tenant: String, audit: AuditRecord?
    ) async throws(StorageError) {
        try await step { () async throws(StorageError) in
            try await store.setEvaluationSet(set, session: session, tenant: tenant, audit: audit)
        }
    }
    func pay(_ charge: PrivacyCharge, tenant: String) async throws(StorageError) -> Result<Double, PrivacyError> {
        try await step { () async throws(StorageError) in try await store.pay(charge, tenant: tenant) }
    }
    func past(_ members: [LedgerEntry], tenant: String) async throws(StorageError) -> RenyiCurve {
        try life.alive()
        return try await store.past(members, tenant: tenant)
    }
    func ledger(tenant: String) async throws(StorageError) -> [LedgerRow] {
        try life.alive()
        return try await store.ledger(tenant: tenant)
    }
    func append(_ entry: AuditRecord, tenant: String) async throws(StorageError) {
        try await step { () async throws(StorageError) in try await store.append(entry, tenant: tenant) }
    }
    func put(_ bytes: [UInt8]) async throws(StorageError) -> String {
        try await step { () async throws(StorageError) in try await store.put(bytes) }
    }

    func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord? {
        try life.alive()
        return try await store.session(id, tenant: tenant)
    }
    func sessions(tenant: String) async throws(StorageError) -> [SessionRecord] {
        try life.alive()
        return try await store.sessions(tenant: tenant)
    }
    func openSessions() async throws(StorageError) -> [SessionSnapshot] {
        try life.alive()
        return try await store.openSessions()
    }
    func snapshot(_ id: String, tenant: String?) async throws(StorageError) -> SessionSnapshot? {
        try life.alive()
        return try await store.snapshot(id, tenant: tenant)
    }
    func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord] {
        try life.alive()
        return try await store.rounds(session, tenant: tenant, after: after, limit: limit)
    }
    func evaluationSet(session: String, tenant: String) async throws(StorageError) -> EvaluationSetRecord? {
        try life.alive()
        return try await store.evaluationSet(session: session, tenant: tenant)
    }
    func history() async throws(StorageError) -> String? {
        try life.alive()
        return try await store.history()
    }
    func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution? {
        try life.alive()
        return try await store.contribution(key)
    }
    func contributionBody(_ key: ContributionKey) throws(StorageError) -> [UInt8]? {
        try life.alive()
        return try store.contributionBody(key)
    }
    func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]? {
        try life.alive()
        return try store.contributionPart(key, range)
    }
    func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf] {
        try life.alive()
        return try await store.audit(tenant: tenant, after: after, limit: limit)
    }
    func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64) {
        try life.alive()
        return try await store.auditLog(filter, tenant: tenant)
    }
    func auditHead(tenant: String) async throws(StorageError) -> TreeHead {
        try life.alive()
        return try await store.auditHead(tenant: tenant)
    }
    func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]] {
        try life.alive()
        return try await store.auditLeafHashes(tenant: tenant, from: from, limit: limit)
    }
    func get(_ digest: String) async throws(StorageError) -> [UInt8]? {
        try life.alive()
        return try await store.get(digest)
    }
    func contains(_ digest: String) async throws(StorageError) -> Bool {
        try life.alive()
        return try await store.contains(digest)
    }
}
