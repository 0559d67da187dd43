/// HPKE in authenticated mode (RFC 9180 §5.1.3; with a pre-shared key §5.1.4), one message a context: DHKEM(X25519, HKDF-SHA256),
/// HKDF-SHA256, AES-128-GCM.
///
/// Written out here because the libraries draw the ephemeral key themselves, and here it has to be an argument.
package struct AuthenticatedHPKE: Sendable {
    package typealias Seal = @Sendable (_ key: [UInt8], _ nonce: [UInt8], _ associated: [UInt8], _ plain: [UInt8]) -> [UInt8]
    package typealias Open = @Sendable (_ key: [UInt8], _ nonce: [UInt8], _ associated: [UInt8], _ sealed: [UInt8]) -> [UInt8]?

    private static let kem: [UInt8] = Array("KEM".utf8) + [0x00, 0x20]
    private static let suite: [UInt8] = Array("HPKE".utf8) + [0x00, 0x20, 0x00, 0x01, 0x00, 0x01]
    /// A secret of at least 32 bytes that both sides have, and its name.
    package typealias PresharedKey = (key: [UInt8], id: [UInt8])
    /// Bytes of an X25519 public key, which stands before the cipher text.
    private static let keyBytes = 32

    private let hmac: @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8]
    private let publicKey: @Sendable (_ secret: [UInt8]) -> [UInt8]
    private let agree: @Sendable (_ secret: [UInt8], _ publicKey: [UInt8]) -> [UInt8]?
    private let encrypt: Seal
    private let decrypt: Open

    /// `hmac`: HMAC-SHA-256; `publicKey` and `agree`: X25519; `encrypt` and `decrypt`: AES-128-GCM with the tag of 16 bytes at the end.
    package init(
        hmac: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8], publicKey: @escaping @Sendable ([UInt8]) -> [UInt8],
        agree: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]?, encrypt: @escaping Seal, decrypt: @escaping Open
    ) {
        self.hmac = hmac
        self.publicKey = publicKey
        self.agree = agree
        self.encrypt = encrypt
        self.decrypt = decrypt
    }

    /// The encapsulated key (32 bytes), then the cipher text and its tag; nil where a public key is none.
    /// - Parameter ephemeral: the ephemeral secret, 32 bytes, never used twice.
    package func seal(
        recipient: [UInt8], sender: [UInt8], info: [UInt8], associated: [UInt8], plain: [UInt8], ephemeral: [UInt8], psk: PresharedKey? = nil
    ) -> [UInt8]? {
        guard let first = agree(ephemeral, recipient), let second = agree(sender, recipient) else { return nil }
        let encapsulated = publicKey(ephemeral)
        let shared = sharedSecret(first + second, context: encapsulated + recipient + publicKey(sender))
        let (key, nonce) = schedule(shared: shared, info: info, psk: psk)
        return encapsulated + encrypt(key, nonce, associated, plain)
    }

    package func open(
        recipient: [UInt8], sender: [UInt8], info: [UInt8], associated: [UInt8], sealed: [UInt8], psk: PresharedKey? = nil
    ) -> [UInt8]? {
        guard sealed.count >= Self.keyBytes + 16 else { return nil }
        let encapsulated = Array(sealed.prefix(Self.keyBytes))
        guard let first = agree(recipient, encapsulated), let second = agree(recipient, sender) else { return nil }
        let shared = sharedSecret(first + second, context: encapsulated + publicKey(recipient) + sender)
        let (key, nonce) = schedule(shared: shared, info: info, psk: psk)
        return decrypt(key, nonce, associated, Array(sealed.dropFirst(Self.keyBytes)))
    }

    /// ExtractAndExpand of RFC 9180 §4.1.
    private func sharedSecret(_ agreed: [UInt8], context: [UInt8]) -> [UInt8] {
        let extracted = extract(salt: [], Self.kem, "eae_prk", agreed)
        return expand(extracted, Self.kem, "shared_secret", context, 32)
    }

    /// KeySchedule of RFC 9180 §5.1, mode_auth (2) or mode_auth_psk (3); the nonce is that of the first message.
    private func schedule(shared: [UInt8], info: [UInt8], psk: PresharedKey?) -> (key: [UInt8], nonce: [UInt8]) {
        let name = extract(salt: [], Self.suite, "psk_id_hash", psk?.id ?? [])
        let context = [psk == nil ? 2 : 3] + name + extract(salt: [], Self.suite, "info_hash", info)
        let secret = extract(salt: shared, Self.suite, "secret", psk?.key ?? [])
        return (expand(secret, Self.suite, "key", context, 16), expand(secret, Self.suite, "base_nonce", context, 12))
    }

    private func extract(salt: [UInt8], _ suite: [UInt8], _ label: String, _ secret: [UInt8]) -> [UInt8] {
        // An empty salt is a salt of zeros, and HMAC pads a short key with zeros itself.
        hmac(salt, Array("HPKE-v1".utf8) + suite + Array(label.utf8) + secret)
    }

    /// One block of HKDF-Expand: all that is asked for here has at most 32 bytes.
    private func expand(_ secret: [UInt8], _ suite: [UInt8], _ label: String, _ info: [UInt8], _ count: Int) -> [UInt8] {
        let labelled = [UInt8(count >> 8), UInt8(count & 255)] + Array("HPKE-v1".utf8) + suite + Array(label.utf8) + info
        return Array(hmac(secret, labelled + [1]).prefix(count))
    }
}
