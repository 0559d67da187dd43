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
    /// Updates that the mean takes in at a time where they are all in memory: as many as its kernel adds up in registers.
    package static let sideBySide = 4
    /// Coordinates that are read of an update at a time.
    package static let tile = 4096
    /// Numbers of all updates that are held at a time by the rules that sort: 512 KiB, about a second-level cache.
    package static let sortedValues = 1 << 17
    /// But at least this many coordinates, so that a read is worth its trouble.
    package static let sortedTileMin = 64
}
