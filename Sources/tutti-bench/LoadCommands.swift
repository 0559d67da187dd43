import ArgumentParser
import CommandKit
import FaultHarness
import Foundation
import StrictJSON

/// The other end of what `run faults` measures, as a process of its own: its memory and its processor are not the coordinator's.
struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put load on a coordinator, as 'run faults' does.", shouldDisplay: false, subcommands: [Idle.self, Arrive.self])

    struct Idle: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enrol clients, let them join a session and wait. Says whenever they are all there; ends when it is killed.")
        @Option(help: "The coordinator's address.")
        var url: String
        @Option(help: "The coordinator's folder.")
        var data: String
        @Option(help: "The session they join.")
        var session: String
        @Option(help: "How many.")
        var clients = 5000

        func run() async throws {
            try await IdleChannels(url: url, data: data).hold(clients, session: session) {
                print((["connected": JSON(clients)] as JSON).encodedText)
                fflush(nil)
            }
        }
    }

    struct Arrive: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Clients that are connected and ask for one thing again and again. The key is in TUTTI_LOAD_TOKEN.")
        @Option(help: "The coordinator's host.")
        var host = "127.0.0.1"
        @Option(help: "The coordinator's port.")
        var port: Int
        @Option(help: "The coordinator's authority (ca.pem).")
        var authority: String
        @Option(help: "What they ask for.")
        var path: String
        @Option(help: "How many are connected.")
        var connections = 400
        @Option(help: "So many at a time, each beginning again when it is done.")
        var workers: Int?
        @Option(help: "So many a second, come what may.")
        var rate: Double?
        @Option(help: "Seconds that are counted.")
        var seconds = 10.0
        @Option(help: "Seconds before that.")
        var warmUp = 2.0
        @Option(help: "Of the moments at which they come.")
        var seed: UInt64 = 1

        func run() async throws {
            let arrivals = try Arrivals(
                host: host, port: port, authorityPEM: try String(contentsOfFile: authority, encoding: .utf8), path: path,
                token: ProcessInfo.processInfo.environment["TUTTI_LOAD_TOKEN"] ?? "")
            let outcome = try await arrivals.run(
                rate.map { .open(perSecond: $0) } ?? .closed(workers: workers ?? 64), connections: connections, warmUp: warmUp, seconds: seconds, seed: seed)
            let json: JSON = [
                "served_per_second": JSON(outcome.perSecond), "p50_ms": JSON(outcome.milliseconds(0.5)), "p99_ms": JSON(outcome.milliseconds(0.99)),
                "served": JSON(outcome.served.count), "shed": JSON(outcome.shed), "refused": JSON(outcome.refused), "late": JSON(outcome.late),
                "unasked": JSON(outcome.unasked), "other": JSON(outcome.other),
            ]
            print(json.encodedText)
        }
    }
}
