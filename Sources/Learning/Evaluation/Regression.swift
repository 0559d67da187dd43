package import KernelTable
internal import TensorKernels

/// How far the numbers that a model predicts are from the true ones; 0 without rows. As in scikit-learn.
package struct RegressionEvaluation: Sendable, Equatable {
    package var rows: Int
    /// In the target's unit squared.
    package var meanSquaredError = 0.0
    /// In the target's unit.
    package var meanAbsoluteError = 0.0
    /// The share of the targets' variance that the model explains: 1 is perfect, 0 as good as their mean, below that
    /// worse. nil where the targets do not vary.
    package var r2: Double?

    /// In the target's unit.
    package var rootMeanSquaredError: Double { meanSquaredError.squareRoot() }

    package init(predictions: [Float], targets: [Float]) {
        precondition(predictions.count == targets.count)
        rows = targets.count
        guard rows > 0 else { return }
        let mean = targets.reduce(0) { $0 + Double($1) } / Double(rows)
        var (squares, distances, variation) = (0.0, 0.0, 0.0)
        for (prediction, target) in zip(predictions, targets) {
            let error = Double(prediction) - Double(target)
            squares += error * error
            distances += abs(error)
            variation += (Double(target) - mean) * (Double(target) - mean)
        }
        meanSquaredError = squares / Double(rows)
        meanAbsoluteError = distances / Double(rows)
        if variation > 0 { r2 = 1 - squares / variation }
    }
}

/// How far a regression's predictions are off on rows with their targets.
package func evaluateRegression(
    spec: ModelSpec, parameters: [Float], dataset: Dataset, kernels: KernelTable? = nil
) -> RegressionEvaluation {
    precondition(dataset.fits(spec))
    return RegressionEvaluation(
        predictions: predictTargets(spec: spec, parameters: parameters, features: dataset.features, kernels: kernels), targets: dataset.targets)
}

/// The number that a regression predicts for each row, in the target's unit.
///
/// - Parameter features: rows × inputs, scaled as the model's schema says.
package func predictTargets(
    spec: ModelSpec, parameters: [Float], features: [Float], kernels: KernelTable? = nil
) -> [Float] {
    precondition(spec.task == .regression && features.count % spec.inputs == 0)
    var predictions: [Float] = []
    forEachBlock(spec, parameters, features, rows: features.count / spec.inputs, kernels ?? Kernels.active) { _, outputs, count in
        predictions += UnsafeBufferPointer(start: outputs, count: count)
    }
    return predictions
}
