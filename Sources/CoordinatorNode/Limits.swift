/// What the gateway takes from outside, at most.
enum Limits {
    /// The list of a backup's files.
    static let manifestBytes = 64 << 20

    // MARK: Connections

    static let backlog = 1024
    /// One read of the socket; no more than `readsAhead` of them wait for whoever handles the request, so that a
    /// connection holds at most 64 KiB before anybody knows who it is.
    static let readBytes = 32 << 10
    static let readsAhead = 2
    /// Connections whose first request has not come yet, in all and from one address. What they wait for is mostly our own processor:
    /// a TLS handshake takes it for milliseconds.
    static let openingConnections = 256
    static let openingConnectionsPerAddress = 64
    /// File descriptors that are not connections: the store, blobs, logs.
    static let reservedDescriptors = 256

    // MARK: Probes

    /// Tenants whose paths are asked for every ten seconds, the first by id and the default one: each has a time series of its own.
    static let probedTenants = 128
    /// Between two looks at which tenants there are.
    static let probedTenantsSeconds = 30.0

    // MARK: Certificates

    /// Between two looks at the server's certificate.
    static let lookSecondsMin = 1.0
    static let lookSecondsMax = 3600.0
    /// When there is none that is good.
    static let lookSecondsLate = 60.0

    // MARK: Heads

    static let targetBytes = 4096
    static let queryItems = 64
    static let headerFieldBytes = 16 << 10
    static let headerListBytes = 32 << 10
    static let headerFields = 100
    static let hostBytes = 255
    static let requestIDBytes = 128

    // MARK: Bodies

    /// A request without a body worth the name; what may be longer carries an update.
    static let smallBodyBytes = 1 << 20
    /// What a client is told to wait when there are too many requests.
    static let shedRetrySeconds = 1
    /// An unread body up to this long is read and thrown away to keep the connection; beyond it the connection ends.
    static let drainedBodyBytes = 64 << 10
    /// Memory taken on the word of a Content-Length, before the bytes are there.
    static let reservedBytes = 1 << 20
    /// A body slower than this, after its first seconds, is given up.
    static let bodyBytesPerSecond = 1 << 10
    static let bodyGraceSeconds = 15.0
    /// One write of a reply: what a client that does not read costs.
    static let replyChunkBytes = 256 << 10

    // MARK: Control channels

    static let controlFrameBytes = 1 << 20
    static let controlFragments = 64
    /// The first message, before a client has said who it is.
    static let helloBytes = 64 << 10
    /// Frames handed in and not yet written to the network.
    static let pendingControlBytes = 4 << 20
    /// Messages received and not yet handled.
    static let waitingMessages = 256
}

/// How long the gateway waits for others.
package struct GatewayTimes: Sendable {
    /// From the accept to the end of the first request's head: the TLS handshake and a slow head both fall under it.
    package var firstHead = Duration.seconds(15)
    /// From the accept: a connection whose first head has taken longer counts as slow, and no longer as one that waits for us.
    package var opening = Duration.seconds(1)
    /// A kept connection without a request, and a body without a byte.
    package var idle = Duration.seconds(75)
    /// A reply of which the client takes nothing.
    package var stalledWrite = Duration.seconds(60)
    /// A connection that ends with part of a body unread is read on for this long, so that the answer arrives.
    package var linger = Duration.seconds(2)
    /// What a graceful stop waits for.
    package var drain = Duration.seconds(10)
    /// From the opening of a control channel to the client's hello.
    package var hello = Duration.seconds(10)
    /// Between two pings.
    package var ping = Duration.seconds(20)
    /// No frame at all for this long: the peer is gone.
    package var silence = Duration.seconds(60)
    /// After a close frame the peer has this long to answer it.
    package var close = Duration.seconds(1)

    package init() {}
}
