package import KernelTable
internal import TensorKernels

/// How good a classifier is.
package struct Evaluation: Sendable, Equatable {
    /// Mean cross-entropy in nats; 0 without rows.
    package var loss: Double
    /// Share of rows whose most likely class is their label; 0 without rows.
    package var accuracy: Double
    package var rows: Int

    package init(loss: Double, accuracy: Double, rows: Int) {
        self.loss = loss
        self.accuracy = accuracy
        self.rows = rows
    }
}

/// Loss and accuracy of a classifier on labelled rows.
package func evaluate(
    spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil
) -> Evaluation {
    precondition(spec.task == .classification && dataset.fits(spec))
    let table = kernels ?? Kernels.active
    var (loss, correct) = (0.0, 0)
    forEachBlock(spec, parameters, dataset.features, rows: dataset.rows, table) { first, logits, count in
        for row in 0..<count where mostLikely(logits + row * spec.outputs, spec.outputs) == Int(dataset.labels[first + row]) {
            correct += 1
        }
        dataset.labels.withUnsafeBufferPointer {
            guard let labels = $0.baseAddress else { return }
            loss += table.softmaxCrossEntropy(logits, labels + first, count, spec.outputs, 1)
        }
    }
    let rows = Double(max(1, dataset.rows))
    return Evaluation(loss: loss / rows, accuracy: Double(correct) / rows, rows: dataset.rows)
}

package struct Prediction: Sendable, Equatable {
    /// The most likely class; the first of those that are equally likely.
    package var label: Int
    /// One for each class; they add up to 1.
    package var probabilities: [Float]

    package init(label: Int, probabilities: [Float]) {
        self.label = label
        self.probabilities = probabilities
    }
}

/// What a classifier says of rows.
///
/// - Parameter features: rows × inputs, scaled as the model's schema says.
package func predict(
    spec: ModelSpec, parameters: [Float], features: [Float], kernels: KernelTable? = nil
) -> [Prediction] {
    precondition(spec.task == .classification && features.count % spec.inputs == 0)
    let table = kernels ?? Kernels.active
    var predictions: [Prediction] = []
    forEachBlock(spec, parameters, features, rows: features.count / spec.inputs, table) { _, logits, count in
        table.softmax(logits, count, spec.outputs)
        for row in 0..<count {
            let p = UnsafeBufferPointer(start: logits + row * spec.outputs, count: spec.outputs)
            predictions.append(Prediction(label: mostLikely(logits + row * spec.outputs, spec.outputs), probabilities: Array(p)))
        }
    }
    return predictions
}

/// What a classifier says of rows before its softmax: rows × classes.
///
/// - Parameter features: rows × inputs, scaled as the model's schema says.
package func logits(spec: ModelSpec, parameters: [Float], features: [Float], kernels: KernelTable? = nil) -> [Float] {
    precondition(spec.task == .classification && features.count % spec.inputs == 0)
    var all: [Float] = []
    forEachBlock(spec, parameters, features, rows: features.count / spec.inputs, kernels ?? Kernels.active) { _, logits, count in
        all += UnsafeBufferPointer(start: logits, count: count * spec.outputs)
    }
    return all
}

func mostLikely(_ p: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for j in 1..<max(1, count) where p[j] > p[best] { best = j }
    return best
}

/// Runs the model over the rows in blocks, so that memory does not grow with them.
func forEachBlock(
    _ spec: ModelSpec, _ parameters: [Float], _ features: [Float], rows: Int, _ kernels: KernelTable,
    _ body: (_ first: Int, _ logits: UnsafeMutablePointer<Float>, _ count: Int) -> Void
) {
    precondition(parameters.count == spec.parameterCount)
    guard rows > 0 else { return }
    let block = min(256, rows)
    let network = Network(spec: spec, kernels: kernels)
    network.reserve(batch: block)
    for first in stride(from: 0, to: rows, by: block) {
        let count = min(block, rows - first)
        network.load(features[(first * spec.inputs)..<((first + count) * spec.inputs)])
        body(first, network.forward(parameters: parameters), count)
    }
}
