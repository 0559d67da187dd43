internal import CryptoSuite
package import Foundation

/// Files that hold secrets: mode 0600 from the first byte, replaced whole or not at all, refused when others could read
/// them.
package enum SecretFile {
    /// Durable when it returns: the bytes, the name and the folder are synced.
    /// - Parameter mode: another one for what is no secret and has to be as durable.
    package static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(TrustError) {
        guard !path.utf8.contains(0), !path.isEmpty else { throw .file(path: "'\(path)'", problem: "it is no file name") }
        // A name of its own for each writer: two of them must not fill one file.
        let temporary = path + ".\(hexadecimal(RandomSource.system.bytes(8))).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure(path, "it cannot be created") }
        do throws(TrustError) {
            defer { close(descriptor) }
            // A umask can only take rights away; a file system with default ACLs could add some.
            guard fchmod(descriptor, mode) == 0 else { throw failure(path, "its mode cannot be set") }
            try fill(descriptor, bytes, path)
            guard fsync(descriptor) == 0 else { throw failure(path, "it cannot be synced") }
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let error = failure(path, "it cannot be renamed into place")
            unlink(temporary)
            throw error
        }
        try syncFolder(of: path)
    }

    /// Durable when it returns; nothing happens when there is no such file.
    package static func remove(_ path: String) throws(TrustError) {
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(path, "it cannot be removed") }
        try syncFolder(of: path)
    }

    /// - Throws: `TrustError.exposed` when group or others have any right to the file.
    package static func read(_ path: String) throws(TrustError) -> [UInt8] {
        guard !path.utf8.contains(0), !path.isEmpty else { throw .file(path: "'\(path)'", problem: "it is no file name") }
        // Mounted secrets are often links: what counts is the file behind them.
        guard let resolved = realpath(path, nil) else { throw failure(path, "it cannot be opened") }
        defer { free(resolved) }
        // O_NONBLOCK: a named pipe must not hang us before its type is known.
        let descriptor = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw failure(path, "it cannot be opened") }
        defer { close(descriptor) }
        try check(String(cString: resolved), calling: path)
        var out = [UInt8]()
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "it cannot be read") }
            if count == 0 { return out }
            out += buffer[..<count]
            guard out.count <= Limits.secretFileBytesMax else {
                throw .file(path: path, problem: "it is longer than \(Limits.secretFileBytesMax) bytes, so it is no secret of ours")
            }
        }
    }

    /// By name and not by `fstat`: which module the members of `struct stat` belong to differs from build to build, and
    /// with it whether they may be named. Who can change the folder in between can read the secret anyway.
    private static func check(_ resolved: String, calling path: String) throws(TrustError) {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved),
            let mode = attributes[.posixPermissions] as? Int
        else { throw .file(path: path, problem: "it cannot be examined") }
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw .file(path: path, problem: "it is not a regular file") }
        guard mode & 0o077 == 0 else { throw .exposed(path: path, mode: String(mode, radix: 8)) }
    }

    private static func fill(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(TrustError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path, "it cannot be written") }
            written += count
        }
    }

    private static func syncFolder(of path: String) throws(TrustError) {
        let end = path.lastIndex(of: "/")
        let folder = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "its folder cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path, "its folder cannot be synced") }
    }

    private static func failure(_ path: String, _ what: String) -> TrustError {
        .file(path: path, problem: "\(what) (\(String(cString: strerror(errno))))")
    }
}
