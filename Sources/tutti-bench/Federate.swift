import ArgumentParser
import Attacks
import CommandKit
import Compute
import Federation
import Foundation
import InProcessFederation
import Learning
import StrictJSON
import Trust

struct Federate: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "A federation in this process, without sockets: the machines, messages and arithmetic of real nodes.",
        discussion: """
            With --rows-each 0 the rows are dealt out as the quickstart deals them, and the same --clients, --rounds, --seed and \
            --aggregation end with the same SHA-256. With more clients than rows give --rows-each: every client draws so many.
            """)

    @Option(help: "How many clients, 2 to 100000.")
    var clients = 10
    @Option(help: "How many rounds.")
    var rounds = 30
    @Option(help: "Share of the clients in a round's cohort, above 0 and at most 1.")
    var fraction = 1.0
    @Option(help: "The same seed gives the same model.")
    var seed: UInt64 = 42
    @Option(help: "The rule: \(SessionSpec.Aggregation.allCases.map(\.rawValue).joined(separator: ", ")).")
    var aggregation = "mean"
    @Option(help: "Rows that every client draws with replacement; 0: the file is dealt out.")
    var rowsEach = 0
    @Option(help: "How different the clients are: alpha of the Dirichlet distribution.")
    var alpha = 0.5
    @Option(help: "Passes over the rows in every round; else 10, and 5 without --secure on.")
    var localEpochs: Int?
    @Option(help: "Of the clients' training; else 0.1, and 0.05 without --secure on.")
    var learningRate: Double?
    @Option(help: "Of the clients' training.")
    var momentum = DigitsTask.momentum
    @Option(help: "Modified clients that the rule is to withstand; else those that lie, or a twentieth of the clients.")
    var tolerance: Int?
    @OptionGroup var lies: LieOptions
    @OptionGroup var masks: MaskOptions
    @Option(help: "The digits file.")
    var data = "benchmarks/data/digits.csv"
    @Option(help: "Threads for the clients' work.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "One JSON object on stdout.")
    var json = false
    func perform() async throws(CommandFailure) -> JSON {
        guard let rule = SessionSpec.Aggregation(rawValue: aggregation) else {
            throw CommandFailure(
                .usage, "--aggregation is '\(aggregation)'.", remedy: "Give \(SessionSpec.Aggregation.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        guard (2...100_000).contains(clients), (1...1024).contains(threads), (0...100_000).contains(rowsEach), alpha > 0, alpha <= 1e6, seed <= Int64.max else {
            throw CommandFailure(.usage, "--clients, --threads, --rows-each, --alpha or --seed is out of range.", remedy: "See 'tutti-bench federate --help'.")
        }
        var task = DigitsTask(clients: clients, rounds: rounds, seed: seed)
        (task.spec.aggregation, task.spec.clientFraction) = (rule, fraction)
        task.spec.momentum = momentum
        if fraction < 1 { task.spec.minClients = min(clients, 3) }
        if rule != .mean { task.spec.byzantineTolerance = tolerance ?? (lies.malicious > 0 ? lies.malicious : nil) }
        (task.rowsEach, task.alpha) = (rowsEach == 0 ? nil : rowsEach, alpha)
        try masks.apply(to: &task)
        let training = DigitsTask.training(isMasked: task.spec.secureAggregation != nil)
        (task.spec.localEpochs, task.spec.learningRate) = (localEpochs ?? training.localEpochs, learningRate ?? training.learningRate)
        do { try task.spec.validate() } catch { throw CommandFailure(.usage, "\(error)", remedy: "Change the option of that name.") }
        var federation = try task.federation(data)
        for (round, clients) in try masks.absences() { federation.drop(clients, inRound: round) }
        try lies.apply(to: &federation, clients: clients)
        let crew = CrewThreads(workers: threads, name: "clients").crew
        let began = ContinuousClock.now
        do { try federation.gather(crew: crew) } catch { throw CommandFailure(.failed, "\(error).") }
        var table = RoundLines()
        while federation.runRound(crew: crew) { if !json, let last = federation.report.rounds.last { table.show(last) } }
        let report = federation.report
        guard report.status == .completed, let model = report.model else {
            throw CommandFailure(.failed, "The session ended as \(report.status?.rawValue ?? "nothing"): \(report.reason ?? "it waits for what never comes").")
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let accuracy = report.rounds.last?.outcome.heldOutAccuracy
        say(
            "\(report.updates) updates in \(RoundTable.fixed(seconds, 2)) s, accuracy \(accuracy.map { RoundTable.fixed($0, 4) } ?? "not measured"), SHA-256 \(model)"
        )
        var success: Double?
        if let (model, holdout) = federation.newest {
            success = try? Backdoor.corner.successRate(spec: model.spec, parameters: model.parameters, rows: holdout)
        }
        if let success, lies.attack != nil { say("\(RoundTable.fixed(success, 4)) of the other digits are taken for zero with the trigger of the backdoor") }
        return [
            "backdoor_success": JSON(success), "groups": JSON(report.rounds.last?.outcome.secure?.groups),
            "saturated": JSON(report.rounds.reduce(Int64(0)) { $0 + ($1.outcome.secure?.saturated ?? 0) }),
            "scaled_updates": JSON(report.rounds.reduce(0) { $0 + ($1.outcome.secure?.scaled ?? 0) }),
            "model_sha256": .string(model), "accuracy": JSON(accuracy), "updates": JSON(report.updates), "rounds": JSON(report.rounds.count),
            "seconds": JSON(seconds),
        ]
    }
}

/// A line for each round, at most a hundred lines.
private struct RoundLines {
    private var shown = 0

    mutating func show(_ round: InProcessReport.Round) {
        shown += 1
        guard shown <= 100 else { return }
        func number(_ value: Double?) -> String { value.map { RoundTable.fixed($0, 3) } ?? "-" }
        let outcome = round.outcome
        print(
            "round \(round.round): \(outcome.contributors)/\(outcome.selected) clients, loss \(number(outcome.heldOutLoss)), accuracy \(number(outcome.heldOutAccuracy))"
        )
    }
}

/// The quickstart's session on digits.
struct DigitsTask {
    var spec = SessionSpec()
    var clients: Int
    /// nil: the file is dealt out.
    var rowsEach: Int?
    var alpha = 0.5
    var session = "fl-session-in-process"
    var secrets: ClientSecrets?
    static let momentum = 0.9

    /// As `cluster/quickstart` trains: masked updates are no longer than their clip, which allows for more.
    static func training(isMasked: Bool) -> (localEpochs: Int, learningRate: Double) { isMasked ? (10, 0.1) : (5, 0.05) }

    private var seed: UInt64

    init(clients: Int, rounds: Int, seed: UInt64) {
        self.clients = clients
        self.seed = seed
        spec.model = ModelSpec(kind: .mlp, layers: [64, 128, 10])
        (spec.minClients, spec.maxClients, spec.rounds, spec.seed) = (clients, max(1000, clients), rounds, seed)
        (spec.learningRate, spec.momentum, spec.batchSize, spec.localEpochs) = (
            Self.training(isMasked: false).learningRate, Self.momentum, 32, Self.training(isMasked: false).localEpochs
        )
    }

    func federation(_ path: String) throws(CommandFailure) -> InProcessFederation {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Give the digits file with --data FILE.")
        }
        var options = CSVOptions()
        (options.scale, options.outputs) = (.constant(16), 10)
        do {
            let table = try CSV.parse([UInt8](bytes), options: options)
            let dataset = try table.dataset()
            let parts = try partition(
                labels: dataset.labels, outputs: dataset.outputs, clients: rowsEach == nil ? clients : 1, scheme: .dirichlet(alpha: alpha), holdout: 0.2,
                seed: seed)
            let training = rowsEach == nil ? dataset : dataset.selecting(parts.clients[0])
            let shares =
                rowsEach.map {
                    RowShares.drawn(clients: clients, rowsEach: $0, alpha: alpha, labels: training.labels, outputs: training.outputs, seed: seed)
                } ?? RowShares(parts.clients)
            let width = max(2, "\(clients)".count)
            let names = (1...clients).map { number in
                let digits = "\(number)"
                return "client-" + String(repeating: "0", count: width - digits.count) + digits
            }
            let session = SessionRecord(
                id: session, tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
            return InProcessFederation(
                session: session, names: names, dataset: training, schema: table.schema, shares: shares, holdout: dataset.selecting(parts.holdout),
                suite: .system, secrets: secrets)
        } catch { throw CommandFailure(.configuration, "\(path): \(error)") }
    }
}
