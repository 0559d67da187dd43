package import KernelTable
internal import TensorKernels

/// A model that answers again and again: its workspace stays. For one caller at a time.
///
/// What a row gets does not depend on the rows beside it. The products of a few rows are summed in another order than those of
/// many, so a short batch is filled up with rows of zeros: every answer has the bits that `predict` gives it among at least
/// `leastRows` rows.
package final class ForwardPass {
    /// From so many rows on every product goes the same way, whatever the processor: the widest vector has 16 numbers.
    package static let leastRows = 16
    /// Rows that are computed at a time.
    package static let mostRows = 256

    private let spec: ModelSpec
    private let parameters: [Float]
    private let network: Network
    private let kernels: KernelTable

    /// - Parameter parameters: as many as the model has, in its order.
    package init(spec: ModelSpec, parameters: [Float], kernels: KernelTable? = nil) {
        precondition(parameters.count == spec.parameterCount)
        self.spec = spec
        self.parameters = parameters
        self.kernels = kernels ?? Kernels.active
        network = Network(spec: spec, kernels: self.kernels)
    }

    /// Of a classifier.
    /// - Parameter features: rows × inputs, scaled as the model's schema says.
    /// - Returns: the most likely class of each row, the first of those that are equally likely; rows × classes.
    package func predict(_ features: [Float]) -> (labels: [Int], probabilities: [Float]) {
        precondition(spec.task == .classification)
        var (labels, probabilities): ([Int], [Float]) = ([], [])
        forEachBlock(features) { logits, rows in
            kernels.softmax(logits, rows, spec.outputs)
            probabilities += UnsafeBufferPointer(start: logits, count: rows * spec.outputs)
            for row in 0..<rows { labels.append(mostLikely(logits + row * spec.outputs, spec.outputs)) }
        }
        return (labels, probabilities)
    }

    /// The number that a regression predicts for each row, in the target's unit.
    /// - Parameter features: rows × inputs, scaled as the model's schema says.
    package func predictTargets(_ features: [Float]) -> [Float] {
        precondition(spec.task == .regression)
        var values: [Float] = []
        forEachBlock(features) { outputs, rows in values += UnsafeBufferPointer(start: outputs, count: rows) }
        return values
    }

    private func forEachBlock(_ features: [Float], _ body: (_ outputs: UnsafeMutablePointer<Float>, _ rows: Int) -> Void) {
        let width = spec.inputs
        precondition(features.count % width == 0)
        let rows = features.count / width
        network.reserve(batch: min(Self.mostRows, max(Self.leastRows, rows)))
        for first in stride(from: 0, to: rows, by: Self.mostRows) {
            let count = min(Self.mostRows, rows - first)
            let block = features[(first * width)..<((first + count) * width)]
            if count < Self.leastRows {
                let filled = Array(block) + [Float](repeating: 0, count: (Self.leastRows - count) * width)
                network.load(filled[...])
            } else {
                network.load(block)
            }
            body(network.forward(parameters: parameters), count)
        }
    }
}
