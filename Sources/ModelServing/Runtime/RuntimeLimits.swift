/// What the runtime takes from outside, at most.
package enum RuntimeLimits {
    /// Requests that wait, of all models.
    package static let waiting = 1024
    /// Rows of one request.
    package static let rows = 65_536
    /// Numbers and texts of one request's tensors.
    package static let elements = 1 << 24
    /// Bytes of one request's texts.
    package static let textBytes = 1 << 26
    package static let tensors = 64
    package static let dimensions = 8
    /// Rows that are put together to one run.
    package static let batchRows = 65_536
    /// Numbers that are read or written where the request is, on no other thread.
    package static let valuesAtOnce = 4096
    /// How long a request may wait for others to share its run.
    package static let batchWaitMicroseconds = 10_000
    /// How long a request waits before it is given up, at most.
    package static let deadlineSeconds = 300.0
    /// Models in memory, those that leave it included.
    package static let models = 256
    /// Reasons why loads failed that are kept.
    package static let failures = 4096
    /// Runs of one profile, and the batch sizes it tries.
    package static let profileRuns = 1000
    package static let profileBatches = 8
    package static let profileRows = 4096
    /// All runs of a profile together.
    package static let profileSeconds = 20.0
}
