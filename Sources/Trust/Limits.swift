/// Every bound of this room.
package enum Limits {
    /// A PKCS #10 request with a P-384 key is about 700 bytes in PEM.
    package static let certificateRequestBytesMax = 16 << 10
    /// A PEM text with certificates or a key.
    package static let pemBytesMax = 64 << 10
    /// Certificates in one PEM text: a chain, or the authorities on both sides of a roll.
    package static let certificatesMax = 8
    /// One certificate in DER.
    package static let certificateBytesMax = 16 << 10
    /// Names of one server certificate.
    package static let serverNamesMax = 64
    /// RFC 1035 §2.3.4.
    package static let hostNameBytesMax = 253
    package static let hostLabelBytesMax = 63
    /// A tenant or a client in a certificate's name.
    package static let identityPartBytesMax = 128
    /// X.520's upper bound of a common name.
    package static let commonNameBytesMax = 64
    /// How far behind the authority's clock a peer's may be: certificates begin to be valid this much earlier.
    package static let clockSkewSeconds = 300.0
    package static let lifetimeSecondsMin = 1.0
    package static let lifetimeSecondsMax = 30.0 * 365 * 86_400
    /// The share of its life after which a server's certificate is renewed.
    package static let renewalShare = 2.0 / 3
    /// Bounds of the clock that is handed in: certificates write years with four digits (RFC 5280 §4.1.2.5).
    package static let clockYearMax = 2500.0
    /// Random bytes of a serial number; RFC 5280 §4.1.2.2 allows 20 with the sign.
    package static let serialBytes = 16
    /// A signer of documents signs at once; this is for clocks that are set in between.
    package static let documentSignerSeconds = 300.0
    /// What a peer of the server has to answer the end of TLS.
    package static let shutdownMilliseconds: Int64 = 500
    package static let secretFileBytesMax = 1 << 20
    /// A text that claims to be a token; longer ones are refused before they are hashed.
    package static let tokenBytesMax = 256
    /// What `PinnedBootstrap` waits by default for a connection, and again for its handshake.
    package static let bootstrapSeconds = 15.0
    package static let bootstrapSecondsMax = 600.0
    /// One text of what a sealed secret belongs to.
    package static let secretContextBytesMax = 512
    package static let secretBytesMax = 1 << 20
    /// Two while one is replaced; more after rotations that were interrupted again and again.
    static let masterKeysMax = 8
    /// N = 2^17: what OWASP asks of scrypt.
    static let scryptLogN = 17
    /// 1 GiB, of a file that somebody else has written.
    static let scryptLogNMax = 20
    /// Tenants whose opened keys are remembered.
    static let openTenantKeysMax = 10_000
}
