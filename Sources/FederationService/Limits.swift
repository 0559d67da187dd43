/// Every bound of the room.
package enum Limits {
    /// Bytes of updates in memory at a time while a robust rule looks at all of them side by side.
    static let aggregationBytes = 64 << 20
    /// Text that every round's model is measured on.
    static let evaluationTextBytes = 256 << 10
    /// Models whose bytes are kept, newest last: the one being trained, and those that stragglers still fetch.
    static let modelsKept = 3
    /// Registered models of one tenant.
    static let modelsPerTenant = 10_000
    /// Sessions that ended, read at a time to register their models.
    static let registeredAtOnce = 100
    /// Attempts that are read at a time for a receipt; more than one round ever has.
    static let receiptPage = 1000
    /// Looks, ten milliseconds apart, whether a session that is ending has ended.
    static let closingLooks = 200
    /// Arrivals from which rates are computed.
    static let arrivalsKept = 1000
    /// Nodes kept in memory; beyond that they are asked of the store again.
    static let nodesKept = 10_000
    /// Between two attempts to write to a full disk.
    static let diskFullRetrySeconds = 0.5
    /// How long a client is told to wait while the coordinator cannot write.
    static let unavailableRetrySeconds = 5
    /// What a node certificate lives when nothing else is configured: 30 days.
    package static let certificateSeconds = 30.0 * 86_400
    /// The share of a certificate's life that has to pass before the next one is given.
    static let renewalShareMin = 0.1
    /// Less is waited for when the reply with the last one seems to be lost, but as long as a request may be on its way.
    static let lostReplySeconds = 60.0
    /// Nodes named in one message.
    static let nodesNamed = 20
}
