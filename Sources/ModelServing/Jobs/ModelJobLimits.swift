/// Bounds of jobs that models do.
enum ModelJobLimits {
    /// Of an input, wherever it lies.
    static let inputBytes = 64 << 20
    /// Things in one batch.
    static let items = 1_000_000
    /// What a crash takes is at most what a part would have had: so many items, bytes or seconds.
    static let partItems = 512
    static let partBytes = 1 << 20
    static let partSeconds = 10.0
    /// Of all parts together: what a job may leave.
    static let resultBytes = 60 << 20
    /// Rows that a model answers at once.
    static let rowsAtOnce = 256
    /// Parts and fetched inputs of a job that nobody goes on with.
    static let keptSeconds = 14 * 86_400.0
    /// Between two tries of what has no place now, and how many there are.
    static let busySeconds = 1.0
    static let busyTries = 600
    static let problemBytes = 300
    /// Bytes of a text that are measured at once.
    static let windowBytes = 64 << 10
    static let columns = 1024
}
