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
    /// Looks at an artifact that is being replaced.
    static let artifactTries = 5
    /// What is kept of what happened to a deployment.
    static let deploymentEvents = 200
    /// Sessions listed at once.
    static let sessions = 1000
    /// Sessions, of all tenants, that are held as they were read last.
    static let decodedSessions = 4000
    /// Expired logins that a new one clears away.
    static let forgottenLogins = 16
    /// Certificates of a node whose replies may have been lost, beside the newest and the one that is in use.
    static let lostCertificatesMax = 2
    /// Hashes of leaves read at a time for a proof, and entries read at a time by the migration that makes the tree.
    static let auditPage = 4096
    /// Entries read at a time to find those that match a filter; whoever writes waits for so many.
    static let auditLogPage: Int64 = 512
    /// Changed entries of one tenant that are compared with one another, to tell those that only changed places.
    static let movedEntries = 100
}
