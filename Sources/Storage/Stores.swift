package import DifferentialPrivacy
package import Federation
package import MerkleLog

/// Sessions, their members and rounds. Every method that writes returns only when the change is durable (committed with
/// a synced log); many callers share one commit. What belongs to a session that is not there, or is another tenant's, is
/// refused with `missing`; a key that is taken with `exists`.
package protocol SessionStore: ContributionStore, AuditStore, PrivacyStore {
    /// - Parameter audit: who did it, in the same transaction; nil: nobody has to answer for it.
    func create(_ session: SessionRecord, audit: AuditRecord?) async throws(StorageError)
    /// One transaction, in order, and with them the events that tell of them (`WebhookStore`) and what somebody has to answer for.
    func apply(_ changes: [DurableChange], events: [OutboxEvent], audit: [AuditRecord], session: String, tenant: String) async throws(StorageError)
    func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord?
    /// Newest first.
    func sessions(tenant: String) async throws(StorageError) -> [SessionRecord]
    /// Sessions of every tenant that are not final, to go on with after a restart.
    func openSessions() async throws(StorageError) -> [SessionSnapshot]
    /// - Parameter tenant: nil when the caller does not know it yet and will compare it itself.
    func snapshot(_ id: String, tenant: String?) async throws(StorageError) -> SessionSnapshot?
    /// Committed and aborted attempts with `round > after`, in order.
    func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord]
    /// - Parameter audit: who did it, in the same transaction; nil: nobody has to answer for it.
    func setEvaluationSet(_ set: EvaluationSetRecord, session: String, tenant: String, audit: AuditRecord?) async throws(StorageError)
    func evaluationSet(session: String, tenant: String) async throws(StorageError) -> EvaluationSetRecord?
    /// Names what has happened here since this store was restored from a backup: drawn anew at each restore. nil: it
    /// never was. Whoever remembers another history has seen things that this store does not know.
    func history() async throws(StorageError) -> String?
}

extension SessionStore {
    package func apply(_ changes: [DurableChange], session: String, tenant: String) async throws(StorageError) {
        try await apply(changes, events: [], audit: [], session: session, tenant: tenant)
    }

    package func apply(_ changes: [DurableChange], events: [OutboxEvent], session: String, tenant: String) async throws(StorageError) {
        try await apply(changes, events: events, audit: [], session: session, tenant: tenant)
    }

    package func create(_ session: SessionRecord) async throws(StorageError) { try await create(session, audit: nil) }

    package func setEvaluationSet(_ set: EvaluationSetRecord, session: String, tenant: String) async throws(StorageError) {
        try await setEvaluationSet(set, session: session, tenant: tenant, audit: nil)
    }
}

/// The updates of the rounds that are under way, and for ever who sent which.
package protocol ContributionStore: Sendable {
    /// Stores an update with its body. The same digest again gives the stored record; another digest is a conflict.
    func storeContribution(_ record: ContributionRecord, body: [UInt8], session: String, tenant: String)
        async throws(StorageError) -> StoredContribution
    /// What is known of an update that was stored, also long after its round.
    func contribution(_ key: ContributionKey) async throws(StorageError) -> KeptContribution?
    /// Throws bodies away; the records stay as evidence of who contributed.
    func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError)

    /// A stored body, verified against its digest. Reads on the caller's thread, which waits: for threads of one's own,
    /// never for a task.
    func contributionBody(_ key: ContributionKey) throws(StorageError) -> [UInt8]?
    /// Bytes `range` of a stored body, on the caller's thread, not verified.
    /// - Throws: `corrupt` when the body is shorter.
    func contributionPart(_ key: ContributionKey, _ range: Range<Int>) throws(StorageError) -> [UInt8]?
}

package struct ContributionKey: Sendable, Hashable {
    package var tenant: String
    package var session: String
    package var round: Int
    package var attempt: Int
    package var client: String
    package init(tenant: String, session: String, round: Int, attempt: Int, client: String) {
        self.tenant = tenant
        self.session = session
        self.round = round
        self.attempt = attempt
        self.client = client
    }
}

