import Foundation
import FuzzTargets

/// The inputs in the repository: `Corpus/<target>/`, seeds and findings.
enum Corpus {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Corpus")

    struct File {
        var name: String
        var bytes: [UInt8]
    }

    /// Sorted by name.
    static func files(of target: String) throws -> [File] {
        let place = folder.appendingPathComponent(target)
        return try FileManager.default.contentsOfDirectory(atPath: place.path).sorted().map {
            File(name: $0, bytes: [UInt8](try Data(contentsOf: place.appendingPathComponent($0))))
        }
    }
}

/// Where inputs go that show something, outside of the corpus.
struct Findings {
    let folder: String

    init(folder: String? = ProcessInfo.processInfo.environment["TUTTI_FUZZ_FINDINGS"]) throws {
        let top = Corpus.folder.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        self.folder = folder ?? top.appendingPathComponent(".build/fuzz-findings").path
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    }

    /// Keeps an input under a name that its bytes decide.
    /// - Returns: what to do with it, in words.
    func keep(_ input: [UInt8], of target: String) throws -> String {
        let name = input.reduce(into: UInt64(0xCBF2_9CE4_8422_2325)) { $0 = ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        let path = "\(folder)/\(target)-\(String(name, radix: 16))"
        try Data(input).write(to: URL(fileURLWithPath: path))
        return Self.command(target, path)
    }

    static func command(_ target: String, _ path: String) -> String {
        "the input is in \(path); again: TUTTI_FUZZ_TARGET=\(target) swift run -c release tutti-fuzz \(path)"
    }
}

/// The input that is being run, in a file: a trap ends the process, and the file is what is left of it.
final class CurrentInput {
    let path: String
    private let descriptor: Int32

    init(_ target: String, _ findings: Findings) throws {
        path = "\(findings.folder)/\(target)-current"
        // An earlier run ended in the middle of this one.
        if FileManager.default.fileExists(atPath: path) {
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
            print("an earlier run of \(target) was cut off: \(try findings.keep(bytes, of: target))")
        }
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteNoPermission, userInfo: [NSFilePathErrorKey: path]) }
    }

    func set(_ input: [UInt8]) throws {
        guard pwrite(descriptor, input, input.count, 0) == input.count, ftruncate(descriptor, off_t(input.count)) == 0 else {
            throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path])
        }
    }

    /// Nothing was cut off.
    func remove() {
        close(descriptor)
        unlink(path)
    }
}
