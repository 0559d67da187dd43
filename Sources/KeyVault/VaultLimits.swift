/// Every bound of this room.
package enum VaultLimits {
    /// The largest PKCS #8 or SubjectPublicKeyInfo here has less than 4 KB.
    package static let pemBytesMax = 16 << 10
    package static let plaintextBytesMax = 16 << 20
    package static let additionalBytesMax = 64 << 10
    /// What a message becomes at most: the encapsulated secret, the tag, and a header where compressing made it longer.
    package static let sealedBytesMax = plaintextBytesMax + (plaintextBytesMax >> 7) + (8 << 10)
    package static let messageBytesMax = 1 << 20
    package static let signatureBytesMax = 8 << 10
    /// FIPS 204 §5.2.
    package static let signatureContextBytesMax = 255

    /// Of a tenant, those that are revoked not counted.
    package static let keysMax = 1_000
    /// Of a key: older ones are given up by the next rotation that says so.
    package static let versionsMax = 32
    package static let metadataMax = 32
    package static let metadataNameBytes = 1...64
    package static let metadataValueBytes = 0...256
    package static let reasonBytes = 1...256
    package static let listedMax = 100

    package static let validityDays = 1...3_653
    package static let validityMonths = 1...120
    package static let validityYears = 1...10
    package static let validityTextBytes = 5...16

    package static let passphraseBytes = 12...1_024
    /// A key of all its versions has less than half of it.
    package static let backupBytesMax = 1 << 20
    /// 1970 to 9999.
    package static let backupMilliseconds: ClosedRange<Int64> = 0...253_402_300_799_999
    /// Of a version that is restored, so that there is always a next one.
    package static let versionNumberMax = 1_000_000

    package static let partyBytes = 1...128
    package static let sessionSeconds = 1...86_400
    package static let sessionSecondsUsual = 3_600
    /// Exchanges of a tenant that last or have just ended.
    package static let exchangesMax = 10_000
    /// After its end, for whoever asks what became of it. Longer than a signed request is good for, so that none is taken twice.
    static let exchangeKeptSeconds = 86_400.0
    /// How far the clock of whoever signs may be from this one.
    static let signedSeconds: Int64 = 300
    /// Of a tenant.
    package static let partiesMax = 10_000
    /// Public keys of a tenant that are remembered; beyond that nobody can tell whether one was here before.
    package static let seenKeysMax = 100_000

    package static let compressionLevel = 3
}
