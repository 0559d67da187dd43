/// Where a series is going, by the test of Mann (1945) and Kendall (1975) with the correction for ties. It asks only whether later values
/// tend to be larger, so that one peak makes no trend.
package enum Trend: String, Sendable {
    case increasing, decreasing, stable
    /// Fewer than five values.
    case insufficient = "insufficient_data"

    /// Two-sided, at the level of 5 %.
    package init(_ values: [Double]) {
        let values = values.filter(\.isFinite)
        guard values.count >= 5 else {
            self = .insufficient
            return
        }
        // A few hundred values tell as much as thousands, and the test takes their square.
        let width = (values.count + 399) / 400
        let means = stride(from: 0, to: values.count, by: width).map { start in
            let part = values[start..<min(values.count, start + width)]
            return part.reduce(0, +) / Double(part.count)
        }
        let z = Self.statistic(means)
        self = z > 1.959964 ? .increasing : z < -1.959964 ? .decreasing : .stable
    }

    /// S by its standard deviation, with continuity correction: normal when there is no trend.
    package static func statistic(_ values: [Double]) -> Double {
        var s = 0
        for (later, value) in values.enumerated() {
            for earlier in values[..<later] { s += value > earlier ? 1 : value < earlier ? -1 : 0 }
        }
        let n = Double(values.count)
        var variance = n * (n - 1) * (2 * n + 5)
        var tied: [Double: Double] = [:]
        for value in values { tied[value, default: 0] += 1 }
        for (_, t) in tied.sorted(by: { $0.key < $1.key }) { variance -= t * (t - 1) * (2 * t + 5) }
        guard variance > 0 else { return 0 }
        return Double(s - s.signum()) / (variance / 18).squareRoot()
    }
}
