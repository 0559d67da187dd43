/// Keys of one kind that seal to one another: X25519 alone, or X25519 together with X-Wing.
package struct SealingSuite: Sendable {
    /// Bytes of a public key.
    package let keyBytes: Int
    /// Bytes that sealing adds.
    package let overhead: Int
    /// The public key of a secret of 32 bytes.
    package var publicKey: @Sendable (_ secret: [UInt8]) -> [UInt8]
    /// Sealed to `recipient` (a public key) by the holder of `sender` (a secret); nil for a public key that is none. `entropy`: 32
    /// bytes, never used twice.
    package var seal:
        @Sendable (_ recipient: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ plain: [UInt8], _ entropy: [UInt8]) -> [UInt8]?
    /// What `sender` (a public key) sealed to the holder of `secret`; nil where anything differs.
    package var open: @Sendable (_ secret: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ sealed: [UInt8]) -> [UInt8]?

    package init(
        keyBytes: Int, overhead: Int, publicKey: @escaping @Sendable ([UInt8]) -> [UInt8],
        seal: @escaping @Sendable ([UInt8], [UInt8], [UInt8], [UInt8], [UInt8], [UInt8]) -> [UInt8]?,
        open: @escaping @Sendable ([UInt8], [UInt8], [UInt8], [UInt8], [UInt8]) -> [UInt8]?
    ) {
        self.keyBytes = keyBytes
        self.overhead = overhead
        self.publicKey = publicKey
        self.seal = seal
        self.open = open
    }

    /// Bytes of an X25519 key, and what HPKE adds with it.
    package static let classicalBytes = (key: 32, overhead: 48)
    /// The same with X-Wing (draft-connolly-cfrg-xwing-kem): a public key of 1,216 bytes and a cipher text of 1,120 besides.
    package static let hybridBytes = (key: 32 + XWing.keyBytes, overhead: 48 + XWing.encapsulatedBytes)
}

/// The X-Wing KEM (draft-connolly-cfrg-xwing-kem, ML-KEM-768 with X25519) as three functions.
package struct XWing: Sendable {
    package static let keyBytes = 1216
    package static let encapsulatedBytes = 1120

    /// Of a seed of 32 bytes.
    package var publicKey: @Sendable (_ seed: [UInt8]) -> [UInt8]
    /// A secret of 32 bytes, and 1,120 bytes from which the holder of the key gets it; nil for a public key that is none. The real one
    /// draws its own randomness: libraries take none from outside.
    package var encapsulate: @Sendable (_ publicKey: [UInt8]) -> (secret: [UInt8], encapsulated: [UInt8])?
    /// Another secret than the sender's, and no error, for what was encapsulated to another key or changed (FIPS 203 §6.3).
    package var decapsulate: @Sendable (_ seed: [UInt8], _ encapsulated: [UInt8]) -> [UInt8]?

    package init(
        publicKey: @escaping @Sendable ([UInt8]) -> [UInt8], encapsulate: @escaping @Sendable ([UInt8]) -> (secret: [UInt8], encapsulated: [UInt8])?,
        decapsulate: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]?
    ) {
        self.publicKey = publicKey
        self.encapsulate = encapsulate
        self.decapsulate = decapsulate
    }
}

extension SealingSuite {
    /// Opens only to who breaks both: HPKE in mode `auth_psk` (RFC 9180 §5.1.4) over X25519, with an X-Wing secret that comes along as
    /// the pre-shared key and its cipher text as that key's name. The sender is known by its X25519 key. A KEM alone says nothing of who
    /// encapsulated: whoever carries the message could put its own in place.
    ///
    /// Keys: both of HMAC-SHA-256 of the secret, over `tutti hybrid 1 x25519` and `tutti hybrid 1 x-wing`. Public: X25519, then X-Wing.
    /// Sealed: X-Wing's cipher text, HPKE's encapsulated key, cipher text and tag.
    package static func hybrid(
        _ hpke: AuthenticatedHPKE, _ kem: XWing, hmac: @escaping @Sendable (_ key: [UInt8], _ message: [UInt8]) -> [UInt8],
        agreementKey: @escaping @Sendable (_ secret: [UInt8]) -> [UInt8]
    ) -> SealingSuite {
        let part: @Sendable ([UInt8], String) -> [UInt8] = { secret, name in hmac(secret, Array("tutti hybrid 1 \(name)".utf8)) }
        return SealingSuite(
            keyBytes: hybridBytes.key, overhead: hybridBytes.overhead,
            publicKey: { secret in agreementKey(part(secret, "x25519")) + kem.publicKey(part(secret, "x-wing")) },
            seal: { recipient, sender, info, associated, plain, entropy in
                guard recipient.count == hybridBytes.key, let shared = kem.encapsulate(Array(recipient.dropFirst(32))) else { return nil }
                return hpke.seal(
                    recipient: Array(recipient.prefix(32)), sender: part(sender, "x25519"), info: info, associated: associated, plain: plain,
                    ephemeral: entropy, psk: (shared.secret, shared.encapsulated)
                ).map { shared.encapsulated + $0 }
            },
            open: { secret, sender, info, associated, sealed in
                guard sender.count == hybridBytes.key, sealed.count >= hybridBytes.overhead else { return nil }
                let encapsulated = Array(sealed.prefix(XWing.encapsulatedBytes))
                guard let shared = kem.decapsulate(part(secret, "x-wing"), encapsulated) else { return nil }
                return hpke.open(
                    recipient: part(secret, "x25519"), sender: Array(sender.prefix(32)), info: info, associated: associated,
                    sealed: Array(sealed.dropFirst(XWing.encapsulatedBytes)), psk: (shared, encapsulated))
            })
    }
}
