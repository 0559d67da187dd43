import Federation
import Storage
import Telemetry
import Testing

/// Keeps every sample and answers by looking through all of them.
struct NaiveSeries {
    var samples: [(key: SeriesKey, at: Instant, point: Point)] = []

    /// By the beginnings of steps.
    func merged(_ selector: SeriesSelector, _ stepMilliseconds: Int64) -> [Int64: Point] {
        var steps: [Int64: Point] = [:]
        for sample in samples where selector.matches(sample.key) {
            let step = sample.at.milliseconds / stepMilliseconds * stepMilliseconds
            if steps[step] == nil { steps[step] = sample.point } else { steps[step]?.merge(sample.point) }
        }
        return steps
    }
}

@Suite struct TimeSeriesTests {
    private let gauge = SeriesKey("g")
    private let calls = SeriesKey("c", [Metrics.Label("status", "2xx")], tenant: "one")

    private func value(_ value: Double) -> Point { Point(value)! }

    /// Whole numbers, so that sums are exact in every order.
    private func durations(_ chance: inout Chance) -> Point {
        var histogram = Histogram()
        for _ in 0...chance.below(5) { histogram.observe(Double(1 + chance.below(3000))) }
        return Point(histogram)!
    }

    /// Every tier, every step, all selectors: the same as all samples put together; also with a clock that is set back and forth and with
    /// restarts in between.
    @Test(arguments: 1...12)
    func everyTierSaysWhatTheSamplesSay(_ seed: Int) async throws {
        var chance = Chance(seed)
        var (series, naive) = (TimeSeries(), NaiveSeries())
        let store = FailingStore()
        var now = noon
        let keys = [gauge, calls, SeriesKey("c", [Metrics.Label("status", "5xx")], tenant: "one"), SeriesKey("c", [], tenant: "two")]
        for _ in 0..<800 {
            now = now + 10
            if seed > 6, chance.below(100) == 0 { now = now + (chance.below(7200) - 3600) }
            var samples: [(key: SeriesKey, point: Point)] = []
            for key in keys where chance.below(4) > 0 {
                samples.append((key, key == gauge ? value(Double(chance.below(1000))) : durations(&chance)))
            }
            series.record(samples, at: now)
            naive.samples += samples.map { ($0.key, now, $0.point) }
            let changes = series.takeChanges(at: now)
            try await store.putSeries(changes.blocks, horizons: changes.horizons)
            if chance.below(100) == 0 {
                series = TimeSeries()
                #expect(series.restore(try await all(store)) == 0)
            }
        }
        let (first, last) = (naive.samples.map(\.at).min()!, naive.samples.map(\.at).max()!)
        for selector in [
            SeriesSelector("g"), SeriesSelector("c", tenant: nil), SeriesSelector("c", tenant: "one"),
            SeriesSelector("c", [Metrics.Label("status", "5xx")], tenant: "one"), SeriesSelector("absent"),
        ] {
            for seconds in [10, 60, 120, 3600] {
                let exact = naive.merged(selector, Int64(seconds) * 1000)
                let found = try series.steps(selector, from: first, to: last + 1, stepSeconds: seconds)
                #expect(exact.count == found.count { $0.point != nil }, "seed \(seed), \(selector), \(seconds) s")
                let wrong = found.first { $0.point != exact[$0.at.milliseconds] }
                #expect(wrong == nil, "seed \(seed), \(selector), \(seconds) s")
            }
        }
    }

    private func all(_ store: FailingStore) async throws -> [SeriesBlock] {
        var blocks: [SeriesBlock] = []
        for tier in SeriesTier.allCases { blocks += try await store.series(tier: tier.rawValue) }
        return blocks
    }

