internal import KernelTable

/// Forward and backward pass of a stack of linear layers with ReLU between them. One arena holds every buffer; it is
/// reserved once.
final class Network {
    let spec: ModelSpec
    private let weightAt: [Int]
    private let biasAt: [Int]
    private var capacity = 0
    private var batch = 0
    /// Outputs of each layer (the first are the inputs, the last logits) and gradients with respect to them.
    private var activations: [UnsafeMutablePointer<Float>] = []
    private var deltas: [UnsafeMutablePointer<Float>] = []
    private var scratch: UnsafeMutablePointer<Float>
    private var labels: UnsafeMutablePointer<Int32>
    private var arena: UnsafeMutableBufferPointer<Float>

    init(spec: ModelSpec) {
        self.spec = spec
        var offset = 0
        var (weights, biases): ([Int], [Int]) = ([], [])
        for (a, b) in zip(spec.layers, spec.layers.dropFirst()) {
            weights.append(offset)
            biases.append(offset + a * b)
            offset += (a + 1) * b
        }
        (weightAt, biasAt) = (weights, biases)
        arena = .allocate(capacity: 1)
        scratch = arena.baseAddress!
        labels = .allocate(capacity: 1)
    }

    deinit {
        arena.deallocate()
        labels.deallocate()
    }

    func reserve(batch: Int, _ kernels: KernelTable) {
        let rows = max(1, batch)
        guard rows > capacity else { return }
        capacity = rows
        var scratchCount = 1
        for (a, b) in zip(spec.layers, spec.layers.dropFirst()) {
            scratchCount = max(
                scratchCount, kernels.sgemmScratchCount(rows, b, a), kernels.sgemmScratchCount(a, b, rows),
                kernels.sgemmScratchCount(rows, a, b))
        }
        arena.deallocate()
        labels.deallocate()
        arena = .allocate(capacity: 2 * rows * spec.layers.reduce(0, +) + scratchCount)
        arena.initialize(repeating: 0)
        labels = .allocate(capacity: rows)
        labels.initialize(repeating: 0, count: rows)
        var next = arena.baseAddress!
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        activations = spec.layers.map { take(rows * $0) }
        deltas = spec.layers.map { take(rows * $0) }
        scratch = take(scratchCount)
    }

    /// Copies the chosen rows and their labels in.
    func gather(_ dataset: Dataset, _ rows: ArraySlice<Int>) {
        batch = rows.count
        dataset.features.withUnsafeBufferPointer { from in
            for (slot, row) in rows.enumerated() {
                (activations[0] + slot * spec.inputs).update(
                    from: from.baseAddress! + row * spec.inputs, count: spec.inputs)
            }
        }
        for (slot, row) in rows.enumerated() { labels[slot] = dataset.labels[row] }
    }

    func load(_ features: ArraySlice<Float>) {
        batch = features.count / spec.inputs
        features.withUnsafeBufferPointer { activations[0].update(from: $0.baseAddress!, count: $0.count) }
    }

    /// The logits of the loaded rows, batch × outputs.
    func forward(_ kernels: KernelTable, parameters: [Float]) -> UnsafeMutablePointer<Float> {
        parameters.withUnsafeBufferPointer { p in
            for layer in weightAt.indices {
                let (inputs, outputs) = (spec.layers[layer], spec.layers[layer + 1])
                kernels.sgemm(
                    batch, outputs, inputs, activations[layer], inputs, 1, p.baseAddress! + weightAt[layer], outputs, 1,
                    activations[layer + 1], outputs, false, scratch)
                let isLast = layer == weightAt.count - 1
                (isLast ? kernels.addBias : kernels.addBiasReLU)(
                    activations[layer + 1], p.baseAddress! + biasAt[layer], batch, outputs)
            }
        }
        return activations[weightAt.count]
    }

    /// Gradient of the mean loss of the gathered batch; returns the summed loss.
    func gradient(_ kernels: KernelTable, parameters: [Float], into gradient: inout [Float]) -> Double {
        guard batch > 0 else { return 0 }
        let logits = forward(kernels, parameters: parameters)
        let loss = kernels.softmaxCrossEntropy(logits, labels, batch, spec.outputs, 1 / Float(batch))
        gradient.withUnsafeMutableBufferPointer { g in
            parameters.withUnsafeBufferPointer { p in
                backward(kernels, p.baseAddress!, g.baseAddress!, from: logits)
            }
        }
        return loss
    }

    private func backward(
        _ kernels: KernelTable, _ parameters: UnsafePointer<Float>, _ gradient: UnsafeMutablePointer<Float>,
        from output: UnsafeMutablePointer<Float>
    ) {
        var dy = output
        for layer in weightAt.indices.reversed() {
            let (inputs, outputs) = (spec.layers[layer], spec.layers[layer + 1])
            // dW = xᵀ·dy, read in place
            kernels.sgemm(
                inputs, outputs, batch, activations[layer], 1, inputs, dy, outputs, 1, gradient + weightAt[layer], outputs,
                false, scratch)
            kernels.columnSums(dy, batch, outputs, gradient + biasAt[layer])
            if layer == 0 { break }
            // dx = dy·Wᵀ, then through the ReLU
            kernels.sgemm(
                batch, inputs, outputs, dy, outputs, 1, parameters + weightAt[layer], 1, outputs, deltas[layer], inputs,
                false, scratch)
            kernels.reluBackward(deltas[layer], activations[layer], batch * inputs)
            dy = deltas[layer]
        }
    }
}
