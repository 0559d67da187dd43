#if canImport(Glibc)
    internal import Glibc
#endif

/// One number by which a classifier's logits are divided, so that it is as sure as it is right (Guo et al. 2017, arXiv 1706.04599 §4.2). The
/// most likely class stays what it is.
package struct TemperatureScaling: Sendable, Equatable {
    package static let range = 0.05...20.0
    package static let none = TemperatureScaling(unchecked: 1)
    package let temperature: Double

    /// nil where it is no temperature.
    package init?(_ temperature: Double) {
        guard Self.range.contains(temperature) else { return nil }
        self.temperature = temperature
    }

    private init(unchecked temperature: Double) { self.temperature = temperature }

    /// The temperature with the least cross-entropy on rows that the model was not trained on. The loss is convex in 1/T, so golden section in
    /// the logarithm of T finds its one minimum.
    ///
    /// - Parameters:
    ///   - logits: rows × classes; log-probabilities will do, they differ by a number for each row.
    ///   - labels: the class of each row.
    /// - Returns: nil without rows, where something is no number or no class, and where no temperature in the range is best: a model that is always
    ///   right would always like to be surer, and one that is worse than chance less sure.
    package init?(logits: [Float], labels: [Int32], classes: Int) {
        guard classes > 1, !labels.isEmpty, labels.count.multipliedReportingOverflow(by: classes) == (logits.count, false),
            logits.allSatisfy(\.isFinite), labels.allSatisfy({ 0 <= $0 && $0 < classes })
        else { return nil }
        let (lowest, highest) = (log(Self.range.lowerBound), log(Self.range.upperBound))
        func loss(_ logarithm: Double) -> Double { Self.loss(logits, labels, classes, temperature: exp(logarithm)) }
        let ratio = (5.0.squareRoot() - 1) / 2
        var (low, high) = (lowest, highest)
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
        let found = (low + high) / 2
        guard found - lowest > 1e-3, highest - found > 1e-3 else { return nil }
        // What is flat to the last bits is left as it is.
        temperature = loss(found) < loss(0) ? exp(found) : 1
    }

    /// Mean cross-entropy in nats of softmax(z/T); 0 without rows.
    static func loss(_ logits: [Float], _ labels: [Int32], _ classes: Int, temperature: Double) -> Double {
        var sum = 0.0
        logits.withUnsafeBufferPointer { logits in
            for (row, label) in labels.enumerated() {
                let z = UnsafeBufferPointer(rebasing: logits[(row * classes)..<((row + 1) * classes)])
                let greatest = Double(z.max() ?? 0)
                // The greatest becomes 0: nothing overflows, and their sum is at least 1.
                let powers = z.reduce(0.0) { $0 + exp((Double($1) - greatest) / temperature) }
                sum += log(powers) - (Double(z[Int(label)]) - greatest) / temperature
            }
        }
        return sum / Double(max(1, labels.count))
    }

    /// softmax(z/T), of softmax(z): p^(1/T), divided by their sum. What is 0 in single precision stays 0.
    package func callAsFunction(_ probabilities: [Float]) -> [Double] {
        let logarithms = probabilities.map { $0 > 0 ? log(Double($0)) / temperature : -.infinity }
        guard let greatest = logarithms.max(), greatest.isFinite else { return probabilities.map(Double.init) }
        let powers = logarithms.map { exp($0 - greatest) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }
}
