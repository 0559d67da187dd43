import CommandKit
import Federation
import Foundation
import KernelTable
import Learning
import RobustAggregation
import StrictJSON
import TensorKernels

/// A whole federation on digits in one process, without sockets or disk, beside the same loop in NumPy.
enum RoundSuite {
    static let rounds = 30
    /// With NumPy, of each of which it says its own median of five.
    private static let turns = 5

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
            let kernels = Kernels.active
            for round in 1...rounds {
                var updates: [[Float]] = []
                for (index, dataset) in clients.enumerated() {
                    var local = parameters
                    _ = trainer.train(
                        parameters: &local, dataset: dataset,
                        options: TrainingOptions(
                            epochs: 5, batchSize: 32, learningRate: 0.05, momentum: 0.9, seed: derivedSeed(seed, "training", "\(index)", "\(round)")))
                    var update = local
                    kernels.subtract(&update, local, parameters, local.count)
                    if index < liars { kernels.scale(&update, -3, update.count) }
                    updates.append(update)
                }
                let step = try aggregate(
                    rule, try MemoryUpdates(updates), weights: clients.map { rule == .mean ? Int64($0.rows) : 1 },
                    maxAbs: updates.map { kernels.maxAbs($0, $0.count) })
                kernels.axpy(&parameters, step, 1, step.count)
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
        var (own, peers): ([Double], [Double]) = ([], [])
        for turn in 0..<turns {
            own.append(try ContinuousClock().measure { _ = try federation.train(seed: 42) }.inSeconds)
            if turn == peers.count, let seconds = numpySeconds(path, progress) { peers.append(seconds) }
        }
        let time = Sample(own)
        // Turn by turn, each with the one of NumPy just behind it.
        let ratio = peers.count == turns ? Sample(zip(own, peers).map { $1 / $0 }).median : nil
        rows.append(
            BenchRow(
                name: "round.digits.seconds.30_rounds_10_clients", value: time.median, unit: "s", spread: time.spread,
                beside: ratio == nil ? nil : "NumPy, the same loop, one thread, in turn", ratio: ratio, goal: 3))
        if !peers.isEmpty {
            let peer = Sample(peers)
            rows.append(BenchRow(name: "round.digits.seconds.numpy", value: peer.median, unit: "s", spread: peer.spread))
        }
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
