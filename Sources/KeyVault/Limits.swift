/// Every bound of this room.
package enum Limits {
    /// The largest PKCS #8 or SubjectPublicKeyInfo here has less than 4 KB.
    package static let pemBytesMax = 16 << 10
    package static let plaintextBytesMax = 16 << 20
    package static let additionalBytesMax = 64 << 10
}
