import Foundation

/// The system calls on which durability rests, as values, so that a test can put a disk there that is full, that fails,
/// or that forgets what was never synced.
package struct Disk: Sendable {
    /// `write(2)` on an open file: the bytes written, or −errno.
    package var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int
    /// `fsync(2)` on an open file or folder: 0, or −errno.
    package var sync: @Sendable (_ descriptor: Int32) -> Int
    /// SQLite's number of an error that a commit of the database shall meet; nil: it commits.
    package var commitProblem: @Sendable () -> Int32?
    /// What to do when a sync has failed. Nobody knows then what of the earlier writes is on the disk, and asking again
    /// would say that all is well (the kernel has dropped the pages), so the real one never returns.
    package var halt: @Sendable (_ why: String) -> Void

    package init(
        write: @escaping @Sendable (Int32, UnsafeRawBufferPointer) -> Int = Disk.systemWrite,
        sync: @escaping @Sendable (Int32) -> Int = Disk.systemSync,
        commitProblem: @escaping @Sendable () -> Int32? = { nil },
        halt: @escaping @Sendable (String) -> Void = Disk.endProcess
    ) {
        self.write = write
        self.sync = sync
        self.commitProblem = commitProblem
        self.halt = halt
    }

    package static let system = Disk()

    package static let systemWrite: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { descriptor, bytes in
        let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        return count < 0 ? -Int(errno) : count
    }

    package static let systemSync: @Sendable (Int32) -> Int = { descriptor in
        fsync(descriptor) == 0 ? 0 : -Int(errno)
    }

    /// Says why on standard error and ends the process at once with the exit code for integrity: no destructor, no
    /// handler may write anything more.
    package static let endProcess: @Sendable (String) -> Void = { why in
        let line = Array("error: \(why) The coordinator stops; start it again and it goes on from what is durable.\n".utf8)
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        _exit(Limits.integrityExitCode)
    }
}

func storageError(errno code: Int32, _ path: String) -> StorageError {
    code == ENOSPC || code == EDQUOT ? .full(path: path) : .io(path: path, problem: String(cString: strerror(code)))
}
