import CryptoSuite
import Federation
import Foundation
import KeyVault
import Platform
import Storage
import Synchronization
import Testing
import Trust

let start = Instant(milliseconds: 1_758_506_403_000)

enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory, sqlite
    var testDescription: String { rawValue }
}

/// A vault over a store of this kind, gone afterwards.
struct Vault {
    typealias Store = VaultKeyStore & KeyExchangeStore & TenantKeyStore & AuditStore
    let store: any Store
    let vault: KeyVault

    static func with(_ kind: StoreKind, token: KeyToken = .software, _ body: (Vault) async throws -> Void) async throws {
        switch kind {
        case .memory: try await body(Vault(MemoryStore(suite: .system), token))
        case .sqlite:
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vault-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let store = try SQLiteStore(folder: folder, suite: .system)
            try await body(Vault(store, token))
            await store.close()
        }
    }

    init(_ store: any Store, _ token: KeyToken = .software, masters: MasterKeys = MasterKeys(random: .system)) {
        self.store = store
        let secrets = SecretStore(masters: masters, table: StoredTenantKeys(store: store) { start }, random: .system) { _ in }
        vault = KeyVault(store: store, secrets: secrets, random: .system, token: token)
    }

    func generate(_ algorithm: String, _ usage: KeyUsage? = nil, tenant: String = "one", _ change: (inout VaultKeyRequest) -> Void = { _ in }) async throws
        -> VaultKey
    {
        var request = VaultKeyRequest(algorithm: algorithm)
        request.usage = usage
        change(&request)
        return try await vault.generate(request, tenant: tenant, actor: "admin", now: start)
    }

    /// What became of keys; that they were used has tests of its own.
    func actions(_ tenant: String = "one") async throws -> [AuditRecord.Action] {
        try await store.audit(tenant: tenant, after: 0, limit: 1000).map(\.entry.action).filter { $0 != .vaultKeyUsed }
    }
}

/// What was thrown; nil: nothing, or something else.
func refusal(_ work: () async throws -> Void) async -> KeyVaultError? {
    do { try await work() } catch { return error as? KeyVaultError }
    return nil
}

/// The field that was refused.
func field(_ work: () async throws -> Void) async -> String? {
    guard case .field(let name, _)? = await refusal(work) else { return nil }
    return name
}

/// Random bytes, and which they were.
final class Drawn: Sendable {
    private let drawn = Mutex<[[UInt8]]>([])
    var all: [[UInt8]] { drawn.withLock { $0 } }
    func bytes(_ count: Int) -> [UInt8] {
        let bytes = RandomSource.system.bytes(count)
        drawn.withLock { $0.append(bytes) }
        return bytes
    }
}