package enum StoredContribution: Sendable, Equatable {
    case stored(ContributionRecord)
    case again(ContributionRecord)
    case conflict(existing: ContributionRecord)
}

package struct KeptContribution: Sendable, Equatable {
    package var record: ContributionRecord
    /// false when it came to lie in the store too late: its attempt was sealed without it.
    package var counts: Bool
    package init(record: ContributionRecord, counts: Bool) {
        self.record = record
        self.counts = counts
    }
}

/// Where a session's labelled test set lies: a CSV file among the blobs.
package struct EvaluationSetRecord: Sendable, Equatable, Codable {
    /// SHA-256 (hex) of the file.
    package var file: String
    /// The label's column, as the operator named it; nil: the last.
    package var label: String?
    package init(file: String, label: String?) {
        self.file = file
        self.label = label
    }
}

/// Immutable content, named by its SHA-256 in lower-case hex.
package protocol BlobStore: Sendable {
    /// Durable when it returns. Gives the digest.
    func put(_ bytes: [UInt8]) async throws(StorageError) -> String
    /// Verified against its name.
    func get(_ digest: String) async throws(StorageError) -> [UInt8]?
    func contains(_ digest: String) async throws(StorageError) -> Bool
}

/// What the trust of a tenant rests on: enrolment tokens, nodes, API keys. Secrets only as hashes.
package protocol IdentityStore: Sendable {
    /// All of them or none.
    func addEnrolmentTokens(_ tokens: [EnrolmentTokenRecord]) async throws(StorageError)
    /// Spends the token in the transaction that records the node: of many simultaneous uses one succeeds.
    func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant, by actor: AuditActor) async throws(StorageError) -> EnrolmentOutcome
    func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord?
    func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord?
    /// By tenant and name.
    /// - Parameter tenant: nil: of every tenant.
    func nodes(tenant: String?) async throws(StorageError) -> [NodeRecord]
    /// Changes a node's record as it is at that moment: no other change comes in between.
    /// - Parameter change: called once inside the transaction; nil changes nothing. An audit entry is stored with the record.
    /// - Returns: the record afterwards, changed or not; nil when there is no such node.
    func changeNode(
        tenant: String, name: String, _ change: @escaping @Sendable (NodeRecord) -> (record: NodeRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> NodeRecord?
    /// Also withdraws the node's unused tokens. false when there is neither node nor token.
    func revokeNode(tenant: String, name: String, now: Instant, by actor: AuditActor) async throws(StorageError) -> Bool
    func addKey(_ key: APIKeyRecord) async throws(StorageError)
    func key(id: String) async throws(StorageError) -> APIKeyRecord?
}

extension IdentityStore {
    package func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant) async throws(StorageError) -> EnrolmentOutcome {
        try await enrol(tokenHash: tokenHash, node: node, now: now, by: AuditActor(node.name))
    }

    package func revokeNode(tenant: String, name: String, now: Instant) async throws(StorageError) -> Bool {
        try await revokeNode(tenant: tenant, name: name, now: now, by: "administrator")
    }
}

/// What the data of a tenant's clients have lost, over all sessions.
package protocol PrivacyStore: Sendable {
    /// Pays for a round, with everybody's budget or with nobody's, in one transaction. Its noise may be drawn when this returns,
    /// and only then.
    /// - Returns: ε of the member that has lost most by now, or why nothing was paid.
    func pay(_ charge: PrivacyCharge, tenant: String) async throws(StorageError) -> Result<Double, PrivacyError>
    /// At every order the most that any of these has lost.
    func past(_ members: [LedgerEntry], tenant: String) async throws(StorageError) -> RenyiCurve
    /// By client and data set.
    func ledger(tenant: String) async throws(StorageError) -> [LedgerRow]
}

