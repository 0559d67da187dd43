package import Federation

/// A tenant's key for its secrets, wrapped with the master key that lies beside the store and not in it.
package struct TenantKeyRecord: Sendable, Equatable, Codable {
    package var tenant: String
    /// From 1, one after the other. Older ones stay, for what they have sealed.
    package var version: Int
    /// A `SecretEnvelope`.
    package var envelope: [UInt8]
    package var createdAt: Instant
    package init(tenant: String, version: Int, envelope: [UInt8], createdAt: Instant) {
        self.tenant = tenant
        self.version = version
        self.envelope = envelope
        self.createdAt = createdAt
    }
}

/// Keys of secrets at rest.
package protocol TenantKeyStore: Sendable {
    /// In the order of their versions.
    func tenantKeys(tenant: String) async throws(StorageError) -> [TenantKeyRecord]
    /// Unless this version is there already; an audit entry is stored with the key, and not without it.
    /// - Returns: the tenant's keys afterwards.
    func addTenantKey(_ key: TenantKeyRecord, audit: AuditRecord?) async throws(StorageError) -> [TenantKeyRecord]
    /// Changes the envelopes of every tenant's keys and writes the entry, all of it or none.
    /// - Parameters:
    ///   - audit: the entry and the tenant in whose log it stands.
    ///   - change: the new envelope; nil leaves the key as it is. What it throws undoes everything.
    /// - Returns: how many were changed.
    @discardableResult
    func rewrapTenantKeys(
        audit: AuditRecord, tenant: String, _ change: @escaping @Sendable (TenantKeyRecord) throws -> [UInt8]?
    ) async throws(StorageError) -> Int
    /// Of every tenant, by its name and the key's version.
    func allTenantKeys() async throws(StorageError) -> [TenantKeyRecord]
    /// Whether any tenant has a key.
    func hasTenantKeys() async throws(StorageError) -> Bool
}
