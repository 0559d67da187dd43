import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import Learning
import StrictJSON

func loadModel(_ path: String) async throws(CommandFailure) -> ModelFile {
    let bytes = try await reporting { () async throws(ClientNodeError) in try LocalData.read(path) }
    do { return try ModelFile(decoding: bytes) } catch {
        throw CommandFailure(.integrity, "\(path): \(error).", remedy: "Give a model from 'tutti-coordinator model export'.")
    }
}

/// The rows of a file, scaled as the model was trained.
func loadRows(_ source: DataOptions, for model: ModelFile) async throws(CommandFailure) -> LocalData {
    let options = try source.csv(for: model.schema)
    return try await reporting { () async throws(ClientNodeError) in
        try LocalData.load(LocalDataOptions(path: source.dataset, labels: source.labels, csv: options, partition: nil, schema: model.schema))
    }
}

struct Predict: ReportingCommand {
    static let configuration = CommandConfiguration(abstract: "Predict the class, or the number, of every row of a file.")

    @Option(help: "Model file (safetensors).")
    var model: String
    @OptionGroup var source: DataOptions
    @Option(help: "At most so many rows.")
    var limit: Int?
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let file = try await loadModel(model)
        guard file.spec.task != .language else {
            throw CommandFailure(
                .usage, "\(model) is a model of text, and predicts no rows.", remedy: "Ask the coordinator it is registered at: POST /api/v2/ai/llm/generate.")
        }
        let local = try await loadRows(source, for: file)
        let rows = min(local.dataset.rows, max(0, limit ?? .max))
        let features = Array(local.dataset.features.prefix(rows * local.dataset.inputs))
        if file.spec.task == .regression { return targets(predictTargets(spec: file.spec, parameters: file.parameters, features: features)) }
        let predictions = predict(spec: file.spec, parameters: file.parameters, features: features)
        func name(_ label: Int) -> String { file.schema.labels.isEmpty ? "\(label)" : file.schema.labels[label] }
        if !json {
            print("row,label,probability")
            for (row, p) in predictions.enumerated() { print("\(row + 1),\(name(p.label)),\(p.probabilities[p.label])") }
        }
        return [
            "predictions": .array(
                predictions.enumerated().map { row, p in
                    ["row": JSON(row + 1), "label": .string(name(p.label)), "probability": JSON(Double(p.probabilities[p.label]))]
                })
        ]
    }

    private func targets(_ predictions: [Float]) -> JSON {
        if !json {
            print("row,value")
            for (row, value) in predictions.enumerated() { print("\(row + 1),\(value)") }
        }
        return ["predictions": .array(predictions.enumerated().map { row, value in ["row": JSON(row + 1), "value": JSON(Double(value))] })]
    }
}

struct PartitionFile: ReportingCommand {
    static let configuration = CommandConfiguration(
        commandName: "partition", abstract: "Deal the rows of one file out to clients, each into a file of its own that only its owner may read.")

    @OptionGroup var source: DataOptions
    @Option(help: "How many clients.")
    var clients: Int
    @Option(help: "iid, dirichlet=ALPHA or shards=N: by classes, or by the targets of a regression.")
    var scheme = "iid"
    @Option(help: "Share of the rows set aside for testing.")
    var holdout = 0.0
    @Option(help: "The same seed deals the same way.")
    var seed: UInt64 = 42
    @Option(help: "Folder for client-01.csv, client-02.csv, … and holdout.csv.")
    var out: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let bytes = try await reporting { () async throws(ClientNodeError) in try LocalData.read(source.dataset) }
        let parts: PartitionResult
        let lines: [Substring]
        let header: Substring?
        do {
            let table = try CSV.parse(bytes, options: try source.csv())
            let share = try PartitionShare(parsing: "1/\(clients):\(scheme)")
            parts = try table.dataset().partitioned(clients: clients, scheme: share.scheme, holdout: holdout, seed: seed)
            let all = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            header = all.count > table.rows && source.header != "sklearn" ? all.first : nil
            lines = Array(all.suffix(table.rows))
        } catch let failure as CommandFailure { throw failure } catch {
            throw CommandFailure(.configuration, "\(source.dataset): \(error)", remedy: "Nothing was written.")
        }
        do {
            try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let width = max(2, "\(clients)".count)
            for (index, rows) in parts.clients.enumerated() {
                let number = "\(index + 1)"
                try write(rows, lines, header, "client-" + String(repeating: "0", count: width - number.count) + number)
            }
            if !parts.holdout.isEmpty { try write(parts.holdout, lines, header, "holdout") }
        } catch { throw CommandFailure(.configuration, "\(out): \(error)", remedy: "Give a folder that can be written.") }
        say("\(clients) clients: \(parts.clients.map { "\($0.count)" }.joined(separator: " ")) rows; hold-out \(parts.holdout.count)")
        return ["clients": .array(parts.clients.map { JSON($0.count) }), "holdout": JSON(parts.holdout.count)]
    }

    private func write(_ rows: [Int], _ lines: [Substring], _ header: Substring?, _ name: String) throws {
        let text = ((header.map { [$0] } ?? []) + rows.map { lines[$0] }).joined(separator: "\n") + "\n"
        let path = "\(out)/\(name).csv"
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]) else {
            throw CommandFailure(.configuration, "\(path) cannot be written.")
        }
    }
}
