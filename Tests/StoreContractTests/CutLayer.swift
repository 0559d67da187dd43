import Foundation
import GRDBSQLite

/// SQLite's own file layer, with what it writes, cuts off, syncs and deletes told to the worlds that watch a folder. It is the
/// layer of everything in this process, and does nothing of its own elsewhere.
enum CutLayer {
    private struct File {
        var world: Weak
        var inode: UInt64
        var isLog: Bool
    }
    private struct Weak { weak var world: CutWorld? }
    private final class State: @unchecked Sendable {
        let lock = NSLock()
        var worlds: [String: Weak] = [:]
        var files: [UnsafeMutableRawPointer: File] = [:]
        /// Our tables of file methods by the originals, and back.
        var ours: [UnsafeRawPointer: UnsafePointer<sqlite3_io_methods>] = [:]
        var originals: [UnsafeRawPointer: UnsafePointer<sqlite3_io_methods>] = [:]
    }
    private static let state = State()
    nonisolated(unsafe) private static let system: UnsafeMutablePointer<sqlite3_vfs>? = sqlite3_vfs_find(nil)

    static func watch(_ world: CutWorld) {
        _ = installed
        state.lock.withLock { state.worlds[world.folder] = Weak(world: world) }
    }

    static func forget(_ folder: String) { state.lock.withLock { state.worlds[folder] = nil } }

    private static func world(_ path: String) -> CutWorld? {
        state.lock.withLock { state.worlds.first { path.hasPrefix($0.key + "/") }?.value.world }
    }

    // MARK: The layer

    private static let installed: Bool = {
        guard let system else { return false }
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: system.pointee)
        layer.pointee.zName = UnsafePointer(strdup("power-cuts"))
        layer.pointee.xOpen = { _, name, file, flags, outFlags in
            let path = name.map { String(cString: $0) }
            let isNew = path.map { CutWorld.inode($0) == nil } ?? false
            let result = CutLayer.system?.pointee.xOpen(CutLayer.system, name, file, flags, outFlags) ?? SQLITE_CANTOPEN
            if result == SQLITE_OK, let file, let path { CutLayer.opened(file, path, flags, isNew: isNew) }
            return result
        }
        layer.pointee.xDelete = { _, name, syncs in
            let result = CutLayer.system?.pointee.xDelete(CutLayer.system, name, syncs) ?? SQLITE_IOERR
            if result == SQLITE_OK, let name { CutLayer.world(String(cString: name))?.deleted(andSynced: syncs != 0) }
            return result
        }
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    private static func opened(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String, _ flags: Int32, isNew: Bool) {
        guard let original = file.pointee.pMethods, let world = world(path), let inode = CutWorld.inode(path) else { return }
        let isLog = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL) != 0
        state.lock.withLock {
            state.files[UnsafeMutableRawPointer(file)] = File(world: Weak(world: world), inode: inode, isLog: isLog)
            file.pointee.pMethods = ours(original)
        }
        world.opened(inode, isNew: isNew)
    }

    /// The table with our methods in the places of four; under the lock.
    private static func ours(_ original: UnsafePointer<sqlite3_io_methods>) -> UnsafePointer<sqlite3_io_methods> {
        if let known = state.ours[UnsafeRawPointer(original)] { return known }
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: original.pointee)
        methods.pointee.xWrite = { file, bytes, count, offset in
            CutLayer.pass(file, { $0.pointee.xWrite(file, bytes, count, offset) }) { seen in
                guard let bytes else { return }
                seen.world.world?.wrote(seen.inode, Int(offset), Array(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
            }
        }
        methods.pointee.xTruncate = { file, size in
            CutLayer.pass(file, { $0.pointee.xTruncate(file, size) }) { $0.world.world?.truncated($0.inode, Int(size)) }
        }
        methods.pointee.xSync = { file, flags in
            CutLayer.pass(file, { $0.pointee.xSync(file, flags) }) { $0.world.world?.synced($0.inode, isLog: $0.isLog) }
        }
        methods.pointee.xClose = { file in
            let result = CutLayer.pass(file, { $0.pointee.xClose(file) }) { _ in }
            if let file { CutLayer.state.lock.withLock { CutLayer.state.files[UnsafeMutableRawPointer(file)] = nil } }
            return result
        }
        state.ours[UnsafeRawPointer(original)] = UnsafePointer(methods)
        state.originals[UnsafeRawPointer(methods)] = original
        return UnsafePointer(methods)
    }

    private static func pass(
        _ file: UnsafeMutablePointer<sqlite3_file>?, _ call: (UnsafePointer<sqlite3_io_methods>) -> Int32, _ tell: (File) -> Void
    ) -> Int32 {
        guard let file, let methods = file.pointee.pMethods else { return SQLITE_MISUSE }
        let (original, seen) = state.lock.withLock { (state.originals[UnsafeRawPointer(methods)], state.files[UnsafeMutableRawPointer(file)]) }
        guard let original else { return SQLITE_MISUSE }
        let result = call(original)
        if result == SQLITE_OK, let seen { tell(seen) }
        return result
    }
}
