import ArgumentParser
import Attacks
import ClientNode
import CommandKit
import Compute
import Federation
import Foundation
import Learning
import Logging
import StrictJSON
import Synchronization
import TuttiConfiguration

struct Run: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take part: train on the local rows in every open session they and the node's policy fit, or in one.",
        discussion: """
            Several clients can run in one process: give --data several times, or --nodes with a folder of nodes' folders. They \
            share threads, the model they train, and a file of which they have shares; each has its own certificate and its own \
            connections. '{}' in --dataset, --labels and --partition stands for the number of the client from 1, '{name}' for \
            the name of its folder. Label, scaling, threads and the policy come from client.toml in the node's folder; options \
            go before it. SIGTERM and SIGINT end the sessions in order.
            """)

    @Option(help: "Folder of this node's identity. Repeat it for several clients in one process.")
    var data: [String] = []
    @Option(help: "Instead of --data: every folder in this one that holds an identity is a client, in the order of their names.")
    var nodes: String?
    @OptionGroup var source: DataOptions
    @Option(help: "This node's share of a common file: K/N:dirichlet=0.5:holdout=0.2:seed=42; with several clients '{}/N:…'.")
    var partition: String?
    @Option(help: "Take part in this session only, and end with it.")
    var session: String?
    @Option(help: "Threads for training (else compute.threads in the first folder's client.toml).")
    var threads: Int?
    @OptionGroup var attack: AttackOptions
    @Option(help: "trace, debug, info, notice, warning, error (else log.level in the first folder's client.toml).")
    var logLevel: String?
    @Flag(help: "One JSON object on stdout.")
    var json = false
    var endsItself: Bool { true }

    func perform() async throws(CommandFailure) -> JSON {
        let folders = try NodeFolders.list(data: data, nodes: nodes)
        let runners = try await self.runners(folders)
        let scope: NodeRunner.Scope = session.map { .session($0) } ?? .everyOpenSession
        let interrupted = Mutex(false)
        let signals = SignalWatch([SIGTERM, SIGINT]) { number in
            if number == SIGINT { interrupted.withLock { $0 = true } }
            for runner in runners { Task { await runner.stop() } }
        }
        defer { signals.cancel() }
        let results = await withTaskGroup(of: (Int, Result<[String: ClientOutcome], ClientNodeError>).self) { group in
            for (index, runner) in runners.enumerated() {
                group.addTask {
                    // Hundreds of handshakes do not come at once.
                    try? await Task.sleep(for: .milliseconds(index / 8 * 25))
                    return (index, await Self.outcome(of: runner, scope))
                }
            }
            var all: [(Int, Result<[String: ClientOutcome], ClientNodeError>)] = []
            for await result in group { all.append(result) }
            return all.sorted { $0.0 < $1.0 }.map(\.1)
        }
        if interrupted.withLock({ $0 }) {
            throw CommandFailure(.interrupted, "Interrupted.", remedy: "Run it again: it goes on where it was.", details: sessions(folders, results))
        }
        return try report(folders, results)
    }

    private func runners(_ folders: [String]) async throws(CommandFailure) -> [NodeRunner] {
        var flags = source.flags
        flags["compute.threads"] = threads.map { "\($0)" }
        flags["log.level"] = logLevel
        var runners: [NodeRunner] = []
        var shared: NodeHouse?
        var library = LocalLibrary()
        var liar: Liar?
        for (index, folder) in folders.enumerated() {
            func own(_ text: String) -> String {
                text.replacing("{}", with: "\(index + 1)").replacing("{name}", with: (folder as NSString).lastPathComponent)
            }
            let settings = try await reporting { [flags] () async throws(ClientNodeError) in try ClientSettings.load(data: folder, flags: flags) }
            let house =
                shared ?? NodeHouse(pool: ComputePool(threads: settings.threads, name: "training"), log: makeLogger("tutti-client", level: settings.logLevel))
            shared = house
            let csv = try source.csv(for: nil, settings)
            let options = LocalDataOptions(path: own(source.dataset), labels: source.labels.map(own), csv: csv, partition: partition.map(own))
            if index == 0 { liar = try attack.liar(csv, liars: folders.count) }
            let name = folders.count > 1 ? "\(folder): " : ""
            if let damage = SentLog.damage(data: folder) { say("\(name)warning: \(damage)") }
            do throws(ClientNodeError) {
                let policy = try ClientPolicy(settings, data: folder)
                let (rows, schema) = try folders.count > 1 ? library.rows(options) : LocalRows.load(options)
                runners.append(
                    try NodeRunner(
                        data: folder, rows: rows, schema: schema, liar: liar, stopping: settings.stopping, policy: policy, house: house,
                        notice: { say(name + $0) }))
            } catch { throw error.failure }
        }
        return runners
    }

    private static func outcome(of runner: NodeRunner, _ scope: NodeRunner.Scope) async -> Result<[String: ClientOutcome], ClientNodeError> {
        do throws(ClientNodeError) { return .success(try await runner.run(scope)) } catch { return .failure(error) }
    }

    private func sessions(_ folders: [String], _ results: [Result<[String: ClientOutcome], ClientNodeError>]) -> JSON {
        .array(
            zip(folders, results).flatMap { folder, result in
                ((try? result.get()) ?? [:]).sorted { $0.key < $1.key }.map { id, outcome in
                    ["session_id": .string(id), "data": .string(folder), "outcome": .string(outcome.word), "detail": .string(outcome.detail)]
                }
            })
    }

    /// The worst ending is the command's; what ended well is told beside it.
    private func report(_ folders: [String], _ results: [Result<[String: ClientOutcome], ClientNodeError>]) throws(CommandFailure) -> JSON {
        let sessions = sessions(folders, results)
        for result in results {
            switch result {
            case .failure(let error):
                var failure = error.failure
                failure.details = ["sessions": sessions]
                throw failure
            case .success(let outcomes):
                for (id, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
                    if let status = outcome.status {
                        throw CommandFailure(
                            status, "Session \(id): \(outcome.detail)", remedy: "The coordinator's 'session show' says more.",
                            details: ["sessions": sessions])
                    }
                }
            }
        }
        return ["sessions": sessions]
    }
}

extension ClientOutcome {
    /// The exit code of a session that did not end well; nil for one that did, or was stopped by its owner.
    var status: ExitStatus? {
        switch self {
        case .completed, .stopped: nil
        case .failed: .failed
        case .ended("failed", let reason): .ofFailedSession(reason: reason)
        case .ended("budget_exhausted", _), .budgetExhausted: .budgetExhausted
        case .ended: nil
        }
    }
    var word: String {
        switch self {
        case .completed: "completed"
        case .ended(let status, _): status
        case .failed: "failed"
        case .budgetExhausted: "budget_exhausted"
        case .stopped: "stopped"
        }
    }
    var detail: String {
        switch self {
        case .completed(let model): model
        case .ended(_, let reason), .failed(let reason), .budgetExhausted(let reason): reason
        case .stopped: ""
        }
    }
}
