import CommandKit
import FaultHarness
import Foundation
import StrictJSON

/// `tutti-bench run api`: what a call costs. A real coordinator answers an authenticated, rate-limited and measured GET over kept TLS
/// connections, and in turn with it a route of Hummingbird that has nothing around it sends the same bytes.
///
/// The servers have one processor, of which only the one that is asked takes anything, and wrk has another.
enum APISuite {
    private static let (serverProcessor, clientProcessor) = ("0", "1")
    private static let connections = 32
    private static let (repetitions, warmUpSeconds, seconds) = (9, 2, 4)
    /// Of the bare route's requests a second.
    private static let goal = 0.8

    /// What is asked for.
    private struct Place {
        var name: String
        var url: String
        /// Bearer of each run: a key has a window of its own, so that no run comes to its end.
        var key: () throws -> String?
        var goal: Double?
        var runs: [Run] = []
    }

    /// What wrk says of one run.
    private struct Run {
        var perSecond: Double
        /// Milliseconds.
        var (median, p99): (Double, Double)
    }

    static func run(_ progress: (String) -> Void) throws -> [BenchRow] {
        try check()
        let cluster = try Cluster(wrapper: ["taskset", "-c", serverProcessor])
        let admin = try String(contentsOfFile: cluster.data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
        func key() throws -> String? { try made(cluster, admin) }
        let tenant = cluster.url + "/api/v1/tenants/default"
        let shown = try cluster.curl("-H", "Authorization: Bearer \(admin)", tenant)
        guard shown.status == 200 else { throw CommandFailure(.failed, "\(tenant) is answered with \(shown.status).") }
        try shown.body.write(to: URL(fileURLWithPath: cluster.folder + "/content.json"))
        let (bare, port) = try bareServer(cluster)
        defer {
            kill(bare.processIdentifier, SIGKILL)
            bare.waitUntilExit()
        }
        var places = [
            Place(name: "bare", url: "https://127.0.0.1:\(port)/content", key: { nil }),
            // A stored row that is kept in memory: what all calls cost.
            Place(name: "tenant", url: tenant, key: key, goal: goal),
            // The same, and what was measured of it.
            Place(name: "status", url: tenant + "/status", key: key),
        ]
        for place in places { _ = try measure(place, cluster, seconds: warmUpSeconds) }
        for repetition in 1...repetitions {
            for i in places.indices { places[i].runs.append(try measure(places[i], cluster, seconds: seconds)) }
            progress("api: \(repetition) of \(repetitions): " + places.map { "\($0.name) \(Int($0.runs[repetition - 1].perSecond))/s" }.joined(separator: ", "))
        }
        return places.flatMap { rows($0, beside: places[0]) }
    }

    private static func rows(_ place: Place, beside bare: Place) -> [BenchRow] {
        func row(_ what: String, _ unit: String, _ value: (Run) -> Double) -> BenchRow {
            let (median, spread) = middle(place.runs.map(value))
            return BenchRow(name: "api.\(place.name).\(what)", value: median, unit: unit, spread: spread)
        }
        var rate = row("rate", "1/s", \.perSecond)
        if place.name != bare.name {
            // Run by run, each with the one of the bare route just before it.
            rate.ratio = middle(zip(place.runs, bare.runs).map { $0.perSecond / $1.perSecond }).median
            (rate.beside, rate.goal) = ("a bare route of Hummingbird", place.goal)
        }
        return [rate, row("p50", "ms", \.median), row("p99", "ms", \.p99)]
    }

    private static func middle(_ values: [Double]) -> (median: Double, spread: Double) {
        let sorted = values.sorted()
        let median = sorted[sorted.count / 2]
        return (median, (sorted[sorted.count - 1] - sorted[0]) / median)
    }

    // MARK: The servers

    private static func check() throws {
        for (program, package) in [("wrk", "wrk"), ("taskset", "util-linux"), ("curl", "curl")]
        where (try? Programs.run("/usr/bin/env", ["sh", "-c", "command -v \(program)"]))?.status != 0 {
            throw CommandFailure(.configuration, "'\(program)' is not installed.", remedy: "Install it: apt-get install \(package).")
        }
        guard ProcessInfo.processInfo.activeProcessorCount >= 2 else {
            throw CommandFailure(.configuration, "There is one processor.", remedy: "The servers need one and wrk another; run this where there are two.")
        }
    }

    /// An API key of the coordinator's own tenant.
    private static func made(_ cluster: Cluster, _ admin: String) throws -> String {
        let reply = try cluster.curl(
            "-H", "Authorization: Bearer \(admin)", "-H", "Content-Type: application/json", "-d", #"{"scope": ["tenant_management"]}"#,
            cluster.url + "/api/v1/auth/generate-key")
        guard let key = (try? JSON(parsing: [UInt8](reply.body)))?["api_key"]?.text else {
            throw CommandFailure(.failed, "No key is made: \(reply.status) \(String(decoding: reply.body.prefix(300), as: UTF8.self))")
        }
        return key
    }

    private static func bareServer(_ cluster: Cluster) throws -> (process: Process, port: Int) {
        let log = cluster.folder + "/bare.log"
        let process = try Programs.process(
            Programs.bin + "/tutti-bench",
            [
                "bare", "--authority", cluster.data + "/ca.pem", "--certificate", cluster.data + "/server.pem", "--key", cluster.data + "/server.key",
                "--content", cluster.folder + "/content.json",
            ], log: log, wrapper: ["taskset", "-c", serverProcessor])
        try process.run()
        func said() -> Data { FileManager.default.contents(atPath: log) ?? Data() }
        do {
            let port = try eventually("the bare route") { () throws -> Int? in
                guard process.isRunning else { throw Missing(what: "the bare route: \(String(decoding: said().suffix(500), as: UTF8.self))") }
                return said().split(separator: UInt8(ascii: "\n")).lazy.compactMap { (try? JSON(parsing: [UInt8]($0)))?["port"]?.whole }.first.map(Int.init)
            }
            return (process, port)
        } catch {
            process.terminate()
            throw error
        }
    }

    // MARK: wrk

    private static let report = """
        done = function(summary, latency, requests)
          local e = summary.errors
          io.write(string.format('\\n{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"errors":%d,"refused":%d}\\n', summary.requests, summary.duration,
            latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.timeout, e.status))
        end

        """

    private static func measure(_ place: Place, _ cluster: Cluster, seconds: Int) throws -> Run {
        let script = cluster.folder + "/wrk.lua"
        let bearer = try place.key().map { "wrk.headers[\"Authorization\"] = \"Bearer \($0)\"\n" } ?? ""
        try Data((bearer + report).utf8).write(to: URL(fileURLWithPath: script))
        let said = try Programs.run(
            "/usr/bin/env",
            ["taskset", "-c", clientProcessor, "wrk", "-t", "1", "-c", "\(connections)", "-d", "\(seconds)s", "--timeout", "10s", "-s", script, place.url])
        let figures = said.out.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }.last { $0["requests"] != nil }
        guard let figures, let requests = figures["requests"]?.double, let took = figures["microseconds"]?.double, took > 0, requests > 0,
            let median = figures["p50"]?.double, let p99 = figures["p99"]?.double
        else { throw CommandFailure(.failed, "wrk says nothing of \(place.url): \(said.err)\(said.out)") }
        // Refusals and broken connections are quick; a figure with them says nothing.
        guard figures["errors"]?.whole == 0, figures["refused"]?.whole == 0 else {
            throw CommandFailure(.failed, "\(place.name) did not answer all calls: \(figures.encodedText)")
        }
        return Run(perSecond: requests / took * 1e6, median: median / 1000, p99: p99 / 1000)
    }
}
