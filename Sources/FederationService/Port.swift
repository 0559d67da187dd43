package import Federation
package import Learning
package import Storage
package import StrictJSON
package import Trust

/// The federated-learning service as its surfaces see it. One call an endpoint; no HTTP here. What changes something says by whom, for
/// the tenant's audit.
package protocol FederatedLearning: Sendable {
    func createSession(_ spec: SessionSpec, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> CreatedSession
    /// A labelled test set (CSV) for held-out evaluation by the coordinator, from the next round on.
    func setEvaluation(_ session: String, tenant: String, csv: [UInt8], label: String?, by actor: AuditActor) async throws(FederationFailure)
    /// The model file that a session created with `initial_model: {"upload": true}` waits for.
    func setInitialModel(_ session: String, tenant: String, file: [UInt8], by actor: AuditActor) async throws(FederationFailure)
    func sessions(tenant: String) async throws(FederationFailure) -> [SessionView]
    func status(_ session: String, tenant: String) async throws(FederationFailure) -> SessionView
    func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(FederationFailure) -> [RoundRecord]
    func join(_ session: String, _ request: JoinApplication) async throws(FederationFailure) -> JoinedSession
    func start(_ session: String, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView
    func stop(_ session: String, tenant: String, reason: String, by actor: AuditActor) async throws(FederationFailure) -> SessionView
    /// The model a member should have now (`round` nil), or model version `round`. Bytes are a safetensors file, left out
    /// when the caller holds the model with this digest (hex) already.
    func weights(_ session: String, member: Member, round: Int?, isHeld: @Sendable (_ digest: String) -> Bool)
        async throws(FederationFailure) -> ServedModel
    /// What is known of the model a session gives away now (`round` nil), or of model version `round`.
    func modelCard(_ session: String, tenant: String, round: Int?) async throws(FederationFailure) -> ModelCard
    /// What the session did, signed: after its end the same for ever, before it as it is now.
    func receipt(_ session: String, tenant: String) async throws(FederationFailure) -> SessionReceipt
    /// SCAFFOLD's control of the server after round `round`, as a file; otherwise like `weights`.
    func control(_ session: String, member: Member, round: Int, isHeld: @Sendable (_ digest: String) -> Bool)
        async throws(FederationFailure) -> ServedModel
    /// Before the body is read. A refusal costs the client no upload.
    func admitUpdate(_ session: String, member: Member, _ header: UpdateHeader) async throws(FederationFailure)
    /// The decompressed body. Returns when the update is durable and counted.
    func update(_ session: String, member: Member, _ header: UpdateHeader, body: [UInt8], wireBytes: Int)
        async throws(FederationFailure) -> UpdateReceipt
    func heartbeat(_ session: String, member: Member) async throws(FederationFailure) -> HeartbeatReply
    /// Largest body `update` takes for this session, in bytes after decompression; nil while the model is not decided.
    func updateLimit(_ session: String, member: Member) async throws(FederationFailure) -> Int?

    /// A member's credentials: a certificate's name, or an update token of this session.
    func member(_ session: String, credential: MemberCredential) async throws(FederationFailure) -> Member

    func createEnrolmentTokens(tenant: String, names: [String], lifetimeSeconds: Double) async throws(FederationFailure)
        -> [EnrolmentToken]
    /// - Parameter actor: whence it is asked for; who it is the token says.
    func enrol(token: String, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment
    /// A new certificate for a node that shows a good one, for the key of the request and the name of the one it shows.
    func renew(_ shown: CertificateName, certificateRequestPEM: String, by actor: AuditActor) async throws(FederationFailure) -> Enrolment
    func nodes(tenant: String) async throws(FederationFailure) -> [NodeView]
    func revokeNode(tenant: String, name: String, by actor: AuditActor) async throws(FederationFailure)

    /// The authorities of this coordinator and how far their replacement is.
    func authorities() async throws(FederationFailure) -> AuthorityView
    /// Takes a step of replacing the authority; a step that was taken already changes nothing.
    /// - Parameter force: also when nodes are cut off by it; the view names them.
    func roll(_ step: AuthorityStep, force: Bool, tenant: String, by actor: AuditActor) async throws(FederationFailure) -> AuthorityView

    /// The tenant's audit as it is now, signed.
    func auditHead(tenant: String) async throws(FederationFailure) -> AuditHeadView
    /// Entries behind the first `after` ones, in order.
    func auditEntries(tenant: String, after: Int64, limit: Int) async throws(FederationFailure) -> AuditPage
    /// The proof that the log of the first `from` entries is what that of the first `to` (nil: of all) began with.
    func auditConsistency(tenant: String, from: Int64, to: Int64?) async throws(FederationFailure) -> AuditConsistency
}

/// For who is the coordinator's administrator and says no more.
extension FederatedLearning {
    package func createSession(_ spec: SessionSpec, tenant: String) async throws(FederationFailure) -> CreatedSession {
        try await createSession(spec, tenant: tenant, by: Self.administrator)
    }
    package func setEvaluation(_ session: String, tenant: String, csv: [UInt8], label: String?) async throws(FederationFailure) {
        try await setEvaluation(session, tenant: tenant, csv: csv, label: label, by: Self.administrator)
    }
    package func setInitialModel(_ session: String, tenant: String, file: [UInt8]) async throws(FederationFailure) {
        try await setInitialModel(session, tenant: tenant, file: file, by: Self.administrator)
    }
    package func start(_ session: String, tenant: String) async throws(FederationFailure) -> SessionView {
        try await start(session, tenant: tenant, by: Self.administrator)
    }
    package func stop(_ session: String, tenant: String, reason: String) async throws(FederationFailure) -> SessionView {
        try await stop(session, tenant: tenant, reason: reason, by: Self.administrator)
    }
    package func revokeNode(tenant: String, name: String) async throws(FederationFailure) {
        try await revokeNode(tenant: tenant, name: name, by: Self.administrator)
    }
    package func roll(_ step: AuthorityStep, force: Bool, tenant: String) async throws(FederationFailure) -> AuthorityView {
        try await roll(step, force: force, tenant: tenant, by: Self.administrator)
    }

    private static var administrator: AuditActor { "administrator" }
}

/// A client certificate, as far as the service knows it by.
package struct CertificateName: Sendable, Equatable {
    package var tenant: String
    package var client: String
    package var fingerprint: [UInt8]
    package init(tenant: String, client: String, fingerprint: [UInt8]) {
        self.tenant = tenant
        self.client = client
        self.fingerprint = fingerprint
    }
}

package struct AuthorityView: Sendable, Equatable {
    package struct One: Sendable, Equatable {
        /// `sha256:` and 64 digits.
        package var pin: String
        package var expiresAt: Instant
        package init(pin: String, expiresAt: Instant) {
            self.pin = pin
            self.expiresAt = expiresAt
        }
    }
    package var phase: Authorities.Phase
    /// Signs whatever is made from now on; its pin is the right one to enrol with.
    package var signing: One
    /// Trusted besides, during a replacement.
    package var other: One?
    package var next: AuthorityStep?
    /// Nodes that the next step would cut off if it were taken now.
    package var behind: [String]
    /// Nodes that the step just taken has cut off.
    package var cutOff: [String]
    package init(phase: Authorities.Phase, signing: One, other: One?, next: AuthorityStep?, behind: [String], cutOff: [String] = []) {
        self.phase = phase
        self.signing = signing
        self.other = other
        self.next = next
        self.behind = behind
        self.cutOff = cutOff
    }
}

/// A client that has proved who it is, in one session.
package struct Member: Sendable, Hashable {
    package var tenant: String
    package var client: String
    package init(tenant: String, client: String) {
        self.tenant = tenant
        self.client = client
    }
}

package enum MemberCredential: Sendable {
    case certificate(tenant: String, client: String, fingerprint: [UInt8])
    case updateToken(String)
}

package struct JoinApplication: Sendable {
    package var clientID: String
    package var registrationToken: String?
    package var certificate: (tenant: String, client: String, fingerprint: [UInt8])?
    package var request: JoinRequest
    package init(clientID: String, request: JoinRequest) {
        self.clientID = clientID
        self.request = request
    }
}

package struct CreatedSession: Sendable {
    package var view: SessionView
    /// Shown once.
    package var registrationToken: String
    package init(view: SessionView, registrationToken: String) {
        self.view = view
        self.registrationToken = registrationToken
    }
}

package struct JoinedSession: Sendable {
    package var view: SessionView
    package var client: String
    package var assignedRound: Int
    /// Only for a client without a certificate, in the reply to its first join; nil when it joins again.
    package var updateToken: String?
    package var blockedBy: [Blocker]
    package init(view: SessionView, client: String, assignedRound: Int, updateToken: String?, blockedBy: [Blocker]) {
        self.view = view
        self.client = client
        self.assignedRound = assignedRound
        self.updateToken = updateToken
        self.blockedBy = blockedBy
    }
}

/// Everything a status reply shows; measured or nil.
package struct SessionView: Sendable {
    package var record: SessionRecord
    package var currentRound: Int = 0
    package var activeClients: Int = 0
    package var totalClients: Int = 0
    package var cohort: Int?
    package var loss: Double?
    package var accuracy: Double?
    package var heldOutAccuracy: Double?
    package var heldOutLoss: Double?
    /// From first to last round, by the rounds of like sessions; nil while none was measured.
    package var estimatedDurationSeconds: Double?
    package var estimatedCompletion: Instant?
    package var updatesPerMinute: Double?
    package var updateLatencyP99Milliseconds: Double?
    package var rejectedUpdates: Int = 0
    /// Of the last closed round, with secure aggregation.
    package var secure: SecureOutcome?
    /// With differential privacy: what the member that lost most has lost by now.
    package var epsilon: Double?
    package var bytesUp: Int64 = 0
    package var bytesDown: Int64 = 0
    package var blockedBy: [Blocker] = []
    package var lateUpdates: Int = 0
    /// SHA-256 (hex) of the model the session gives away: the newest, or once it has ended the chosen one.
    package var model: String?
    /// The round that made it.
    package var modelRound: Int?
    package init(record: SessionRecord) { self.record = record }
}

package struct ServedModel: Sendable {
    package var round: Int
    package var digest: String
    /// nil when the caller holds them already.
    package var bytes: [UInt8]?
    /// The attempt that takes updates to this model now, if this member is in its cohort.
    package var open: AttemptKey?
    package init(round: Int, digest: String, bytes: [UInt8]?, open: AttemptKey?) {
        self.round = round
        self.digest = digest
        self.bytes = bytes
        self.open = open
    }
}

package struct SessionReceipt: Sendable, Equatable {
    /// A JSON Web Signature in compact form.
    package var text: String
    /// The list of members that it vouches for.
    package var roster: JSON
    package init(text: String, roster: JSON) {
        self.text = text
        self.roster = roster
    }
}

package struct UpdateHeader: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case delta, weights }
    /// nil: taken from the body's metadata.
    package var round: Int?
    package var attempt: Int?
    package var samples: Int64?
    package var kind: Kind?
    package init(round: Int? = nil, attempt: Int? = nil, samples: Int64? = nil, kind: Kind? = nil) {
        self.round = round
        self.attempt = attempt
        self.samples = samples
        self.kind = kind
    }
}

package struct UpdateReceipt: Sendable {
    package var round: Int
    package var attempt: Int
    /// SHA-256 (hex) of the body.
    package var digest: String
    /// The same body had been stored before.
    package var again: Bool
    package init(round: Int, attempt: Int, digest: String, again: Bool) {
        self.round = round
        self.attempt = attempt
        self.digest = digest
        self.again = again
    }
}

package struct HeartbeatReply: Sendable {
    package var status: SessionStatus
    package var round: Int
    package var open: AttemptKey?
    package var model: String?
    package init(status: SessionStatus, round: Int, open: AttemptKey?, model: String?) {
        self.status = status
        self.round = round
        self.open = open
        self.model = model
    }
}

package struct EnrolmentToken: Sendable {
    package var node: String
    package var token: String
    package var expiresAt: Instant
    package init(node: String, token: String, expiresAt: Instant) {
        self.node = node
        self.token = token
        self.expiresAt = expiresAt
    }
}

package struct Enrolment: Sendable {
    package var tenant: String
    package var node: String
    package var certificatePEM: String
    package var authorityPEM: String
    package var expiresAt: Instant
    package init(tenant: String, node: String, certificatePEM: String, authorityPEM: String, expiresAt: Instant) {
        self.tenant = tenant
        self.node = node
        self.certificatePEM = certificatePEM
        self.authorityPEM = authorityPEM
        self.expiresAt = expiresAt
    }
}

package struct NodeView: Sendable {
    package var tenant: String
    package var name: String
    package var enrolledAt: Instant
    package var certificateExpiresAt: Instant
    package var revokedAt: Instant?
    package init(tenant: String, name: String, enrolledAt: Instant, certificateExpiresAt: Instant, revokedAt: Instant?) {
        self.tenant = tenant
        self.name = name
        self.enrolledAt = enrolledAt
        self.certificateExpiresAt = certificateExpiresAt
        self.revokedAt = revokedAt
    }
}

/// What can go wrong, for a surface to put in its own envelope. Nothing has changed when one is thrown.
package enum FederationFailure: Error, Sendable, Equatable {
    case notFound(String)
    case unauthenticated(String)
    case forbidden(String)
    /// `provided`: what was sent, with its JSON type; nil when nothing was, or when it must not be repeated.
    case invalid(field: String, issue: String, provided: JSON?)
    case unprocessable(field: String, issue: String, provided: JSON?)
    case conflict(String, retryAfterSeconds: Int?)
    /// A field contradicts what the session has agreed on.
    case disagreement(field: String, issue: String, provided: JSON?)
    case tooLarge(limitBytes: Int)
    case unavailable(String, retryAfterSeconds: Int)
    case insufficientStorage
    case internalError(String)
}
