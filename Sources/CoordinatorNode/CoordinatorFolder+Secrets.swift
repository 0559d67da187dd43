import CryptoSuite
import Federation
import Foundation
import PKCS11
import Platform
import Storage
import Trust
import TuttiConfiguration

extension CoordinatorFolder {
    package var masterKeyPath: String { "\(path)/\(MasterKeyFile.name)" }

    /// Opens the secrets at rest; makes `master.key` where there is none yet, and finishes a rotation that was interrupted.
    /// - Parameter sealing: what protects it. A key that is not sealed so yet is sealed anew.
    func secrets(in store: any TenantKeyStore, _ sealing: MasterKeyGuard) async throws(CoordinatorError) -> SecretStore {
        do {
            let masters = try await masterKeys(store, sealing)
            let secrets = SecretStore(masters: masters, table: StoredTenantKeys(store: store) { Instant.now }, random: .system) { [masterKeyPath] keys in
                try await sealing.write(keys, to: masterKeyPath)
            }
            try await secrets.settle()
            return secrets
        } catch SecretError.keeping(let cause) { throw CoordinatorError(opening: path, cause) } catch let error as SecretError {
            throw CoordinatorError(.integrity, error.description, remedy: "The coordinator does not start with secrets that it cannot open.")
        } catch { throw CoordinatorError(opening: path, error) }
    }

    private func masterKeys(_ store: any TenantKeyStore, _ sealing: MasterKeyGuard) async throws -> MasterKeys {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else {
            guard try await !store.hasTenantKeys() else { throw masterKeyMissing }
            let keys = MasterKeys(random: .system)
            try await sealing.write(keys, to: masterKeyPath)
            return keys
        }
        let (keys, found) = try await sealing.read(masterKeyPath)
        if sealing.sealing != .mode, found != sealing.sealing { try await sealing.write(keys, to: masterKeyPath) }
        return keys
    }

    var masterKeyMissing: CoordinatorError {
        CoordinatorError(
            .integrity, "\(masterKeyPath) is missing, and secrets are sealed with it.", remedy: "Restore it from the backup that the folder is from.")
    }

    /// As they lie there, and what they are sealed with; nil: there is no file.
    func masterKeysAsTheyAre(_ sealing: MasterKeyGuard) async throws(CoordinatorError) -> (keys: MasterKeys, sealing: MasterKeySealing)? {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else { return nil }
        do throws(TrustError) {
            return try await sealing.read(masterKeyPath)
        } catch {
            // Whether it can be read with another setting, or not at all.
            throw CoordinatorError(error.message.contains("is damaged") ? .integrity : .configuration, error.message, remedy: error.remedy)
        }
    }

    /// What is wrong with `master.key`; nil: nothing, or there is none and nothing is sealed with it.
    func masterKeyProblem(_ store: any TenantKeyStore, _ settings: CoordinatorSettings) async throws(StorageError) -> String? {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else {
            return try await store.hasTenantKeys() ? "\(MasterKeyFile.name): it is missing, and secrets are sealed with it" : nil
        }
        do throws(TrustError) { _ = try await masterKeyGuard(settings, makes: false).read(masterKeyPath) } catch { return error.message }
        return nil
    }

    /// What the settings have to protect `master.key` with.
    /// - Parameter makes: whether a key is made in the token where it has none.
    func masterKeyGuard(_ settings: CoordinatorSettings, makes: Bool = true) throws(TrustError) -> MasterKeyGuard {
        MasterKeyGuard(
            passphrase: try settings.masterPassphraseFile.map { path throws(TrustError) in try Self.secretText(path, "passphrase") },
            token: try settings.masterToken.map { place throws(TrustError) in
                try Self.token(place, makes: makes && !MasterKeyGuard.isSealedByToken(masterKeyPath))
            }, random: .system)
    }

    /// Nothing is asked of the token yet.
    static func token(_ place: MasterToken, makes: Bool) throws(TrustError) -> ModuleToken {
        ModuleToken(
            TokenPlace(module: place.module, token: place.token, key: place.key), pin: try secretText(place.pinFile, "PIN"),
            newKeyID: makes ? RandomSource.system.bytes(16) : nil)
    }

    /// Without the end of its line, which editors add.
    private static func secretText(_ path: String, _ what: String) throws(TrustError) -> Secret {
        var bytes = try SecretFile.read(path)
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .file(path: path, problem: "it holds no \(what)") }
        return Secret(bytes)
    }
}
