import Telemetry
import Testing

@Suite struct HistogramTests {
    private static let quantiles = [0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1]

    /// Values over the whole range, over one octave, all alike, and at the edges of buckets.
    private static func values(_ chance: inout Chance) -> [Double] {
        let kind = chance.below(5)
        return (0..<(1 + chance.below(2000))).map { _ in
            switch kind {
            case 0: return exp2Of(chance.unit() * 31.9 - 19.95)
            case 1: return 0.01 * (1 + chance.unit())
            case 2: return 0.125
            case 3: return Double(bitPattern: (0.001.bitPattern >> 46 + UInt64(chance.below(300))) << 46)
            default: return chance.below(10) == 0 ? 3 * chance.unit() + 0.1 : 0.0005 * (1 + chance.unit())
            }
        }
    }

    private static func exp2Of(_ x: Double) -> Double {
        let whole = x.rounded(.down)
        return Double(sign: .plus, exponent: Int(whole), significand: 1 + (x - whole))
    }

    @Test(arguments: 1...60)
    func quantilesAreWithinTheStatedError(_ seed: Int) throws {
        var chance = Chance(seed)
        let values = Self.values(&chance)
        var histogram = Histogram()
        for value in values { histogram.observe(value) }
        let sorted = values.sorted()
        #expect(histogram.count == Int64(values.count))
        #expect(histogram.min == sorted.first && histogram.max == sorted.last)
        #expect(histogram.sum == values.reduce(0, +))
        for q in Self.quantiles {
            let exact = sorted[max(1, Int((q * Double(sorted.count)).rounded(.up))) - 1]
            let found = try #require(histogram.quantile(q))
            #expect(abs(found - exact) <= exact * Histogram.relativeError, "seed \(seed), q \(q): \(found) for \(exact)")
        }
    }

    @Test(arguments: 1...40)
    func mergedPartsSayTheSameAsTheWhole(_ seed: Int) {
        var chance = Chance(seed)
        let values = Self.values(&chance).map { ($0 * 1024).rounded() / 1024 }
        var (whole, parts) = (Histogram(), [Histogram(), Histogram(), Histogram()])
        for value in values {
            whole.observe(value)
            parts[chance.below(3)].observe(value)
        }
        // In whole 1/1024 the sums are exact, whatever their order.
        var merged = Histogram()
        for part in parts { merged.merge(part) }
        #expect(merged == whole)
    }

    /// That the bound can be missed: half as many parts miss it.
    @Test func coarserBucketsWouldMissTheBound() {
        let exact = 1.0 + 1.0 / 32 - 1e-9
        var histogram = Histogram()
        for value in [0.5, exact, 2] { histogram.observe(value) }
        #expect(abs((histogram.quantile(0.5) ?? 0) - exact) <= exact / 128)
        #expect(abs((1 + 1.0 / 64) - exact) > exact / 128, "the middle of a bucket twice as wide")
    }

    @Test func theErrorIsBelowOnePercent() { #expect(Histogram.relativeError <= 0.01) }

    @Test func everyBucketHoldsItsMiddleAndItsEdge() {
        for number in UInt16(1)..<UInt16(Buckets.count - 1) { #expect(Buckets.number(of: Buckets.middle(number)) == number) }
        #expect(Buckets.number(of: Buckets.lowest) == 1 && Buckets.number(of: Buckets.lowest.nextDown) == 0)
        #expect(Int(Buckets.number(of: Buckets.highest.nextDown)) == Buckets.count - 2 && Int(Buckets.number(of: Buckets.highest)) == Buckets.count - 1)
    }

    @Test func whatIsNoDurationDoesNoHarm() {
        var histogram = Histogram()
        for value in [Double.nan, .infinity, -.infinity] { histogram.observe(value) }
        #expect(histogram.isEmpty && histogram.quantile(0.5) == nil && histogram.mean == nil && histogram.min == nil && histogram.max == nil)
        for value in [-1, 0, -0.0, .leastNonzeroMagnitude, 1e300, .greatestFiniteMagnitude, .greatestFiniteMagnitude] { histogram.observe(value) }
        histogram.observe(1, times: .max)
        histogram.observe(1, times: .max)
        #expect(histogram.count == .max && histogram.sum.isFinite)
        #expect(histogram.quantile(.nan) == nil && histogram.quantile(-7) == 0 && histogram.quantile(7) == .greatestFiniteMagnitude)
        #expect(histogram.quantile(0.5) == 1 + 1.0 / 128)
    }

    @Test func memoryIsBounded() {
        var histogram = Histogram()
        var chance = Chance(1)
        for _ in 0..<50_000 { histogram.observe(Double(bitPattern: chance.next() & .max >> 1)) }
        #expect(histogram.buckets.numbers.count <= Buckets.count)
    }
}
