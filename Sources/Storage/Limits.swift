/// Every bound of the room.
enum Limits {
    /// Updates up to this size lie in their row and share its commit; larger ones are files.
    static let inlineBytes = 256 << 10
    /// Writes that share one commit.
    static let commitBatch = 256
    /// Threads for files, so that one sync does not wait for the other.
    static let fileThreads = 4
    /// How long to wait for a database that is just being closed in this process.
    static let busySeconds = 5.0
    /// "Integrity" among the programs' exit codes.
    static let integrityExitCode: Int32 = 9
    /// Copies of a database until one is found whose updates are all still there.
    static let snapshotTries = 50
    /// Sessions listed at once.
    static let sessions = 1000
    /// Certificates of a node whose replies may have been lost, beside the newest and the one that is in use.
    static let lostCertificatesMax = 2
}
