package import KernelTable
internal import TensorKernels

package struct TrainingOptions: Sendable, Equatable {
    package var epochs: Int
    package var batchSize: Int
    package var learningRate: Float
    package var optimizer: LocalOptimizer
    /// Of SGD; without effect on Adam.
    package var momentum: Float
    package var weightDecay: Float
    /// FedProx's μ; 0 without.
    package var proximalMu: Float
    package var seed: UInt64
    /// nil: all epochs are run.
    package var stopping: LocalStopping?

    package init(
        epochs: Int, batchSize: Int, learningRate: Float, momentum: Float = 0, weightDecay: Float = 0,
        proximalMu: Float = 0, seed: UInt64, optimizer: LocalOptimizer = .sgd, stopping: LocalStopping? = nil
    ) {
        self.optimizer = optimizer
        self.stopping = stopping
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
    /// Mean loss over the rows of the last whole epoch, each at the moment it was trained on: cross-entropy in nats, or
    /// the squared error of a regression; 0 when there was none.
    package var loss: Double
    /// Rows that were trained on.
    package var samples: Int
    /// Batches that the parameters are made of.
    package var steps: Int

    package init(loss: Double, samples: Int, steps: Int) {
        self.loss = loss
        self.samples = samples
        self.steps = steps
    }
}

/// Mini-batch SGD or Adam with weight decay on one machine's rows. The optimiser's state starts at zero each time: a
/// federated round is a fresh optimiser, as in McMahan et al. 2017 (arXiv 1602.05629).
///
/// Copies share one workspace, so a trainer stays on one thread at a time.
package struct LocalTrainer {
    private let network: Network
    private var state: OptimizerState
    private var gradient: [Float]

    package init(spec: ModelSpec, kernels: KernelTable? = nil) {
        network = Network(spec: spec, kernels: kernels ?? Kernels.active)
        state = OptimizerState(count: spec.parameterCount)
        gradient = [Float](repeating: 0, count: spec.parameterCount)
    }

    /// Trains `parameters` in place. The same seed gives the same bits on one kernel level. The last batch of an epoch
    /// is what is left over. With early stopping the parameters are those after the best epoch. When cancelled it stops between two batches; the parameters are then of no use.
    ///
    /// - Parameter correction: added to the gradient of every batch, as long as the parameters; empty: nothing (SCAFFOLD).
    package mutating func train(
        parameters: inout [Float], dataset: Dataset, options: TrainingOptions, correction: [Float] = [],
        isCancelled: () -> Bool = { false }
    ) -> TrainingResult {
        let spec = network.spec
        precondition(parameters.count == spec.parameterCount)
        precondition(correction.isEmpty || correction.count == spec.parameterCount)
        precondition(dataset.fits(spec))
        // One epoch leaves no choice.
        let parts = options.epochs > 1 ? options.stopping?.split(dataset) : nil
        let dataset = parts?.training ?? dataset
        var best: (parameters: [Float], result: TrainingResult)?
        var seen = BestRound(.loss)
        let anchor = options.proximalMu == 0 ? [] : parameters
        state.begin(options.optimizer)
        var order = Array(0..<dataset.rows)
        var generator = SeededGenerator(seed: options.seed)
        let batch = max(1, min(options.batchSize, dataset.rows))
        network.reserve(batch: batch)
        var result = TrainingResult(loss: 0, samples: dataset.rows, steps: 0)
        for epoch in 0..<max(0, options.epochs) where dataset.rows > 0 {
            generator.shuffle(&order)
            var loss = 0.0
            for start in stride(from: 0, to: dataset.rows, by: batch) {
                if isCancelled() { return result }
                network.gather(dataset, order[start..<min(start + batch, dataset.rows)])
                loss += step(&parameters, anchor, correction, options)
                result.steps += 1
            }
            result.loss = loss / Double(dataset.rows)
            guard let parts, let stopping = options.stopping else { continue }
            seen.absorb(
                round: epoch, figure: assess(spec: spec, parameters: parameters, dataset: parts.validation, kernels: network.kernels).loss)
            if best == nil || seen.round == epoch { best = (parameters, result) }
            if seen.roundsWithoutImprovement >= stopping.patience { break }
        }
        guard let best else { return result }
        parameters = best.parameters
        return best.result
    }

    /// One step on the gathered batch; its loss, summed over the batch.
    private mutating func step(_ parameters: inout [Float], _ anchor: [Float], _ correction: [Float], _ options: TrainingOptions) -> Double {
        let kernels = network.kernels
        if options.optimizer == .sgd && anchor.isEmpty && correction.isEmpty {
            return network.step(
                parameters: &parameters, velocity: &state.first, gradient: &gradient, learningRate: options.learningRate,
                momentum: options.momentum, weightDecay: options.weightDecay)
        }
        let loss = network.gradient(parameters: parameters, into: &gradient)
        if !correction.isEmpty { kernels.axpy(&gradient, correction, 1, gradient.count) }
        if !anchor.isEmpty { kernels.proximal(&gradient, parameters, anchor, options.proximalMu, gradient.count) }
        state.step(&parameters, gradient, options, kernels)
        return loss
    }
}

/// Gradient of the mean loss over all rows at once, and the mean itself.
package func fullGradient(
    spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil
) -> (gradient: [Float], loss: Double) {
    precondition(parameters.count == spec.parameterCount)
    precondition(dataset.fits(spec))
    let network = Network(spec: spec, kernels: kernels ?? Kernels.active)
    network.reserve(batch: max(1, dataset.rows))
    network.gather(dataset, Array(0..<dataset.rows)[...])
    var gradient = [Float](repeating: 0, count: parameters.count)
    let loss = network.gradient(parameters: parameters, into: &gradient)
    return (gradient, loss / Double(max(1, dataset.rows)))
}
