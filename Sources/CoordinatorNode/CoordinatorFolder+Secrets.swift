import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import Trust

extension CoordinatorFolder {
    package var masterKeyPath: String { "\(path)/\(MasterKeyFile.name)" }

    /// Opens the secrets at rest; makes `master.key` where there is none yet, and finishes a rotation that was interrupted.
    /// - Parameter passphraseFile: nil: the file's mode is what protects it. A key that has no passphrase yet gets it.
    func secrets(in store: any TenantKeyStore, passphraseFile: String?) async throws(CoordinatorError) -> SecretStore {
        do {
            let passphrase = try passphraseFile.map(Self.passphrase)
            let masters = try await masterKeys(store, passphrase)
            let secrets = SecretStore(masters: masters, table: StoredTenantKeys(store: store) { Instant.now }, random: .system) { [masterKeyPath] keys in
                try MasterKeyFile.write(keys, to: masterKeyPath, passphrase: passphrase, random: .system)
            }
            try await secrets.settle()
            return secrets
        } catch SecretError.keeping(let cause) { throw CoordinatorError(opening: path, cause) } catch let error as SecretError {
            throw CoordinatorError(.integrity, error.description, remedy: "The coordinator does not start with secrets that it cannot open.")
        } catch { throw CoordinatorError(opening: path, error) }
    }

    private func masterKeys(_ store: any TenantKeyStore, _ passphrase: Secret?) async throws -> MasterKeys {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else {
            guard try await !store.hasTenantKeys() else { throw masterKeyMissing }
            let keys = MasterKeys(random: .system)
            try MasterKeyFile.write(keys, to: masterKeyPath, passphrase: passphrase, random: .system)
            return keys
        }
        let (keys, hasPassphrase) = try MasterKeyFile.read(masterKeyPath, passphrase: passphrase)
        if passphrase != nil, !hasPassphrase { try MasterKeyFile.write(keys, to: masterKeyPath, passphrase: passphrase, random: .system) }
        return keys
    }

    var masterKeyMissing: CoordinatorError {
        CoordinatorError(
            .integrity, "\(masterKeyPath) is missing, and secrets are sealed with it.", remedy: "Restore it from the backup that the folder is from.")
    }

    /// As they lie there, and whether with a passphrase; nil: there is no file.
    func masterKeysAsTheyAre(_ passphraseFile: String?) throws(CoordinatorError) -> (keys: MasterKeys, hasPassphrase: Bool)? {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else { return nil }
        do throws(TrustError) {
            return try MasterKeyFile.read(masterKeyPath, passphrase: try passphraseFile.map { file throws(TrustError) in try Self.passphrase(file) })
        } catch {
            // Whether it can be read with another setting, or not at all.
            throw CoordinatorError(error.message.contains("is damaged") ? .integrity : .configuration, error.message, remedy: error.remedy)
        }
    }

    /// What is wrong with `master.key`; nil: nothing, or there is none and nothing is sealed with it.
    func masterKeyProblem(_ store: any TenantKeyStore, passphraseFile: String?) async throws(StorageError) -> String? {
        guard FileManager.default.fileExists(atPath: masterKeyPath) else {
            return try await store.hasTenantKeys() ? "\(MasterKeyFile.name): it is missing, and secrets are sealed with it" : nil
        }
        do throws(TrustError) { _ = try MasterKeyFile.read(masterKeyPath, passphrase: try passphraseFile.map(Self.passphrase)) } catch { return error.message }
        return nil
    }

    /// Without the end of its line, which editors add.
    private static func passphrase(_ path: String) throws(TrustError) -> Secret {
        var bytes = try SecretFile.read(path)
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .file(path: path, problem: "it holds no passphrase") }
        return Secret(bytes)
    }
}
