/// What this room takes from outside, at most.
package enum Limits {
    package static let frameBytes = 1 << 20
    /// Before a client has said who it is.
    package static let helloBytes = 64 << 10
    package static let nameBytes = 128
    package static let pathBytes = 1024
    package static let reasonBytes = 1024
    package static let rounds = 100_000
    package static let attempts = 1_000_000
    /// A zstd window of 8 MiB.
    package static let windowLog: Int32 = 23
    /// A compressed body.
    package static let bulkBytes = 1 << 31
}
