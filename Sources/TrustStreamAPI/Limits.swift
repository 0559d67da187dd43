internal import Wire

/// What the endpoints of this family take, at most: bytes of a body.
enum Limits {
    static let jsonBytes = 1 << 20
    /// Ten thousand names.
    static let tokensBytes = 2 << 20
    /// A token and a certificate request: nobody has been recognised yet.
    static let enrolmentBytes = 64 << 10
    /// Names, scopes, a password.
    static let identityBytes = 16 << 10
    /// A public key, ids, metadata.
    static let vaultKeyBytes = 64 << 10
    /// The largest message of a vault in Base64, and what stands around it.
    static let vaultBytes = 24 << 20
    /// The same of a message that is signed.
    static let signedBytes = 2 << 20
    static let evaluationBytes = 64 << 20
    /// Of any model; a session takes only what its own model needs.
    static let updateBytes = Wire.Limits.bulkBytes
    /// A body where nothing is expected in it.
    static let emptyBytes = 4 << 10
    /// Entries of the audit in one reply.
    static let auditEntries = 1000
    /// Sessions whose rounds are looked through for one reply, and the newest rounds of each.
    static let monitoredSessions = 500
    static let monitoredRounds = 500
}
