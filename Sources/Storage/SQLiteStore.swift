package import CryptoSuite

import Foundation
internal import GRDB

/// The embedded store: one SQLite file in WAL mode with `synchronous=FULL`, one connection that also checkpoints, one
/// process (a lock file). Bodies up to 256 KiB lie in their row, larger ones in the blob store.
package final class SQLiteStore: Sendable {
    private static let schemaVersion = 1
    static let inlineBytes = 256 << 10

    let commits: GroupCommit
    let blobs: FileBlobStore
    private let lock: Int32

    /// - Parameter folder: the coordinator's data folder.
    package init(folder: String, suite: CryptoSuite) throws(StorageError) {
        // The lock first: what follows clears away what a crash left behind.
        let lockPath = "\(folder)/lock"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw .io(path: lockPath, problem: String(cString: strerror(errno))) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(lock)
            throw .inUse(path: folder)
        }
        do { blobs = try FileBlobStore(folder: folder, suite: suite) } catch {
            Glibc.close(lock)
            throw error
        }
        let path = "\(folder)/tutti.sqlite"
        do {
            var configuration = Configuration()
            configuration.foreignKeysEnabled = true
            // A store that is just being closed in this process may still hold the file for a moment.
            configuration.busyMode = .timeout(5)
            configuration.prepareDatabase { database in
                try database.execute(sql: "PRAGMA journal_mode=WAL")
                try database.execute(sql: "PRAGMA synchronous=FULL")
                try database.execute(sql: "PRAGMA trusted_schema=OFF")
                try database.execute(sql: "PRAGMA mmap_size=0")
            }
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            chmod(path, 0o600)
            try queue.write { try Self.migrate($0, path) }
            commits = GroupCommit(queue: queue, path: path)
        } catch {
            Glibc.close(lock)
            throw storageError(error, path)
        }
    }

    deinit {
        commits.close()
        Glibc.close(lock)
    }

    private static func migrate(_ database: Database, _ path: String) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard version <= schemaVersion else { throw StorageError.newer(path: path, version: version, known: schemaVersion) }
        if version < 1 {
            try database.execute(
                sql: """
                    CREATE TABLE session (
                        tenant TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, created_ms INTEGER NOT NULL, is_final INTEGER NOT NULL,
                        record BLOB NOT NULL, initial_model TEXT, evaluation BLOB) STRICT;
                    CREATE TABLE member (
                        tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), client TEXT NOT NULL,
                        record BLOB NOT NULL, PRIMARY KEY (session, client)) STRICT;
                    CREATE TABLE round (
                        tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), round INTEGER NOT NULL,
                        attempt INTEGER NOT NULL, state TEXT NOT NULL, record BLOB NOT NULL,
                        PRIMARY KEY (session, round, attempt)) STRICT;
                    CREATE TABLE contribution (
                        tenant TEXT NOT NULL, session TEXT NOT NULL REFERENCES session(id), round INTEGER NOT NULL,
                        attempt INTEGER NOT NULL, client TEXT NOT NULL, record BLOB NOT NULL, body BLOB, blob TEXT,
                        PRIMARY KEY (session, round, attempt, client)) STRICT;
                    CREATE TABLE enrolment_token (
                        hash BLOB NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, node TEXT NOT NULL, expires_ms INTEGER NOT NULL,
                        used_ms INTEGER) STRICT;
                    CREATE TABLE node (
                        tenant TEXT NOT NULL, name TEXT NOT NULL, record BLOB NOT NULL, PRIMARY KEY (tenant, name)) STRICT;
                    CREATE TABLE api_key (
                        id TEXT NOT NULL PRIMARY KEY, tenant TEXT NOT NULL, record BLOB NOT NULL) STRICT;
                    PRAGMA user_version = 1;
                    """)
        }
    }
}

/// Records as they lie in their columns.
func encode(_ record: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(record)
}

func decode<Record: Decodable>(_ type: Record.Type, _ data: Data) throws -> Record {
    do { return try JSONDecoder().decode(type, from: data) } catch {
        throw StorageError.corrupt(path: "tutti.sqlite", problem: "a \(type) cannot be read: \(error)")
    }
}
