import Learning
import Testing

/// A client that ends its training of a round by itself.
@Suite struct LocalStoppingTests {
    let spec = ModelSpec(kind: .mlp, layers: [6, 32, 3])

    /// Rows whose labels are half noise: what is learned by heart helps nowhere else.
    private func noisy(_ rows: Int) -> Dataset {
        var data = syntheticRows(rows, inputs: 6, outputs: 3, seed: 5)
        var generator = SeededGenerator(seed: 8)
        for row in 0..<rows where generator.below(2) == 0 { data.labels[row] = Int32(generator.below(3)) }
        return data
    }

    private func trained(_ data: Dataset, epochs: Int, _ stopping: LocalStopping?) -> (parameters: [Float], result: TrainingResult) {
        var trainer = LocalTrainer(spec: spec)
        var parameters = spec.initialParameters(seed: 1)
        let options = TrainingOptions(epochs: epochs, batchSize: 8, learningRate: 0.1, momentum: 0.9, seed: 9, stopping: stopping)
        let result = trainer.train(parameters: &parameters, dataset: data, options: options)
        return (parameters, result)
    }

    @Test func itStopsAtTheBestEpoch() {
        let data = noisy(100)
        let stopping = LocalStopping(validationPercent: 25, patience: 3)
        let (parameters, result) = trained(data, epochs: 60, stopping)
        #expect(result.samples == 75)
        let epochs = result.steps / 10
        #expect(result.steps == epochs * 10 && epochs >= 1 && epochs < 30, "\(epochs)")
        // With as many epochs and no patience to lose it is the same training, to the bit.
        let exact = trained(data, epochs: epochs, LocalStopping(validationPercent: 25, patience: 1000))
        #expect(epochs == 1 || exact.parameters == parameters)
        // The epochs after it are not better on other rows of the kind.
        let fresh = noisy(2000)
        func loss(_ parameters: [Float]) -> Double { evaluate(spec: spec, parameters: parameters, dataset: fresh).loss }
        #expect(loss(parameters) < loss(trained(data, epochs: 60, nil).parameters))
        #expect(trained(data, epochs: 60, stopping) == (parameters, result), "the same rows judge every time")
    }

    @Test func patienceDecidesHowLongItWaits() {
        let data = noisy(100)
        let most = trained(data, epochs: 60, LocalStopping(validationPercent: 25, patience: 60)).result.steps
        let least = trained(data, epochs: 60, LocalStopping(validationPercent: 25, patience: 1)).result.steps
        #expect(least <= most && least < 600 && most < 600)
    }

    @Test func whatLeavesNoChoiceIsNotDivided() {
        let stopping = LocalStopping(validationPercent: 50, patience: 1)
        let data = noisy(20)
        #expect(trained(data, epochs: 1, stopping) == trained(data, epochs: 1, nil))
        #expect(trained(data.selecting([3]), epochs: 4, stopping) == trained(data.selecting([3]), epochs: 4, nil))
        #expect(trained(data.selecting([3, 4]), epochs: 4, stopping).result.samples == 1)
        #expect(trained(data.selecting([]), epochs: 4, stopping).parameters == spec.initialParameters(seed: 1))
    }

    /// A loss that is no number is no improvement, and the client still has something to send.
    @Test func whatDivergesEndsAtOnce() {
        var trainer = LocalTrainer(spec: ModelSpec(kind: .linear, layers: [6, 1]))
        let source = noisy(40)
        let data = Dataset(features: source.features.map { $0 * 1000 }, targets: source.labels.map { Float($0) }, inputs: 6)
        var parameters = [Float](repeating: 0, count: 7)
        let options = TrainingOptions(
            epochs: 1000, batchSize: 1, learningRate: 1, seed: 9, stopping: LocalStopping(validationPercent: 25, patience: 2))
        let result = trainer.train(parameters: &parameters, dataset: data, options: options)
        #expect(result.steps == 30, "the first epoch")
    }
}
