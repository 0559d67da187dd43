import Testing
import Console

struct ChartTests {
    @Test func axesHaveNiceTicksAroundTheirValues() {
        #expect(Axis(low: 0.18, high: 0.97, count: 4).ticks.map { Words.fixed($0, 1) } == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
        #expect(Axis(whole: 1...30, count: 6).ticks == [1, 5, 10, 15, 20, 25, 30])
        #expect(Axis(whole: 1...1, count: 6).ticks == [1, 2])
        #expect(Axis(low: 0, high: 3_000_000_000, count: 4).label(1e9) == "1.0e9")
        #expect(Axis(low: 0.0011, high: 0.0019, count: 4).label(0.0012) == "0.0012")
    }

    /// Whatever comes, an axis covers it, rises, and has few ticks.
    @Test func axesTakeAnyValues() {
        var state: UInt64 = 7
        func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 11
        }
        for _ in 0..<5000 {
            let scale = (0..<Int(next() % 280)).reduce(1e-140) { value, _ in value * 10 }
            let (a, b) = ((Double(next() % 2001) - 1000) * scale, (Double(next() % 2001) - 1000) * scale)
            let axis = Axis(low: a, high: b, count: 4)
            #expect((2...13).contains(axis.ticks.count), "\(a) \(b)")
            let slack = axis.step * 1e-6
            #expect(axis.range.lowerBound <= min(a, b) + slack && axis.range.upperBound >= max(a, b) - slack, "\(a) \(b) \(axis)")
            #expect(zip(axis.ticks, axis.ticks.dropFirst()).allSatisfy { $0 < $1 })
        }
        for rounds in [1...2, 5...5, 1...100_000, 99_990...100_000] {
            let axis = Axis(whole: rounds, count: 6)
            #expect(axis.ticks.count <= 15 && axis.ticks.allSatisfy { axis.range.contains($0) && $0 == $0.rounded() })
        }
    }

    @Test func pointsLieWhereTheirValuesAre() {
        let chart = SessionCharts(Samples.session(rounds: 12)).accuracy
        let axis = chart.values
        let points = chart.series[0].points
        #expect(points.count == 12 && points.map(\.round) == Array(1...12))
        for (a, b) in zip(points, points.dropFirst()) {
            #expect(chart.x(Double(a.round)) < chart.x(Double(b.round)))
            #expect((chart.y(a.value, axis) > chart.y(b.value, axis)) == (a.value < b.value))
        }
        #expect(chart.y(axis.range.lowerBound, axis) == Chart.height - Chart.bottom && chart.y(axis.range.upperBound, axis) == Chart.top)
        #expect(axis.range.upperBound <= 1)
        // While it goes on, the axis leads to the last round.
        #expect(chart.x(30) == Chart.width - Chart.right)
        #expect(SessionCharts(Samples.session(rounds: 12, of: 2000)).rounds == 1...30 && SessionCharts(Samples.session(rounds: 31, of: 2000)).rounds == 1...60)
        #expect(
            SessionCharts(Samples.session(rounds: 31, of: 40)).rounds == 1...40 && SessionCharts(Samples.session(rounds: 31, stage: .failed)).rounds == 1...31)
    }

    @Test func whatIsNotFiniteIsNotDrawn() {
        var model = Samples.session(rounds: 4)
        (model.rows[0].loss, model.rows[1].loss, model.rows[2].loss) = (.nan, .infinity, 1e300)
        let chart = SessionCharts(model).loss
        #expect(chart.series[0].points.map(\.round) == [4])
        #expect(!chart.svg.text.contains("nan") && !chart.svg.text.contains("inf"))
        model.rows = []
        #expect(SessionCharts(model).figures.text.contains("No round has been committed yet"))
    }

    /// Every point of every chart stands in the table, and every figure of a committed round in its chart.
    @Test func chartsAndTableSayTheSame() throws {
        for model in [Samples.session(rounds: 12), Samples.session(rounds: 30, stage: .completed), Samples.session(rounds: 1)] {
            let page = SessionPage.content(model).main.text
            let charts = SessionCharts(model)
            for (figure, points) in [
                ("accuracy", charts.accuracy.series[0].points), ("loss", charts.loss.series[0].points),
                ("epsilon", try #require(charts.epsilon).series[0].points),
                ("up", charts.bytes.series[0].points), ("down", charts.bytes.series[1].points),
            ] {
                var shown: [Int: String] = [:]
                for row in page.components(between: "<tr data-round=\"", "</tr>") where !row.contains("class=\"void\"") {
                    let round = try #require(Int(row.prefix { $0 != "\"" }))
                    shown[round] = row.components(between: "data-figure=\"\(figure)\" data-value=\"", "\"").first
                }
                #expect(shown.count == model.rows.count { $0.isCommitted })
                #expect(Dictionary(uniqueKeysWithValues: points.map { ($0.round, $0.shown) }) == shown, "\(figure)")
            }
            for chart in charts.all {
                let drawn = chart.svg.text.components(between: "class=\"point\" data-round=\"", "\"").count
                #expect(drawn == chart.series.reduce(0) { $0 + $1.points.count })
            }
        }
    }

    @Test func labelsAtTheEndsDoNotLieOnEachOther() {
        var model = Samples.session(rounds: 3)
        for i in model.rows.indices { (model.rows[i].bytesUp, model.rows[i].bytesDown) = (500_000, 500_000) }
        let text = SessionCharts(model).bytes.svg.text
        let heights = text.components(between: "<text x=", "</text>").filter { $0.contains("end-label") }.compactMap {
            $0.components(between: "y=\"", "\"").first
        }
        .compactMap { Double($0) }
        #expect(heights.count == 2 && abs(heights[0] - heights[1]) >= 15)
    }

    @Test func aChartSaysWhatItShows() {
        let text = SessionCharts(Samples.session(rounds: 12)).epsilon?.svg.text ?? ""
        #expect(text.contains("role=\"img\"") && text.contains("aria-labelledby=\"chart-epsilon-title chart-epsilon-about\""))
        #expect(text.contains("<title id=\"chart-epsilon-title\">ε spent</title>") && text.contains("The line across is budget 8.000."))
        #expect(text.contains("<title>Round 12: 3.180</title>"))
        #expect(SessionCharts(Samples.session(rounds: 2)).bytes.svg.text.contains("<title>Round 2: up 0.69 MB</title>"))
    }
}

extension String {
    /// What stands between each `start` and the next `end`.
    func components(between start: String, _ end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let begin = rest.firstRange(of: start) {
            rest = rest[begin.upperBound...]
            guard let stop = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<stop.lowerBound]))
        }
        return found
    }
}
