import KernelTable
import Learning
import Testing

@Suite struct TrainerTests {
    let spec = ModelSpec(kind: .mlp, layers: [6, 16, 3])
    let data = syntheticRows(101, inputs: 6, outputs: 3, seed: 5)
    let options = TrainingOptions(epochs: 3, batchSize: 32, learningRate: 0.1, momentum: 0.9, weightDecay: 1e-3, seed: 9)

    private func trained(
        _ options: TrainingOptions, _ data: Dataset? = nil, _ trainer: LocalTrainer? = nil
    ) -> (parameters: [Float], result: TrainingResult) {
        var trainer = trainer ?? LocalTrainer(spec: spec)
        var parameters = spec.initialParameters(seed: 1)
        let result = trainer.train(parameters: &parameters, dataset: data ?? self.data, options: options)
        return (parameters, result)
    }

    @Test func sameSeedGivesSameBits() {
        let first = trained(options)
        #expect(first == trained(options))
        #expect(first.result.steps == 12 && first.result.samples == 101)
        var other = options
        other.seed = 10
        #expect(first.parameters != trained(other).parameters)
    }

    /// Nothing of one training may reach the next: neither momentum nor a row of a larger batch.
    @Test func usedTrainerGivesSameBitsAsNewOne() {
        var trainer = LocalTrainer(spec: spec)
        var scrap = spec.initialParameters(seed: 2)
        let larger = syntheticRows(500, inputs: 6, outputs: 3, seed: 6)
        var wide = options
        wide.batchSize = 200
        _ = trainer.train(parameters: &scrap, dataset: larger, options: wide)
        #expect(trained(options, nil, trainer) == trained(options))
    }

    @Test func learns() {
        let start = evaluate(spec: spec, parameters: spec.initialParameters(seed: 1), dataset: data)
        var long = options
        long.epochs = 40
        let (parameters, result) = trained(long)
        let end = evaluate(spec: spec, parameters: parameters, dataset: data)
        #expect(start.accuracy < 0.7)
        #expect(end.accuracy > 0.95)
        #expect(result.loss < start.loss / 3)
    }

    /// Every row once an epoch: with a learning rate of 0 the epoch's loss is the loss of the data set.
    @Test(arguments: [1, 7, 32, 101, 1000]) func epochSeesEveryRowOnce(batch: Int) {
        let still = TrainingOptions(epochs: 1, batchSize: batch, learningRate: 0, seed: 3)
        let (parameters, result) = trained(still)
        #expect(parameters == spec.initialParameters(seed: 1))
        let exact = Twin(layers: spec.layers).loss(parameters.map(Double.init), data)
        #expect(abs(result.loss - exact) < 1e-5)
        #expect(result.steps == (101 + batch - 1) / batch)
    }

    /// What adds nothing to the gradient takes the way over the whole gradient; without it, a step goes tile by tile.
    @Test(arguments: tables, [Float(0), 0.9])
    func aStepTileByTileHasTheBitsOfTheWholeGradient(_ table: KernelTable, momentum: Float) {
        let cnn = ModelSpec(
            image: ImageShape(height: 6, width: 5, channels: 2),
            convolutions: [ConvolutionSpec(channels: 5, kernel: 3, pool: 2), ConvolutionSpec(channels: 9, kernel: 3)], layers: [19, 3])
        var options = options
        options.momentum = momentum
        for spec in [spec, cnn, ModelSpec(kind: .mlp, layers: [40, 100, 33, 3])] {
            let data = syntheticRows(101, inputs: spec.inputs, outputs: 3, seed: 5)
            var trainer = LocalTrainer(spec: spec, kernels: table)
            let start = spec.initialParameters(seed: 1)
            var (fused, whole) = (start, start)
            let nothing = [Float](repeating: 0, count: start.count)
            let results = (
                trainer.train(parameters: &fused, dataset: data, options: options),
                trainer.train(parameters: &whole, dataset: data, options: options, correction: nothing)
            )
            #expect(results.0 == results.1 && fused != start)
            #expect(fused == whole, "\(table.level) \(spec.layers)")
        }
    }

    @Test func cancelledTrainingStops() {
        var (trainer, parameters, asked) = (LocalTrainer(spec: spec), spec.initialParameters(seed: 1), 0)
        let result = trainer.train(parameters: &parameters, dataset: data, options: options) {
            asked += 1
            return asked > 2
        }
        #expect(result.steps == 2)
        #expect(result.loss == 0)
    }

    @Test func noRowsAndNoEpochsChangeNothing() {
        let none = Dataset(features: [], labels: [], inputs: 6, outputs: 3)
        #expect(trained(options, none).result == TrainingResult(loss: 0, samples: 0, steps: 0))
        #expect(evaluate(spec: spec, parameters: spec.initialParameters(seed: 1), dataset: none) == Evaluation(loss: 0, accuracy: 0, rows: 0))
        #expect(predict(spec: spec, parameters: spec.initialParameters(seed: 1), features: []).isEmpty)
        #expect(fullGradient(spec: spec, parameters: spec.initialParameters(seed: 1), dataset: none).loss == 0)
        var idle = options
        idle.epochs = 0
        #expect(trained(idle).parameters == spec.initialParameters(seed: 1))
    }

    /// One step from the anchor feels no proximal force; the second feels μ·(w − w₀) (arXiv 1812.06127, eq. 2).
    @Test func proximalTermPullsBack() {
        let start = spec.initialParameters(seed: 1)
        func steps(_ count: Int, mu: Float) -> [Float] {
            trained(TrainingOptions(epochs: count, batchSize: 101, learningRate: 0.1, proximalMu: mu, seed: 1)).parameters
        }
        #expect(steps(1, mu: 5) == steps(1, mu: 0))
        let (w1, with, without) = (steps(1, mu: 0), steps(2, mu: 5), steps(2, mu: 0))
        for i in start.indices {
            let pull = -0.1 * 5 * (w1[i] - start[i])
            #expect(abs(with[i] - (without[i] + pull)) < 1e-6)
        }
        func distance(_ w: [Float]) -> Float { zip(w, start).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
        #expect(distance(steps(20, mu: 1)) < distance(steps(20, mu: 0)))
    }

    @Test func levelsDifferByRoundingOnly() {
        let start = spec.initialParameters(seed: 1)
        let results = tables.map { table in
            var (trainer, parameters) = (LocalTrainer(spec: spec, kernels: table), start)
            _ = trainer.train(parameters: &parameters, dataset: data, options: options)
            return parameters
        }
        for other in results.dropFirst() {
            #expect(largestDifference(other, results[0].map(Double.init)) < 1e-4)
        }
    }

    /// One FedSGD step with everybody's full batch is a step of central gradient descent (McMahan et al. 2017, §2).
    @Test func weightedMeanOfGradientsIsTheCentralGradient() throws {
        let parts = try partition(labels: data.labels, outputs: 3, clients: 4, scheme: .dirichlet(alpha: 1), holdout: 0, seed: 3)
        let parameters = spec.initialParameters(seed: 1)
        var mean = [Double](repeating: 0, count: parameters.count)
        for rows in parts.clients {
            let (gradient, _) = fullGradient(spec: spec, parameters: parameters, dataset: data.selecting(rows))
            for i in mean.indices { mean[i] += Double(gradient[i]) * Double(rows.count) / Double(data.rows) }
        }
        let (central, _) = fullGradient(spec: spec, parameters: parameters, dataset: data)
        #expect(largestDifference(central, mean) < 1e-6)
    }
}
