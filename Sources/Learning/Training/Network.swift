internal import KernelTable

/// Forward and backward pass of a stack of linear layers with ReLU between them, after convolutions where the model has
/// some, and a loss at their end, over one workspace that grows to the largest batch and is used again.
final class Network {
    let spec: ModelSpec
    let kernels: KernelTable
    /// Widths of the linear layers.
    private let widths: [Int]
    private let convolutions: ConvolutionStack?
    /// Where each layer's weight and bias begin among the parameters.
    private let weightAt: [Int]
    private let biasAt: [Int]
    private var capacity = 0
    private var batch = 0
    /// Outputs of each layer, the first are the inputs and the last the logits; and the gradients of the hidden ones.
    private var activations: [UnsafeMutablePointer<Float>] = []
    private var deltas: [UnsafeMutablePointer<Float>] = []
    private var scratch: UnsafeMutablePointer<Float>
    private var scratchCount = 0
    private let loss: LossStage
    private var arena: UnsafeMutablePointer<Float>

    init(spec: ModelSpec, kernels: KernelTable) {
        precondition(spec.problem == nil)
        self.spec = spec
        self.kernels = kernels
        widths = spec.dense
        convolutions = spec.convolutions.isEmpty ? nil : ConvolutionStack(spec: spec, kernels: kernels)
        var offset = convolutions?.parameterCount ?? 0
        var (weights, biases): ([Int], [Int]) = ([], [])
        for (inputs, outputs) in zip(widths, widths.dropFirst()) {
            weights.append(offset)
            biases.append(offset + inputs * outputs)
            offset += (inputs + 1) * outputs
        }
        (weightAt, biasAt) = (weights, biases)
        arena = .allocate(capacity: 1)
        scratch = arena
        loss = LossStage(spec.task)
    }

    deinit {
        arena.deallocate()
    }

    /// Makes room for batches of up to `rows`.
    func reserve(batch rows: Int) {
        guard rows > capacity else { return }
        capacity = rows
        convolutions?.reserve(batch: rows)
        scratchCount = scratchNeeded(rows)
        arena.deallocate()
        loss.reserve(rows)
        let count = 2 * rows * widths.reduce(0, +) + scratchCount
        arena = .allocate(capacity: count)
        arena.initialize(repeating: 0, count: count)
        var next = arena
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        activations = widths.map { take(rows * $0) }
        deltas = widths.map { take(rows * $0) }
        scratch = take(scratchCount)
    }

    private func scratchNeeded(_ rows: Int) -> Int {
        zip(widths, widths.dropFirst()).reduce(1) { most, layer in
            let (inputs, outputs) = layer
            return max(
                most, kernels.sgemmScratchCount(rows, outputs, inputs), kernels.sgemmScratchCount(outputs, inputs, rows),
                kernels.sgemmScratchCount(rows, inputs, outputs), kernels.sgemmStepScratchCount(outputs, inputs, rows))
        }
    }

    /// Copies the chosen rows in, and what is right for them.
    func gather(_ dataset: Dataset, _ rows: ArraySlice<Int>) {
        begin(rows.count)
        dataset.features.withUnsafeBufferPointer { from in
            guard let from = from.baseAddress else { return }
            for (slot, row) in rows.enumerated() { load(from + row * spec.inputs, at: slot) }
        }
        loss.gather(dataset, rows)
    }

    /// Copies whole rows in that have no labels.
    func load(_ features: ArraySlice<Float>) {
        begin(features.count / spec.inputs)
        features.withUnsafeBufferPointer {
            guard let from = $0.baseAddress else { return }
            for slot in 0..<batch { load(from + slot * spec.inputs, at: slot) }
        }
    }

    private func load(_ row: UnsafePointer<Float>, at slot: Int) {
        if let convolutions { return convolutions.load(row, at: slot) }
        (activations[0] + slot * spec.inputs).update(from: row, count: spec.inputs)
    }

