package import CryptoSuite

/// A key made of what a person can remember.
package enum PassphraseKey {
    package static let saltBytes = 16
    package static let usualLogN = Limits.scryptLogN

    /// scrypt (RFC 7914) with N = 2^`logN`, r = 8, p = 1: 128 MiB and about half a second at 17, on the caller's thread.
    /// - Throws: `field` for a cost that nobody can want, `keeping` without memory.
    package static func stretch(_ passphrase: Secret, salt: [UInt8], logN: Int) throws(SecretError) -> Secret {
        guard (1...Limits.scryptLogNMax).contains(logN) else { throw .field("log_n", problem: "it is not from 1 to \(Limits.scryptLogNMax)") }
        return try MasterKeyFile.stretched(passphrase, salt, logN: logN, "the passphrase")
    }
}
