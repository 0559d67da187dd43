import FaultHarness
import Foundation
import StrictJSON

extension FaultsSuite {
    private static let waiting = #"{"min_clients": 100000, "max_clients": 100000, "rounds": 1, "model": {"kind": "softmax_regression", "layers": [64, 10]}}"#

    /// A process beside the coordinator; its one line of JSON.
    private static func load(_ arguments: [String], _ log: String, wrapper: [String] = [], environment: [String: String] = [:]) throws -> Process {
        let process = try Programs.process(Programs.bin + "/tutti-bench", ["load"] + arguments, log: log, wrapper: wrapper)
        process.environment = (process.environment ?? [:]).merging(environment) { $1 }
        try process.run()
        return process
    }

    private static func lines(_ log: String) -> [JSON] {
        (FileManager.default.contents(atPath: log) ?? Data()).split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: [UInt8]($0)) }
    }

    private static func ending(_ log: String) -> String {
        String(String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self).suffix(500))
    }

    // MARK: Idle clients

    /// Below this a small machine holds the clients of a large federation (NIOSSL and BoringSSL alone take 33 KB a connection).
    private static let idleBytes = 48.0 * 1024

    static func idleRows(clients: Int, _ progress: (String) -> Void) throws -> [BenchRow] {
        let cluster = try Cluster(settings: "[server]\nmax_connections = \(clients + 100)\nmax_connections_per_address = \(clients + 100)\n")
        let session = try cluster.session(waiting)
        guard let coordinator = cluster.server?.processIdentifier else { throw Missing(what: "a coordinator") }
        let before = residentBytes(coordinator)
        let log = cluster.folder + "/load.log"
        let load = try load(["idle", "--url", cluster.url, "--data", cluster.data, "--session", session, "--clients", "\(clients)"], log)
        defer {
            kill(load.processIdentifier, SIGKILL)
            load.waitUntilExit()
        }
        progress("faults: \(clients) clients enrol, join and wait")
        func waits(_ times: Int) throws -> Double {
            let began = ContinuousClock.now
            _ = try eventually("\(clients) idle clients", within: 900, every: 50) { () throws -> Bool? in
                guard load.isRunning else { throw Missing(what: "the clients: \(ending(log))") }
                return lines(log).count >= times ? true : nil
            }
            return began.duration(to: .now) / .seconds(1)
        }
        let joining = try waits(1)
        // A while for what the joining took to be given back.
        sleep(10)
        let each = Double(residentBytes(coordinator) - before) / Double(clients)
        let active = try cluster.status(session)["active_clients"] as? Int ?? 0
        guard active == clients else { throw Missing(what: "\(clients) clients at the coordinator, which sees \(active)") }
        progress("faults: \(Int(each)) B each; now the coordinator is killed and they all come back")
        cluster.end(SIGKILL)
        let began = ContinuousClock.now
        try cluster.serve()
        _ = try waits(2)
        let returning = began.duration(to: .now) / .seconds(1)
        return [
            BenchRow(name: "idle.clients", value: Double(clients), unit: "count", spread: 0),
            BenchRow(name: "idle.seconds_to_join", value: joining, unit: "s", spread: 0),
            BenchRow(name: "idle.bytes_per_client", value: each, unit: "B", spread: 0, most: idleBytes),
            BenchRow(name: "storm.seconds_to_return", value: returning, unit: "s", spread: 0),
        ]
    }

    /// VmRSS of a process.
    private static func residentBytes(_ process: Int32) -> Int {
        let status = (try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)) ?? ""
        let kilobytes = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return (kilobytes ?? 0) << 10
    }

    // MARK: Overload

    private static let (goodput, patience) = (0.8, 3.0)
    private static let workers = 64

    private static let listed = 20

    /// The coordinator on the first core, clients on the second that ask for a list of sessions: as often as it can answer, then five
    /// times as often.
    static func overloadRows(_ progress: (String) -> Void) throws -> [BenchRow] {
        let cluster = try Cluster(wrapper: ["taskset", "-c", "0"])
        for _ in 1...listed { _ = try cluster.session(waiting) }
        let key = try String(contentsOfFile: cluster.data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        func arrive(_ arguments: [String]) throws -> JSON {
            let log = cluster.folder + "/arrivals-\(UUID().uuidString).log"
            let process = try load(
                [
                    "arrive", "--port", "\(cluster.port)", "--authority", cluster.data + "/ca.pem", "--path",
                    "/api/v4/federated-learning/sessions?limit=\(listed)",
                ] + arguments, log, wrapper: ["taskset", "-c", "1"], environment: ["TUTTI_LOAD_TOKEN": key])
            process.waitUntilExit()
            guard let line = lines(log).first else { throw Missing(what: "the arrivals: \(ending(log))") }
            return line
        }
        var ratios: [(goodput: Double, delay: Double, peak: Double, served: Double, p99: Double, refused: Double)] = []
        for turn in 1...3 {
            let peak = try arrive(["--workers", "\(workers)"])
            let most = peak["served_per_second"]?.double ?? 0
            let over = try arrive(["--rate", "\(5 * most)", "--seed", "\(turn)"])
            progress("faults: peak \(peak.encodedText); five times that \(over.encodedText)")
            guard most > 0, let served = over["served_per_second"]?.double, let p99 = over["p99_ms"]?.double, let usual = peak["p99_ms"]?.double else {
                continue
            }
            ratios.append((served / most, p99 / usual, most, served, p99, (over["refused"]?.double ?? 0) + (over["shed"]?.double ?? 0)))
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        func spread(_ values: [Double]) -> Double { ((values.max() ?? 0) - (values.min() ?? 0)) / median(values) }
        guard !ratios.isEmpty else { throw Missing(what: "an answer under load") }
        func row(_ name: String, _ unit: String, _ values: [Double]) -> BenchRow {
            BenchRow(name: name, value: median(values), unit: unit, spread: spread(values))
        }
        var good = row("overload.goodput_ratio", "x", ratios.map(\.goodput))
        (good.beside, good.ratio, good.goal) = ("the most it serves, same run", good.value, goodput)
        var delay = row("overload.accepted_p99_ratio", "x", ratios.map(\.delay))
        delay.most = patience
        return [
            row("overload.peak_per_second", "1/s", ratios.map(\.peak)), row("overload.served_per_second", "1/s", ratios.map(\.served)), good, delay,
            row("overload.accepted_p99", "ms", ratios.map(\.p99)), row("overload.turned_away", "count", ratios.map(\.refused)),
        ]
    }
}