    /// The 95th percentile over a day, from minutes, against all values of the day.
    @Test func quantilesOfADayAreWithinTheStatedError() throws {
        var (series, chance, values) = (TimeSeries(), Chance(3), [Double]())
        for tick in 0..<8640 {
            var histogram = Histogram()
            for _ in 0..<3 {
                let seconds = chance.below(20) == 0 ? 0.5 + chance.unit() : 0.005 * (1 + chance.unit())
                values.append(seconds)
                histogram.observe(seconds)
            }
            series.record([(gauge, Point(histogram)!)], at: noon + tick * 10)
        }
        let day = try #require(series.total(SeriesSelector("g"), from: noon, to: noon + 86_400))
        values.sort()
        for q in [0.5, 0.9, 0.95, 0.99] {
            let exact = values[Int((q * Double(values.count)).rounded(.up)) - 1]
            let found = try #require(day.value(.quantile(q), seconds: 86_400))
            #expect(abs(found - exact) <= exact * Histogram.relativeError, "q \(q)")
        }
        #expect(day.count == Int64(values.count) && day.min == values.first && day.max == values.last)
    }

    @Test func whatIsTooOldIsGivenUpTierByTier() async throws {
        var series = TimeSeries()
        let store = FailingStore()
        // An hour's step for 410 days.
        for hour in 0..<(410 * 24) {
            let now = noon + hour * 3600
            series.record([(gauge, value(1))], at: now)
            let changes = series.takeChanges(at: now)
            if hour % 24 == 0 || hour > 409 * 24 { try await store.putSeries(changes.blocks, horizons: changes.horizons) }
        }
        let end = noon + 410 * 86_400
        func hours(_ tier: SeriesTier) -> Int { series.count(gauge, tier) }
        #expect((24...26).contains(hours(.tenSeconds)))
        #expect((7 * 24...7 * 24 + 2).contains(hours(.minute)))
        #expect((400 * 24...400 * 24 + 60).contains(hours(.hour)))
        #expect(series.total(SeriesSelector("g"), from: end + -400 * 86_400, to: end)?.count == 9600)
        #expect(series.total(SeriesSelector("g"), from: end + -86_400 * 6, to: end + -86_400 * 5)?.count == 24)
        #expect(store.blockCount < 300)
    }

    /// The clock says for a moment that it is years later: a block at each tier is lost at most, and what comes after is right.
    @Test func aClockThatIsFarAheadForAMomentCostsABlock() {
        var series = TimeSeries()
        for tick in 0..<720 {
            series.record([(gauge, value(1))], at: noon + tick * 10)
            _ = series.takeChanges(at: noon + tick * 10)
        }
        series.record([(gauge, value(1))], at: noon + 3_000_000_000)
        _ = series.takeChanges(at: noon + 3_000_000_000)
        for tick in 720..<1440 {
            series.record([(gauge, value(1))], at: noon + tick * 10)
            _ = series.takeChanges(at: noon + tick * 10)
        }
        let fine = (try? series.steps(SeriesSelector("g"), from: noon, to: noon + 14_400, stepSeconds: 10)) ?? []
        #expect(fine.count { $0.point == nil } <= Limits.blockPoints)
        #expect(fine.suffix(1440 - 60).allSatisfy { $0.point == value(1) })
    }

    @Test func extremeInstantsDoNotTrap() {
        var series = TimeSeries()
        for now in [Instant(milliseconds: .min), Instant(milliseconds: .max), Instant(milliseconds: 0), Instant(milliseconds: -1)] {
            series.record([(gauge, value(1))], at: now)
            _ = series.takeChanges(at: now)
        }
        let ends = [Instant(milliseconds: .min), Instant(milliseconds: -1), Instant(milliseconds: 0), Instant(milliseconds: .max)]
        for from in ends {
            for to in ends {
                _ = series.total(SeriesSelector("g"), from: from, to: to)
                _ = series.quantileOfSteps(0.5, SeriesSelector("g"), from: from, to: to)
                for step in [.min, -10, 0, 1, 10, 3600, .max] { _ = try? series.steps(SeriesSelector("g"), from: from, to: to, stepSeconds: step) }
            }
        }
        #expect(series.total(SeriesSelector("g"), from: Instant(milliseconds: -5), to: Instant(milliseconds: 5))?.count == 2)
    }

