package import CryptoSuite
import Foundation

/// Content under its own digest: `blobs/<sha256>`. Written to `staging/`, synced, renamed, folder synced.
package struct FileBlobStore: BlobStore {
    private let folder: String
    private let suite: CryptoSuite
    private let sequence = Sequence()

    private final class Sequence: @unchecked Sendable {
        private let lock = NSLock()
        private var value = 0
        func next() -> Int {
            lock.withLock {
                value += 1
                return value
            }
        }
    }

    package init(folder: String, suite: CryptoSuite) throws(StorageError) {
        self.folder = folder
        self.suite = suite
        do {
            for name in ["blobs", "staging"] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(name)", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            // What a crash left half-written was never acknowledged.
            for name in try FileManager.default.contentsOfDirectory(atPath: "\(folder)/staging") {
                try FileManager.default.removeItem(atPath: "\(folder)/staging/\(name)")
            }
        } catch { throw .io(path: folder, problem: "\(error)") }
    }

    private func path(_ digest: String) -> String? {
        digest.utf8.count == 64 && bytes(hexadecimal: digest) != nil ? "\(folder)/blobs/\(digest)" : nil
    }

    package func put(_ content: [UInt8]) async throws(StorageError) -> String {
        let digest = hexadecimal(suite.sha256(content))
        guard let path = path(digest) else { return digest }
        if FileManager.default.fileExists(atPath: path) { return digest }
        let staged = "\(folder)/staging/\(digest)-\(sequence.next())"
        let descriptor = open(staged, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(staged) }
        var written = 0
        while written < content.count {
            let count = content.withUnsafeBytes { write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = failure(staged)
                close(descriptor)
                unlink(staged)
                throw error
            }
            written += count
        }
        let synced = fsync(descriptor)
        close(descriptor)
        guard synced == 0, rename(staged, path) == 0 else { throw failure(staged) }
        try sync(folder: "\(folder)/blobs")
        return digest
    }

    package func get(_ digest: String) async throws(StorageError) -> [UInt8]? {
        guard let path = path(digest), let data = FileManager.default.contents(atPath: path) else { return nil }
        let content = [UInt8](data)
        guard hexadecimal(suite.sha256(content)) == digest else {
            throw .corrupt(path: path, problem: "its content does not have the digest of its name")
        }
        return content
    }

    package func contains(_ digest: String) async throws(StorageError) -> Bool {
        path(digest).map(FileManager.default.fileExists(atPath:)) ?? false
    }

    private func sync(folder: String) throws(StorageError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(folder) }
    }

    private func failure(_ path: String) -> StorageError {
        errno == ENOSPC ? .full(path: path) : .io(path: path, problem: String(cString: strerror(errno)))
    }
}
