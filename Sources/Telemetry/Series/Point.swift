/// What was measured during one step of a series. Points can be put together; count, smallest and largest are exact then,
/// and the sum is the sum of the sums.
package struct Point: Sendable, Equatable {
    package private(set) var count: Int64
    package private(set) var sum: Double
    package private(set) var min: Double
    package private(set) var max: Double
    /// Of durations only.
    package private(set) var buckets: Buckets?

    /// One value: a gauge, or what a counter has grown by.
    /// - Returns: nil: it is no finite number.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        (count, sum, min, max) = (1, value, value, value)
    }

    /// - Returns: nil: it is empty, or its sum is beyond all numbers.
    package init?(_ histogram: Histogram) {
        guard let smallest = histogram.min, let largest = histogram.max, histogram.sum.isFinite else { return nil }
        (count, sum, min, max, buckets) = (histogram.count, histogram.sum, smallest, largest, histogram.buckets)
    }

    /// - Returns: nil: these do not belong together.
    package init?(count: Int64, sum: Double, min: Double, max: Double, buckets: Buckets?) {
        guard count > 0, sum.isFinite, min.isFinite, max.isFinite, min <= max else { return nil }
        if let buckets, Histogram(count: count, sum: sum, min: min, max: max, buckets: buckets) == nil { return nil }
        (self.count, self.sum, self.min, self.max, self.buckets) = (count, sum, min, max, buckets)
    }

    package mutating func merge(_ other: Point) {
        count = saturated(count, other.count)
        sum = finite(sum + other.sum)
        min = Swift.min(min, other.min)
        max = Swift.max(max, other.max)
        // A series is one of durations or it is not. One that was changed from one to the other has no quantiles.
        if var mine = buckets, let theirs = other.buckets {
            mine.merge(theirs)
            buckets = mine
        } else {
            buckets = nil
        }
    }

    package var average: Double { sum / Double(count) }

    /// nil: not a series of durations.
    package var histogram: Histogram? {
        buckets.flatMap { Histogram(count: count, sum: sum, min: min, max: max, buckets: $0) }
    }

    package func value(_ aggregate: Aggregate, seconds: Double) -> Double? {
        switch aggregate {
        case .average: average
        case .min: min
        case .max: max
        case .sum: sum
        case .count: Double(count)
        case .ratePerSecond: seconds > 0 ? sum / seconds : nil
        case .countPerSecond: seconds > 0 ? Double(count) / seconds : nil
        case .quantile(let q): histogram?.quantile(q)
        }
    }
}

/// How a point becomes one number.
package enum Aggregate: Hashable, Sendable {
    case average, min, max, sum, count
    /// Sum by the seconds it came together in: of what counters have grown by.
    case ratePerSecond
    /// Number of values by seconds: of durations.
    case countPerSecond
    /// Of durations, by `Histogram.quantile`; of others nil.
    case quantile(Double)
}
