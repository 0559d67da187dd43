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

    private func accuracy(_ rule: Rule, byzantine: Int, seed: UInt64) throws -> Double {
        let parts = try partition(labels: all.labels, outputs: 10, clients: 10, scheme: .dirichlet(alpha: 0.5), holdout: 0.2, seed: seed)
        let clients = parts.clients.map(all.selecting)
        let total = Double(clients.reduce(0) { $0 + $1.rows })
        var model = digitsModel.initialParameters(seed: seed)
        var trainer = LocalTrainer(spec: digitsModel)
        for round in 1...30 {
            var updates: [[Float]] = []
            for (k, rows) in clients.enumerated() {
                var parameters = model
                _ = trainer.train(
                    parameters: &parameters, dataset: rows,
                    options: TrainingOptions(
                        epochs: 5, batchSize: 32, learningRate: 0.05, momentum: 0.9,
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
        return evaluate(spec: digitsModel, parameters: model, dataset: all.selecting(parts.holdout)).accuracy
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

    @Test func meanDoesNotWithstandTwoLiars() throws {
        #expect(try accuracy(.mean, byzantine: 2, seed: 42) <= 0.95 - 0.1)
    }
}
