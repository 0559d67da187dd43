import CryptoSuite
package import Federation
import Foundation
import StrictJSON
import Trust

/// What a backup holds, and how each file has to look: `manifest.json`, whose own digest stands in `manifest.sha256` as
/// `sha256sum` writes it.
package struct BackupManifest: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        /// Below the backup's folder.
        package var path: String
        package var bytes: Int
        /// Hexadecimal.
        package var sha256: String
        /// The nine bits of its rights.
        package var mode: Int
    }
    static let name = "manifest.json"
    static let digestName = "manifest.sha256"
    static let format = "tutti-backup"
    static let version = 1

    package var takenAt: Instant
    /// Rows by table, and files below `blobs` and `updates`.
    package var counts: [String: Int]
    /// By path.
    package var files: [File]

    package var takenMilliseconds: Int64 { takenAt.milliseconds }
    package var bytes: Int { files.reduce(0) { $0 + $1.bytes } }

    static func exists(in folder: String) -> Bool { FileManager.default.fileExists(atPath: "\(folder)/\(name)") }

    var encoded: [UInt8] {
        let json: JSON = [
            "format": .string(Self.format), "version": JSON(Self.version), "taken_ms": .integer(takenAt.milliseconds),
            "counts": .object(counts.sorted { $0.key < $1.key }.map { .init($0.key, JSON($0.value)) }),
            "files": .array(files.map { ["path": .string($0.path), "bytes": JSON($0.bytes), "sha256": .string($0.sha256), "mode": JSON($0.mode)] }),
        ]
        return json.encoded() + [UInt8(ascii: "\n")]
    }

    static func digestLine(_ encoded: [UInt8]) -> String { "\(hexadecimal(CryptoSuite.system.sha256(encoded)))  \(name)\n" }

    /// - Throws: `integrity` when it is not what was written, `failed` when a newer version wrote it.
    static func read(from folder: String) throws(CoordinatorError) -> BackupManifest {
        func damaged(_ why: String) -> CoordinatorError {
            CoordinatorError(.integrity, "\(folder)/\(name) is damaged: \(why).", remedy: "Use another backup.")
        }
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
            throw CoordinatorError(
                .configuration, "\(folder) is no backup: \(name) is missing.", remedy: "Give a folder that 'tutti-coordinator backup' has made and finished.")
        }
        guard data.count <= Limits.manifestBytes else { throw damaged("it has \(data.count) bytes") }
        guard let line = FileManager.default.contents(atPath: "\(folder)/\(digestName)"), line == Data(digestLine([UInt8](data)).utf8) else {
            throw damaged("\(digestName) does not have its digest")
        }
        guard let json = try? JSON(parsing: [UInt8](data)), json["format"]?.text == format, let version = json["version"]?.whole else {
            throw damaged("it is no list of a backup's files")
        }
        guard version == Int64(Self.version) else {
            throw CoordinatorError(.failed, "\(folder) is a backup of version \(version); this one knows \(Self.version).", remedy: "Use a newer version.")
        }
        guard let taken = json["taken_ms"]?.whole, case .object(let counts)? = json["counts"], let listed = json["files"]?.elements else {
            throw damaged("it is not complete")
        }
        var manifest = BackupManifest(takenAt: Instant(milliseconds: taken), counts: [:], files: [])
        for member in counts { manifest.counts[member.name] = member.value.whole.flatMap { Int(exactly: $0) } }
        for entry in listed {
            guard let path = entry["path"]?.text, isInside(path), let sha256 = entry["sha256"]?.text,
                let bytes = entry["bytes"]?.whole.flatMap({ Int(exactly: $0) }), let mode = entry["mode"]?.whole, (0...0o777).contains(mode)
            else { throw damaged("an entry of files cannot be read") }
            manifest.files.append(File(path: path, bytes: bytes, sha256: sha256, mode: Int(mode)))
        }
        return manifest
    }

    /// Nothing is written or read outside the folder, whatever a list says.
    private static func isInside(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.utf8.contains(0) && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}

/// A folder's files, and what is done with them one at a time.
enum FolderFiles {
    /// Paths of all regular files below a folder, sorted. `enters` chooses among paths of files and folders.
    static func list(_ folder: String, _ enters: (String) -> Bool = { _ in true }) throws(CoordinatorError) -> [String] {
        var (found, waiting) = ([String](), [""])
        while let place = waiting.popLast() {
            let names: [String]
            do { names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(place)") } catch { throw unreadable("\(folder)/\(place)", error) }
            for name in names {
                let path = place.isEmpty ? name : "\(place)/\(name)"
                guard enters(path) else { continue }
                let type = (try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(path)"))?[.type] as? FileAttributeType
                if type == .typeDirectory { waiting.append(path) } else if type != nil { found.append(path) }
            }
        }
        return found.sorted()
    }

    static func read(_ path: String) throws(CoordinatorError) -> [UInt8] {
        do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch { throw unreadable(path, error) }
    }

    static func mode(_ path: String) -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.posixPermissions] as? Int ?? 0o600) & 0o777
    }

    static func makeFolder(_ path: String) throws(CoordinatorError) {
        do { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]) } catch {
            throw CoordinatorError(.failed, "\(path) cannot be made: \(error).", remedy: "Check that the place is writable and the disk has room.")
        }
    }

    private static func unreadable(_ path: String, _ error: any Error) -> CoordinatorError {
        CoordinatorError(.failed, "\(path) cannot be read: \(error).", remedy: "Check the folder's permissions and the disk.")
    }
}
