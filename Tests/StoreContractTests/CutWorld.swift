import CoreFoundation
import Foundation
import GRDBSQLite
import Storage

/// A folder of which every write, every change of names and every sync is noted, so that the folder can be made as a power
/// cut at any of these moments would have left it: with what was synced, and with any part of the rest. A killed process
/// does not show that, because the kernel keeps what it was given.
final class CutWorld: @unchecked Sendable {
    /// A sync that is asked for, answered, and not made.
    enum Fault: CaseIterable { case log, database, file, folder }

    enum Event {
        case created(UInt64)
        case write(UInt64, offset: Int, bytes: [UInt8])
        case truncate(UInt64, size: Int)
        case synced(UInt64)
        /// What a folder (relative to the top, "" the top itself) lists now.
        case names(String, [String: UInt64])
        case syncedNames(String, [String: UInt64])
        /// The index of SQLite's log in shared memory, which the kernel may write out whenever it likes.
        case index([UInt8])
        case acknowledged(Int)
    }

    let folder: String
    private let fault: Fault?
    private let lock = NSLock()
    private var noted: [Event] = []
    private static let places = ["", "blobs", "updates", "staging-blobs", "staging-updates", "artifacts", "staging-artifacts"]

    init(folder: String, fault: Fault? = nil) {
        self.folder = folder
        self.fault = fault
        CutLayer.watch(self)
    }

    deinit { CutLayer.forget(folder) }

    var events: [Event] { lock.withLock { noted } }
    func acknowledge(_ step: Int) { note([.acknowledged(step)]) }

    private func note(_ events: [Event]) { lock.withLock { noted += events } }

    // MARK: What the store does itself

    var disk: Disk {
        Disk(
            write: { [self] descriptor, bytes in
                let offset = Int(lseek(descriptor, 0, SEEK_CUR))
                let written = Disk.systemWrite(descriptor, bytes)
                if written > 0, let inode = Self.inode(descriptor) {
                    note((offset == 0 ? [.created(inode)] : []) + [.write(inode, offset: offset, bytes: Array(bytes.prefix(written)))] + names())
                }
                return written
            },
            sync: { [self] descriptor in
                let result = Disk.systemSync(descriptor)
                guard result == 0, let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)") else { return result }
                if let place = place(path) { namesSynced(place) } else if let inode = Self.inode(descriptor) { fileSynced(inode) }
                return result
            })
    }

    private func fileSynced(_ inode: UInt64) { if fault != .file { note([.synced(inode)]) } }

    private func namesSynced(_ place: String) {
        note(names())
        if fault != .folder { note([.syncedNames(place, listing(place))]) }
    }

    /// Of a folder below this one; nil: it is none.
    private func place(_ path: String) -> String? {
        Self.places.first { path == ($0.isEmpty ? folder : "\(folder)/\($0)") }
    }

    private func names() -> [Event] { Self.places.map { .names($0, listing($0)) } }

    private func listing(_ place: String) -> [String: UInt64] {
        let path = place.isEmpty ? folder : "\(folder)/\(place)"
        var found: [String: UInt64] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where !Self.isOfNoMatter(name) {
            var status = stat()
            if stat("\(path)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFREG { found[name] = UInt64(status.st_ino) }
        }
        return found
    }

    private static func isOfNoMatter(_ name: String) -> Bool { name == "lock" || name.hasSuffix("-shm") }

    private static func inode(_ descriptor: Int32) -> UInt64? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    static func inode(_ path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }

    // MARK: What SQLite does

    func opened(_ inode: UInt64, isNew: Bool) { note((isNew ? [.created(inode)] : []) + names()) }

    func wrote(_ inode: UInt64, _ offset: Int, _ bytes: [UInt8]) { note([.write(inode, offset: offset, bytes: bytes)] + index()) }

    func truncated(_ inode: UInt64, _ size: Int) { note([.truncate(inode, size: size)]) }

    /// - Parameter isLog: of a log or a journal, with which SQLite's own layer syncs the folder.
    func synced(_ inode: UInt64, isLog: Bool) {
        if fault == (isLog ? .log : .database) { return }
        note([.synced(inode)] + index())
        if isLog { note([.syncedNames("", listing(""))]) }
    }

    func deleted(andSynced isSynced: Bool) { note(names() + (isSynced ? [.syncedNames("", listing(""))] : [])) }

    /// The part that says how far the log goes.
    private func index() -> [Event] {
        guard let file = FileHandle(forReadingAtPath: folder + "/tutti.sqlite-shm") else { return [] }
        defer { try? file.close() }
        return (try? file.read(upToCount: 136)).map { [.index([UInt8]($0))] } ?? []
    }
}
