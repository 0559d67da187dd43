internal import CryptoSuite
package import Federation
package import Storage
package import Trust

/// Who may administer. Keys are found by their public part and compared by hash, in constant time.
package struct Identity: Sendable {
    package static let defaultTenant = "default"
    package static let administrator = "platform-admin"
    private let store: any IdentityStore

    package init(store: any IdentityStore) { self.store = store }

    /// Makes a platform-admin key. Its text is shown this once.
    package func createAdministratorKey(random: RandomSource, now: Instant) async throws(StorageError) -> APIKey {
        let key = APIKey(random)
        try await store.addKey(
            APIKeyRecord(id: key.id, tenant: Self.defaultTenant, hash: key.hash, role: Self.administrator, createdAt: now))
        return key
    }

    /// The tenant a platform-admin key stands for; nil for a key that is none.
    package func administratorTenant(key text: String) async throws(StorageError) -> String? {
        guard let id = APIKey.id(of: text), let record = try await store.key(id: id), record.role == Self.administrator,
            Token.matches(text, hash: record.hash)
        else { return nil }
        return record.tenant
    }
}
