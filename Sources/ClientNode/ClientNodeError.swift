/// Why a client command could not do its work, and what to do about it.
package struct ClientNodeError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        case usage, configuration, connection, authentication, version, integrity, failed
        /// This node's owner does not allow it.
        case policy
    }
    package var kind: Kind
    package var message: String
    package var remedy: String
    /// When the coordinator wants to be asked again.
    package var retryAfterSeconds: Double?

    package init(_ kind: Kind, _ message: String, remedy: String, retryAfterSeconds: Double? = nil) {
        self.kind = kind
        self.message = message
        self.remedy = remedy
        self.retryAfterSeconds = retryAfterSeconds
    }

    package var description: String { "\(message) \(remedy)" }

    /// Whether trying again later can help.
    package var isRetryable: Bool { kind == .connection }
}
