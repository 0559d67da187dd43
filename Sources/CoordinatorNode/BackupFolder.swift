import CryptoSuite
import Foundation
import Storage
package import Trust

/// A folder that `backup` has made.
package struct BackupFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Whether there is one.
    package var exists: Bool { BackupManifest.exists(in: path) }

    /// Every file against the list, and the list against the files.
    package func check() throws(CoordinatorError) -> FolderReport {
        let (manifest, damages) = try examined()
        return FolderReport(counts: manifest.counts, bytesVerified: Int64(manifest.bytes), damages: damages)
    }

    private func examined() throws(CoordinatorError) -> (BackupManifest, damages: [String]) {
        let manifest = try BackupManifest.read(from: path)
        var damages: [String] = []
        for file in manifest.files {
            guard FileManager.default.fileExists(atPath: "\(path)/\(file.path)") else {
                damages.append("\(file.path): it is missing")
                continue
            }
            let content = try FolderFiles.read("\(path)/\(file.path)")
            if content.count != file.bytes {
                damages.append("\(file.path): it has \(content.count) bytes and not \(file.bytes)")
            } else if hexadecimal(CryptoSuite.system.sha256(content)) != file.sha256 {
                damages.append("\(file.path): its content does not have the digest in \(BackupManifest.name)")
            }
        }
        let listed = Set(manifest.files.map(\.path) + [BackupManifest.name, BackupManifest.digestName])
        for file in try FolderFiles.list(path) where !listed.contains(file) { damages.append("\(file): it is not in \(BackupManifest.name)") }
        return (manifest, damages)
    }

    /// Makes a coordinator's folder of it: verified first, whole or not at all. Its records get a history of their own, by
    /// which clients know that what came after the backup is forgotten.
    /// - Parameter target: a new or an empty folder.
    package func restore(to target: String, random: RandomSource = .system) async throws(CoordinatorError) -> FolderReport {
        let (manifest, damages) = try examined()
        guard damages.isEmpty else {
            throw CoordinatorError(.integrity, "\(path) is damaged: \(damages.joined(separator: "; ")).", remedy: "Use another backup; nothing was restored.")
        }
        try CoordinatorFolder.wantEmpty(target)
        let staging = (target.hasSuffix("/") ? String(target.dropLast()) : target) + ".restoring-" + hexadecimal(random.bytes(8))
        do throws(CoordinatorError) {
            let report = try await fill(staging, manifest, history: hexadecimal(random.bytes(16)))
            guard rename(staging, target) == 0 else {
                throw CoordinatorError(
                    .failed, "\(target) cannot be put in place: \(String(cString: strerror(errno))).", remedy: "Give a place in a folder that is writable.")
            }
            let parent = (target as NSString).deletingLastPathComponent
            do throws(StorageError) { try syncFolder(parent.isEmpty ? "." : parent, .system) } catch { throw CoordinatorError(copying: target, error) }
            return report
        } catch {
            try? FileManager.default.removeItem(atPath: staging)
            throw error
        }
    }

    private func fill(_ staging: String, _ manifest: BackupManifest, history: String) async throws(CoordinatorError) -> FolderReport {
        try FolderFiles.makeFolder(staging)
        for file in manifest.files {
            try CoordinatorFolder.copy("\(path)/\(file.path)", to: "\(staging)/\(file.path)")
            // What was copied is what was verified, unless somebody changes it meanwhile.
            guard hexadecimal(CryptoSuite.system.sha256(try FolderFiles.read("\(staging)/\(file.path)"))) == file.sha256 else {
                throw CoordinatorError(.integrity, "\(file.path) was changed while it was copied.", remedy: "Use a backup that nobody writes to.")
            }
            chmod("\(staging)/\(file.path)", mode_t(file.mode))
        }
        do throws(StorageError) {
            let store = try SQLiteStore(folder: staging, suite: .system, creates: false)
            try await store.begin(history: history)
            await store.close()
        } catch { throw CoordinatorError(copying: staging, error) }
        let report = try await CoordinatorFolder(staging).check()
        guard report.damages.isEmpty else {
            throw CoordinatorError(.integrity, "What was restored is damaged: \(report.damages.joined(separator: "; ")).", remedy: "Use another backup.")
        }
        return report
    }
}
