package import CryptoSuite
package import PKCS11

/// What protects `master.key` beside the mode of its file.
package enum MasterKeySealing: String, Sendable { case mode, passphrase, token }

/// Reads and writes `master.key` with what the settings have: a token, or else a passphrase, or else nothing. Sealed by a token it is, in a
/// `DurableForm`: a byte 3, the count of bytes of the key's CKA_ID, these, and the keys in an envelope of kind 4.
package struct MasterKeyGuard: Sendable {
    package let passphrase: Secret?
    package let token: (any SealingToken)?
    private let random: RandomSource

    package init(passphrase: Secret?, token: (any SealingToken)?, random: RandomSource) {
        (self.passphrase, self.token, self.random) = (passphrase, token, random)
    }

    /// Whether a token has sealed this file: then its key is there, or nothing opens it, and none is to be made.
    package static func isSealedByToken(_ path: String) -> Bool {
        (try? SecretFile.read(path)).flatMap { DurableForm.decode($0) }?.first == MasterKeyFile.withToken
    }

    /// As it writes.
    package var sealing: MasterKeySealing { token != nil ? .token : passphrase != nil ? .passphrase : .mode }

    package func write(_ keys: MasterKeys, to path: String) async throws(TrustError) {
        guard let token else { return try MasterKeyFile.write(keys, to: path, passphrase: passphrase, random: random) }
        let id: [UInt8]
        do throws(TokenError) { id = try await token.facts().keyID } catch { throw .token(error) }
        guard (1...255).contains(id.count) else { throw .token(.key(label: "", problem: "its CKA_ID has \(id.count) bytes")) }
        let envelope: [UInt8]
        do throws(SecretError) {
            envelope = try await SecretEnvelope.seal(
                Secret(keys.encoded), with: token, MasterKeyFile.context, salt: random.bytes(SecretEnvelope.saltBytes))
        } catch { throw Self.refusal(error, path) }
        try SecretFile.write(DurableForm.encode([MasterKeyFile.withToken, UInt8(id.count)] + id + envelope), to: path)
    }

    /// Whatever it is sealed with, if that is configured.
    /// - Throws: `file` for a damaged file, and when it has a passphrase that is not this one; `token` when the token is not there or another one.
    package func read(_ path: String) async throws(TrustError) -> (keys: MasterKeys, sealing: MasterKeySealing) {
        guard let token, let payload = DurableForm.decode(try SecretFile.read(path)), payload.first == MasterKeyFile.withToken else {
            let (keys, hasPassphrase) = try MasterKeyFile.read(path, passphrase: passphrase)
            return (keys, hasPassphrase ? .passphrase : .mode)
        }
        guard payload.count > 2, payload.count > 2 + Int(payload[1]) else { throw .file(path: path, problem: "it holds no master key") }
        let id = Array(payload[2..<(2 + Int(payload[1]))])
        do throws(TokenError) {
            guard try await token.facts().keyID == id else {
                throw .key(label: "id " + hexadecimal(id), problem: "it is not the one that the token has by the name in the settings")
            }
        } catch { throw .token(error) }
        do throws(SecretError) {
            let opened = try await SecretEnvelope.open(Array(payload[(2 + id.count)...]), with: token, MasterKeyFile.context)
            guard let keys = MasterKeys(encoded: opened.bytes) else { throw .unopenable }
            return (keys, .token)
        } catch { throw Self.refusal(error, path) }
    }

    private static func refusal(_ error: SecretError, _ path: String) -> TrustError {
        switch error {
        case .keeping(let cause as TokenError): .token(cause)
        case .unopenable: .token(.unopenable)
        case .field, .keeping: .file(path: path, problem: "\(error)")
        }
    }
}
