import CommandKit
import FaultHarness
import Foundation
import StrictJSON

/// Calls of a real coordinator over kept TLS connections, and in turn with them those of a bare route that gives the same bytes: what `api` and
/// `inference` measure with.
///
/// The servers have one processor, of which only the one that is asked takes anything, and wrk has another.
struct CallLoad {
    private static let (serverProcessor, clientProcessor) = ("0", "1")
    private static let (repetitions, warmUpSeconds, seconds) = (9, 2, 4)

    /// What is asked for.
    struct Place {
        var name: String
        var url: String
        /// Sent with POST as JSON; nil: GET.
        var question: JSON?
        /// Of the key that each run has for itself, so that none comes to the end of its window; nil: a bare route.
        var scopes: [String]?
        var connections = 32
        /// The bare route that it is measured beside.
        var beside: String?
        var goal: Double?
        /// Of each reply, where something in it is counted, with the unit of how many there are in a second.
        var counted: (what: String, number: Double)?
        fileprivate var runs: [Run] = []

        init(
            _ name: String, _ url: String, question: JSON? = nil, scopes: [String]? = nil, connections: Int = 32, beside: String? = nil, goal: Double? = nil,
            counted: (what: String, number: Double)? = nil
        ) {
            (self.name, self.url, self.question, self.scopes) = (name, url, question, scopes)
            (self.connections, self.beside, self.goal, self.counted) = (connections, beside, goal, counted)
        }
    }

    /// What wrk says of one run.
    fileprivate struct Run {
        var perSecond: Double
        /// Milliseconds.
        var (median, p99): (Double, Double)
    }

    let cluster: Cluster
    private let admin: String

