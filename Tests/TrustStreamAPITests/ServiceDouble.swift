import Federation
import FederationService
import Learning
import Storage
import StrictJSON
import Synchronization
import Trust

/// A federated-learning service that remembers what it was asked and says what it was told to.
final class ServiceDouble: FederatedLearning {
    struct State: Sendable {
        var calls: [String] = []
        /// For whom they were made.
        var tenants: [String] = []
        /// Who made changes.
        var actors: [String] = []
        var spec = SessionSpec()
        var application: JoinApplication?
        var header: UpdateHeader?
        var body: [UInt8] = []
        var names: [String] = []
        var failure: FederationFailure?
        var view: SessionView?
        var limit: Int? = 1 << 16
        var again = false
        var roundEndedAt = Instant(milliseconds: 0)
    }
    private let state = Mutex(State())
    static let digest = String(repeating: "ab", count: 32)
    static let token = "tu_of_this_session"

    var seen: State { state.withLock { $0 } }
    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    private func note(_ call: String, _ change: (inout State) -> Void = { _ in }) throws(FederationFailure) {
        let failure = state.withLock { state in
            state.calls.append(call)
            change(&state)
            return state.failure
        }
        if let failure { throw failure }
    }

    private func did(_ actor: AuditActor) { state.withLock { $0.actors.append(actor.id) } }

    /// What is called x-1 is the default tenant's.
    private func own(_ what: String, _ tenant: String) throws(FederationFailure) {
        state.withLock { $0.tenants.append(tenant) }
        guard tenant == "default" || !what.hasSuffix(" x-1") else { throw .notFound(what) }
    }

    private func view(_ id: String) -> SessionView {
        let (spec, told) = state.withLock { ($0.spec, $0.view) }
        if let told { return told }
        let record = SessionRecord(id: id, tenant: "default", spec: spec, createdAt: Instant(milliseconds: 1_758_506_403_000), registrationTokenHash: [1])
        return SessionView(record: record)
    }

