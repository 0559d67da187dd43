import CryptoSuite
import Federation
import Foundation
import Storage
import Trust

extension CoordinatorFolder {
    /// What a backup leaves out: what belongs to a running coordinator, and what the store's own copy has.
    private static let leftOut: Set<String> = [
        "lock", "run.json", SQLiteStore.fileName, SQLiteStore.fileName + "-wal", SQLiteStore.fileName + "-shm", "blobs", "updates", "staging-blobs",
        "staging-updates", "artifacts", "staging-artifacts",
    ]

    /// Copies the folder as it is at one moment, while a coordinator serves it or while none does. Secrets are in the copy:
    /// without them it would restore no coordinator that anybody trusts.
    /// - Parameter target: a new or an empty folder.
    package func backup(to target: String) throws(CoordinatorError) -> BackupManifest {
        _ = try settings()
        try Self.wantEmpty(target)
        do throws(CoordinatorError) { return try fill(target) } catch {
            // What has no list is no backup; nothing half is left.
            try? FileManager.default.removeItem(atPath: target)
            throw error
        }
    }

    static func wantEmpty(_ target: String) throws(CoordinatorError) {
        guard FileManager.default.fileExists(atPath: target) else { return }
        if (try? FileManager.default.contentsOfDirectory(atPath: target))?.isEmpty == true { return }
        throw CoordinatorError(.configuration, "\(target) is not empty.", remedy: "Give a new or an empty folder.")
    }

    private func fill(_ target: String) throws(CoordinatorError) -> BackupManifest {
        try FolderFiles.makeFolder(target)
        chmod(target, 0o700)
        let report: StoreReport
        do throws(StorageError) { report = try StoreSnapshot.take(of: path, into: target, suite: .system) } catch {
            throw CoordinatorError(copying: path, error)
        }
        var modes: [String: Int] = [:]
        for file in try FolderFiles.list(path, { !Self.leftOut.contains($0) && !$0.hasSuffix(".tmp") }) {
            try Self.copy("\(path)/\(file)", to: "\(target)/\(file)")
            modes[file] = FolderFiles.mode("\(path)/\(file)")
        }
        var manifest = BackupManifest(takenAt: .now, counts: report.counts, files: [])
        for file in try FolderFiles.list(target) {
            let content = try FolderFiles.read("\(target)/\(file)")
            manifest.files.append(
                .init(path: file, bytes: content.count, sha256: hexadecimal(CryptoSuite.system.sha256(content)), mode: modes[file] ?? 0o600))
        }
        do throws(StorageError) {
            try writeFile(manifest.encoded, "\(target)/\(BackupManifest.name)", .system)
            try writeFile(Array(BackupManifest.digestLine(manifest.encoded).utf8), "\(target)/\(BackupManifest.digestName)", .system)
            try syncFolder(target, .system)
        } catch { throw CoordinatorError(copying: target, error) }
        return manifest
    }

    static func copy(_ source: String, to place: String) throws(CoordinatorError) {
        let parent = (place as NSString).deletingLastPathComponent
        try FolderFiles.makeFolder(parent)
        let content = try FolderFiles.read(source)
        do throws(StorageError) {
            try writeFile(content, place, .system)
            try syncFolder(parent, .system)
        } catch { throw CoordinatorError(copying: place, error) }
    }
}

extension CoordinatorError {
    /// What keeps a folder from being copied.
    init(copying path: String, _ error: StorageError) {
        switch error {
        case .corrupt, .damagedRow:
            self.init(.integrity, error.description, remedy: "What is damaged is not copied. tutti-coordinator check \(path) says all that is wrong.")
        case .newer: self.init(.failed, error.description, remedy: "Use the newer version of this command.")
        case .inUse, .full, .io, .exists, .missing: self.init(.failed, error.description, remedy: "Check the folder's permissions and the disk.")
        }
    }
}