    @Test func tooManySeriesGoToOther() {
        var series = TimeSeries(seriesMax: 10)
        for number in 0..<50 {
            series.record([(SeriesKey("m", [Metrics.Label("n", "\(number)")], tenant: "t\(number)"), value(1))], at: noon)
        }
        #expect(series.keys.count == 11 && series.keys.contains(SeriesKey("m", [Metrics.Label("n", "other")], tenant: "other")))
        #expect(series.total(SeriesSelector("m", tenant: nil), from: noon, to: noon + 10)?.count == 50)
        for number in 0..<1000 { series.record([(SeriesKey("m\(number)"), value(1))], at: noon) }
        #expect(series.keys.count == 10 + Limits.seriesOfOthers)
    }

    @Test func questionsWithoutAnAnswerSayWhy() {
        let series = TimeSeries()
        #expect(throws: SeriesError.self) { try series.steps(SeriesSelector("g"), from: noon, to: noon, stepSeconds: 10) }
        #expect(throws: SeriesError.self) { try series.steps(SeriesSelector("g"), from: noon, to: noon + 60, stepSeconds: 15) }
        #expect(throws: SeriesError.self) { try series.steps(SeriesSelector("g"), from: noon, to: noon + 86_400 * 30, stepSeconds: 10) }
        #expect(series.total(SeriesSelector("g"), from: noon, to: noon + 60) == nil)
    }

    /// Blocks that the store did not take come again; what is damaged is counted and left alone.
    @Test func whatWasNotTakenComesAgain() throws {
        var series = TimeSeries()
        series.record([(gauge, value(1))], at: noon)
        let first = series.takeChanges(at: noon)
        #expect(first.blocks.count == 3 && series.takeChanges(at: noon).blocks.isEmpty)
        series.putBack(first)
        series.record([(gauge, value(2))], at: noon + 10)
        #expect(series.takeChanges(at: noon + 10).blocks.count == 1)
        let all = series.takeChanges(at: noon + 3600)
        #expect(all.blocks.map(\.tier) == [1, 2])
        var other = TimeSeries()
        var damaged = first.blocks
        damaged[0].points[0] = 9
        damaged[1].series = "{"
        damaged[2].tier = 7
        #expect(other.restore(damaged) == 3)
    }

    /// Any number may lie in the store. Before 1970 is where a clock that lost its battery begins; outside of what milliseconds can say is nowhere.
    @Test(arguments: [Int64.min, -1 << 60, -2, -1, 0, 1, 1 << 60, .max]) func blocksOfAnyTimeAreTakenOrCounted(_ number: Int64) throws {
        var series = TimeSeries()
        series.record([(gauge, value(1))], at: noon)
        let points = try #require(series.takeChanges(at: noon).blocks.first { $0.tier == 0 }).points
        for tier in SeriesTier.allCases {
            var other = TimeSeries()
            let block = SeriesBlock(tenant: gauge.tenant, series: gauge.text, tier: tier.rawValue, number: number, points: points)
            #expect(other.restore([block]) == (number.magnitude > 1 << 50 ? 1 : 0))
            other.record([(gauge, value(2))], at: noon)
            #expect(!other.takeChanges(at: noon, all: true).blocks.isEmpty)
        }
    }

    @Test(arguments: ["a", "with space", "é{=,}%", "", "a/b:c.d-e_f", String(repeating: "x", count: 500)])
    func keysAreReadBack(_ text: String) {
        let key = SeriesKey(text, [Metrics.Label(text, text), Metrics.Label("b", "c")], tenant: text)
        #expect(SeriesKey(tenant: key.tenant, text: key.text) == key)
        #expect(SeriesKey(tenant: key.tenant, text: key.text)?.labels == key.labels)
        for bad in ["a{", "a{b}", "a{b=c", "a{b=c,}", "a b", "%zz", "%", "a{b=c}d"] { #expect(SeriesKey(tenant: "", text: bad) == nil, "\(bad)") }
    }
}
