import ArgumentParser
import ClientNode
import CommandKit
import Compute
import Dispatch
import Federation
import Foundation
import Learning
import Logging
import StrictJSON

struct Join: ReportingCommand {
    static let configuration = CommandConfiguration(abstract: "Enrol this node: a one-use token becomes a certificate. The key is made here and stays.")

    @Argument(help: "The coordinator: https://HOST:PORT")
    var url: String
    @Option(help: "The one-use token from 'tutti-coordinator token create', or @FILE to read it from a file.")
    var token: String
    @Option(help: "The pin of the coordinator's CA: sha256:HEX")
    var caPin: String
    @Option(help: "Folder for this node's identity and state.")
    var data: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        var secret = token
        if token.hasPrefix("@") {
            guard let text = try? String(contentsOfFile: String(token.dropFirst()), encoding: .utf8) else {
                throw CommandFailure(.configuration, "\(token.dropFirst()) cannot be read.", remedy: "Give the file that holds the token.")
            }
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let identity = try await reporting { () async throws(ClientNodeError) in
            try await Enrolment.join(url: url, token: secret, pin: caPin, data: data)
        }
        say("\(identity.card.client) (tenant \(identity.card.tenant)) is enrolled with \(identity.card.coordinator).")
        say("Next: tutti-client run --data \(data) --dataset FILE")
        return ["client_id": .string(identity.card.client), "tenant": .string(identity.card.tenant), "coordinator": .string(identity.card.coordinator)]
    }
}

struct Run: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take part: train on the local rows in every open session they fit, or in one.",
        discussion: "For several clients in one process give --data several times; '{}' in --dataset stands for the number of the client from 1.")

    @Option(help: "Folder of this node's identity. Repeat it for several clients in one process.")
    var data: [String]
    @OptionGroup var source: DataOptions
    @Option(help: "This node's share of a common file: K/N:dirichlet=0.5:holdout=0.2:seed=42; '{}' stands for the number of the client.")
    var partition: String?
    @Option(help: "Take part in this session only, and end with it.")
    var session: String?
    @Option(help: "Threads for training.")
    var threads = 1
    @Option(help: "For tests of robust rules: send a lie instead of the update: sign-flip.")
    var attack: String?
    @Option(help: "How much the lie is enlarged.")
    var attackScale: Float = 3
    @Option(help: "trace, debug, info, notice, warning, error.")
    var logLevel = "warning"
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let log = makeLogger("tutti-client", level: logLevel)
        let pool = ComputePool(threads: max(1, min(threads, 1024)), name: "training")
        let lie: LocalWork.Attack
        switch attack {
        case nil: lie = .none
        case "sign-flip": lie = .signFlip(scale: attackScale)
        case .some(let name): throw CommandFailure(.usage, "--attack is '\(name)'.", remedy: "Give sign-flip, or leave it out.")
        }
        var runners: [NodeRunner] = []
        for (index, folder) in data.enumerated() {
            let number = "\(index + 1)"
            let options = LocalDataOptions(
                path: source.dataset.replacing("{}", with: number), csv: try source.csv(), partition: partition?.replacing("{}", with: number))
            runners.append(
                try await reporting { () async throws(ClientNodeError) in
                    try NodeRunner(data: folder, local: try LocalData.load(options), attack: lie, pool: pool, log: log)
                })
        }
        let scope: NodeRunner.Scope = session.map { .session($0) } ?? .everyOpenSession
        let signals = stopOnSignal(runners)
        defer { for signal in signals { signal.cancel() } }
        let results = await withTaskGroup(of: Result<[String: ClientOutcome], ClientNodeError>.self) { group in
            for runner in runners {
                group.addTask {
                    do throws(ClientNodeError) { return .success(try await runner.run(scope)) } catch { return .failure(error) }
                }
            }
            var all: [Result<[String: ClientOutcome], ClientNodeError>] = []
            for await result in group { all.append(result) }
            return all
        }
        var sessions: [JSON] = []
        for result in results {
            switch result {
            case .failure(let error): throw error.failure
            case .success(let outcomes):
                for (id, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
                    sessions.append(["session_id": .string(id), "outcome": .string(outcome.word), "detail": .string(outcome.detail)])
                    if case .failed(let reason) = outcome { throw CommandFailure(.failed, "Session \(id): \(reason)") }
                }
            }
        }
        return ["sessions": .array(sessions)]
    }

    private func stopOnSignal(_ runners: [NodeRunner]) -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { for runner in runners { Task { await runner.stop() } } }
            source.resume()
            return source
        }
    }
}

extension ClientOutcome {
    var word: String {
        switch self {
        case .completed: "completed"
        case .ended(let status, _): status
        case .failed: "failed"
        case .stopped: "stopped"
        }
    }
    var detail: String {
        switch self {
        case .completed(let model): model
        case .ended(_, let reason), .failed(let reason): reason
        case .stopped: ""
        }
    }
}
