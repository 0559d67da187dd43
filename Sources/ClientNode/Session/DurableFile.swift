import Foundation
import Trust

/// A small file that survives a crash whole or not at all: magic, version, length, SHA-256 and payload, written beside
/// the old one, synced, renamed over it, and the folder synced. Verified on read.
enum DurableFile {
    static func write(_ payload: [UInt8], to path: String) throws(ClientNodeError) {
        let bytes = DurableForm.encode(payload)
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot be created", path) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                let error = failure("cannot be written", path)
                close(descriptor)
                throw error
            }
            written += count
        }
        guard fsync(descriptor) == 0 else {
            let error = failure("cannot be synced", path)
            close(descriptor)
            throw error
        }
        close(descriptor)
        guard rename(temporary, path) == 0 else { throw failure("cannot be renamed into place", path) }
        try syncFolder(of: path)
    }

    /// nil when there is no such file.
    static func read(_ path: String) throws(ClientNodeError) -> [UInt8]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        guard let payload = DurableForm.decode([UInt8](data)) else { throw damaged(path) }
        return payload
    }

    static func syncFolder(of path: String) throws(ClientNodeError) {
        let folder = (path as NSString).deletingLastPathComponent
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("has a folder that cannot be opened", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("has a folder that cannot be synced", path) }
    }

    private static func failure(_ what: String, _ path: String) -> ClientNodeError {
        let reason = String(cString: strerror(errno))
        return ClientNodeError(
            .failed, "\(path) \(what): \(reason).", remedy: "Check that the disk has room and the folder is writable.")
    }

    private static func damaged(_ path: String) -> ClientNodeError {
        ClientNodeError(
            .integrity, "\(path) is damaged: its checksum does not match.",
            remedy: "Restore it from a backup, or delete it: the client then trains again for the open round.")
    }
}