    init() throws {
        try Self.check()
        cluster = try Cluster(wrapper: ["taskset", "-c", Self.serverProcessor])
        admin = try String(contentsOfFile: cluster.data + "/admin.key", encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Measures all places in turn, and names the rows after the suite.
    func rows(_ suite: String, _ all: [Place], _ progress: (String) -> Void) throws -> [BenchRow] {
        var places = all
        for place in places { _ = try measure(place, seconds: Self.warmUpSeconds) }
        for repetition in 1...Self.repetitions {
            for i in places.indices { places[i].runs.append(try measure(places[i], seconds: Self.seconds)) }
            let said = places.map { "\($0.name) \(Int($0.runs[repetition - 1].perSecond))/s" }.joined(separator: ", ")
            progress("\(suite): \(repetition) of \(Self.repetitions): \(said)")
        }
        return places.flatMap { place in rows(suite, place, beside: places.first { $0.name == place.beside }) }
    }

    private func rows(_ suite: String, _ place: Place, beside bare: Place?) -> [BenchRow] {
        func row(_ what: String, _ unit: String, _ value: (Run) -> Double) -> BenchRow {
            let (median, spread) = middle(place.runs.map(value))
            return BenchRow(name: "\(suite).\(place.name).\(what)", value: median, unit: unit, spread: spread)
        }
        var rate = row("rate", "1/s", \.perSecond)
        if let bare {
            // Run by run, each with the one of the bare route just before it.
            rate.ratio = middle(zip(place.runs, bare.runs).map { $0.perSecond / $1.perSecond }).median
            (rate.beside, rate.goal) = ("a bare route of Hummingbird", place.goal)
        }
        let counted = place.counted.map { counted in row(counted.what, "1/s") { $0.perSecond * counted.number } }
        return [rate, row("p50", "ms", \.median), row("p99", "ms", \.p99)] + (counted.map { [$0] } ?? [])
    }

    private func middle(_ values: [Double]) -> (median: Double, spread: Double) {
        let sorted = values.sorted()
        let median = sorted[sorted.count / 2]
        return (median, (sorted[sorted.count - 1] - sorted[0]) / median)
    }

    // MARK: The coordinator

    private static func check() throws {
        for (program, package) in [("wrk", "wrk"), ("taskset", "util-linux"), ("curl", "curl")]
        where (try? Programs.run("/usr/bin/env", ["sh", "-c", "command -v \(program)"]))?.status != 0 {
            throw CommandFailure(.configuration, "'\(program)' is not installed.", remedy: "Install it: apt-get install \(package).")
        }
        guard ProcessInfo.processInfo.activeProcessorCount >= 2 else {
            throw CommandFailure(.configuration, "There is one processor.", remedy: "The servers need one and wrk another; run this where there are two.")
        }
    }

    /// The body of a good reply to the administrator.
    /// - Parameter more: arguments of curl before the address.
    func asked(_ path: String, _ more: String...) throws -> Data {
        let reply = try cluster.curl(["-H", "Authorization: Bearer \(admin)"] + more + [cluster.url + path])
        guard (200..<300).contains(reply.status) else {
            throw CommandFailure(.failed, "\(path) is answered with \(reply.status): \(String(decoding: reply.body.prefix(300), as: UTF8.self))")
        }
        return reply.body
    }

    func posted(_ path: String, _ body: JSON) throws -> JSON {
        try JSON(parsing: [UInt8](asked(path, "-H", "Content-Type: application/json", "-d", body.encodedText)))
    }

    /// An API key of the coordinator's own tenant.
    private func key(_ scopes: [String]) throws -> String {
        let reply = try posted("/api/v4/identity/keys", ["scopes": .array(scopes.map { .string($0) })])
        guard let key = reply["api_key"]?.text else { throw CommandFailure(.failed, "No key is made: \(reply.encodedText.prefix(300))") }
        return key
    }

    // MARK: The bare route

    /// `tutti-bench bare`, which ends with this value.
    final class BareServer {
        private let process: Process
        let port: Int

        fileprivate init(_ process: Process, port: Int) { (self.process, self.port) = (process, port) }
        deinit {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// Where it gives the content of this number.
        func url(_ content: Int) -> String { "https://127.0.0.1:\(port)/\(content)" }
    }

    /// A server beside the coordinator, with its certificate and on its processor.
    func bare(_ contents: [Data]) throws -> BareServer {
        let log = cluster.folder + "/bare.log"
        var files: [String] = []
        for (number, content) in contents.enumerated() {
            let file = "\(cluster.folder)/content-\(number).json"
            try content.write(to: URL(fileURLWithPath: file))
            files += ["--content", file]
        }
        let process = try Programs.process(
            Programs.bin + "/tutti-bench",
            ["bare", "--authority", cluster.data + "/ca.pem", "--certificate", cluster.data + "/server.pem", "--key", cluster.data + "/server.key"] + files,
            log: log, wrapper: ["taskset", "-c", Self.serverProcessor])
        try process.run()
        func said() -> Data { FileManager.default.contents(atPath: log) ?? Data() }
        do {
            let port = try eventually("the bare route") { () throws -> Int? in
                guard process.isRunning else { throw Missing(what: "the bare route: \(String(decoding: said().suffix(500), as: UTF8.self))") }
                return said().split(separator: UInt8(ascii: "\n")).lazy.compactMap { (try? JSON(parsing: [UInt8]($0)))?["port"]?.whole }.first.map(Int.init)
            }
            return BareServer(process, port: port)
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

    /// - Precondition: a question's texts have no `]==]`.
    private func measure(_ place: Place, seconds: Int) throws -> Run {
        let script = cluster.folder + "/wrk.lua"
        let bearer = try place.scopes.map { "wrk.headers[\"Authorization\"] = \"Bearer \(try key($0))\"\n" } ?? ""
        let question =
            place.question.map {
                "wrk.method = \"POST\"\nwrk.headers[\"Content-Type\"] = \"application/json\"\nwrk.body = [==[\($0.encodedText)]==]\n"
            } ?? ""
        try Data((bearer + question + Self.report).utf8).write(to: URL(fileURLWithPath: script))
        let said = try Programs.run(
            "/usr/bin/env",
            [
                "taskset", "-c", Self.clientProcessor, "wrk", "-t", "1", "-c", "\(place.connections)", "-d", "\(seconds)s", "--timeout", "10s",
                "-s", script, place.url,
            ])
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
