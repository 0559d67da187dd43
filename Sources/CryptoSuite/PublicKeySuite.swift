/// The primitives with public keys. All entropy is an argument, so that a machine that uses them can be run again.
package struct PublicKeySuite: Sendable {
    /// X25519's public key (RFC 7748 §5), 32 bytes, of a secret of 32 bytes.
    package var agreementKey: @Sendable (_ secret: [UInt8]) -> [UInt8]
    /// X25519's shared secret, 32 bytes; nil for a public key that is not one, and where the result is all zeros (RFC 7748 §6.1).
    package var agree: @Sendable (_ secret: [UInt8], _ publicKey: [UInt8]) -> [UInt8]?
    /// Sealed to `recipient` by the holder of `sender` (HPKE in authenticated mode, `AuthenticatedHPKE`): 48 bytes more than
    /// the plain text; nil for a public key that is not one. `entropy`: 32 bytes, never used twice.
    package var seal:
        @Sendable (_ recipient: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ plain: [UInt8], _ entropy: [UInt8]) -> [UInt8]?
    /// What `sender` (a public key) sealed to the holder of `secret`; nil where anything differs.
    package var open: @Sendable (_ secret: [UInt8], _ sender: [UInt8], _ info: [UInt8], _ associated: [UInt8], _ sealed: [UInt8]) -> [UInt8]?
    /// Keys that seal with X25519 and X-Wing together.
    package var hybrid: SealingSuite
    /// Ed25519's public key (RFC 8032), 32 bytes, of a seed of 32 bytes.
    package var signingKey: @Sendable (_ seed: [UInt8]) -> [UInt8]
    /// 64 bytes.
    package var sign: @Sendable (_ seed: [UInt8], _ message: [UInt8]) -> [UInt8]
    package var verify: @Sendable (_ publicKey: [UInt8], _ message: [UInt8], _ signature: [UInt8]) -> Bool

    package init(
        agreementKey: @escaping @Sendable ([UInt8]) -> [UInt8],
        agree: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8]?,
        seal: @escaping @Sendable ([UInt8], [UInt8], [UInt8], [UInt8], [UInt8], [UInt8]) -> [UInt8]?,
        open: @escaping @Sendable ([UInt8], [UInt8], [UInt8], [UInt8], [UInt8]) -> [UInt8]?,
        hybrid: SealingSuite,
        signingKey: @escaping @Sendable ([UInt8]) -> [UInt8],
        sign: @escaping @Sendable ([UInt8], [UInt8]) -> [UInt8],
        verify: @escaping @Sendable ([UInt8], [UInt8], [UInt8]) -> Bool
    ) {
        self.agreementKey = agreementKey
        self.agree = agree
        self.seal = seal
        self.open = open
        self.hybrid = hybrid
        self.signingKey = signingKey
        self.sign = sign
        self.verify = verify
    }

    /// X25519 alone.
    package var classical: SealingSuite {
        SealingSuite(
            keyBytes: SealingSuite.classicalBytes.key, overhead: SealingSuite.classicalBytes.overhead, publicKey: agreementKey, seal: seal, open: open)
    }
}