    func createSession(_ spec: SessionSpec, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> CreatedSession {
        did(actor)
        state.withLock { $0.tenants.append(tenant) }
        try note("createSession") { $0.spec = spec }
        return CreatedSession(view: view("fl-session-1"), registrationToken: "reg-secret")
    }
    func setEvaluation(_ session: String, tenant: String, csv: [UInt8], label: String?, by actor: AuditActor) async throws(FederationFailure) {
        did(actor)
        try own("session \(session)", tenant)
        try note("setEvaluation") { $0.body = csv }
    }
    func setInitialModel(_ session: String, tenant: String, file: [UInt8], by actor: AuditActor) async throws(FederationFailure) {
        did(actor)
        try own("session \(session)", tenant)
        try note("setInitialModel") { $0.body = file }
    }
    func sessions(tenant: String) async throws(FederationFailure) -> [SessionView] {
        state.withLock { $0.tenants.append(tenant) }
        try note("sessions")
        return [view("fl-session-1")]
    }
    func status(_ session: String, tenant: String) async throws(FederationFailure) -> SessionView {
        try own("session \(session)", tenant)
        try note("status")
        return view(session)
    }
    func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(FederationFailure) -> [RoundRecord] {
        try own("session \(session)", tenant)
        try note("rounds")
        let now = Instant(milliseconds: 0)
        var record = RoundRecord(round: 1, attempt: 1, state: .committed, cohort: ["a"], baseModel: Self.digest, configuredAt: now, deadline: now)
        record.outcome = RoundOutcome(selected: 1, contributors: 1, seconds: 0.5, endedAt: seen.roundEndedAt)
        return [record]
    }
    func join(_ session: String, _ request: JoinApplication) async throws(FederationFailure) -> JoinedSession {
        try note("join") { $0.application = request }
        return JoinedSession(view: view(session), client: request.clientID, assignedRound: 1, updateToken: Self.token, blockedBy: [])
    }
    func start(_ session: String, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView {
        did(actor)
        try own("session \(session)", tenant)
        try note("start")
        return view(session)
    }
    func stop(_ session: String, tenant: String, reason: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView {
        did(actor)
        try own("session \(session)", tenant)
        try note("stop")
        return view(session)
    }
    func weights(
        _ session: String, member: Member, round: Int?, isHeld: @Sendable (_ digest: String) -> Bool
    ) async throws(FederationFailure) -> ServedModel {
        try own("session \(session)", member.tenant)
        try note("weights")
        let bytes: [UInt8]? = isHeld(Self.digest) ? nil : [1, 2, 3]
        return ServedModel(round: round ?? 4, digest: Self.digest, bytes: bytes, open: AttemptKey(round: 5, attempt: 1))
    }
    func modelCard(_ session: String, tenant: String, round: Int?) async throws(FederationFailure) -> ModelCard {
        try own("session \(session)", tenant)
        try note("modelCard")
        return ModelCard(
            session: session, round: round ?? 4, model: ModelSpec(kind: .linear, layers: [2, 1]),
            schema: DataSchema(inputs: 2, outputs: 1, scale: .none, task: .regression), sha256: Self.digest, bytes: 3, madeAt: nil, training: [], clients: 1,
            rows: 10, contributors: nil, heldOut: nil, reported: nil, protection: [])
    }
    func receipt(_ session: String, tenant: String) async throws(FederationFailure) -> SessionReceipt {
        try own("session \(session)", tenant)
        try note("receipt")
        return SessionReceipt(text: "header.payload.signature", roster: ["members": ["client-01"]])
    }
    func control(
        _ session: String, member: Member, round: Int, isHeld: @Sendable (_ digest: String) -> Bool
    ) async throws(FederationFailure) -> ServedModel {
        try own("session \(session)", member.tenant)
        try note("control")
        return ServedModel(round: round, digest: Self.digest, bytes: isHeld(Self.digest) ? nil : [4, 5, 6], open: nil)
    }
    func admitUpdate(_ session: String, member: Member, _ header: UpdateHeader) async throws(FederationFailure) { try note("admitUpdate") }
    func update(
        _ session: String, member: Member, _ header: UpdateHeader, body: [UInt8], wireBytes: Int
    ) async throws(FederationFailure) -> UpdateReceipt {
        try own("session \(session)", member.tenant)
        try note("update") {
            $0.header = header
            $0.body = body
        }
        return UpdateReceipt(round: 5, attempt: 1, digest: Self.digest, again: seen.again)
    }
    func heartbeat(_ session: String, member: Member) async throws(FederationFailure) -> HeartbeatReply {
        try own("session \(session)", member.tenant)
        try note("heartbeat")
        return HeartbeatReply(status: .training, round: 5, open: AttemptKey(round: 5, attempt: 1), model: Self.digest)
    }
    func updateLimit(_ session: String, member: Member) async throws(FederationFailure) -> Int? {
        try own("session \(session)", member.tenant)
        try note("updateLimit")
        return seen.limit
    }
    func member(_ session: String, credential: MemberCredential) async throws(FederationFailure) -> Member {
        switch credential {
        case .certificate(let tenant, let client, _): return Member(tenant: tenant, client: client)
        case .updateToken(let token):
            guard token == Self.token else { throw .unauthenticated("the token is not of this session") }
            return Member(tenant: "default", client: "document-only")
        }
    }
    func createEnrolmentTokens(tenant: String, names: [String], lifetimeSeconds: Double) async throws(FederationFailure) -> [EnrolmentToken] {
        state.withLock { $0.tenants.append(tenant) }
        try note("createEnrolmentTokens") { $0.names = names }
        return names.map { EnrolmentToken(node: $0, token: "te_secret", expiresAt: Instant(milliseconds: 0)) }
    }
    func enrol(token: String, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment {
        try note("enrol")
        return Enrolment(tenant: "default", node: "client-01", certificatePEM: "C", authorityPEM: "A", expiresAt: Instant(milliseconds: 0))
    }
    func nodes(tenant: String) async throws(FederationFailure) -> [NodeView] {
        state.withLock { $0.tenants.append(tenant) }
        try note("nodes")
        let now = Instant(milliseconds: 0)
        return [NodeView(tenant: tenant, name: "client-01", enrolledAt: now, certificateExpiresAt: now, revokedAt: nil)]
    }
    func renew(_ shown: CertificateName, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment {
        try note("renew \(shown.client)")
        return Enrolment(tenant: shown.tenant, node: shown.client, certificatePEM: "C2", authorityPEM: "A2", expiresAt: Instant(milliseconds: 0))
    }
    /// Between the steps, with one node that lags behind.
    private let between = AuthorityView(
        phase: .prepared, signing: .init(pin: "sha256:00", expiresAt: Instant(milliseconds: 0)),
        other: .init(pin: "sha256:11", expiresAt: Instant(milliseconds: 1000)), next: .activate, behind: ["client-01"])
    func authorities() async throws(FederationFailure) -> AuthorityView {
        try note("authorities")
        return between
    }
    func roll(_ step: AuthorityStep, force: Bool, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> AuthorityView {
        did(actor)
        state.withLock { $0.tenants.append(tenant) }
        try note("roll \(step.rawValue) \(force)")
        return between
    }
    func revokeNode(tenant: String, name: String, by actor: AuditActor) async throws(FederationFailure) {
        did(actor)
        try own("node \(name)", tenant)
        try note("revokeNode")
    }
    func auditHead(tenant: String) async throws(FederationFailure) -> AuditHeadView {
        state.withLock { $0.tenants.append(tenant) }
        try note("auditHead")
        return AuditHeadView(
            tenant: tenant, size: 2, root: Self.digest, signedAt: Instant(milliseconds: 1_758_506_403_000), authority: "sha256:00",
            signed: "header.payload.signature")
    }
    func auditEntries(tenant: String, after: Int64, limit: Int) async throws(FederationFailure) -> AuditPage {
        state.withLock { $0.tenants.append(tenant) }
        try note("auditEntries \(after) \(limit)")
        return AuditPage(
            tenant: tenant, size: 2, entries: (after..<max(after, 2)).prefix(limit).map { .init(entry: ["index": .integer($0)], hash: Self.digest) })
    }
    func auditConsistency(tenant: String, from: Int64, to: Int64?) async throws(FederationFailure) -> AuditConsistency {
        state.withLock { $0.tenants.append(tenant) }
        try note("auditConsistency \(from) \(to.map(String.init) ?? "-")")
        return AuditConsistency(tenant: tenant, from: from, to: to ?? 2, hashes: [Self.digest])
    }
}
