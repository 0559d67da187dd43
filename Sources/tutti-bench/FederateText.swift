import ArgumentParser
import ClientNode
import CommandKit
import Compute
import Federation
import Foundation
import InProcessFederation
import Learning
import StrictJSON
import Trust

struct FederateText: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "federate-text",
        abstract: "A federation in this process that trains a byte-level transformer on text: the machines, messages and arithmetic of real nodes.",
        discussion: """
            The text is cut into pieces of at most 64 KiB, which are dealt out to the clients. The model is written after every round to \
            --out: a file that 'POST /v1/models/register' takes and llm/generate answers with. The same options give the same SHA-256.
            """)

    @Option(help: "A .txt file, or a folder of them and of folders.")
    var text: String
    @Option(help: "Text that nobody trains on, as --text; else a share of the pieces (--holdout).")
    var heldOut: String?
    @Option(help: "Without --held-out: share of the pieces that nobody trains on.")
    var holdout = 0.02
    @Option(help: "Bytes of the held-out text that every round's model is measured on; the last one is measured on all of it.")
    var measured = 65_536
    @Option(help: "How many clients, 2 to 1000.")
    var clients = 4
    @Option(help: "How the pieces are dealt out: iid, dirichlet=ALPHA or shards=N, by where in the text they are.")
    var scheme = "iid"
    @Option(help: "How many rounds.")
    var rounds = 100
    @OptionGroup var shape: ShapeOptions
    @Option(help: "Steps of a client in a round.")
    var localSteps = SessionSpec.usualLocalSteps
    @Option(help: "Windows of a step.")
    var batch = 16
    @Option(help: "Bytes of a window; else the context, at most 256.")
    var window: Int?
    @Option(help: "At its highest; it falls to a tenth along a cosine over the rounds.")
    var learningRate = 1e-3
    @Option(help: "Rounds in which it rises; else a twentieth of them.")
    var warmUpRounds: Int?
    @Option(help: "The rule: \(SessionSpec.Aggregation.allCases.map(\.rawValue).joined(separator: ", ")).")
    var aggregation = "mean"
    @Option(help: "What the server does: federated_averaging, fedadam, fedyogi or fedadagrad.")
    var algorithm = "federated_averaging"
    @Option(help: "Of the server; else that of the algorithm.")
    var serverLearningRate: Double?
    @Option(help: "Of momentum, with the adaptive algorithms.")
    var beta1: Double?
    @Option(help: "The same seed gives the same model.")
    var seed: UInt64 = 42
    @Option(help: "File for the model.")
    var out: String?
    @Option(help: "Threads for the clients' work.")
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let spec = try spec()
        let dealt = try deal()
        let session = SessionRecord(
            id: "fl-session-in-process", tenant: "default", spec: spec, createdAt: Instant(milliseconds: 0), registrationTokenHash: [])
        let width = max(2, "\(clients)".count)
        let names = (1...clients).map { number in "client-" + String(repeating: "0", count: width - "\(number)".count) + "\(number)" }
        var federation = InProcessFederation(
            session: session, names: names, dataset: dealt.training, schema: .text, shares: dealt.shares, holdout: dealt.measured, suite: .system)
        let crew = CrewThreads(workers: min(threads, clients), name: "clients").crew
        let began = ContinuousClock.now
        do { try federation.gather(crew: crew) } catch { throw CommandFailure(.failed, "\(error).") }
        say(
            "\(spec.model?.parameterCount ?? 0) weights; \(clients) clients with \(dealt.training.samples) bytes together; \(dealt.heldOut.samples) bytes held out"
        )
        while federation.runRound(crew: crew) {
            guard let last = federation.report.rounds.last else { continue }
            try keep(federation.newestFile)
            let bits = last.outcome.heldOutLoss.map { RoundTable.fixed(LanguageMeasures.bits($0), 4) } ?? "-"
            let own = last.outcome.federatedLoss.map { RoundTable.fixed(LanguageMeasures.bits($0), 4) } ?? "-"
            say(
                "round \(last.round): \(last.outcome.contributors)/\(last.outcome.selected) clients, \(bits) bits per byte held out, \(own) at the clients before, "
                    + "\(RoundTable.fixed((ContinuousClock.now - began) / .seconds(1), 1)) s")
        }
        let report = federation.report
        guard report.status == .completed, let digest = report.model, let model = federation.newest?.model else {
            throw CommandFailure(.failed, "The session ended as \(report.status?.rawValue ?? "nothing"): \(report.reason ?? "it waits for what never comes").")
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let final = LocalComputer.assessment(of: model, on: dealt.heldOut)
        let bits = LanguageMeasures.bits(final.loss)
        say(
            "\(report.updates) updates in \(RoundTable.fixed(seconds, 1)) s; \(RoundTable.fixed(bits, 4)) bits per byte on \(final.rows) bytes; SHA-256 \(digest)"
        )
        return [
            "model_sha256": .string(digest), "bits_per_byte": JSON(bits), "held_out_bytes": JSON(final.rows), "parameters": JSON(model.parameters.count),
            "training_bytes": JSON(dealt.training.samples), "updates": JSON(report.updates), "rounds": JSON(report.rounds.count), "seconds": JSON(seconds),
        ]
    }

    private func spec() throws(CommandFailure) -> SessionSpec {
        guard (2...1000).contains(clients), (1...1024).contains(threads), seed <= Int64.max, measured >= 1 else {
            throw CommandFailure(.usage, "--clients, --threads, --measured or --seed is out of range.", remedy: "See 'tutti-bench federate-text --help'.")
        }
        guard TransformerShape.Positions(rawValue: shape.positions) != nil else {
            throw CommandFailure(.usage, "--positions is '\(shape.positions)'.", remedy: "Give learned or rotary.")
        }
        guard let rule = SessionSpec.Aggregation(rawValue: aggregation), let algorithm = SessionSpec.Algorithm(rawValue: algorithm) else {
            throw CommandFailure(.usage, "--aggregation or --algorithm is not known.", remedy: "See 'tutti-bench federate-text --help'.")
        }
        var spec = SessionSpec()
        (spec.modelType, spec.minClients, spec.maxClients, spec.rounds, spec.seed) = (.languageModel, clients, max(1000, clients), rounds, seed)
        spec.takeUsualForText()
        (spec.model, spec.aggregation, spec.algorithm) = (ModelSpec(transformer: shape.shape), rule, algorithm)
        (spec.localSteps, spec.batchSize, spec.window, spec.learningRate) = (localSteps, batch, window, learningRate)
        if let warmUpRounds { spec.schedule.warmUpRounds = warmUpRounds }
        (spec.serverLearningRate, spec.beta1) = (serverLearningRate, beta1)
        do { try spec.validate() } catch { throw CommandFailure(.usage, "\(error)", remedy: "Change the option of that name.") }
        return spec
    }

    private struct Deal {
        var training: Dataset
        var shares: RowShares
        var heldOut: Dataset
        /// Of it.
        var measured: Dataset
    }

    private func deal() throws(CommandFailure) -> Deal {
        let all = try read(text)
        let parts: PartitionResult
        do {
            let share = try PartitionShare(parsing: "1/\(clients):\(scheme)")
            parts = try all.partitioned(clients: clients, scheme: share.scheme, holdout: heldOut == nil ? holdout : 0, seed: seed)
        } catch { throw CommandFailure(.usage, "\(text): \(error)", remedy: "Give more text, fewer clients, or another --scheme or --holdout.") }
        let kept = try heldOut.map(read) ?? all.selecting(parts.holdout)
        guard kept.samples > 0 else {
            throw CommandFailure(.usage, "There is no held-out text.", remedy: "Give --held-out, more text, or a larger --holdout.")
        }
        var (some, left): ([[UInt8]], Int) = ([], measured)
        for text in kept.texts where left > 0 {
            some.append(Array(text.prefix(left)))
            left -= text.count
        }
        return Deal(training: all, shares: RowShares(parts.clients), heldOut: kept, measured: Dataset(texts: some))
    }

    private func read(_ path: String) throws(CommandFailure) -> Dataset {
        do throws(ClientNodeError) {
            return try LocalData.load(LocalDataOptions(path: path, csv: CSVOptions(), partition: nil, schema: .text)).dataset
        } catch { throw CommandFailure(.configuration, error.message, remedy: error.remedy) }
    }

    private func keep(_ file: [UInt8]?) throws(CommandFailure) {
        guard let out, let file else { return }
        do { try Data(file).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
            throw CommandFailure(.configuration, "\(out) cannot be written.", remedy: "Give a file in a folder of yours with --out.")
        }
    }
}

/// The sizes of a transformer.
struct ShapeOptions: ParsableArguments {
    @Option(help: "Blocks of the transformer.")
    var layers = TransformerShape().layers
    @Option(help: "Its width, a multiple of the heads.")
    var width = TransformerShape().width
    @Option(help: "Heads of its attention.")
    var heads = TransformerShape().heads
    @Option(help: "Width of its feed-forward part; else four times the width.")
    var hidden: Int?
    @Option(help: "Bytes that it sees at most, and one.")
    var context = TransformerShape().context
    @Option(help: "learned or rotary.")
    var positions = TransformerShape().positions.rawValue
    @Option(help: "Sequences of up to so many bytes have an embedding of their own, 1 to 6; 1: none has.")
    var longestGram = TransformerShape().longestGram
    @Option(help: "With --longest-gram: rows of the table of each length, a power of two.")
    var gramRows = TransformerShape().gramRows

    var shape: TransformerShape {
        TransformerShape(layers: layers, width: width, heads: heads, hidden: hidden ?? 4 * max(0, min(width, Limits.blockWidth)), context: context,
            positions: TransformerShape.Positions(rawValue: positions) ?? .learned, longestGram: longestGram, gramRows: gramRows)
    }
}
