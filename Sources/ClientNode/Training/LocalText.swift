import Foundation
import Learning

/// A node's text: a file, or all `.txt` files of a folder and those in it. It is read as bytes, whatever its encoding.
enum LocalText {
    /// A folder, or a name that ends in `.txt`: nothing else is taken for text unless the model says so.
    static func isText(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return hasName(path) }
        return isFolder.boolValue || hasName(path)
    }

    private static func hasName(_ path: String) -> Bool { path.lowercased().hasSuffix(".txt") }

    /// Files in the order of their names, so that every start reads the same pieces.
    static func load(_ path: String) throws(ClientNodeError) -> Dataset {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        let paths = isFolder.boolValue ? try files(path) : [path]
        var (files, bytes): ([[UInt8]], Int) = ([], 0)
        for path in paths {
            let file = try LocalData.read(path)
            bytes += file.count
            guard bytes <= Limits.textBytes else {
                throw ClientNodeError(
                    .configuration, "\(path): there is more than \(Limits.textBytes >> 20) MiB of text.",
                    remedy: "Give a part of it: a folder with fewer files.")
            }
            files.append(file)
        }
        do { return try Dataset(files: files) } catch {
            throw ClientNodeError(.configuration, "\(path): \(error)", remedy: "Nothing was sent.")
        }
    }

    private static func files(_ folder: String) throws(ClientNodeError) -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: folder) else {
            throw ClientNodeError(.configuration, "\(folder) cannot be read.", remedy: "Check the path and the permissions.")
        }
        var names: [String] = []
        for case let name as String in walk where hasName(name) {
            names.append(name)
            guard names.count <= Limits.textFiles else {
                throw ClientNodeError(
                    .configuration, "\(folder) has more than \(Limits.textFiles) .txt files.", remedy: "Give a folder with fewer, or join some of them.")
            }
        }
        guard !names.isEmpty else {
            throw ClientNodeError(
                .configuration, "\(folder) is a folder without a .txt file.", remedy: "Give a folder of .txt files for text, or one CSV file for rows.")
        }
        return names.sorted().map { "\(folder)/\($0)" }
    }
}
