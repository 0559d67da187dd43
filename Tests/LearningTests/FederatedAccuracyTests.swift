import KernelTable
import Learning
import TensorKernels
import Testing

/// What this room can promise of a federation on the digits without any of the rooms above: initialisation, shuffling,
/// partition and trainer reach the accuracy of the quickstart. The means here are plain loops.
@Suite struct FederatedAccuracyTests {
    enum Rule { case mean, trimmedMean }

    let all: Dataset
    init() throws { all = try digits() }

    private func accuracy(
        _ rule: Rule, byzantine: Int, seed: UInt64, spec: ModelSpec = digitsModel, rounds: Int = 30, epochs: Int = 5
    ) throws -> Double {
        let parts = try partition(labels: all.labels, outputs: 10, clients: 10, scheme: .dirichlet(alpha: 0.5), holdout: 0.2, seed: seed)
        let clients = parts.clients.map(all.selecting)
        let total = Double(clients.reduce(0) { $0 + $1.rows })
        var model = spec.initialParameters(seed: seed)
        var trainer = LocalTrainer(spec: spec)
        for round in 1...rounds {
            var updates: [[Float]] = []
            for (k, rows) in clients.enumerated() {
                var parameters = model
                _ = trainer.train(
                    parameters: &parameters, dataset: rows,
                    options: TrainingOptions(
                        epochs: epochs, batchSize: 32, learningRate: 0.05, momentum: 0.9,
                        seed: derivedSeed(seed, "training", "client-\(k + 1)", "\(round)")))
                // A liar flips and triples its update.
                let factor: Float = k < byzantine ? -3 : 1
                updates.append(zip(parameters, model).map { factor * ($0 - $1) })
            }
            switch rule {
            case .mean:
                var step = [Double](repeating: 0, count: model.count)
                for (update, rows) in zip(updates, clients) {
                    for i in step.indices { step[i] += Double(update[i]) * Double(rows.rows) / total }
                }
                for i in step.indices { model[i] += Float(step[i]) }
            case .trimmedMean:
                let step = trimmedMean(updates, trim: 2)
                for i in step.indices { model[i] += step[i] }
            }
        }
        return evaluate(spec: spec, parameters: model, dataset: all.selecting(parts.holdout)).accuracy
    }

    private func trimmedMean(_ updates: [[Float]], trim: Int) -> [Float] {
        let (table, count) = (Kernels.active, updates[0].count)
        let values = updates.flatMap { $0 }
        var out = [Float](repeating: 0, count: count)
        var scratch = [Float](repeating: 0, count: table.sortScratchCount(updates.count))
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            let rows = updates.indices.map { base + $0 * count }
            table.trimmedMean(rows, rows.count, trim, &out, count, &scratch)
        }
        return out
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    static let seeds = Array(UInt64(1)...10)

    @Test func federatedAveraging() throws {
        let ten = try Self.seeds.map { try accuracy(.mean, byzantine: 0, seed: $0) }
        #expect(median(ten) >= 0.955)
        #expect(try accuracy(.mean, byzantine: 0, seed: 42) >= 0.95)
    }

    @Test func trimmedMeanWithstandsTwoLiars() throws {
        let ten = try Self.seeds.map { try accuracy(.trimmedMean, byzantine: 2, seed: $0) }
        #expect(median(ten) >= 0.93)
        #expect(try accuracy(.trimmedMean, byzantine: 2, seed: 42) >= 0.92)
    }

    /// A small CNN: well above the MLP on all rows in one place, and close to that in a federation.
    @Test func convolutions() throws {
        let spec = ModelSpec(
            image: ImageShape(height: 8, width: 8), convolutions: [ConvolutionSpec(channels: 16), ConvolutionSpec(channels: 32, pool: 2)],
            layers: [64, 10])
        var (central, federated): ([Double], [Double]) = ([], [])
        for seed in UInt64(1)...3 {
            let parts = try partition(labels: all.labels, outputs: 10, clients: 10, scheme: .dirichlet(alpha: 0.5), holdout: 0.2, seed: seed)
            var parameters = spec.initialParameters(seed: seed)
            var trainer = LocalTrainer(spec: spec)
            _ = trainer.train(
                parameters: &parameters, dataset: all.selecting(parts.clients.flatMap { $0 }),
                options: TrainingOptions(epochs: 10, batchSize: 32, learningRate: 0.02, momentum: 0.9, seed: seed))
            central.append(evaluate(spec: spec, parameters: parameters, dataset: all.selecting(parts.holdout)).accuracy)
            federated.append(try accuracy(.mean, byzantine: 0, seed: seed, spec: spec, rounds: 10, epochs: 3))
        }
        #expect(median(central) >= 0.97)
        #expect(median(central) - median(federated) <= 0.015)
    }

    @Test func meanDoesNotWithstandTwoLiars() throws {
        #expect(try accuracy(.mean, byzantine: 2, seed: 42) <= 0.95 - 0.1)
    }
}
