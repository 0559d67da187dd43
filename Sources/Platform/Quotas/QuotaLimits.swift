/// Every bound of counting.
package enum QuotaLimits {
    /// The length of a window of calls.
    package static let windowSeconds = 3600
    /// Windows that are not over, of all tenants.
    package static let windows = 200_000
    /// Windows that one call clears away at most: two for each that it can open, so that what is over never piles up.
    static let clearedPerCall = 2
    /// Windows written in one transaction.
    static let windowsPerCommit = 1000
    /// Between two writes of what was counted.
    package static let writeSeconds = 1.0
    /// After which a tenant with too many operations under way may ask again: nobody knows when one of them ends.
    package static let operationRetrySeconds = 1

    /// Addresses that were heard of without credentials, and owe something.
    package static let addresses = 65_536
    /// What an address may take at once, in seconds of its rate.
    static let addressBurstSeconds = 60

    /// How long a reply is kept for its idempotency key.
    package static let replySeconds = 86_400
    package static let keyCharacters = 128
    package static let replyBytes = 64 << 10
    /// Kept replies and calls under way, of everybody and of one principal.
    package static let replies = 100_000
    package static let repliesPerPrincipal = 10_000
    package static let repliesBytes = 256 << 20
    package static let repliesBytesPerPrincipal = 16 << 20
}
