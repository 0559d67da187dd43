/// What this room combines, at most.
package enum Limits {
    /// Updates of one round; a session has at most 100,000 clients.
    package static let updates = 1 << 17
    /// Updates whose distances are taken pair by pair: they fill 128 MiB.
    package static let pairedUpdates = 1 << 12
    /// Numbers of one update: 4 GiB.
    package static let dimension = 1 << 30
    /// The sum of the weights. With it, every product and every sum of the exact mean stays a whole number of 63 bits.
    package static let totalWeight: Int64 = 1 << 62
    /// Updates in memory that are lent side by side, each inside the other's scope; more are copied.
    package static let lent = 1024
    /// Coordinates of all updates that the mean adds up at a time: their sums stay in the first cache.
    package static let meanTile = 2048
    /// Coordinates that are looked at at a time, where the updates lie in memory.
    package static let tile = 1 << 16
    /// Coordinates that are copied of one update at a time.
    package static let copiedTile = 4096
    /// Numbers of all updates that are looked at at a time where they lie.
    package static let lentValues = 1 << 21
    /// Numbers of all updates that are copied at a time by the rules that sort: 512 KiB, about a second-level cache.
    package static let sortedValues = 1 << 17
    /// But at least this many coordinates, so that a read is worth its trouble.
    package static let sortedTileMin = 64
    /// Iterations of a rule that comes nearer step by step: each reads the updates once or twice.
    package static let iterations = 1000
    /// Coordinates of one update that the rules over whole updates take at a time; another number would be another order of sums.
    package static let passTile = 4096
}
