package import KernelTable

/// What a model of any kind can be judged by from round to round.
package struct Assessment: Sendable, Equatable {
    /// Mean over the rows of the model's own loss: cross-entropy in nats (of a text's bytes, too), or squared error in the target's unit squared;
    /// 0 without rows.
    package var loss: Double
    /// nil in a regression and of a text: they have no right and wrong.
    package var accuracy: Double?
    /// Or bytes of a text.
    package var rows: Int

    package init(loss: Double, accuracy: Double?, rows: Int) {
        self.loss = loss
        self.accuracy = accuracy
        self.rows = rows
    }
}

/// Of rows; `LocalComputer.assessment` knows texts, too.
package func assess(spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil) -> Assessment {
    switch spec.task {
    case .classification:
        let result = evaluate(spec: spec, parameters: parameters, dataset: dataset, kernels: kernels)
        return Assessment(loss: result.loss, accuracy: result.accuracy, rows: result.rows)
    case .regression:
        let result = evaluateRegression(spec: spec, parameters: parameters, dataset: dataset, kernels: kernels)
        return Assessment(loss: result.meanSquaredError, accuracy: nil, rows: result.rows)
    case .language: preconditionFailure("a text is judged by Federation, which knows the network")
    }
}
