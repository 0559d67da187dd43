extension AnnealingSuite {
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
    }

    /// (maximum − minimum) / median.
    static func spread(_ values: [Double]) -> Double { ((values.max() ?? 0) - (values.min() ?? 0)) / max(abs(median(values)), .leastNormalMagnitude) }

    /// Of the median, 95 %: a bootstrap (Efron 1979) by percentiles.
    static func interval(_ values: [Double]) -> (low: Double, high: Double) {
        guard !values.isEmpty else { return (.nan, .nan) }
        var draws = Draws(state: 1)
        let medians = (0..<2000).map { _ in median(values.map { _ in values[Int.random(in: 0..<values.count, using: &draws)] }) }.sorted()
        return (medians[50], medians[1949])
    }

    /// splitmix64, so that the same measurements have the same interval.
    struct Draws: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
