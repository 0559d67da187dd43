package import Federation

/// A key of a tenant's vault. Its private halves are sealed; what stands beside them is bound to them by a digest inside the seal.
package struct VaultKeyRecord: Sendable, Equatable, Codable {
    /// One pair of keys. All of a key's versions are of one algorithm.
    package struct Version: Sendable, Equatable, Codable {
        /// From 1, one after the other.
        package var number: Int
        /// As its standard writes it.
        package var publicKey: [UInt8]
        /// A `SecretEnvelope`; empty: the private half was erased.
        package var envelope: [UInt8]
        package var createdAt: Instant
        /// From then on it seals and signs no more.
        package var expiresAt: Instant
        package init(number: Int, publicKey: [UInt8], envelope: [UInt8], createdAt: Instant, expiresAt: Instant) {
            self.number = number
            self.publicKey = publicKey
            self.envelope = envelope
            self.createdAt = createdAt
            self.expiresAt = expiresAt
        }
    }

    package var id: String
    package var tenant: String
    package var algorithm: String
    /// The name it was asked for by.
    package var askedAlgorithm: String
    package var usage: String
    /// In words, such as `1 year`: of each version.
    package var validity: String
    package var isBackedUp: Bool
    /// Of the object that stands for it in a token of software, or a PKCS #11 URI of the key that seals it in a module; nil: none was asked for.
    package var tokenID: String?
    /// `hardware` or `software`, as the module's slot says; nil: there is no module.
    package var tokenKind: String?
    package var metadata: [String: String]
    package var createdAt: Instant
    /// Oldest first, at least one. Versions that were given up are not among them.
    package var versions: [Version]
    package var revokedAt: Instant?
    package var revokedReason: String?

    /// Of its newest version.
    package var expiresAt: Instant { versions.last?.expiresAt ?? createdAt }

    package init(
        id: String, tenant: String, algorithm: String, askedAlgorithm: String, usage: String, validity: String, isBackedUp: Bool,
        tokenID: String? = nil, metadata: [String: String], createdAt: Instant, versions: [Version]
    ) {
        self.id = id
        self.tenant = tenant
        self.algorithm = algorithm
        self.askedAlgorithm = askedAlgorithm
        self.usage = usage
        self.validity = validity
        self.isBackedUp = isBackedUp
        self.tokenID = tokenID
        self.metadata = metadata
        self.createdAt = createdAt
        self.versions = versions
    }
}

/// A public key that was here before: one of the vault's own, or one that a secret was encapsulated to. Of the secret nothing is kept.
package struct SeenKeyRecord: Sendable, Equatable, Codable {
    package var tenant: String
    /// SHA-256 of its SubjectPublicKeyInfo.
    package var fingerprint: [UInt8]
    /// The first exchange with it, or the vault's key.
    package var session: String
    package var seenAt: Instant
    package init(tenant: String, fingerprint: [UInt8], session: String, seenAt: Instant) {
        self.tenant = tenant
        self.fingerprint = fingerprint
        self.session = session
        self.seenAt = seenAt
    }
}

/// What became of a public key that was to be remembered.
package enum SeenKey: String, Sendable {
    case new, known
    /// There are so many that none is remembered any more, so nobody can tell.
    case tooMany
}

/// Keys of tenants' vaults. What is another tenant's is not there.
package protocol VaultKeyStore: Sendable {
    /// With its public keys among those that were seen.
    /// - Returns: false when the tenant has `limit` of them, revoked ones not counted.
    func addVaultKey(_ key: VaultKeyRecord, seen: [SeenKeyRecord], audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool
    func vaultKey(_ id: String, tenant: String) async throws(StorageError) -> VaultKeyRecord?
    /// In the order of their ids, those behind `after`.
    /// - Parameter revoked: whether those that are revoked are wanted, or those that are not; nil: all.
    func vaultKeys(tenant: String, revoked: Bool?, after: String, limit: Int) async throws(StorageError) -> [VaultKeyRecord]
    /// Of the keys that are neither revoked nor expired, each once, by name.
    func vaultAlgorithms(tenant: String, now: Instant) async throws(StorageError) -> [String]
    /// Changes a key as it is at that moment.
    /// - Parameter change: called once inside the transaction; nil changes nothing. A public key that is new and an audit entry are stored
    ///   with the record.
    /// - Returns: the record afterwards, changed or not; nil when there is no such key.
    func changeVaultKey(
        _ id: String, tenant: String,
        _ change: @escaping @Sendable (VaultKeyRecord) -> (record: VaultKeyRecord, seen: SeenKeyRecord?, audit: AuditRecord)?
    ) async throws(StorageError) -> VaultKeyRecord?
}
