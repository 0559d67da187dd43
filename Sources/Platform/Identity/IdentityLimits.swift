/// Every bound of who may use the services.
package enum IdentityLimits {
    // MARK: Names and passwords

    package static let nameBytesMax = 128
    /// Scalars. NIST SP 800-63B asks for 8 at least, and for more where nothing else is asked.
    package static let passwordScalarsMin = 12
    package static let passwordBytesMax = 1024
    /// An address as text, with a zone.
    package static let addressBytesMax = 64

    // MARK: Lives

    package static let keySecondsMin = 60
    package static let keySecondsMax = 31_536_000
    package static let keySecondsUsual = 86_400
    /// Calls an hour that a key may be limited to.
    package static let rateLimits = 1...500_000
    package static let loginTokenSeconds = 86_400
    package static let clientTokenSeconds = 3_600
    /// A refresh token that is not used for so long ends.
    package static let refreshSeconds = 30 * 86_400
    /// However often it is refreshed, after so long the password is asked for again.
    package static let loginSeconds = 90 * 86_400
    /// What clocks of several servers may differ.
    package static let leewaySeconds: Int64 = 30

    // MARK: Tokens

    /// A bearer of ours is far shorter.
    package static let bearerBytesMax = 4096
    static let signingSecretBytes = 32
    static let signingKeySeconds = 30 * 86_400
    /// The present one and the one before it.
    static let signingGenerations = 2
    static let signingFileBytesMax = 4096
    /// Bearers that were believed and are remembered.
    static let cachedPrincipals = 4096

    // MARK: How many there may be of a tenant

    static let liveKeysPerTenant = 1000
    static let usersPerTenant = 10_000
    static let clientsPerTenant = 1000
    /// Listed at once.
    package static let listed = 10_000

    // MARK: Trying passwords

    /// At once; each takes 128 MiB.
    static let hashesAtOnce = 2
    /// Beyond those; more are told to come again.
    static let hashesWaiting = 30
    static let busyRetrySeconds = 2
    /// Tries before there is a delay.
    static let freeTries = 3
    static let delaySecondsMax = 900
    /// A pair of name and address that was quiet for so long begins anew.
    static let quietSeconds = 3600
    static let throttledPairs = 10_000
    /// At this many tries in a row the audit is told, once.
    static let triesToTell = 10
}
