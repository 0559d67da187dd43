/// Counts of a log-linear histogram: every power of two from 2⁻²⁰ to 2¹² is cut into 64 equal parts, as HdrHistogram does it
/// (<https://hdrhistogram.org>). The number of a bucket is the exponent and the first six bits of the fraction of an IEEE 754
/// double. One bucket lies below them and one above.
///
/// Only buckets that are not empty take room: at most `count` of them, 20 KiB.
package struct Buckets: Sendable, Equatable {
    package static let partsPerOctave = 64
    /// About a microsecond, if the unit is seconds.
    package static let lowest = 0x1p-20
    /// A little over an hour, if the unit is seconds.
    package static let highest = 0x1p12
    /// With the one below and the one above.
    package static let count = 32 * partsPerOctave + 2
    private static let below: UInt16 = 0
    private static let above = UInt16(count - 1)
    private static let dropped: UInt64 = 52 - 6
    private static let base = lowest.bitPattern >> dropped

    /// Numbers of buckets that are not empty, rising.
    package private(set) var numbers: [UInt16] = []
    /// How many values are in each of them.
    package private(set) var counts: [Int64] = []

    package init() {}

    /// - Returns: nil: the numbers do not rise, or are none; or a count is not positive.
    package init?(numbers: [UInt16], counts: [Int64]) {
        guard numbers.count == counts.count, counts.allSatisfy({ $0 > 0 }), numbers.allSatisfy({ $0 <= Self.above }) else { return nil }
        guard zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 }) else { return nil }
        self.numbers = numbers
        self.counts = counts
    }

    /// - Parameter value: not negative, a number.
    package static func number(of value: Double) -> UInt16 {
        if value < lowest { return below }
        if value >= highest { return above }
        return UInt16((value.bitPattern >> dropped) - base + 1)
    }

    /// The middle of a bucket: nowhere in it is farther away than 1/128 of the value.
    package static func middle(_ number: UInt16) -> Double {
        if number == below { return lowest / 2 }
        if number >= above { return .infinity }
        let from = Double(bitPattern: (base + UInt64(number) - 1) << dropped)
        let to = Double(bitPattern: (base + UInt64(number)) << dropped)
        return (from + to) / 2
    }

    mutating func add(_ number: UInt16, _ count: Int64) {
        let place = firstPlace(from: number)
        if place < numbers.count, numbers[place] == number {
            counts[place] = saturated(counts[place], count)
        } else {
            numbers.insert(number, at: place)
            counts.insert(count, at: place)
        }
    }

    mutating func merge(_ other: Buckets) {
        if other.numbers.isEmpty { return }
        if numbers.isEmpty {
            self = other
            return
        }
        var merged = Buckets()
        merged.numbers.reserveCapacity(numbers.count + other.numbers.count)
        merged.counts.reserveCapacity(numbers.count + other.numbers.count)
        var (i, j) = (0, 0)
        while i < numbers.count || j < other.numbers.count {
            let mine = i < numbers.count ? numbers[i] : .max
            let theirs = j < other.numbers.count ? other.numbers[j] : .max
            merged.numbers.append(min(mine, theirs))
            merged.counts.append(saturated(mine <= theirs ? counts[i] : 0, theirs <= mine ? other.counts[j] : 0))
            if mine <= theirs { i += 1 }
            if theirs <= mine { j += 1 }
        }
        self = merged
    }

    /// The bucket of the value that has this place among all, counted from 1.
    func number(ofRank rank: Int64) -> UInt16? {
        var passed: Int64 = 0
        for (number, count) in zip(numbers, counts) {
            passed = saturated(passed, count)
            if passed >= rank { return number }
        }
        return numbers.last
    }

    private func firstPlace(from number: UInt16) -> Int {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The sum of two counts, or the largest number there is.
func saturated(_ a: Int64, _ b: Int64) -> Int64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
}
