import Foundation

/// How a file or folder lies there.
package enum FileLook: Sendable, Equatable {
    case missing
    case there(mode: Int, isFolder: Bool)

    package init(_ path: String) {
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        guard let attributes, let mode = attributes[.posixPermissions] as? Int else {
            self = .missing
            return
        }
        self = .there(mode: mode, isFolder: attributes[.type] as? FileAttributeType == .typeDirectory)
    }

    package var isThere: Bool { self != .missing }
}

/// Whether something can be written to a folder so that it stays.
package enum TrialWrite: Sendable, Equatable {
    case written, full
    case refused(String)

    /// Writes a small file, syncs it and removes it.
    package init(in folder: String) {
        let path = "\(folder)/.doctor-\(getpid())"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            self = Self.failed(errno)
            return
        }
        defer {
            close(descriptor)
            unlink(path)
        }
        let bytes = [UInt8](repeating: 0x55, count: Limits.trialBytes)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                self = Self.failed(count == 0 ? ENOSPC : errno)
                return
            }
            written += count
        }
        self = fsync(descriptor) == 0 ? .written : Self.failed(errno)
    }

    private static func failed(_ code: Int32) -> TrialWrite {
        code == ENOSPC || code == EDQUOT ? .full : .refused(String(cString: strerror(code)).lowercased())
    }
}

/// What this machine lets a process have.
package enum Machine {
    /// Bytes; nil: it cannot be told.
    package static func freeBytes(_ folder: String) -> Int64? {
        ((try? FileManager.default.attributesOfFileSystem(forPath: folder))?[.systemFreeSize] as? NSNumber)?.int64Value
    }

    /// Open files that a process started from here may have: the programs raise their limit as far as they may. nil: it cannot be told.
    package static var descriptors: Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Int(clamping: limit.rlim_max)
    }
}
