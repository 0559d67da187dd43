/// What the client takes from outside, at most, and how long it waits.
enum Limits {
    /// Control frames, as in `docs/protocol`.
    static let controlFrameBytes = 1 << 20
    /// JSON replies of the coordinator.
    static let replyBytes = 4 << 20
    /// A local data set.
    static let datasetBytes = 4 << 30
    /// Text of a node, which is in memory four times while it is trained on, and its files.
    static let textBytes = 256 << 20
    static let textFiles = 20_000
    /// Of a session, in memory: the round's and the one before.
    static let modelsKept = 2
    /// Enrolments at a time.
    static let enrolments = 8
    /// Reads of an identity that another process is just replacing.
    static let identityReads = 100
    /// `client.toml`.
    static let settingsBytes = 1 << 20
    /// A session's id: it names a folder here.
    static let sessionBytes = 128
    static let requestSeconds: Int64 = 60
    static let transferSeconds: Int64 = 600
    /// Waits between two tries grow to this.
    static let backoffSecondsMax = 5.0
    /// A coordinator may ask for a longer wait, but not for any.
    static let retryAfterSecondsMax = 60.0
    /// Between two looks at the list of sessions.
    static let pollSeconds = 2.0
    static let closeSeconds = 1.0
}

/// How long the other side may be silent. Tests have shorter ones.
package struct TimeLimits: Sendable {
    /// For a TCP connection.
    package var connectSeconds = 10.0
    /// For the TLS handshake and the answer to the upgrade.
    package var handshakeSeconds = 15.0
    /// Between two pieces of a reply, and from a request's end to its reply.
    package var readSeconds = 60.0
    /// A control channel without any frame for so long is dead; pings go out three times as often.
    package var silenceSeconds = 60.0
    package init() {}
}