    private func begin(_ rows: Int) {
        precondition(rows <= capacity)
        assert(scratchNeeded(rows) <= scratchCount, "a smaller batch needs more scratch")
        batch = rows
        convolutions?.begin(rows)
    }

    /// The logits of the loaded rows, batch × outputs.
    func forward(parameters: UnsafePointer<Float>) -> UnsafeMutablePointer<Float> {
        convolutions?.forward(parameters: parameters, into: activations[0])
        for layer in weightAt.indices {
            let (inputs, outputs) = (widths[layer], widths[layer + 1])
            let y = activations[layer + 1]
            // y = x·Wᵀ + b, W read in place
            kernels.linear(
                batch, outputs, inputs, activations[layer], inputs, 1, parameters + weightAt[layer], 1, inputs, y, outputs,
                parameters + biasAt[layer], layer < weightAt.count - 1, scratch)
        }
        return activations[weightAt.count]
    }

    /// Gradient of the mean loss of the gathered batch; returns the loss summed over the batch.
    func gradient(parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>) -> Double {
        backward(parameters: parameters, into: gradient) { layer, dy in
            let (inputs, outputs) = (widths[layer], widths[layer + 1])
            // dW = dyᵀ·x, both read in place
            kernels.sgemm(
                outputs, inputs, batch, dy, 1, outputs, activations[layer], inputs, 1, gradient + weightAt[layer], inputs,
                false, scratch)
        }
    }

    /// One step of SGD on the gathered batch, with the same bits as `gradient` and then `sgdStep`, for batches of up to 256
    /// rows: the gradient of a linear layer is used up tile by tile and never goes to memory. `gradient` is room for the
    /// others. Returns the loss summed over the batch, before the step.
    func step(
        parameters: UnsafeMutablePointer<Float>, velocity: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>,
        learningRate: Float, momentum: Float, weightDecay: Float
    ) -> Double {
        func take(_ at: Int, _ count: Int) {
            kernels.sgdStep(parameters + at, velocity + at, gradient + at, count, learningRate, momentum, weightDecay)
        }
        let loss = backward(parameters: parameters, into: gradient) { layer, dy in
            let (inputs, outputs) = (widths[layer], widths[layer + 1])
            kernels.sgemmStep(
                outputs, inputs, batch, dy, 1, outputs, activations[layer], inputs, 1, parameters + weightAt[layer],
                velocity + weightAt[layer], inputs, learningRate, momentum, weightDecay, scratch)
            take(biasAt[layer], outputs)
        }
        if let convolutions, batch > 0 { take(0, convolutions.parameterCount) }
        return loss
    }

    /// The way back through all layers. `weights` makes what it will of the gradient of a layer's weights from the
    /// gradient of its outputs, batch × outputs, when that of its biases is in its place and nothing reads them any more.
    private func backward(
        parameters: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>,
        weights: (_ layer: Int, _ dy: UnsafePointer<Float>) -> Void
    ) -> Double {
        guard batch > 0 else { return 0 }
        var dy = forward(parameters: parameters)
        let total = loss.gradient(of: dy, rows: batch, columns: spec.outputs, kernels)
        for layer in weightAt.indices.reversed() {
            let (inputs, outputs) = (widths[layer], widths[layer + 1])
            kernels.columnSums(dy, batch, outputs, gradient + biasAt[layer])
            let below = deltas[layer]
            if layer > 0 || convolutions != nil {
                // dx = dy·W, then back through the ReLU; the convolutions have their own
                kernels.sgemm(
                    batch, inputs, outputs, dy, outputs, 1, parameters + weightAt[layer], inputs, 1, below, inputs, false, scratch)
                if layer > 0 { kernels.reluBackward(below, activations[layer], batch * inputs) }
            }
            weights(layer, dy)
            dy = below
        }
        convolutions?.backward(features: dy, into: gradient)
        return total
    }
}
