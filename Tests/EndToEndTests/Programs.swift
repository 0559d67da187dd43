import Foundation
import Testing

/// The built programs, run as a user would run them.
struct Programs {
    static let top = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Beside the test binary, or where the environment says.
    static let bin: String = {
        if let given = ProcessInfo.processInfo.environment["TUTTI_BIN"] { return given }
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        for _ in 0..<6 {
            if FileManager.default.isExecutableFile(atPath: folder.appendingPathComponent("tutti-coordinator").path) { return folder.path }
            folder.deleteLastPathComponent()
        }
        return "."
    }()

    struct Result {
        var status: Int32
        var out: String
        var err: String
        var json: [String: Any] { (try? JSONSerialization.jsonObject(with: Data(out.utf8))) as? [String: Any] ?? [:] }
        var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    }

    static func process(_ program: String, _ arguments: [String], log: String? = nil) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.contains("/") ? program : "/usr/bin/env")
        process.arguments = program.contains("/") ? arguments : [program] + arguments
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
    static func run(_ program: String, _ arguments: [String]) throws -> Result {
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

    static func coordinator(_ arguments: String...) throws -> Result { try run(bin + "/tutti-coordinator", arguments) }
    static func client(_ arguments: String...) throws -> Result { try run(bin + "/tutti-client", arguments) }
}

/// Asks until the answer is there, for a bounded time.
func eventually<Value>(_ what: String, within seconds: Double = 60, _ ask: () throws -> Value?) throws -> Value {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if let value = try ask() { return value }
        usleep(20_000)
    }
    throw Missing(what: what)
}

struct Missing: Error { var what: String }

/// A coordinator with a folder of its own, and everything a test does with it.
final class Cluster {
    let folder: String
    private(set) var server: Process?
    private(set) var port = 0
    private(set) var pin = ""
    private var clients: [Process] = []

    init() throws {
        folder = NSTemporaryDirectory() + "tutti-" + UUID().uuidString
        let made = try Programs.coordinator("init", folder + "/coordinator", "--json")
        guard made.status == 0 else { throw Missing(what: "init: \(made.err)") }
        pin = made.data["ca_pin"] as? String ?? ""
        try serve()
    }

    deinit {
        for process in clients + [server].compactMap({ $0 }) where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    var data: String { folder + "/coordinator" }
    var url: String { "https://127.0.0.1:\(port)" }

    func serve() throws {
        try? FileManager.default.removeItem(atPath: data + "/run.json")
        let process = try Programs.process(
            Programs.bin + "/tutti-coordinator", ["serve", data, "--listen", "127.0.0.1:\(port)"], log: folder + "/coordinator.log")
        try process.run()
        server = process
        port = try eventually("the coordinator's address") {
            guard let run = FileManager.default.contents(atPath: data + "/run.json"), let json = try? JSONSerialization.jsonObject(with: run) as? [String: Any]
            else { return nil }
            return json["port"] as? Int
        }
    }

    func end(_ signal: Int32) -> Int32 {
        guard let server else { return -1 }
        kill(server.processIdentifier, signal)
        server.waitUntilExit()
        return server.terminationStatus
    }

    func token(_ name: String) throws -> String {
        let made = try Programs.coordinator("token", "create", "--data", data, "--name", name, "--json")
        let tokens = made.data["tokens"] as? [[String: Any]] ?? []
        guard let token = tokens.first?["token"] as? String else { throw Missing(what: "token: \(made.err)") }
        return token
    }

    func session(_ body: String, evaluation: String? = nil) throws -> String {
        try Data(body.utf8).write(to: URL(fileURLWithPath: folder + "/session.json"))
        var arguments = ["session", "create", folder + "/session.json", "--data", data, "--json"]
        if let evaluation { arguments += ["--evaluation", evaluation] }
        let made = try Programs.run(Programs.bin + "/tutti-coordinator", arguments)
        guard let id = made.data["session_id"] as? String else { throw Missing(what: "session: \(made.err)") }
        return id
    }

    func status(_ session: String) throws -> [String: Any] { try Programs.coordinator("session", "show", session, "--data", data, "--json").data }

    func startClient(
        _ name: String, _ session: String, dataset: String, reading: [String] = ["--scale", "constant=16", "--classes", "10"]
    ) throws -> Process {
        let process = try Programs.process(
            Programs.bin + "/tutti-client",
            ["run", "--session", session, "--data", folder + "/" + name, "--dataset", dataset] + reading,
            log: "\(folder)/\(name)-\(UUID().uuidString).log")
        try process.run()
        clients.append(process)
        return process
    }

    func stopClients() {
        for process in clients where process.isRunning { process.terminate() }
        for process in clients { process.waitUntilExit() }
        clients = []
    }

    func curl(_ arguments: String...) throws -> (status: Int, body: Data) {
        let out = folder + "/curl-" + UUID().uuidString
        let result = try Programs.run("curl", ["-s", "--cacert", data + "/ca.pem", "-o", out, "-w", "%{http_code}"] + arguments)
        return (Int(result.out) ?? 0, FileManager.default.contents(atPath: out) ?? Data())
    }
}
