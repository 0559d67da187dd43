import Foundation
import GRDBSQLite
import Storage

/// A disk that loses at a power cut whatever was never synced: the content of files, and names in folders. A killed
/// process does not show that, because the kernel keeps what it was given.
final class ForgetfulDisk: @unchecked Sendable {
    private let folder: String
    private let lock = NSLock()
    // Guarded by `lock`.
    /// Content of each file (by inode) at its last sync.
    private var contents: [UInt64: Data] = [:]
    /// Names in each folder (relative to the top, "" the top itself) at its last sync.
    private var names: [String: [String: UInt64]] = [:]

    init(folder: String) {
        self.folder = folder
        SyncWatch.install()
        SyncWatch.watch(folder) { [weak self] path in self?.synced(path) }
    }

    deinit { SyncWatch.forget(folder) }

    /// For the files that the store writes itself; what SQLite writes is seen through `SyncWatch`.
    var disk: Disk {
        Disk(sync: { [self] descriptor in
            let result = Disk.systemSync(descriptor)
            let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
            if result == 0, let path { synced(path) }
            return result
        })
    }

    private func inode(_ path: String) -> UInt64? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.systemFileNumber] as? UInt64
    }

    private func synced(_ path: String) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
        if isFolder.boolValue {
            let listed = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            let place = String(path.dropFirst(folder.count).drop { $0 == "/" })
            let found = Dictionary(uniqueKeysWithValues: listed.compactMap { name in inode("\(path)/\(name)").map { (name, $0) } })
            lock.withLock { names[place] = found }
        } else if let inode = inode(path), let data = FileManager.default.contents(atPath: path) {
            lock.withLock { contents[inode] = data }
        }
    }

    /// What a power cut at this moment would leave, as a new folder.
    func afterPowerCut(in copy: String) throws {
        let (contents, names) = lock.withLock { (self.contents, self.names) }
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
        for (place, entries) in names {
            let parent = place.isEmpty ? copy : "\(copy)/\(place)"
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            for (name, inode) in entries where !isFolder(place, name) {
                // Its name is durable, its content perhaps not.
                try (contents[inode] ?? Data()).write(to: URL(fileURLWithPath: "\(parent)/\(name)"))
            }
        }
    }

    private func isFolder(_ place: String, _ name: String) -> Bool {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: [folder, place, name].filter { !$0.isEmpty }.joined(separator: "/"), isDirectory: &isFolder)
        return isFolder.boolValue
    }
}

/// Sees every sync that SQLite asks for in this process: the system's file layer with `xSync` replaced.
enum SyncWatch {
    private final class State: @unchecked Sendable {
        let lock = NSLock()
        var watchers: [String: (String) -> Void] = [:]
        var paths: [UnsafeMutableRawPointer: String] = [:]
        /// Our tables of file methods by the originals, and back.
        var ours: [UnsafeRawPointer: UnsafePointer<sqlite3_io_methods>] = [:]
        var originals: [UnsafeRawPointer: UnsafePointer<sqlite3_io_methods>] = [:]
    }
    private static let state = State()
    nonisolated(unsafe) private static let system: UnsafeMutablePointer<sqlite3_vfs>? = sqlite3_vfs_find(nil)

    static func watch(_ folder: String, _ synced: @escaping (String) -> Void) { state.lock.withLock { state.watchers[folder] = synced } }
    static func forget(_ folder: String) { state.lock.withLock { state.watchers[folder] = nil } }

    static func install() { _ = installed }

    private static let installed: Bool = {
        guard let system else { return false }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        layer.pointee.zName = UnsafePointer(strdup("sync-watch"))
        layer.pointee.xOpen = { _, name, file, flags, outFlags in
            let result = SyncWatch.system?.pointee.xOpen(SyncWatch.system, name, file, flags, outFlags) ?? SQLITE_CANTOPEN
            if result == SQLITE_OK, let file, let name { SyncWatch.opened(file, String(cString: name)) }
            return result
        }
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard let original = file.pointee.pMethods else { return }
        state.lock.withLock {
            state.paths[UnsafeMutableRawPointer(file)] = path
            if let known = state.ours[UnsafeRawPointer(original)] {
                file.pointee.pMethods = known
                return
            }
            let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
            methods.initialize(to: original.pointee)
            methods.pointee.xSync = { file, flags in
                guard let file else { return SQLITE_MISUSE }
                return SyncWatch.sync(file, flags)
            }
            state.ours[UnsafeRawPointer(original)] = UnsafePointer(methods)
            state.originals[UnsafeRawPointer(methods)] = original
            file.pointee.pMethods = UnsafePointer(methods)
        }
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32) -> Int32 {
        let (original, path) = state.lock.withLock {
            (file.pointee.pMethods.flatMap { state.originals[UnsafeRawPointer($0)] }, state.paths[UnsafeMutableRawPointer(file)])
        }
        guard let original, let path else { return SQLITE_MISUSE }
        let result = original.pointee.xSync(file, flags)
        guard result == SQLITE_OK else { return result }
        let watcher = state.lock.withLock { state.watchers.first { path.hasPrefix($0.key + "/") }?.value }
        watcher?(path)
        return result
    }
}
