internal import Compute
package import CryptoSuite
import Foundation

/// Content under its own digest, one file each. Written to `staging/`, synced, renamed, folder synced. All of it on
/// threads of its own: a sync takes milliseconds, which no task may be held up for.
package struct FileBlobStore: BlobStore {
    private let folder: String
    private let staging: String
    private let suite: CryptoSuite
    private let disk: Disk
    private let pool: ComputePool
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

    /// - Parameters:
    ///   - parent: the data folder.
    ///   - name: of the folder in it that holds the files.
    package init(parent: String, name: String, suite: CryptoSuite, disk: Disk = .system) throws(StorageError) {
        folder = "\(parent)/\(name)"
        staging = "\(parent)/staging-\(name)"
        self.suite = suite
        self.disk = disk
        pool = ComputePool(threads: Limits.fileThreads, name: name)
        do {
            for path in [folder, staging] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            }
            // What a crash left half-written was never acknowledged.
            for name in try FileManager.default.contentsOfDirectory(atPath: staging) {
                try FileManager.default.removeItem(atPath: "\(staging)/\(name)")
            }
        } catch { throw .io(path: parent, problem: "\(error)") }
        try syncFolder(parent, disk)
    }

    /// nil for what is no digest, so that no name from outside becomes a path.
    private func path(_ digest: String) -> String? {
        digest.utf8.count == 64 && bytes(hexadecimal: digest) != nil ? "\(folder)/\(digest.lowercased())" : nil
    }

    // MARK: Writing

    package func put(_ content: [UInt8]) async throws(StorageError) -> String {
        try await pool.run(throwing: { () throws(StorageError) in
            let digest = hexadecimal(suite.sha256(content))
            try write(content, digest)
            return digest
        })
    }

    /// The same for content whose digest is known.
    func put(_ content: [UInt8], digest: String) async throws(StorageError) {
        try await pool.run(throwing: { () throws(StorageError) in try write(content, digest) })
    }

    private func write(_ content: [UInt8], _ digest: String) throws(StorageError) {
        guard let path = path(digest) else { throw .io(path: folder, problem: "'\(digest.prefix(80))' is no digest") }
        // There already, though perhaps only just renamed by somebody who has not synced the folder yet. A damaged file is
        // as good as none, and replaced.
        if let present = try? Self.read(path), present == content { return try syncFolder(folder, disk) }
        let staged = "\(staging)/\(digest)-\(sequence.next())"
        do throws(StorageError) {
            try writeFile(content, staged, disk)
            guard rename(staged, path) == 0 else { throw storageError(errno: errno, path) }
        } catch {
            unlink(staged)
            throw error
        }
        try syncFolder(folder, disk)
    }

    // MARK: Reading

    /// What these files take together; one that is not there takes nothing.
    func size(of digests: [String]) async -> Int64 {
        await pool.run {
            digests.reduce(Int64(0)) { sum, digest in
                var facts = stat()
                guard let path = path(digest), stat(path, &facts) == 0 else { return sum }
                return sum + Int64(facts.st_size)
            }
        }
    }

    package func get(_ digest: String) async throws(StorageError) -> [UInt8]? {
        try await pool.run(throwing: { () throws(StorageError) in try content(digest) })
    }

    /// On the caller's thread. Verified against its name; nil when there is none.
    func content(_ digest: String) throws(StorageError) -> [UInt8]? {
        guard let path = path(digest), let content = try Self.read(path) else { return nil }
        guard hexadecimal(suite.sha256(content)) == digest.lowercased() else {
            throw .corrupt(path: path, problem: "its content does not have the digest of its name")
        }
        return content
    }

    /// Bytes `range` of a file, on the caller's thread, not verified. nil when there is no such file.
    func part(_ digest: String, _ range: Range<Int>) throws(StorageError) -> [UInt8]? {
        guard let path = path(digest) else { return nil }
        return try Self.read(path, range)
    }

    /// A file in a folder that is no store's, against its name.
    static func verified(_ folder: String, _ name: String, _ suite: CryptoSuite) throws(StorageError) -> [UInt8] {
        guard name.utf8.count == 64, bytes(hexadecimal: name) != nil else { throw .corrupt(path: "\(folder)/\(name)", problem: "it is not named by a SHA-256") }
        guard let content = try read("\(folder)/\(name)") else { throw .corrupt(path: "\(folder)/\(name)", problem: "it is missing") }
        guard hexadecimal(suite.sha256(content)) == name.lowercased() else {
            throw .corrupt(path: "\(folder)/\(name)", problem: "its content does not have the digest of its name")
        }
        return content
    }

    private static func read(_ path: String, _ range: Range<Int>? = nil) throws(StorageError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw storageError(errno: errno, path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw storageError(errno: errno, path) }
        let range = range ?? 0..<Int(status.st_size)
        guard range.lowerBound >= 0, range.upperBound <= Int(status.st_size) else {
            throw .corrupt(path: path, problem: "it is \(status.st_size) bytes long; byte \(range.upperBound) is needed")
        }
        var problem: Int32 = 0
        let content = [UInt8](unsafeUninitializedCapacity: range.count) { out, filled in
            filled = 0
            while filled < range.count {
                let count = pread(descriptor, out.baseAddress! + filled, range.count - filled, off_t(range.lowerBound + filled))
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else {
                    problem = count == 0 ? EIO : errno
                    return
                }
                filled += count
            }
        }
        guard problem == 0 else { throw storageError(errno: problem, path) }
        return content
    }

    package func contains(_ digest: String) async throws(StorageError) -> Bool {
        path(digest).map { access($0, F_OK) == 0 } ?? false
    }

    // MARK: Removing

    /// Digests of all files, sorted.
    func digests() throws(StorageError) -> [String] {
        do { return try FileManager.default.contentsOfDirectory(atPath: folder).sorted() } catch { throw .io(path: folder, problem: "\(error)") }
    }

    /// A file that comes back after a crash is removed at the next start; so nothing is synced here.
    func remove(_ digest: String) {
        if let path = path(digest) { unlink(path) }
    }
}

/// A new file, synced; its name is not yet.
package func writeFile(_ content: [UInt8], _ path: String, _ disk: Disk) throws(StorageError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw storageError(errno: errno, path) }
    defer { close(descriptor) }
    var written = 0
    while written < content.count {
        let count = content.withUnsafeBytes { disk.write(descriptor, UnsafeRawBufferPointer(rebasing: $0[written...])) }
        if count == -Int(EINTR) { continue }
        guard count > 0 else { throw storageError(errno: count == 0 ? EIO : Int32(-count), path) }
        written += count
    }
    let synced = disk.sync(descriptor)
    guard synced == 0 else { throw syncFailed(Int32(-synced), path, disk) }
}

/// Makes the names in a folder durable.
package func syncFolder(_ path: String, _ disk: Disk) throws(StorageError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw storageError(errno: errno, path) }
    defer { close(descriptor) }
    let synced = disk.sync(descriptor)
    guard synced == 0 else { throw syncFailed(Int32(-synced), path, disk) }
}

/// A full disk can show as late as here, and harms only the file that is being written, which nobody has seen yet.
/// Anything else ends the process.
private func syncFailed(_ code: Int32, _ path: String, _ disk: Disk) -> StorageError {
    let error = storageError(errno: code, path)
    if case .full = error { return error }
    disk.halt("\(path) could not be synced to the disk (\(String(cString: strerror(code)))).")
    return error
}
