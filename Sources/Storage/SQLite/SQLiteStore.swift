package import CryptoSuite
import Foundation
internal import GRDB

/// The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, one connection that also checkpoints, one
/// process (a lock file). Models are files below `blobs/`. Updates lie in their row up to `inlineBytes`, and as files
/// below `updates/` above that, so that what is thrown away after a round is never near what is kept.
package final class SQLiteStore: Sendable {
    package static let fileName = "tutti.sqlite"

    let commits: GroupCommit
    let blobs: FileBlobStore
    let updates: FileBlobStore
    let artifactFiles: FileBlobStore
    let suite: CryptoSuite
    let rows: SealedRows
    let decoded = DecodedSessions()
    let inlineBytes: Int
    /// Update files that somebody is about to refer to.
    let held = HeldDigests()
    let heldArtifacts = HeldDigests()

    /// Opens the store and looks at every row before anything is done with it.
    /// - Parameters:
    ///   - folder: the coordinator's data folder.
    ///   - creates: whether a folder without a store gets an empty one. Otherwise a missing or an empty file is damage.
    ///   - inlineBytes: the largest update that lies in its row.
    package init(
        folder: String, suite: CryptoSuite, disk: Disk = .system, creates: Bool = true, inlineBytes: Int? = nil
    ) throws(StorageError) {
        self.suite = suite
        self.inlineBytes = inlineBytes ?? Limits.inlineBytes
        let rows = SealedRows(suite: suite)
        self.rows = rows
        // The lock first: what follows clears away what a crash left behind.
        let lockPath = "\(folder)/lock"
        let lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw storageError(errno: errno, lockPath) }
        guard Self.lock(lock) else {
            Glibc.close(lock)
            throw .inUse(path: folder)
        }
        let path = "\(folder)/\(Self.fileName)"
        do {
            try Self.examineFiles(path, creates: creates)
            blobs = try FileBlobStore(parent: folder, name: "blobs", suite: suite, disk: disk)
            updates = try FileBlobStore(parent: folder, name: "updates", suite: suite, disk: disk)
            artifactFiles = try FileBlobStore(parent: folder, name: "artifacts", suite: suite, disk: disk)
            let queue = try DatabaseQueue(path: path, configuration: Self.configuration)
            chmod(path, 0o600)
            let (needed, named) = try queue.inDatabase { database in
                try Self.prepare(database, path, rows)
                try Self.tidy(database)
                return (
                    try Set(rows.fetch(.updateBody, database, where: "body IS NULL").map { try $0.text("sha256") }),
                    try Set(rows.fetch(.artifact, database, where: "1").map { try $0.text("digest") })
                )
            }
            try syncFolder(folder, disk)
            for digest in try updates.digests() where !needed.contains(digest) { updates.remove(digest) }
            for digest in try artifactFiles.digests() where !named.contains(digest) { artifactFiles.remove(digest) }
            commits = GroupCommit(queue: queue, path: path, disk: disk) {
                // A process that is just being started may hold a copy of the descriptor.
                flock(lock, LOCK_UN)
                Glibc.close(lock)
            }
        } catch {
            Glibc.close(lock)
            throw openingError(error, path)
        }
    }

    /// Whoever has let go of the store may open it again. Nobody waits for an answer any more when this runs, since that
    /// would hold the store; so it is not the store's own thread either.
    deinit { commits.closeNow() }

    package var connections: ConnectionUse { commits.connections }

    /// Lets go of the folder: returns when what was begun is done and another store may open it.
    package func close() async { await commits.closed() }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = true
        configuration.busyMode = .timeout(Limits.busySeconds)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA journal_mode=WAL")
            try database.execute(sql: "PRAGMA synchronous=FULL")
            try database.execute(sql: "PRAGMA trusted_schema=OFF")
            try database.execute(sql: "PRAGMA mmap_size=0")
        }
        return configuration
    }

    /// Tries for a second: a process that another thread is just starting holds a copy of the lock until it runs its own
    /// program.
    private static func lock(_ descriptor: Int32) -> Bool {
        for _ in 0..<50 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
            usleep(20_000)
        }
        return false
    }

    /// Removes bodies of rounds that are over: a crash between a commit and its clearing up left them.
    private static func tidy(_ database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM update_body WHERE session IN (SELECT id FROM session WHERE is_final = 1)
                OR round <= (SELECT max(r.round) FROM round r WHERE r.session = update_body.session AND r.state = 'committed')
                """)
    }
}

/// Digests of files that are written but not yet in a row. A file that is held is not removed, whoever thinks that
/// nobody needs it.
final class HeldDigests: @unchecked Sendable {
    private let lock = NSLock()
    private var counts: [String: Int] = [:]

    func hold(_ digest: String) { lock.withLock { counts[digest, default: 0] += 1 } }

    func release(_ digest: String) {
        lock.withLock {
            let left = (counts[digest] ?? 1) - 1
            counts[digest] = left > 0 ? left : nil
        }
    }

    func unlessHeld(_ digest: String, _ remove: () -> Void) { lock.withLock { if counts[digest] == nil { remove() } } }
}
