package import Learning
package import StrictJSON

/// What a model's card says of how sure it may be believed.
package struct DigitsCalibration: Sendable, Equatable {
    /// nil: none was fitted; its probabilities are its softmax.
    package var scaling: TemperatureScaling?
    package var temperature: Double? { scaling?.temperature }
    /// Of what is told, on rows that were not trained on; nil: nobody measured it.
    package var expectedError: Double?

    package init(scaling: TemperatureScaling? = nil, expectedError: Double? = nil) { (self.scaling, self.expectedError) = (scaling, expectedError) }

    /// `metrics.temperature_scaling` is as `FittedTemperature` writes it, the error measured with that temperature; where there is none (or null),
    /// `metrics.held_out.expected_calibration_error` is of the softmax as it is.
    package init(card: JSON) {
        let metrics = card["metrics"]
        func share(_ json: JSON?) -> Double? { json?.double.flatMap { (0...1).contains($0) ? $0 : nil } }
        if let fitted = metrics?["temperature_scaling"], let scaling = fitted["temperature"]?.double.flatMap({ TemperatureScaling($0) }) {
            self.scaling = scaling
            expectedError = share(fitted["expected_calibration_error"])
        } else {
            expectedError = share(metrics?["held_out"]?["expected_calibration_error"])
        }
    }
}
