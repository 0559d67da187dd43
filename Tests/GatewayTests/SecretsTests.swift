import CoordinatorNode
import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import Synchronization
import Testing
import Trust

/// A new master key for a folder whose coordinator is stopped: whole or as before, wherever it is cut.
@Suite struct SecretsTests {
    private struct Crash: Error {}
    private static let start = Instant(milliseconds: 1_800_000_000_000)

    /// A folder, with a secret of each of three tenants in it.
    private func withFolder(_ work: (CoordinatorFolder, [String: [UInt8]]) async throws -> Void) async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            var envelopes: [String: [UInt8]] = [:]
            for tenant in ["default", "one", "two"] {
                envelopes[tenant] = try await withSecrets(folder) { secrets in try await secrets.seal(Array(tenant.utf8), context(of: tenant)) }
            }
            try await work(folder, envelopes)
        }
    }

    private func context(of tenant: String) -> SecretContext { SecretContext(tenant: tenant, purpose: "p", id: "i", version: 1) }

    /// With the keys as they lie in the folder.
    /// - Parameter saves: so many writes of `master.key` succeed.
    private func withSecrets<Value>(
        _ folder: CoordinatorFolder, saves: Int = .max, dies: Bool = false, _ work: (SecretStore) async throws -> Value
    ) async throws -> Value {
        let store = try SQLiteStore(folder: folder.path, suite: .system, creates: false)
        let left = Mutex(saves)
        let kept = StoredTenantKeys(store: store) { Self.start }
        let secrets = SecretStore(
            masters: try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil).keys, table: dies ? DyingTable(kept: kept) : kept, random: .system
        ) { keys in
            try left.withLock { left in
                guard left > 0 else { throw Crash() }
                left -= 1
            }
            try MasterKeyFile.write(keys, to: folder.masterKeyPath, passphrase: nil, random: .system)
        }
        do {
            let value = try await work(secrets)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    /// Whose transaction does not come to its end.
    private struct DyingTable: TenantKeyTable {
        let kept: StoredTenantKeys
        func keys(tenant: String) async throws -> [WrappedTenantKey] { try await kept.keys(tenant: tenant) }
        func add(_ key: WrappedTenantKey, tenant: String, replaces: Bool, by actor: String) async throws -> [WrappedTenantKey] { throw Crash() }
        func rewrap(by actor: String, _ change: @escaping @Sendable (String, WrappedTenantKey) throws(SecretError) -> [UInt8]?) async throws {
            try await kept.rewrap(by: actor) { tenant, key throws(SecretError) in
                _ = try change(tenant, key)
                if tenant == "two" { throw .keeping(Crash()) }
                return try change(tenant, key)
            }
        }
    }

    private func expectOpen(_ folder: CoordinatorFolder, _ envelopes: [String: [UInt8]]) async throws {
        for (tenant, envelope) in envelopes {
            let bytes = try await withSecrets(folder) { secrets in try await secrets.open(envelope, context(of: tenant)).bytes }
            #expect(bytes == Array(tenant.utf8), "\(tenant)")
        }
    }

    @Test func theOldMasterKeyOpensNothingAfterwards() async throws {
        try await withFolder { folder, envelopes in
            let old = try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil).keys
            #expect(
                try await folder.secretsStatus() == SecretsReport(masterKeys: [1], hasPassphrase: false, tenants: 3, wrapped: [1: 3], damages: []))
            let report = try await folder.rotateMasterKey()
            #expect(report == SecretsReport(masterKeys: [2], hasPassphrase: false, tenants: 3, wrapped: [2: 3], damages: []))
            #expect(try await folder.secretsStatus() == report)
            try await expectOpen(folder, envelopes)
            try MasterKeyFile.write(old, to: folder.masterKeyPath, passphrase: nil, random: .system)
            #expect(try await folder.secretsStatus().damages.count == 3)
            let error = try await #require(throws: CoordinatorError.self) { try await folder.rotateMasterKey() }
            #expect(error.kind == .integrity && error.message.contains("key 1 of tenant default"), "\(error.message)")
            #expect(try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil).keys == old, "what cannot be opened is not rotated")
        }
    }

    /// It is cut before the first write, in the transaction, before the second write; whoever comes next finds everything.
    @Test(arguments: [(0, false, [1: 3]), (1, true, [1: 3]), (1, false, [2: 3])])
    func aRotationThatIsCutIsFinishedByTheNext(_ saves: Int, _ dies: Bool, _ wrapped: [UInt32: Int]) async throws {
        try await withFolder { folder, envelopes in
            await #expect(throws: SecretError.self) {
                try await withSecrets(folder, saves: saves, dies: dies) { secrets in try await secrets.rotateMasterKey(by: "operator") }
            }
            let cut = try await folder.secretsStatus()
            #expect(cut.masterKeys == (saves == 0 ? [1] : [2, 1]) && cut.wrapped == wrapped && cut.damages.isEmpty)
            #expect(try await folder.secretsStatus() == cut, "who looks changes nothing")
            try await expectOpen(folder, envelopes)
            let whole = try await folder.rotateMasterKey()
            #expect(whole.masterKeys == (saves == 0 ? [2] : [3]) && whole.tenantKeys == 3 && whole.damages.isEmpty)
            try await expectOpen(folder, envelopes)
            let store = try SQLiteStore(folder: folder.path, suite: .system, creates: false)
            let entries = try await store.audit(tenant: "default", after: 0, limit: 100).map(\.entry).filter { $0.action == .masterKeyRotated }
            #expect(!entries.isEmpty && entries.contains { $0.actor == "operator" })
            await store.close()
        }
    }

    @Test func aRunningCoordinatorIsNotTouched() async throws {
        try await LiveCoordinator.with { live in
            for work in [live.folder.secretsStatus, live.folder.rotateMasterKey] {
                let error = try await #require(throws: CoordinatorError.self) { _ = try await work() }
                #expect(error.kind == .failed && error.message.contains("in use") && error.remedy.contains("Stop it"), "\(error.message)")
            }
        }
    }

    @Test func aMasterKeyThatIsDamagedOrGoneIsNamed() async throws {
        try await withFolder { folder, _ in
            let good = try SecretFile.read(folder.masterKeyPath)
            for index in [0, good.count / 2, good.count - 1] {
                var bad = good
                bad[index] ^= 1
                try SecretFile.write(bad, to: folder.masterKeyPath)
                for work in [folder.secretsStatus, folder.rotateMasterKey] {
                    let error = try await #require(throws: CoordinatorError.self) { _ = try await work() }
                    #expect(error.kind == .integrity && error.message.contains("damaged"), "byte \(index): \(error.message)")
                }
                #expect(try SecretFile.read(folder.masterKeyPath) == bad, "it is left as it is")
            }
            try FileManager.default.removeItem(atPath: folder.masterKeyPath)
            for work in [folder.secretsStatus, folder.rotateMasterKey] {
                let error = try await #require(throws: CoordinatorError.self) { _ = try await work() }
                #expect(error.kind == .integrity && error.message.contains("missing") && error.remedy.contains("backup"), "\(error.message)")
            }
            #expect(!FileManager.default.fileExists(atPath: folder.masterKeyPath), "none is made in its place")
        }
    }

    @Test func aPassphraseStays() async throws {
        try await withFolder { folder, _ in
            let phrase = folder.path + "/../phrase"
            try SecretFile.write(Array("correct horse\n".utf8), to: phrase)
            let settings = try String(contentsOfFile: folder.configurationPath, encoding: .utf8)
            try settings.replacing("[trust]", with: "[trust]\nmaster_passphrase_file = \"\(phrase)\"").write(
                toFile: folder.configurationPath, atomically: true, encoding: .utf8)
            let report = try await folder.rotateMasterKey()
            #expect(report.hasPassphrase && report.masterKeys == [2])
            #expect(throws: TrustError.self) { try MasterKeyFile.read(folder.masterKeyPath, passphrase: nil) }
            try SecretFile.write(Array("wrong horse\n".utf8), to: phrase)
            let error = try await #require(throws: CoordinatorError.self) { try await folder.rotateMasterKey() }
            #expect(error.kind == .configuration && error.message.contains("passphrase"), "\(error.message)")
        }
    }
}
