package import CryptoSuite
import Foundation
internal import GRDB

/// A copy of a store at one moment, taken by another process than the one that writes, or by nobody else.
package enum StoreSnapshot {
    /// What may be thrown away while it is copied.
    private static let fleeting = ["updates", "artifacts"]

    /// Copies the database and the files that it names into a new folder; everything is verified and synced. Whoever serves
    /// the store meanwhile is not disturbed: this only reads.
    /// - Throws: `corrupt` or `damagedRow` when what lies there is not sound.
    package static func take(of folder: String, into target: String, suite: CryptoSuite) throws(StorageError) -> StoreReport {
        let source = "\(folder)/\(SQLiteStore.fileName)"
        let copy = "\(target)/\(SQLiteStore.fileName)"
        try examine(folder, source)
        for place in ["\(target)/blobs", "\(target)/updates", "\(target)/artifacts"] {
            do { try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]) } catch {
                throw .io(path: place, problem: "\(error)")
            }
        }
        for _ in 0..<Limits.snapshotTries {
            // First those that are there now: what a round throws away while the database is copied is kept so.
            for kind in Self.fleeting { for digest in try names("\(folder)/\(kind)") { _ = try copyFile(digest, kind, folder, target, suite) } }
            let contents = try copyDatabase(source, copy, SealedRows(suite: suite))
            guard contents.report.damages.isEmpty else { throw .corrupt(path: source, problem: contents.report.damages.joined(separator: "; ")) }
            guard let report = try complete(contents, folder, target, suite) else { continue }
            for place in ["\(target)/blobs", "\(target)/updates", "\(target)/artifacts", target] { try syncFolder(place, .system) }
            return report
        }
        throw .io(path: folder, problem: "rounds end faster than their updates can be copied; try again")
    }

    /// Copies what is wanted and not here yet. nil: an update's body was thrown away in between.
    private static func complete(
        _ contents: StoredContents, _ folder: String, _ target: String, _ suite: CryptoSuite
    ) throws(StorageError) -> StoreReport? {
        for (path, owner) in contents.wanted.sorted(by: { $0.key < $1.key }) {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count == 2 else { throw .corrupt(path: path, problem: "\(owner) names it, and it is no file of a store") }
            if try copyFile(parts[1], parts[0], folder, target, suite) { continue }
            guard Self.fleeting.contains(parts[0]) else { throw .corrupt(path: "\(folder)/\(path)", problem: "it is missing, and \(owner) needs it") }
            return nil
        }
        for kind in Self.fleeting {
            for digest in try names("\(target)/\(kind)") where contents.wanted["\(kind)/\(digest)"] == nil { unlink("\(target)/\(kind)/\(digest)") }
        }
        var contents = contents
        try contents.verifyFiles(in: target, suite)
        guard contents.report.damages.isEmpty else { throw .corrupt(path: target, problem: contents.report.damages.joined(separator: "; ")) }
        return contents.report
    }

    /// What a start would look at, where nobody serves: opening the database changes the index that tells a cut log.
    private static func examine(_ folder: String, _ source: String) throws(StorageError) {
        let lock = open("\(folder)/lock", O_RDONLY | O_CLOEXEC)
        if lock >= 0 {
            defer { close(lock) }
            guard flock(lock, LOCK_SH | LOCK_NB) == 0 else { return }
            try SQLiteStore.examineFiles(source, creates: false)
        } else {
            try SQLiteStore.examineFiles(source, creates: false)
        }
    }

    private static func names(_ folder: String) throws(StorageError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch {
            if !FileManager.default.fileExists(atPath: folder) { return [] }
            throw .io(path: folder, problem: "\(error)")
        }
    }

    /// - Returns: whether it is there now.
    private static func copyFile(
        _ digest: String, _ kind: String, _ folder: String, _ target: String, _ suite: CryptoSuite
    ) throws(StorageError) -> Bool {
        let place = "\(target)/\(kind)/\(digest)"
        if access(place, F_OK) == 0 { return true }
        guard access("\(folder)/\(kind)/\(digest)", F_OK) == 0 else { return false }
        let content: [UInt8]
        do throws(StorageError) { content = try FileBlobStore.verified("\(folder)/\(kind)", digest, suite) } catch {
            // Thrown away between the two looks.
            if access("\(folder)/\(kind)/\(digest)", F_OK) != 0 { return false }
            throw error
        }
        try writeFile(content, place, .system)
        return true
    }

    /// In one step of SQLite's own, so that it is of one moment whatever is written meanwhile.
    private static func copyDatabase(_ source: String, _ copy: String, _ rows: SealedRows) throws(StorageError) -> StoredContents {
        unlink(copy)
        do {
            var reading = Configuration()
            reading.readonly = true
            reading.busyMode = .timeout(Limits.busySeconds)
            let from = try DatabaseQueue(path: source, configuration: reading)
            let to = try DatabaseQueue(path: copy)
            chmod(copy, 0o600)
            try from.backup(to: to)
            try from.close()
            let contents = try to.inDatabase { database in
                // A copy has no log beside it, so that it can be looked at without being changed.
                try database.execute(sql: "PRAGMA journal_mode=DELETE")
                try SQLiteStore.prepare(database, copy, rows)
                return try StoredContents(of: database, rows)
            }
            try to.close()
            try syncFile(copy)
            return contents
        } catch { throw openingError(error, source) }
    }

    private static func syncFile(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw storageError(errno: errno, path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw storageError(errno: errno, path) }
    }
}
