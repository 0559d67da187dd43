/// Values that were measured: how many, their sum, the smallest and the largest exactly, and every quantile within
/// `relativeError`. It takes at most 20 KiB however many values there are, and two of them can be put together.
///
/// This is what everything here is measured with. For durations the unit is the second.
package struct Histogram: Sendable, Equatable {
    /// Of a quantile, between `Buckets.lowest` and `Buckets.highest`. Below, the error is at most `Buckets.lowest`; above,
    /// a quantile is given as the largest value there was.
    package static let relativeError = 1.0 / 128

    package private(set) var count: Int64 = 0
    package private(set) var sum = 0.0
    /// Meaningless while `count` is 0, like `max`.
    private(set) var smallest = Double.infinity
    private(set) var largest = -Double.infinity
    package private(set) var buckets = Buckets()

    package init() {}

    /// - Returns: nil: these do not belong together.
    package init?(count: Int64, sum: Double, min: Double, max: Double, buckets: Buckets) {
        guard count > 0, sum.isFinite, min.isFinite, max.isFinite, 0 <= min, min <= max else { return nil }
        guard buckets.counts.reduce(0, saturated) == count else { return nil }
        self.count = count
        self.sum = sum
        smallest = min
        largest = max
        self.buckets = buckets
    }

    /// A negative value counts as 0: clocks that step back make such durations. What is no finite number is not counted.
    package mutating func observe(_ value: Double, times: Int64 = 1) {
        guard value.isFinite, times > 0 else { return }
        let value = Swift.max(0, value)
        count = saturated(count, times)
        sum = finite(sum + value * Double(times))
        smallest = Swift.min(smallest, value)
        largest = Swift.max(largest, value)
        buckets.add(Buckets.number(of: value), times)
    }

    package mutating func merge(_ other: Histogram) {
        guard other.count > 0 else { return }
        count = saturated(count, other.count)
        sum = finite(sum + other.sum)
        smallest = Swift.min(smallest, other.smallest)
        largest = Swift.max(largest, other.largest)
        buckets.merge(other.buckets)
    }

    package var isEmpty: Bool { count == 0 }
    package var min: Double? { count > 0 ? smallest : nil }
    package var max: Double? { count > 0 ? largest : nil }
    package var mean: Double? { count > 0 ? sum / Double(count) : nil }

    /// The value of rank ⌈q·n⌉ (nearest rank), within `relativeError`; the first and the last exactly. nil: nothing was measured.
    /// - Parameter q: 0 to 1; what lies outside is taken for the nearer end.
    package func quantile(_ q: Double) -> Double? {
        guard count > 0, !q.isNaN else { return nil }
        let rank = nearestRank(q, of: count)
        if rank <= 1 { return smallest }
        if rank >= count { return largest }
        guard let number = buckets.number(ofRank: rank) else { return nil }
        return Swift.min(largest, Swift.max(smallest, Buckets.middle(number)))
    }
}

/// ⌈q·n⌉, from 1 to n.
func nearestRank(_ q: Double, of count: Int64) -> Int64 {
    let rank = (Swift.min(1, Swift.max(0, q)) * Double(count)).rounded(.up)
    // As a double, the largest count is one more than there are.
    return rank >= Double(count) ? count : Swift.max(1, Int64(rank))
}

/// The number, or the largest of its sign where it is beyond all.
func finite(_ value: Double) -> Double {
    value.isFinite ? value : value < 0 ? -.greatestFiniteMagnitude : .greatestFiniteMagnitude
}
