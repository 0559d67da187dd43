package import Federation

/// Whose calls are counted together.
package struct QuotaWindowKey: Sendable, Hashable {
    package var tenant: String
    package var principal: String
    package var family: String
    package init(tenant: String, principal: String, family: String) {
        self.tenant = tenant
        self.principal = principal
        self.family = family
    }
}

/// A window of calls, as it was when it was last written.
package struct QuotaWindowRecord: Sendable, Equatable {
    package var key: QuotaWindowKey
    package var openedAt: Instant
    package var used: Int
    package init(key: QuotaWindowKey, openedAt: Instant, used: Int) {
        self.key = key
        self.openedAt = openedAt
        self.used = used
    }
}

/// Counted calls, so that a restart forgets none of them. Counts are no matter of audit.
package protocol QuotaStore: Sendable {
    /// Of every tenant, by tenant, principal and family.
    func quotaWindows() async throws(StorageError) -> [QuotaWindowRecord]
    /// One transaction: takes some windows away, then puts others in the place of what has the same key.
    func storeQuotaWindows(_ windows: [QuotaWindowRecord], removing: [QuotaWindowKey]) async throws(StorageError)
}
