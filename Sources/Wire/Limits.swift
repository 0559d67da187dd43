/// What this room takes from outside, and gives out, at most.
package enum Limits {
    /// A control frame.
    package static let frameBytes = 1 << 20
    /// Nesting of messages; ours nest three deep.
    package static let messageDepth = 8
    /// Identifiers, and names of software and states.
    package static let nameBytes = 128
    package static let pathBytes = 1024
    /// What a client can say it knows.
    package static let capabilities = 32
    /// A message of secure aggregation: a frame less what stands around it.
    package static let secureMessageBytes = 1_048_000
    /// The parameters of secure aggregation in the start of a round.
    package static let secureParametersBytes = 1024
    /// Words for people.
    package static let reasonBytes = 1024
    /// Protocol versions that can be named.
    package static let versions = 1...1000
    package static let rounds = 100_000
    package static let attempts = 1_000_000
    package static let heartbeatSeconds = 1...86_400
    package static let rows = 1_000_000_000_000
    /// Instants in milliseconds since 1970: up to the end of the year 9999.
    package static let instantMs: ClosedRange<Int64> = 0...253_402_300_799_999
    package static let retryAfterMs: Int64 = 86_400_000
    // The training plan; `SessionSpec` allows no more.
    package static let learningRate: Float = 10
    package static let momentum: Float = 1
    package static let weightDecay: Float = 10
    package static let proximalMu: Float = 1000
    package static let localEpochs = 1...1000
    package static let batchSize = 1...65_536
    package static let localSteps = 1...10_000
    package static let window = 1...4096
    /// A zstd window of 8 MiB, which every decoder has to support (RFC 8878 §3.1.1.1.2).
    package static let windowLog = 23
    /// A body, compressed or not: the largest model (2 GiB of Float32) and its header.
    package static let bulkBytes = (1 << 31) + (2 << 20)
    /// Bytes of one number in a body whose bytes are regrouped.
    package static let elementBytes = 1...16
    /// zstd's levels; above 19 it needs windows that we refuse.
    package static let zstdLevels = 1...19
    /// A shorter body is sent as it is: a few packets either way.
    static let compressedBytesMin = 4 << 10
    /// A compressed body may be at most this share of the plain one, or it is not worth the work at both ends.
    static let compressedPercentMax = 80
}
