package import Foundation

/// A coordinator with a folder of its own, real processes over real TLS, and everything a test does with them.
package final class Cluster {
    package let folder: String
    /// The coordinator's.
    package let data: String
    private let wrapper: [String]
    package private(set) var server: Process?
    package private(set) var port = 0
    package private(set) var pin = ""
    /// Of every start: from the process's beginning until it served.
    package private(set) var startMilliseconds: [Double] = []
    private var clients: [Process] = []
    private var clientLogs: [String: String] = [:]

    /// - Parameters:
    ///   - settings: lines for `config.toml` in place of the template's.
    ///   - disk: an empty folder that the coordinator's folder is made in; nil: beside the others.
    ///   - wrapper: a program in front of the coordinator (`taskset -c 0`).
    package init(settings: String? = nil, disk: String? = nil, wrapper: [String] = []) throws {
        self.wrapper = wrapper
        folder = NSTemporaryDirectory() + "tutti-" + UUID().uuidString
        data = (disk ?? folder) + "/coordinator"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let made = try Programs.coordinator("init", data, "--json")
        guard made.status == 0 else { throw Missing(what: "init: \(made.err)") }
        pin = made.data["ca_pin"] as? String ?? ""
        if let settings { try Data(settings.utf8).write(to: URL(fileURLWithPath: data + "/config.toml")) }
        try serve()
    }

    /// A coordinator in a folder that there is already and that stays; its nodes and its authority are others' business.
    package init(serving data: String) throws {
        wrapper = []
        folder = NSTemporaryDirectory() + "tutti-" + UUID().uuidString
        self.data = data
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try serve()
    }

    deinit {
        for process in clients + [server].compactMap({ $0 }) where process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    package var url: String { "https://127.0.0.1:\(port)" }

    package func serve() throws {
        try? FileManager.default.removeItem(atPath: data + "/run.json")
        let process = try Programs.process(
            Programs.bin + "/tutti-coordinator", ["serve", data, "--listen", "127.0.0.1:\(port)"], log: folder + "/coordinator.log", wrapper: wrapper)
        let started = ContinuousClock.now
        try process.run()
        server = process
        port = try eventually("the coordinator's address", every: 1) {
            guard process.isRunning else { throw Missing(what: "the coordinator: \(log)") }
            guard let run = FileManager.default.contents(atPath: data + "/run.json"), let json = try? JSONSerialization.jsonObject(with: run) as? [String: Any]
            else { return nil }
            return json["port"] as? Int
        }
        startMilliseconds.append(started.duration(to: .now) / .milliseconds(1))
    }

    /// What the coordinator's last process wrote.
    package var log: String { String(decoding: FileManager.default.contents(atPath: folder + "/coordinator.log") ?? Data(), as: UTF8.self) }

    @discardableResult
    package func end(_ signal: Int32) -> Int32 {
        guard let server else { return -1 }
        kill(server.processIdentifier, signal)
        server.waitUntilExit()
        return server.terminationStatus
    }

    package func token(_ name: String) throws -> String {
        let made = try Programs.coordinator("token", "create", "--data", data, "--name", name, "--json")
        let tokens = made.data["tokens"] as? [[String: Any]] ?? []
        guard let token = tokens.first?["token"] as? String else { throw Missing(what: "token: \(made.err)") }
        return token
    }

    /// Makes `name` a node with a folder of this name.
    package func enrol(_ name: String) throws {
        let joined = try Programs.client("join", url, "--token", try token(name), "--ca-pin", pin, "--data", folder + "/" + name)
        guard joined.status == 0 else { throw Missing(what: "\(name): \(joined.err)") }
    }

    package func session(_ body: String, evaluation: String? = nil) throws -> String {
        try Data(body.utf8).write(to: URL(fileURLWithPath: folder + "/session.json"))
        var arguments = ["session", "create", folder + "/session.json", "--data", data, "--json"]
        if let evaluation { arguments += ["--evaluation", evaluation] }
        let made = try Programs.run(Programs.bin + "/tutti-coordinator", arguments)
        guard let id = made.data["session_id"] as? String else { throw Missing(what: "session: \(made.err)") }
        return id
    }

    package func status(_ session: String) throws -> [String: Any] { try Programs.coordinator("session", "show", session, "--data", data, "--json").data }

    package func startClient(
        _ name: String, _ session: String, dataset: String, reading: [String] = ["--scale", "constant=16", "--classes", "10"]
    ) throws -> Process {
        let log = "\(folder)/\(name)-\(UUID().uuidString).log"
        clientLogs[name] = log
        let process = try Programs.process(
            Programs.bin + "/tutti-client", ["run", "--session", session, "--data", folder + "/" + name, "--dataset", dataset] + reading, log: log)
        try process.run()
        clients.append(process)
        return process
    }

    /// What the last process of this client wrote.
    package func clientLog(_ name: String) -> String {
        String(decoding: clientLogs[name].flatMap { FileManager.default.contents(atPath: $0) } ?? Data(), as: UTF8.self)
    }

    package func stopClients() {
        for process in clients where process.isRunning { process.terminate() }
        for process in clients { process.waitUntilExit() }
        clients = []
    }

    package func curl(_ arguments: String...) throws -> (status: Int, body: Data) { try curl(arguments) }

    package func curl(_ arguments: [String]) throws -> (status: Int, body: Data) {
        let out = folder + "/curl-" + UUID().uuidString
        let result = try Programs.run("curl", ["-s", "--cacert", data + "/ca.pem", "-o", out, "-w", "%{http_code}"] + arguments)
        return (Int(result.out) ?? 0, FileManager.default.contents(atPath: out) ?? Data())
    }
}
