/// Whether a model that is 80 % sure is right in 80 % of the cases (Guo et al. 2017, arXiv 1706.04599).
package struct Calibration: Sendable, Equatable {
    /// The predictions whose confidence lies in one slice of (0, 1].
    package struct Bin: Sendable, Equatable {
        package var rows = 0
        /// Mean probability of the predicted class.
        package var confidence = 0.0
        /// Share of the predictions that are right.
        package var accuracy = 0.0
    }

    /// Slices of equal width, from the least to the most confident.
    package private(set) var bins: [Bin]
    /// Σ rows/all · |accuracy − confidence|; 0 is perfect.
    package private(set) var expectedError = 0.0
    /// Mean over rows of Σ over classes of (probability − truth)², 0...2 (Brier 1950).
    package private(set) var brierScore = 0.0

    package init(predictions: [Prediction], labels: [Int32], bins count: Int = 15) {
        precondition(predictions.count == labels.count && count > 0)
        bins = [Bin](repeating: Bin(), count: count)
        for (prediction, label) in zip(predictions, labels) {
            for (other, p) in prediction.probabilities.enumerated() {
                let difference = Double(p) - (other == Int(label) ? 1 : 0)
                brierScore += difference * difference
            }
            let confidence =
                prediction.probabilities.indices.contains(prediction.label)
                ? Double(prediction.probabilities[prediction.label]) : 0
            // Right-closed slices; a confidence that is no number counts as none.
            let slot = confidence > 0 ? min(count - 1, max(0, Int((confidence * Double(count)).rounded(.up)) - 1)) : 0
            bins[slot].rows += 1
            bins[slot].confidence += confidence.isNaN ? 0 : confidence
            bins[slot].accuracy += prediction.label == Int(label) ? 1 : 0
        }
        let rows = Double(max(1, predictions.count))
        brierScore /= rows
        for slot in bins.indices where bins[slot].rows > 0 {
            let here = Double(bins[slot].rows)
            bins[slot].confidence /= here
            bins[slot].accuracy /= here
            expectedError += here / rows * abs(bins[slot].accuracy - bins[slot].confidence)
        }
    }
}
