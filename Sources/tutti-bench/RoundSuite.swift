import CommandKit
import Federation
import Foundation
import Learning
import RobustAggregation
import StrictJSON

/// A whole federation on digits in one process, without sockets or disk, beside the same loop in NumPy.
enum RoundSuite {
    static let rounds = 30

    struct Federation {
        var spec: ModelSpec
        var clients: [Dataset]
        var holdout: Dataset

        init(csv: [UInt8], clients count: Int, seed: UInt64) throws {
            var options = CSVOptions()
            options.scale = .constant(16)
            let table = try CSV.parse(csv, options: options)
            let dataset = try table.dataset()
            let parts = try partition(
                labels: dataset.labels, outputs: 10, clients: count, scheme: .dirichlet(alpha: 0.5), holdout: 0.2, seed: seed)
            clients = parts.clients.map(dataset.selecting)
            holdout = dataset.selecting(parts.holdout)
            spec = ModelSpec(kind: .mlp, layers: [64, 128, 10])
        }

        /// Held-out accuracy after `rounds` of federated training; `liars` clients send −3 times their update.
        func train(seed: UInt64, rounds: Int = RoundSuite.rounds, rule: AggregationRule = .mean, liars: Int = 0) throws -> Double {
            var parameters = spec.initialParameters(seed: seed)
            var trainer = LocalTrainer(spec: spec)
            for round in 1...rounds {
                var updates: [[Float]] = []
                for (index, dataset) in clients.enumerated() {
                    var local = parameters
                    _ = trainer.train(
                        parameters: &local, dataset: dataset,
                        options: TrainingOptions(
                            epochs: 5, batchSize: 32, learningRate: 0.05, momentum: 0.9, seed: derivedSeed(seed, "training", "\(index)", "\(round)")))
                    let factor: Float = index < liars ? -3 : 1
                    updates.append(zip(local, parameters).map { ($0 - $1) * factor })
                }
                let step = try aggregate(
                    rule, try MemoryUpdates(updates), weights: clients.map { rule == .mean ? Int64($0.rows) : 1 },
                    maxAbs: updates.map { $0.reduce(0) { max($0, abs($1)) } })
                for i in parameters.indices { parameters[i] += step[i] }
            }
            return evaluate(spec: spec, parameters: parameters, dataset: holdout).accuracy
        }
    }

    static func run(data path: String, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Give the digits file with --data FILE.")
        }
        var rows: [BenchRow] = []
        func accuracies(_ name: String, goal: Double, _ rule: AggregationRule, _ liars: Int) throws {
            progress("round: accuracy, \(name), ten seeds")
            var values: [Double] = []
            for seed in UInt64(1)...10 {
                values.append(try Federation(csv: [UInt8](data), clients: 10, seed: seed).train(seed: seed, rule: rule, liars: liars))
            }
            let sorted = values.sorted()
            let median = (sorted[4] + sorted[5]) / 2
            rows.append(BenchRow(name: "round.digits.accuracy.\(name)", value: median, unit: "share", spread: (sorted[9] - sorted[0]) / median))
            rows.append(BenchRow(name: "round.digits.accuracy.\(name).lowest", value: sorted[0], unit: "share", spread: 0))
            progress("round: \(name): " + values.map { RoundTable.fixed($0, 4) }.joined(separator: " "))
        }
        try accuracies("mean", goal: 0.955, .mean, 0)
        try accuracies("trimmed_mean.2_liars", goal: 0.93, .trimmedMean(trim: 2), 2)
        try accuracies("mean.2_liars", goal: 0, .mean, 2)

        let federation = try Federation(csv: [UInt8](data), clients: 10, seed: 42)
        progress("round: 30 rounds of 10 clients in one thread")
        var timer = Interleaved()
        timer.add("tutti") { _ = try? federation.train(seed: 42) }
        let time = timer.seconds(repetitions: 5, atLeast: 0.01)["tutti"]
        let peer = numpySeconds(path, progress)
        if let time {
            rows.append(
                BenchRow(
                    name: "round.digits.seconds.30_rounds_10_clients", value: time.median, unit: "s", spread: time.spread,
                    beside: peer == nil ? nil : "NumPy, the same loop, one thread, same run", ratio: peer.map { $0 / time.median }))
        }
        if let peer { rows.append(BenchRow(name: "round.digits.seconds.numpy", value: peer, unit: "s", spread: 0)) }
        return rows
    }

    /// nil where Python or NumPy is not there.
    private static func numpySeconds(_ data: String, _ progress: (String) -> Void) -> Double? {
        guard let output = PeerScript.output(["python3", "benchmarks/peers/numpy_fedavg.py", data]), let json = try? JSON(parsing: output),
            let seconds = json["seconds"]?.double
        else {
            progress("round: python3 with numpy is not there; the figure stands alone")
            return nil
        }
        return seconds
    }
}
