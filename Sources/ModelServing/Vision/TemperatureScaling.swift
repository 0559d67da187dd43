import Foundation
package import StrictJSON

/// One number by which a classifier's logits are divided, so that it is as sure as it is right (Guo et al. 2017, arXiv 1706.04599 §4.2). The
/// most likely class stays what it is.
package struct TemperatureScaling: Sendable, Equatable {
    package static let range = 0.05...20.0
    package let temperature: Double

    /// nil where it is no temperature.
    package init?(_ temperature: Double) {
        guard Self.range.contains(temperature) else { return nil }
        self.temperature = temperature
    }

    /// The temperature with the least cross-entropy on rows that the model was not trained on, by golden section in its logarithm, where that
    /// has one minimum.
    ///
    /// - Parameters:
    ///   - probabilities: what the model says of each row, before any calibration.
    ///   - labels: the class of each row.
    /// - Returns: nil without rows.
    package init?(probabilities: [[Float]], labels: [Int]) {
        guard !labels.isEmpty, probabilities.count == labels.count, zip(probabilities, labels).allSatisfy({ $0.indices.contains($1) }) else { return nil }
        func loss(_ logarithm: Double) -> Double {
            zip(probabilities, labels).reduce(0) { $0 - log(max(1e-300, Self.scaled($1.0, exp(logarithm))[$1.1])) }
        }
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (log(Self.range.lowerBound), log(Self.range.upperBound))
        var (left, right) = (high - ratio * (high - low), low + ratio * (high - low))
        var (atLeft, atRight) = (loss(left), loss(right))
        while high - low > 1e-4 {
            if atLeft <= atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - ratio * (high - low)
                atLeft = loss(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + ratio * (high - low)
                atRight = loss(right)
            }
        }
        temperature = exp((low + high) / 2)
    }

    package func callAsFunction(_ probabilities: [Float]) -> [Double] { Self.scaled(probabilities, temperature) }

    /// softmax(z/T), of softmax(z): p^(1/T), divided by their sum. What is 0 in single precision stays 0.
    private static func scaled(_ probabilities: [Float], _ temperature: Double) -> [Double] {
        // The greatest becomes 1: nothing overflows, and their sum is at least 1.
        let logarithms = probabilities.map { $0 > 0 ? log(Double($0)) / temperature : -.infinity }
        guard let greatest = logarithms.max(), greatest.isFinite else { return probabilities.map(Double.init) }
        let powers = logarithms.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}

/// What a model's card says of how sure it may be believed.
package struct DigitsCalibration: Sendable, Equatable {
    /// nil: none was fitted; its probabilities are its softmax.
    package var scaling: TemperatureScaling?
    /// Of what is told, on rows that were not trained on; nil: nobody measured it.
    package var expectedError: Double?

    package init(scaling: TemperatureScaling? = nil, expectedError: Double? = nil) { (self.scaling, self.expectedError) = (scaling, expectedError) }

    /// `metrics.temperature_scaling` is `{temperature, rows, expected_calibration_error}`, the error measured with that temperature; where there
    /// is none, `metrics.held_out.expected_calibration_error` is of the softmax as it is.
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

    /// As it stands in a card, for who fits one.
    package static func card(_ scaling: TemperatureScaling, rows: Int, expectedError: Double) -> JSON {
        ["temperature": JSON(scaling.temperature), "rows": JSON(rows), "expected_calibration_error": JSON(expectedError)]
    }
}
