import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import Trust
import TuttiConfiguration

/// How the secrets of a folder are kept. Nothing secret is in it.
package struct SecretsReport: Sendable, Equatable {
    /// Numbers of the master keys, the newest first; empty: there is none yet, and nothing is sealed. More than one: a rotation was
    /// interrupted, and the next start or rotation finishes it.
    package var masterKeys: [UInt32]
    package var hasPassphrase: Bool
    /// Sealed by a key that stays in a token of PKCS #11.
    package var isInToken: Bool
    package var tenants: Int
    /// Keys of tenants by the number of the master key that they are wrapped with.
    package var wrapped: [UInt32: Int]
    /// Keys of tenants that no master key opens, in words.
    package var damages: [String]

    package init(
        masterKeys: [UInt32], hasPassphrase: Bool, isInToken: Bool = false, tenants: Int = 0, wrapped: [UInt32: Int] = [:], damages: [String] = []
    ) {
        self.isInToken = isInToken
        self.masterKeys = masterKeys
        self.hasPassphrase = hasPassphrase
        self.tenants = tenants
        self.wrapped = wrapped
        self.damages = damages
    }

    package var tenantKeys: Int { wrapped.values.reduce(0, +) }
}

extension CoordinatorFolder {
    /// Looks, and changes nothing, while no coordinator runs on the folder.
    /// - Throws: when it cannot be looked at: in use, no coordinator's folder, a `master.key` that is missing, damaged, or sealed with
    ///   another passphrase.
    package func secretsStatus() async throws(CoordinatorError) -> SecretsReport {
        try await withSecrets { store, sealing throws(CoordinatorError) in try await report(store, sealing) }
    }

    /// Wraps all tenants' keys with a new master key. At any moment that it is interrupted the folder opens everything that it has
    /// opened before; the next rotation or start finishes what was begun. The old key goes when nothing is wrapped with it any more.
    package func rotateMasterKey() async throws(CoordinatorError) -> SecretsReport {
        try await withSecrets { store, sealing throws(CoordinatorError) in
            let before = try await report(store, sealing)
            guard before.damages.isEmpty else {
                throw CoordinatorError(
                    .integrity, "\(path) has keys that its master key does not open: \(before.damages.joined(separator: "; ")).",
                    remedy: "Restore the folder with its master.key from one backup; a rotation would not mend it.")
            }
            let secrets = try await self.secrets(in: store, sealing)
            do throws(SecretError) { try await secrets.rotateMasterKey(by: "operator") } catch {
                if case .keeping(let cause) = error { throw CoordinatorError(opening: path, cause) }
                throw CoordinatorError(.integrity, error.description, remedy: "Nothing was lost: what opened before opens still.")
            }
            // From the disk, as the next start reads it.
            let after = try await report(store, sealing)
            guard after.damages.isEmpty, after.masterKeys.count == 1, after.tenantKeys == before.tenantKeys else {
                throw CoordinatorError(
                    .integrity, "\(path): what was written does not open again: \(after.damages.joined(separator: "; ")).",
                    remedy: "Restore the folder with its master.key from one backup, and look after the disk.")
            }
            return after
        }
    }

    private func withSecrets(
        _ work: (SQLiteStore, MasterKeyGuard) async throws(CoordinatorError) -> SecretsReport
    ) async throws(CoordinatorError) -> SecretsReport {
        let settings = try settings()
        let store: SQLiteStore
        do throws(StorageError) { store = try SQLiteStore(folder: path, suite: .system, creates: false) } catch {
            guard case .inUse = error else { throw CoordinatorError(opening: path, error) }
            throw CoordinatorError(.failed, "\(path) is in use by a running coordinator.", remedy: "Stop it first: its secrets want the folder to themselves.")
        }
        do throws(CoordinatorError) {
            let sealing: MasterKeyGuard
            do throws(TrustError) { sealing = try masterKeyGuard(settings) } catch {
                throw CoordinatorError(.configuration, error.message, remedy: error.remedy)
            }
            let report = try await work(store, sealing)
            await store.close()
            return report
        } catch {
            await store.close()
            throw error
        }
    }

    private func report(_ store: SQLiteStore, _ sealing: MasterKeyGuard) async throws(CoordinatorError) -> SecretsReport {
        let keys: [TenantKeyRecord]
        do throws(StorageError) { keys = try await store.allTenantKeys() } catch { throw CoordinatorError(opening: path, error) }
        guard let (masters, found) = try await masterKeysAsTheyAre(sealing) else {
            guard keys.isEmpty else { throw masterKeyMissing }
            return SecretsReport(masterKeys: [], hasPassphrase: false)
        }
        var report = SecretsReport(masterKeys: masters.keys.map(\.number), hasPassphrase: found == .passphrase, isInToken: found == .token)
        report.tenants = Set(keys.map { Array($0.tenant.utf8) }).count
        for key in keys {
            let wrapped = WrappedTenantKey(version: UInt32(clamping: key.version), envelope: key.envelope)
            if let number = SecretEnvelope.header(key.envelope)?.number, (try? masters.unwrap(wrapped, key.tenant)) != nil {
                report.wrapped[number, default: 0] += 1
            } else {
                report.damages.append("key \(key.version) of tenant \(key.tenant)")
            }
        }
        return report
    }
}
