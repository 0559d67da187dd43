internal import KernelTable

/// The end of a network: what is right for the rows of a batch, and how far off the outputs are. Cross-entropy after a
/// softmax for classes, the squared error for a regression.
final class LossStage {
    private let task: DataSchema.LearningTask
    private var labels: UnsafeMutablePointer<Int32>
    private var targets: UnsafeMutablePointer<Float>

    init(_ task: DataSchema.LearningTask) {
        self.task = task
        labels = .allocate(capacity: 1)
        targets = .allocate(capacity: 1)
    }

    deinit {
        labels.deallocate()
        targets.deallocate()
    }

    /// Makes room for batches of up to `rows`; what was gathered is gone.
    func reserve(_ rows: Int) {
        switch task {
        case .classification:
            labels.deallocate()
            labels = .allocate(capacity: max(1, rows))
            labels.initialize(repeating: 0, count: rows)
        case .regression:
            targets.deallocate()
            targets = .allocate(capacity: max(1, rows))
            targets.initialize(repeating: 0, count: rows)
        case .language: preconditionFailure("text is trained on by ByteLanguage")
        }
    }

    func gather(_ dataset: Dataset, _ rows: ArraySlice<Int>) {
        switch task {
        case .classification: for (slot, row) in rows.enumerated() { labels[slot] = dataset.labels[row] }
        case .regression: for (slot, row) in rows.enumerated() { targets[slot] = dataset.targets[row] }
        case .language: preconditionFailure("text is trained on by ByteLanguage")
        }
    }

    /// The outputs [rows, columns] become the gradient of the gathered rows' mean loss. Returns their summed loss; not a
    /// finite number where an output is none.
    func gradient(of outputs: MF32, rows: Int, columns: Int, _ kernels: KernelTable) -> Double {
        switch task {
        case .classification: kernels.softmaxCrossEntropy(outputs, labels, rows, columns, 1 / Float(rows))
        case .regression: squaredError(outputs, rows)
        case .language: preconditionFailure("text is trained on by ByteLanguage")
        }
    }

    /// One output a row: (y − t)² and its derivative, as PyTorch's `MSELoss`. Far too little work for a kernel.
    private func squaredError(_ outputs: MF32, _ rows: Int) -> Double {
        var sum = 0.0
        for row in 0..<rows {
            let error = outputs[row] - targets[row]
            sum += Double(error) * Double(error)
            outputs[row] = 2 * error / Float(rows)
        }
        return sum
    }
}
