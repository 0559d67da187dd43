internal import Crypto
package import CryptoSuite

/// What a sealed secret belongs to. It is not in the envelope: whoever opens it says it, and another one opens nothing.
package struct SecretContext: Sendable, Equatable {
    package var tenant: String
    /// What the secret is for, such as `webhook-secret`.
    package var purpose: String
    /// Of the record that the envelope lies in.
    package var id: String
    /// Of the secret, from 1.
    package var version: UInt64
    package init(tenant: String, purpose: String, id: String, version: UInt64) {
        self.tenant = tenant
        self.purpose = purpose
        self.id = id
        self.version = version
    }

    /// Each text behind its length, so that no two contexts have the same bytes.
    /// - Throws: `field` for a text that is too long.
    func encoded() throws(SecretError) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, text) in [("tenant", tenant), ("purpose", purpose), ("id", id)] {
            let part = Array(text.utf8)
            guard part.count <= Limits.secretContextBytesMax else {
                throw .field(name, problem: "it is longer than \(Limits.secretContextBytesMax) bytes")
            }
            bytes += bigEndian(UInt32(part.count)) + part
        }
        return bytes + bigEndian(version)
    }
}

/// The one form in which secrets lie anywhere (docs/adr/0034). Version 1, numbers big-endian:
///
///      0   1  version, 1
///      1   1  kind: 1 data under a tenant's key, 2 a tenant's key under a master key, 3 master keys under a passphrase,
///             4 anything under a key that stays in a token
///      2   4  number of the key it is sealed with
///      6  32  salt
///     38   n  ciphertext, as long as the secret
///     38+n 16  tag
///
/// HKDF-SHA-256 (RFC 5869) of the key, with this salt and the info `tutti secret envelope` ‖ bytes 0..<6, gives 44 bytes: the
/// AES-256-GCM key and the nonce. So one key seals any number of secrets. Associated data is the header (38 bytes) ‖ tenant ‖
/// purpose ‖ id, each behind its length in 4 bytes ‖ the version in 8 bytes. What a token seals (kind 4) has the token's own
/// AES-256 key, and the first 12 bytes of the salt as nonce.
package enum SecretEnvelope {
    package enum Kind: UInt8, Sendable { case data = 1, tenantKey, masterKeys, token }

    static let version: UInt8 = 1
    static let saltBytes = 32
    static let keyBytes = 32
    static let headerBytes = 38
    static let tagBytes = 16
    static let nonceBytes = 12
    private static let info = Array("tutti secret envelope".utf8)

    /// What can be read without a key; nil: it is no envelope of this version.
    package static func header(_ envelope: [UInt8]) -> (kind: Kind, number: UInt32)? {
        guard envelope.count >= headerBytes + tagBytes, envelope[0] == version, let kind = Kind(rawValue: envelope[1]) else { return nil }
        return (kind, envelope[2..<6].reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - salt: 32 random bytes, never used before with this key.
    /// - Throws: `field` for a secret or a context that is too long.
    package static func seal(
        _ secret: [UInt8], _ kind: Kind, key: Secret, number: UInt32, _ context: SecretContext, salt: [UInt8]
    ) throws(SecretError) -> [UInt8] {
        precondition(key.count == keyBytes && salt.count == saltBytes, "an envelope has a key and a salt of 32 bytes")
        guard secret.count <= Limits.secretBytesMax else { throw .field("secret", problem: "it is longer than \(Limits.secretBytesMax) bytes") }
        let header = [version, kind.rawValue] + bigEndian(number) + salt
        let (sealing, nonce) = derived(key, header)
        let associated = header + (try context.encoded())
        guard let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.seal(secret, using: sealing, nonce: nonce, authenticating: associated)
        else { preconditionFailure("AES-256-GCM takes a key of 32 and a nonce of 12 bytes") }
        return header + Array(box.ciphertext) + Array(box.tag)
    }

    /// - Throws: `unopenable`, whatever the reason is.
    package static func open(_ envelope: [UInt8], _ kind: Kind, key: Secret, number: UInt32, _ context: SecretContext) throws(SecretError) -> Secret {
        guard let found = header(envelope), found.kind == kind, found.number == number, key.count == keyBytes,
            envelope.count <= headerBytes + Limits.secretBytesMax + tagBytes, let context = try? context.encoded()
        else { throw .unopenable }
        let header = Array(envelope[..<headerBytes])
        let (opening, nonce) = derived(key, header)
        guard let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: envelope[headerBytes..<(envelope.count - tagBytes)], tag: envelope.suffix(tagBytes)),
            let secret = try? AES.GCM.open(box, using: opening, authenticating: header + context)
        else { throw .unopenable }
        return Secret(Array(secret))
    }

    private static func derived(_ key: Secret, _ header: [UInt8]) -> (SymmetricKey, [UInt8]) {
        let bytes = CryptoSuite.system.hkdfSHA256(key.bytes, Array(header[6...]), info + header[..<6], keyBytes + nonceBytes)
        return (SymmetricKey(data: bytes[..<keyBytes]), Array(bytes[keyBytes...]))
    }
}

func bigEndian(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
