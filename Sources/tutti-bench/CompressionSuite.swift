import CommandKit
import Federation
import Foundation
import Learning
import RobustAggregation
import Wire

/// `tutti-bench run compress`: what compression of a bulk body saves and costs, on updates and models as the product makes
/// them: ten clients on digits (Dirichlet 0.5), five local epochs, federated averaging, bodies of 38 KB, 1 MB and 10 MB.
/// docs/adr/0006 draws on it.
enum CompressionSuite {
    private struct Body {
        var name: String
        var bytes: [UInt8]
    }

    /// Element size 1 is zstd alone; 4 regroups the bytes of a Float before it.
    private static let ways: [(name: String, shuffle: Int, level: Int)] = [
        ("plain1", 1, 1), ("plain3", 1, 3), ("shuffle1", 4, 1), ("shuffle3", 4, 3),
    ]

    static func run(data path: String, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Give the digits file with --data FILE.")
        }
        let federation = try RoundSuite.Federation(csv: [UInt8](data), clients: 10, seed: 42)
        var rows: [BenchRow] = []
        for (size, layers) in [("38KB", [64, 128, 10]), ("1MB", [64, 480, 460, 10]), ("10MB", [64, 1600, 1500, 10])] {
            progress("compress: training models of \(size)")
            for body in try bodies(size, ModelSpec(kind: .mlp, layers: layers), federation.clients) { rows += measure(body, progress) }
        }
        return rows
    }

    private static let rounds = 5

    /// Of the client with the middle number of rows: its first update, its last one, and its model after that.
    private static func bodies(_ size: String, _ spec: ModelSpec, _ clients: [Dataset]) throws -> [Body] {
        let middle = clients.indices.sorted { clients[$0].rows < clients[$1].rows }[clients.count / 2]
        var parameters = spec.initialParameters(seed: 42)
        var trainer = LocalTrainer(spec: spec)
        var bodies: [Body] = []
        for round in 1...rounds {
            var updates: [[Float]] = []
            for (index, dataset) in clients.enumerated() {
                var local = parameters
                _ = trainer.train(
                    parameters: &local, dataset: dataset,
                    options: TrainingOptions(
                        epochs: 5, batchSize: 32, learningRate: 0.05, momentum: 0.9, seed: derivedSeed(42, "training", "\(index)", "\(round)")))
                let delta = zip(local, parameters).map { $0 - $1 }
                updates.append(delta)
                guard index == middle else { continue }
                func body(_ name: String, _ kind: UpdateBody.Kind, _ values: [Float]) {
                    let update = UpdateBody(
                        spec: spec, kind: kind, values: values, round: round, attempt: 1, samples: Int64(dataset.rows), base: [UInt8](repeating: 7, count: 32))
                    bodies.append(Body(name: "\(name).\(size)", bytes: update.encode()))
                }
                if round == 1 { body("first_delta", .delta, delta) }
                if round == rounds {
                    body("delta", .delta, delta)
                    body("weights", .weights, local)
                }
            }
            let step = try aggregate(
                .mean, try MemoryUpdates(updates), weights: clients.map { Int64($0.rows) }, maxAbs: updates.map { $0.reduce(0) { max($0, abs($1)) } })
            for i in parameters.indices { parameters[i] += step[i] }
        }
        return bodies
    }

    private static func measure(_ body: Body, _ progress: (String) -> Void) -> [BenchRow] {
        var timer = Interleaved()
        var packed: [(name: String, bytes: [UInt8])] = []
        for way in ways {
            let bytes = BulkCodec.compress(body.bytes, shuffle: way.shuffle, level: way.level)
            packed.append((way.name, bytes))
            timer.add("\(way.name).compress") { _ = BulkCodec.compress(body.bytes, shuffle: way.shuffle, level: way.level) }
            timer.add("\(way.name).decompress") { _ = try? BulkCodec.decompress(bytes, limit: body.bytes.count) }
        }
        let times = timer.seconds(repetitions: 9, atLeast: 0.01)
        let megabytes = Double(body.bytes.count) * 1e-6
        var rows: [BenchRow] = []
        func row(_ name: String, _ value: Double, _ unit: String, _ spread: Double = 0) {
            rows.append(BenchRow(name: "compress.\(body.name).\(name)", value: value, unit: unit, spread: spread))
        }
        for (name, bytes) in packed {
            let saved = body.bytes.count - bytes.count
            row("\(name).ratio", Double(body.bytes.count) / Double(bytes.count), "x")
            guard let pack = times["\(name).compress"], let unpack = times["\(name).decompress"] else { continue }
            row("\(name).compress", megabytes / pack.median, "MB/s", pack.spread)
            row("\(name).decompress", megabytes / unpack.median, "MB/s", unpack.spread)
            // A link below this speed is faster with it: what is saved takes longer to send than both ends take to work.
            row("\(name).pays_below", saved <= 0 ? 0 : Double(saved) * 8e-6 / (pack.median + unpack.median), "Mbit/s")
        }
        let sent = BulkCodec.compressWherePays(body.bytes)?.count ?? body.bytes.count
        row("client.ratio", Double(body.bytes.count) / Double(sent), "x")
        progress("compress: \(body.name), \(body.bytes.count) bytes, sends \(sent)")
        return rows
    }
}
