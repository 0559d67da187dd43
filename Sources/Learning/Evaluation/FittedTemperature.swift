package import StrictJSON

/// A temperature, and what it does on the rows that it was fitted on. It is one number for all rows: what it seems better there than elsewhere is little.
package struct FittedTemperature: Sendable, Equatable {
    /// Of fewer rows a temperature would say more of them than of the model.
    package static let leastRows = 50

    package var scaling: TemperatureScaling
    package var rows: Int
    /// Expected calibration errors of the softmax as it is, and of what is told.
    package var errorBefore: Double?
    package var error: Double

    package init(_ scaling: TemperatureScaling, rows: Int, errorBefore: Double? = nil, error: Double) {
        (self.scaling, self.rows, self.errorBefore, self.error) = (scaling, rows, errorBefore, error)
    }

    /// nil: too few rows, no classifier, or none fits best (`TemperatureScaling`).
    ///
    /// The temperature is 1 where another one would be worse: it is chosen by cross-entropy, and the expected calibration error must not grow over it.
    /// - Parameter dataset: rows that fit the model, scaled as its schema says, and that nobody trained on.
    package init?(of model: ModelFile, on dataset: Dataset) {
        guard model.spec.task == .classification, dataset.rows >= Self.leastRows else { return nil }
        let logits = Learning.logits(spec: model.spec, parameters: model.parameters, features: dataset.features)
        guard var scaling = TemperatureScaling(logits: logits, labels: dataset.labels, classes: model.spec.outputs) else { return nil }
        let told = predict(spec: model.spec, parameters: model.parameters, features: dataset.features)
        let before = Calibration(predictions: told, labels: dataset.labels).expectedError
        var after = Calibration(
            predictions: told.map { Prediction(label: $0.label, probabilities: scaling($0.probabilities).map(Float.init)) }, labels: dataset.labels
        ).expectedError
        if scaling == .none || after > before { (scaling, after) = (.none, before) }
        self.init(scaling, rows: dataset.rows, errorBefore: before, error: after)
    }

    /// `metrics.temperature_scaling` of a card.
    package var json: JSON {
        [
            "temperature": JSON(scaling.temperature), "rows": JSON(rows), "expected_calibration_error_before": JSON(errorBefore),
            "expected_calibration_error": JSON(error),
        ]
    }
}
