/// What the client takes from outside, at most.
enum Limits {
    /// Control frames, as in `docs/protocol`.
    static let controlFrameBytes = 1 << 20
    /// JSON replies of the coordinator.
    static let replyBytes = 4 << 20
    /// A model file.
    static let modelBytes = 2 << 30
    /// A local data set.
    static let datasetBytes = 4 << 30
    static let connectSeconds: Int64 = 10
    static let requestSeconds: Int64 = 60
    static let transferSeconds: Int64 = 600
}
