/// Every bound of webhooks.
package enum WebhookLimits {
    static let webhooksPerTenant = 100
    package static let webhookEventsMax = 32
    /// A secret as text, also one behind `whsec_`.
    package static let webhookSecretTextBytes = 16...256
    /// What Standard Webhooks asks of a key; ours have 32.
    static let webhookKeyBytesMin = 24
    package static let webhookRetries = 0...20
    package static let webhookRetryDelaySeconds = 1...86_400
    /// The longest wait between two attempts, whatever the backoff or the receiver says.
    static let retrySecondsMax = 86_400.0
    /// The largest share of a wait that chance adds to it.
    static let jitterShare = 0.1
    /// A webhook that has failed for so long, with every attempt, is disabled.
    static let failingSecondsMax = 5.0 * 86_400
    /// How long a replaced secret may go on signing.
    package static let secretOverlapSeconds = 0...(7 * 86_400)
    /// How far a received timestamp may be from the clock (Standard Webhooks 1.0.0).
    static let timestampToleranceSeconds = 300.0
    static let signaturesMax = 8
    static let payloadBytesMax = 256 << 10
    static let attemptSeconds = 15.0
    static let attemptsAtOnce = 16
    static let attemptsAtOncePerWebhook = 4
    /// How long a change that nobody told the sender of waits at most.
    static let outboxPollSeconds = 1.0
    static let deliveredKeptSeconds = 7.0 * 86_400
    static let deadKeptSeconds = 30.0 * 86_400
    static let pruneEverySeconds = 3600.0
    static let pruneAtOnce = 1000
    package static let deliveriesListed = 100
    static let attemptsListed = 100
}
