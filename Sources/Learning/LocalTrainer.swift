package import KernelTable
internal import TensorKernels

package struct TrainingOptions: Sendable, Equatable {
    package var epochs: Int
    package var batchSize: Int
    package var learningRate: Float
    package var momentum: Float
    package var weightDecay: Float
    /// FedProx's μ; 0 without.
    package var proximalMu: Float
    package var seed: UInt64

    package init(
        epochs: Int, batchSize: Int, learningRate: Float, momentum: Float = 0, weightDecay: Float = 0,
        proximalMu: Float = 0, seed: UInt64
    ) {
        self.epochs = epochs
        self.batchSize = batchSize
        self.learningRate = learningRate
        self.momentum = momentum
        self.weightDecay = weightDecay
        self.proximalMu = proximalMu
        self.seed = seed
    }
}

package struct TrainingResult: Sendable, Equatable {
    /// Mean cross-entropy over the rows of the last epoch, each at the moment it was trained on, in nats.
    package var loss: Double
    package var samples: Int
    package var steps: Int
}

/// Mini-batch SGD with momentum and weight decay on one machine's rows. Momentum starts at zero: a federated round is a
/// fresh optimiser, as in McMahan et al. 2017.
package struct LocalTrainer {
    private let network: Network
    private let kernels: KernelTable

    package init(spec: ModelSpec, kernels: KernelTable? = nil) {
        self.kernels = kernels ?? Kernels.active
        network = Network(spec: spec)
    }

    /// Trains `parameters` in place. The same seed gives the same bits on one kernel level. When cancelled it stops
    /// between two batches.
    package mutating func train(
        parameters: inout [Float], dataset: Dataset, options: TrainingOptions, isCancelled: () -> Bool = { false }
    ) -> TrainingResult {
        precondition(parameters.count == network.spec.parameterCount && dataset.inputs == network.spec.inputs)
        precondition(dataset.outputs <= network.spec.outputs)
        let anchor = options.proximalMu == 0 ? [] : parameters
        var velocity = [Float](repeating: 0, count: parameters.count)
        var gradient = [Float](repeating: 0, count: parameters.count)
        var order = Array(0..<dataset.rows)
        var generator = SeededGenerator(seed: options.seed)
        let batch = max(1, min(options.batchSize, dataset.rows))
        network.reserve(batch: batch, kernels)
        var result = TrainingResult(loss: 0, samples: dataset.rows, steps: 0)
        for _ in 0..<max(0, options.epochs) where dataset.rows > 0 {
            generator.shuffle(&order)
            var loss = 0.0
            var start = 0
            while start < dataset.rows {
                if isCancelled() { return result }
                let end = min(start + batch, dataset.rows)
                network.gather(dataset, order[start..<end])
                loss += network.gradient(kernels, parameters: parameters, into: &gradient)
                if options.proximalMu != 0 {
                    kernels.proximal(&gradient, parameters, anchor, options.proximalMu, gradient.count)
                }
                kernels.sgdStep(
                    &parameters, &velocity, gradient, parameters.count, options.learningRate, options.momentum,
                    options.weightDecay)
                result.steps += 1
                start = end
            }
            result.loss = loss / Double(dataset.rows)
        }
        return result
    }
}

/// Gradient of the mean cross-entropy over all rows at once, and the mean itself.
package func fullGradient(
    spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil
) -> (gradient: [Float], loss: Double) {
    let table = kernels ?? Kernels.active
    let network = Network(spec: spec)
    network.reserve(batch: dataset.rows, table)
    network.gather(dataset, Array(0..<dataset.rows)[...])
    var gradient = [Float](repeating: 0, count: parameters.count)
    let loss = network.gradient(table, parameters: parameters, into: &gradient)
    return (gradient, loss / Double(max(1, dataset.rows)))
}

package struct Evaluation: Sendable, Equatable {
    /// Mean cross-entropy in nats; 0 without rows.
    package var loss: Double
    package var accuracy: Double
    package var rows: Int

    package init(loss: Double, accuracy: Double, rows: Int) {
        self.loss = loss
        self.accuracy = accuracy
        self.rows = rows
    }
}

package func evaluate(
    spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil
) -> Evaluation {
    precondition(parameters.count == spec.parameterCount && dataset.inputs == spec.inputs && dataset.outputs <= spec.outputs)
    let table = kernels ?? Kernels.active
    var (loss, correct) = (0.0, 0)
    forEachBlock(spec, parameters, dataset.features, rows: dataset.rows, table) { first, logits, count in
        for row in 0..<count where argmax(logits + row * spec.outputs, spec.outputs) == Int(dataset.labels[first + row]) {
            correct += 1
        }
        dataset.labels.withUnsafeBufferPointer {
            loss += table.softmaxCrossEntropy(logits, $0.baseAddress! + first, count, spec.outputs, 1)
        }
    }
    let rows = Double(max(1, dataset.rows))
    return Evaluation(loss: loss / rows, accuracy: Double(correct) / rows, rows: dataset.rows)
}

package struct Prediction: Sendable, Equatable {
    package var label: Int
    package var probabilities: [Float]
}

/// - Parameter features: rows × inputs, scaled as the model's schema says.
package func predict(
    spec: ModelSpec, parameters: [Float], features: [Float], kernels: KernelTable? = nil
) -> [Prediction] {
    precondition(parameters.count == spec.parameterCount && features.count % spec.inputs == 0)
    let table = kernels ?? Kernels.active
    var predictions: [Prediction] = []
    forEachBlock(spec, parameters, features, rows: features.count / spec.inputs, table) { _, logits, count in
        table.softmax(logits, count, spec.outputs)
        for row in 0..<count {
            let p = logits + row * spec.outputs
            predictions.append(
                Prediction(label: argmax(p, spec.outputs), probabilities: (0..<spec.outputs).map { p[$0] }))
        }
    }
    return predictions
}

private func argmax(_ p: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for j in 1..<max(1, count) where p[j] > p[best] { best = j }
    return best
}

private func forEachBlock(
    _ spec: ModelSpec, _ parameters: [Float], _ features: [Float], rows: Int, _ kernels: KernelTable,
    _ body: (_ first: Int, _ logits: UnsafeMutablePointer<Float>, _ count: Int) -> Void
) {
    let block = max(1, min(256, rows))
    let network = Network(spec: spec)
    network.reserve(batch: block, kernels)
    var first = 0
    while first < rows {
        let count = min(block, rows - first)
        network.load(features[(first * spec.inputs)..<((first + count) * spec.inputs)])
        body(first, network.forward(kernels, parameters: parameters), count)
        first += count
    }
}
