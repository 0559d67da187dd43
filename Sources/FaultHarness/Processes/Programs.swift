package import Foundation

/// The built programs, run as a user would run them.
package enum Programs {
    /// What relative paths are meant from: the tree, when tests and benchmarks are run in it.
    package static let top = FileManager.default.currentDirectoryPath

    /// Beside the program that runs, or where the environment says.
    package static let bin: String = {
        if let given = ProcessInfo.processInfo.environment["TUTTI_BIN"] { return given }
        for start in ["/proc/self/exe", CommandLine.arguments[0]] {
            var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath().deletingLastPathComponent()
            for _ in 0..<6 {
                if FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("tutti-coordinator").path) { return folder.path }
                folder.deleteLastPathComponent()
            }
        }
        return "."
    }()

    package struct Result: Sendable {
        package var status: Int32
        package var out: String
        package var err: String
        package var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(out.utf8))) as? [String: Any] ?? [:] }
        package var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    }

    /// - Parameters:
    ///   - log: a file for both outputs; nil: those of this process.
    ///   - wrapper: a program in front that runs it (`taskset -c 0`).
    package static func process(_ program: String, _ arguments: [String], log: String? = nil, wrapper: [String] = []) throws -> Process {
        let process = Process()
        let words = wrapper + [program] + arguments
        process.executableURL = URL(fileURLWithPath: words[0].contains("/") ? words[0] : "/usr/bin/env")
        process.arguments = words[0].contains("/") ? Array(words.dropFirst()) : words
        process.currentDirectoryURL = URL(fileURLWithPath: top)
        process.environment = ProcessInfo.processInfo.environment.merging(["TUTTI_BIN": bin]) { $1 }
        process.standardInput = FileHandle.nullDevice
        if let log {
            _ = FileManager.default.createFile(atPath: log, contents: nil)
            let handle = FileHandle(forWritingAtPath: log)
            process.standardOutput = handle
            process.standardError = handle
        }
        return process
    }

    /// Runs to the end; output goes through files, so that no pipe can fill up.
    @discardableResult
    package static func run(_ program: String, _ arguments: [String]) throws -> Result {
        let folder = NSTemporaryDirectory() + "tutti-run-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let process = try process(program, arguments)
        _ = FileManager.default.createFile(atPath: folder + "/out", contents: nil)
        _ = FileManager.default.createFile(atPath: folder + "/err", contents: nil)
        process.standardOutput = FileHandle(forWritingAtPath: folder + "/out")
        process.standardError = FileHandle(forWritingAtPath: folder + "/err")
        try process.run()
        process.waitUntilExit()
        func text(_ name: String) -> String { String(decoding: FileManager.default.contents(atPath: folder + "/" + name) ?? Data(), as: UTF8.self) }
        return Result(status: process.terminationStatus, out: text("out"), err: text("err"))
    }

    package static func coordinator(_ arguments: String...) throws -> Result { try run(bin + "/tutti-coordinator", arguments) }
    package static func client(_ arguments: String...) throws -> Result { try run(bin + "/tutti-client", arguments) }
}

/// Asks until the answer is there, for a bounded time.
package func eventually<Value>(
    _ what: String, within seconds: Double = 60, every milliseconds: UInt32 = 20, _ ask: () throws -> Value?
) throws -> Value {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if let value = try ask() { return value }
        usleep(milliseconds * 1000)
    }
    throw Missing(what: what)
}

/// Something that a run needs did not come.
package struct Missing: Error, CustomStringConvertible {
    package var what: String
    package init(what: String) { self.what = what }
    package var description: String { "missing: \(what)" }
}
