import Telemetry
import Testing

@Suite struct SeriesBytesTests {
    static func point(_ chance: inout Chance, durations: Bool) -> Point {
        if durations {
            var histogram = Histogram()
            for _ in 0...chance.below(20) { histogram.observe(chance.unit() * chance.one(of: [0, 0.01, 1, 1e7])) }
            return Point(histogram)!
        }
        var point = Point(chance.one(of: [0, 1, -3.5, chance.unit(), 1e300, -.leastNonzeroMagnitude]))!
        for _ in 0..<chance.below(3) { point.merge(Point(chance.unit())!) }
        return point
    }

    @Test(arguments: 1...60)
    func blocksAreReadAsTheyWereWritten(_ seed: Int) throws {
        var chance = Chance(seed)
        var points = [Point?](repeating: nil, count: Limits.blockPoints)
        let (filled, durations) = (chance.below(101), chance.below(2) == 0)
        for step in points.indices where chance.below(100) < filled {
            points[step] = step > 0 && chance.below(3) == 0 ? points[step - 1] : Self.point(&chance, durations: durations)
        }
        let bytes = SeriesBytes.encode(points)
        #expect(SeriesBytes.decode(bytes) == points)
        #expect(SeriesBytes.decode(bytes + [0]) == nil)
        for cut in 0..<bytes.count { #expect(SeriesBytes.decode(Array(bytes.prefix(cut))) == nil, "cut at \(cut)") }
    }

    /// Whatever lies there: nil, or a block whose points are points.
    @Test(arguments: 1...40)
    func garbageIsRefusedAndNeverTraps(_ seed: Int) {
        var chance = Chance(seed)
        for _ in 0..<200 {
            var points = [Point?](repeating: nil, count: Limits.blockPoints)
            for step in 0..<10 { points[step] = Self.point(&chance, durations: chance.below(2) == 0) }
            var bytes = SeriesBytes.encode(points)
            for _ in 0...chance.below(6) { bytes[chance.below(bytes.count)] = UInt8(truncatingIfNeeded: chance.next()) }
            if chance.below(4) == 0 { bytes = [1] + (0..<chance.below(200)).map { _ in UInt8(truncatingIfNeeded: chance.next()) } }
            for case let point? in SeriesBytes.decode(bytes) ?? [] {
                #expect(point.count > 0 && point.min <= point.max && point.sum.isFinite)
            }
        }
    }

    @Test func aSteadySeriesTakesAByteForAPoint() {
        let points = [Point?](repeating: Point(42), count: Limits.blockPoints)
        #expect(SeriesBytes.encode(points).count < 9 + 60 + 8)
    }

    @Test func countsAndSumsNeverOverflow() {
        var point = Point(count: .max, sum: .greatestFiniteMagnitude, min: 0, max: .greatestFiniteMagnitude, buckets: nil)!
        point.merge(point)
        #expect(point.count == .max && point.sum == .greatestFiniteMagnitude)
        #expect(Point(.nan) == nil && Point(.infinity) == nil && Point(Histogram()) == nil)
        #expect(Point(count: 1, sum: 1, min: 2, max: 1, buckets: nil) == nil && Point(count: 0, sum: 1, min: 1, max: 1, buckets: nil) == nil)
    }
}
