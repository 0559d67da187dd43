package import CryptoSuite
package import PKCS11

extension SecretEnvelope {
    /// By a key that stays in a token.
    /// - Parameter salt: 32 random bytes; its first 12 are the nonce, so one key should not seal more than 2^32 times (SP 800-38D §8.3).
    /// - Throws: `field` for a secret or a context that is too long; `keeping` with the token's reason.
    package static func seal(_ secret: Secret, with token: any SealingToken, _ context: SecretContext, salt: [UInt8]) async throws(SecretError) -> [UInt8] {
        precondition(salt.count == saltBytes, "an envelope has a salt of 32 bytes")
        guard secret.count <= Limits.secretBytesMax else { throw .field("secret", problem: "it is longer than \(Limits.secretBytesMax) bytes") }
        let header = [version, Kind.token.rawValue] + bigEndian(UInt32(0)) + salt
        let associated = header + (try context.encoded())
        do throws(TokenError) {
            return header + (try await token.seal(secret, nonce: Array(salt.prefix(nonceBytes)), associated: associated))
        } catch { throw .keeping(error) }
    }

    /// - Throws: `unopenable`, whatever is wrong with the envelope; `keeping` where the token is not there.
    package static func open(_ envelope: [UInt8], with token: any SealingToken, _ context: SecretContext) async throws(SecretError) -> Secret {
        guard let found = header(envelope), found.kind == .token, found.number == 0, envelope.count <= headerBytes + Limits.secretBytesMax + tagBytes,
            let context = try? context.encoded()
        else { throw .unopenable }
        let header = Array(envelope[..<headerBytes])
        do throws(TokenError) {
            return try await token.open(
                Array(envelope[headerBytes...]), nonce: Array(header[6..<(6 + nonceBytes)]), associated: header + context)
        } catch {
            if error == .unopenable { throw .unopenable }
            throw .keeping(error)
        }
    }
}
