import CryptoSuite
import Federation
import Storage
import Testing
import Trust

typealias WholeStore =
    SessionStore & BlobStore & AccountStore & TenantStore & QuotaStore & JobStore & ArtifactStore & TenantKeyStore & WebhookStore
    & TelemetryStore & UseStore & VaultKeyStore & LeaseStore & BenchmarkStore & ModelStore & KeyExchangeStore & ServiceStore

/// The stores that the contract binds.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite

    var testDescription: String { rawValue }
}

/// A new store of this kind, gone afterwards.
func withEach(_ kind: StoreKind, inlineBytes: Int? = nil, _ body: (any WholeStore) async throws -> Void) async throws {
    switch kind {
    case .memory: try await body(MemoryStore(suite: .system))
    case .sqlite: try await withStore(inlineBytes: inlineBytes) { store, _ in try await body(store) }
    }
}

/// What kind of error it is: words may differ between stores.
func sort(_ error: any Error) -> String {
    switch error as? StorageError {
    case .exists: "exists"
    case .missing: "missing"
    case .corrupt, .damagedRow: "damage"
    case .full: "full"
    case .inUse: "in use"
    case .newer: "newer"
    case .io: "io"
    case nil: "\(error)"
    }
}
