package import Federation
package import Storage
package import Trust

/// Tenants' keys in the coordinator's store.
package struct StoredTenantKeys: TenantKeyTable {
    private let store: any TenantKeyStore
    private let now: @Sendable () -> Instant

    package init(store: any TenantKeyStore, now: @escaping @Sendable () -> Instant) {
        self.store = store
        self.now = now
    }

    package func keys(tenant: String) async throws -> [WrappedTenantKey] { try await store.tenantKeys(tenant: tenant).map(Self.wrapped) }

    package func add(_ key: WrappedTenantKey, tenant: String, replaces: Bool, by actor: String) async throws -> [WrappedTenantKey] {
        let moment = now()
        let audit = AuditRecord(at: moment, action: .tenantKeyRotated, by: AuditActor(actor), of: tenant, details: ["version": "\(key.version)"])
        let record = TenantKeyRecord(tenant: tenant, version: Int(key.version), envelope: key.envelope, createdAt: moment)
        return try await store.addTenantKey(record, audit: replaces ? audit : nil).map(Self.wrapped)
    }

    package func rewrap(
        by actor: String, _ change: @escaping @Sendable (String, WrappedTenantKey) throws(SecretError) -> [UInt8]?
    ) async throws {
        let audit = AuditRecord(at: now(), action: .masterKeyRotated, by: AuditActor(actor), of: "master.key")
        try await store.rewrapTenantKeys(audit: audit, tenant: Identity.defaultTenant) { try change($0.tenant, Self.wrapped($0)) }
    }

    private static func wrapped(_ record: TenantKeyRecord) -> WrappedTenantKey {
        WrappedTenantKey(version: UInt32(clamping: record.version), envelope: record.envelope)
    }
}
