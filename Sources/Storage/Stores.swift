package import Federation

/// Sessions, their members, rounds and contributions. Every method that writes returns only when the change is durable
/// (committed with a synced log); many callers share one commit.
package protocol SessionStore: Sendable {
    func create(_ session: SessionRecord) async throws(StorageError)
    /// One transaction, in order.
    func apply(_ changes: [DurableChange], session: String, tenant: String) async throws(StorageError)
    func session(_ id: String, tenant: String) async throws(StorageError) -> SessionRecord?
    /// Newest first.
    func sessions(tenant: String) async throws(StorageError) -> [SessionRecord]
    /// Sessions of every tenant that are not final, to go on with after a restart.
    func openSessions() async throws(StorageError) -> [SessionSnapshot]
    func snapshot(_ id: String, tenant: String) async throws(StorageError) -> SessionSnapshot?
    /// Committed and aborted attempts with `round > after`, in order.
    func rounds(_ session: String, tenant: String, after: Int, limit: Int) async throws(StorageError) -> [RoundRecord]
    func members(_ session: String, tenant: String) async throws(StorageError) -> [MemberRecord]

    /// Stores an update with its body. The same digest again gives the stored record; another digest is a conflict.
    func storeContribution(_ record: ContributionRecord, body: [UInt8], session: String, tenant: String)
        async throws(StorageError) -> StoredContribution
    func contributionBody(session: String, tenant: String, round: Int, attempt: Int, client: String)
        async throws(StorageError) -> [UInt8]?
    func discardContributions(session: String, tenant: String, throughRound: Int) async throws(StorageError)
}

package enum StoredContribution: Sendable, Equatable {
    case stored(ContributionRecord)
    case again(ContributionRecord)
    case conflict(existing: ContributionRecord)
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
    func addEnrolmentToken(_ token: EnrolmentTokenRecord) async throws(StorageError)
    /// Spends the token in the transaction that records the node: of many simultaneous uses one succeeds.
    func enrol(tokenHash: [UInt8], node: NodeRecord, now: Instant) async throws(StorageError) -> EnrolmentOutcome
    func enrolmentToken(hash: [UInt8]) async throws(StorageError) -> EnrolmentTokenRecord?
    func node(tenant: String, name: String) async throws(StorageError) -> NodeRecord?
    func nodes(tenant: String) async throws(StorageError) -> [NodeRecord]
    func revokeNode(tenant: String, name: String, now: Instant) async throws(StorageError) -> Bool
    func addKey(_ key: APIKeyRecord) async throws(StorageError)
    func key(id: String) async throws(StorageError) -> APIKeyRecord?
}

package struct EnrolmentTokenRecord: Sendable, Equatable, Codable {
    package var hash: [UInt8]
    package var tenant: String
    /// The name the node will have: decided here, never by the node.
    package var node: String
    package var expiresAt: Instant
    package var usedAt: Instant?
    package init(hash: [UInt8], tenant: String, node: String, expiresAt: Instant) {
        self.hash = hash
        self.tenant = tenant
        self.node = node
        self.expiresAt = expiresAt
    }
}

package struct NodeRecord: Sendable, Equatable, Codable {
    package var tenant: String
    package var name: String
    /// SHA-256 of the current certificate's DER.
    package var certificateFingerprint: [UInt8]
    package var enrolledAt: Instant
    package var certificateExpiresAt: Instant
    package var revokedAt: Instant?
    package init(
        tenant: String, name: String, certificateFingerprint: [UInt8], enrolledAt: Instant, certificateExpiresAt: Instant
    ) {
        self.tenant = tenant
        self.name = name
        self.certificateFingerprint = certificateFingerprint
        self.enrolledAt = enrolledAt
        self.certificateExpiresAt = certificateExpiresAt
    }
}

package struct APIKeyRecord: Sendable, Equatable, Codable {
    /// Public prefix by which the key is found.
    package var id: String
    package var tenant: String
    package var hash: [UInt8]
    package var role: String
    package var createdAt: Instant
    package init(id: String, tenant: String, hash: [UInt8], role: String, createdAt: Instant) {
        self.id = id
        self.tenant = tenant
        self.hash = hash
        self.role = role
        self.createdAt = createdAt
    }
}

package enum EnrolmentOutcome: Sendable, Equatable {
    case enrolled, unknownToken, expired, alreadyUsed
}