/// What happened that somebody may have to answer for. Entries are only ever added, each as the next leaf of its tenant's Merkle
/// tree (RFC 6962 §2), in the transaction of what it tells of.
package protocol AuditStore: Sendable {
    func append(_ entry: AuditRecord, tenant: String) async throws(StorageError)
    /// Entries behind the first `after` ones, in order.
    func audit(tenant: String, after: Int64, limit: Int) async throws(StorageError) -> [AuditLeaf]
    /// Entries that match, the last written first, and how many there are in all, beyond `limit` too. What is written meanwhile is not
    /// among them.
    func auditLog(_ filter: AuditFilter, tenant: String) async throws(StorageError) -> (leaves: [AuditLeaf], total: Int64)
    /// Of the tree with all entries; the tree without any where nothing was ever written.
    func auditHead(tenant: String) async throws(StorageError) -> TreeHead
    /// Hashes of leaves from number `from` on (0: the first), in order: what proofs are made of.
    func auditLeafHashes(tenant: String, from: Int64, limit: Int) async throws(StorageError) -> [[UInt8]]
}

package struct AuditRecord: Sendable, Equatable, Codable {
    package enum Action: String, Sendable, Codable, CaseIterable {
        case nodeEnrolled = "node.enrolled"
        /// It was given a new certificate; `details` say until when and which authority signed it.
        case nodeRenewed = "node.renewed"
        case nodeRevoked = "node.revoked"
        /// A step of replacing the coordinator's authority; `details` say which.
        case authorityRolled = "authority.rolled"
        /// Another body came for an update that was stored already. The first stands.
        case updateConflict = "update.conflict"
        case sessionCreated = "session.created"
        /// Training begins; the actor is who said so, or `coordinator` where its clients had joined.
        case sessionStarted = "session.started"
        /// Somebody ended it before its time.
        case sessionStopped = "session.stopped"
        /// It ended by itself; `details` say how.
        case sessionEnded = "session.ended"
        /// The rows that its models are measured on; `details` name the file by its SHA-256.
        case sessionEvaluationSet = "session.evaluation_set"
        /// The model that it begins from; `details` name it by its SHA-256.
        case sessionInitialModelSet = "session.initial_model_set"
        case keyCreated = "key.created"
        case keyRevoked = "key.revoked"
        case userCreated = "user.created"
        case userPasswordChanged = "user.password_changed"
        case userDisabled = "user.disabled"
        case userEnabled = "user.enabled"
        case oauthClientCreated = "oauth_client.created"
        case oauthClientRevoked = "oauth_client.revoked"
        /// Somebody tries names or passwords: `details` say from which address, and how often.
        case loginThrottled = "login.throttled"
        /// A refresh token came a second time, so its login was ended: one of the two who had it is a thief.
        case refreshReused = "refresh.reused"
        case tenantCreated = "tenant.created"
        /// `details` say what changed.
        case tenantUpdated = "tenant.updated"
        case tenantErased = "tenant.erased"
        /// `details` say what it has by now, what was asked for beside, and under which scaling id.
        case tenantScaled = "tenant.scaled"
        case jobCreated = "job.created"
        case jobCompleted = "job.completed"
        /// `details` say why.
        case jobFailed = "job.failed"
        /// It was running; it ends at its next checkpoint.
        case jobCancelRequested = "job.cancel_requested"
        case jobCancelled = "job.cancelled"
        /// It lies in memory and answers; `details` name it by its SHA-256.
        case modelLoaded = "model.loaded"
        case modelUnloaded = "model.unloaded"
        case artifactStored = "artifact.stored"
        case artifactDeleted = "artifact.deleted"
        case webhookCreated = "webhook.created"
        case webhookDeleted = "webhook.deleted"
        case webhookSecretRotated = "webhook.secret_rotated"
        /// Its receiver said so, failed for too long, or its owner; `details` say which.
        case webhookDisabled = "webhook.disabled"
        case webhookEnabled = "webhook.enabled"
        case webhookRedelivered = "webhook.redelivered"
        /// Secrets of the tenant are sealed with a new key from now on.
        case tenantKeyRotated = "secrets.tenant_key_rotated"
        /// All tenants' keys are wrapped with a new master key.
        case masterKeyRotated = "secrets.master_key_rotated"
        case vaultKeyGenerated = "vault.key_generated"
        /// `details` say which version seals from now on, and the oldest that still opens.
        case vaultKeyRotated = "vault.key_rotated"
        /// Its private halves are erased; `details` say why.
        case vaultKeyRevoked = "vault.key_revoked"
        /// A copy of it left the vault, under a passphrase.
        case vaultKeyExported = "vault.key_exported"
        case vaultKeyRestored = "vault.key_restored"
        /// It sealed, opened or signed something; `details` name the operation and the version, and nothing of the content.
        case vaultKeyUsed = "vault.key_used"
        /// A secret was shared with the owner of a public key; `details` name the key by its fingerprint.
        case vaultKeyExchanged = "vault.key_exchanged"
        /// The initiator has shown that it has the secret.
        case vaultExchangeConfirmed = "vault.exchange_confirmed"
        /// A key that signs requests for exchanges; `details` have its fingerprint.
        case vaultPartyRegistered = "vault.party_registered"
        case vaultPartyRemoved = "vault.party_removed"
        case consoleSignedIn = "console.signed_in"
        /// A wrong key; `details` say how many more came before it and were not written down.
        case consoleSignInRefused = "console.sign_in_refused"
        case consoleSignedOut = "console.signed_out"
        /// Through a page of the console: what was done has its own entry besides.
        case consoleSessionStopped = "console.session_stopped"
        case consoleJobCancelled = "console.job_cancelled"
        case leaseAllocated = "quantum.allocated"
        case leaseExpired = "quantum.expired"
        /// Resized, or solved by another solver, by what was measured; `details` say both.
        case leaseOptimized = "quantum.optimized"
        case leaseReleased = "quantum.released"
        /// `details` say whence its file comes.
        case modelRegistered = "model.registered"
        /// Its file is here and was looked into; `details` name it by its SHA-256.
        case modelReady = "model.ready"
        /// `details` say why its file is not taken.
        case modelFailed = "model.failed"
        case modelRemoved = "model.removed"
        case modelDeployed = "model.deployed"
        case deploymentScaled = "deployment.scaled"
        case deploymentStopped = "deployment.stopped"
        /// Of the coordinator: for everybody.
        case serviceStarted = "service.started"
        case serviceStopped = "service.stopped"
    }
    package enum Level: String, Sendable, Codable, CaseIterable {
        case info, warning, critical
    }
    package var at: Instant
    package var action: Action
    package var actor: String
    package var subject: String
    package var details: [String: String]
    /// What kind of thing was acted on, and which; nil: `subject` says all there is.
    package var resourceType: String?
    package var resourceID: String?
    /// Whence the actor called; nil: nobody called, or it is not known.
    package var ipAddress: String?
    /// What a call was answered with (HTTP); nil: it was none.
    package var status: Int?
    /// nil in what was written before there were levels, and for `info`.
    private var levelBeyondInfo: Level?

    package var level: Level { levelBeyondInfo ?? .info }

    package init(
        at: Instant, action: Action, actor: String, subject: String, details: [String: String] = [:], resourceType: String? = nil,
        resourceID: String? = nil, ipAddress: String? = nil, status: Int? = nil, level: Level = .info
    ) {
        self.at = at
        self.action = action
        self.actor = actor
        self.subject = subject
        self.details = details
        (self.resourceType, self.resourceID, self.ipAddress, self.status) = (resourceType, resourceID, ipAddress, status)
        levelBeyondInfo = level == .info ? nil : level
    }

    private enum CodingKeys: String, CodingKey {
        case at, action, actor, subject, details, resourceType, resourceID, ipAddress, status
        case levelBeyondInfo = "level"
    }
}
