/// Rows with what a model should say of them: classes, or the numbers of a regression. Features are scaled already,
/// rows × inputs, row-major; targets are in their own unit. Or a text, whose rows are pieces of it.
package struct Dataset: Sendable, Equatable {
    package let task: DataSchema.LearningTask
    package var features: [Float]
    /// The class of each row, 0..<outputs; empty in a regression.
    package var labels: [Int32]
    /// The number of each row; empty in a classification.
    package var targets: [Float]
    /// Pieces of a text, none of them empty; empty unless it is one.
    package var texts: [[UInt8]] = []
    package let inputs: Int
    package let outputs: Int

    package var rows: Int {
        switch task {
        case .classification: labels.count
        case .regression: targets.count
        case .language: texts.count
        }
    }

    /// What an update counts for, and what a loss is the mean over: rows, or the bytes of a text.
    package var samples: Int { task == .language ? texts.reduce(0) { $0 + $1.count } : rows }

    package init(features: [Float], labels: [Int32], inputs: Int, outputs: Int) {
        precondition(features.count == labels.count * inputs)
        precondition(labels.allSatisfy { 0 <= $0 && $0 < outputs })
        task = .classification
        self.features = features
        self.labels = labels
        targets = []
        self.inputs = inputs
        self.outputs = outputs
    }

    /// A regression's rows.
    package init(features: [Float], targets: [Float], inputs: Int) {
        precondition(features.count == targets.count * inputs)
        task = .regression
        self.features = features
        labels = []
        self.targets = targets
        self.inputs = inputs
        outputs = 1
    }

    /// A text.
    package init(texts: [[UInt8]]) {
        precondition(texts.allSatisfy { !$0.isEmpty })
        task = .language
        (features, labels, targets) = ([], [], [])
        (inputs, outputs) = (DataSchema.text.inputs, DataSchema.text.outputs)
        self.texts = texts
    }

    package func selecting(_ rows: [Int]) -> Dataset {
        var features: [Float] = []
        features.reserveCapacity(rows.count * inputs)
        for row in rows where task != .language { features += self.features[(row * inputs)..<((row + 1) * inputs)] }
        switch task {
        case .classification: return Dataset(features: features, labels: rows.map { labels[$0] }, inputs: inputs, outputs: outputs)
        case .regression: return Dataset(features: features, targets: rows.map { targets[$0] }, inputs: inputs)
        case .language: return Dataset(texts: rows.map { texts[$0] })
        }
    }

    /// Whether a model may be trained on the rows, or judged by them.
    package func fits(_ spec: ModelSpec) -> Bool { task == spec.task && inputs == spec.inputs && outputs <= spec.outputs }

    /// Row numbers dealt out to clients, as `partition` does it. A regression's targets take the place of classes.
    package func partitioned(
        clients: Int, scheme: Partition, holdout: Double, seed: UInt64
    ) throws(DatasetError) -> PartitionResult {
        let (labels, outputs) =
            switch task {
            case .classification: (labels, outputs)
            case .regression: targetClasses(for: scheme)
            case .language: textClasses(for: scheme)
            }
        return try partition(labels: labels, outputs: outputs, clients: clients, scheme: scheme, holdout: holdout, seed: seed)
    }
}
