/// Every bound of the room.
enum Limits {
    /// Bytes of updates in memory at a time while a robust rule looks at all of them side by side.
    static let aggregationBytes = 64 << 20
    /// Models whose bytes are kept, newest last: the one being trained, and those that stragglers still fetch.
    static let modelsKept = 3
    /// Arrivals from which rates are computed.
    static let arrivalsKept = 1000
    /// Nodes kept in memory; beyond that they are asked of the store again.
    static let nodesKept = 10_000
    /// Between two attempts to write to a full disk.
    static let diskFullRetrySeconds = 0.5
    /// How long a client is told to wait while the coordinator cannot write.
    static let unavailableRetrySeconds = 5
    static let certificateDays = 90.0
}
