import Telemetry
import Testing

@Suite struct MetricsTests {
    @Test func prometheusReadsIt() throws {
        let metrics = Metrics(help: ["tutti_a_total": "A.", "tutti_b": "B.", "tutti_c_seconds": "C."])
        metrics.add("tutti_a_total", [("kind", "x")], 2)
        metrics.add("tutti_a_total", [("kind", "quo\"te\\\n")])
        metrics.set("tutti_b", [], 0.5)
        metrics.set("tutti_b", [("x", "nan")], .nan)
        metrics.set("tutti_b", [("x", "inf")], -.infinity)
        for seconds in [0.001, 0.0011, 0.2, 61, .nan] { metrics.observe("tutti_c_seconds", [("op", "o"), ("status", "200")], seconds: seconds) }
        let lines = metrics.prometheusText().split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(8) == [
                "# HELP tutti_a_total A.", "# TYPE tutti_a_total counter", #"tutti_a_total{kind="quo\"te\\\n"} 1.0"#, #"tutti_a_total{kind="x"} 2.0"#,
                "# HELP tutti_b B.", "# TYPE tutti_b gauge", "tutti_b 0.5", #"tutti_b{x="inf"} -Inf"#,
            ])
        #expect(lines.contains(#"tutti_b{x="nan"} NaN"#))
        #expect(lines.contains(#"tutti_c_seconds_bucket{op="o",status="200",le="0.001"} 1"#))
        #expect(lines.contains(#"tutti_c_seconds_bucket{op="o",status="200",le="0.0025"} 2"#))
        #expect(lines.contains(#"tutti_c_seconds_bucket{op="o",status="200",le="60.0"} 3"#))
        #expect(lines.contains(#"tutti_c_seconds_bucket{op="o",status="200",le="+Inf"} 4"#))
        #expect(lines.contains(#"tutti_c_seconds_count{op="o",status="200"} 4"#))
        #expect(lines.contains { $0.hasPrefix(#"tutti_c_seconds_sum{op="o",status="200"} 61.2"#) })
    }

    /// Documented names are sums of what is there, with every bucket, and no second count.
    @Test func viewsAreSumsOfTheSameCounts() {
        let view = RequestView(requests: "r_total", durations: "d_seconds", source: "s_seconds") { series in
            series.value("op") == "hidden" ? nil : ("llm", series.value("status") == "200" ? "success" : "error")
        }
        let metrics = Metrics(help: [:], views: [view])
        for (op, status, seconds) in [("a", "200", 0.02), ("b", "200", 0.02), ("b", "500", 99.0), ("hidden", "200", 1)] {
            metrics.observe("s_seconds", [("op", op), ("status", status)], seconds: seconds)
        }
        _ = metrics.takeIntervals()
        metrics.observe("s_seconds", [("op", "a"), ("status", "200")], seconds: 0.3)
        let text = metrics.prometheusText()
        #expect(text.contains("# TYPE r_total counter\nr_total{service=\"llm\",status=\"error\"} 1\nr_total{service=\"llm\",status=\"success\"} 3\n"))
        #expect(text.contains("d_seconds_bucket{service=\"llm\",le=\"0.025\"} 2\n"))
        #expect(text.contains("d_seconds_bucket{service=\"llm\",le=\"0.5\"} 3\n"))
        #expect(text.contains("d_seconds_bucket{service=\"llm\",le=\"+Inf\"} 4\n") && text.contains("d_seconds_count{service=\"llm\"} 4\n"))
        #expect(text.split(separator: "\n").count { $0.hasPrefix("d_seconds_bucket") } == Metrics.bounds.count + 1)
    }

    @Test func theHistogramOfASeriesCountsWhatItsBucketsCount() throws {
        let metrics = Metrics(help: [:])
        var chance = Chance(7)
        for round in 0..<3 {
            for _ in 0..<100 { metrics.observe("s", [], seconds: chance.unit()) }
            let timings = try #require(metrics.snapshot().timings.first?.value)
            #expect(timings.count == Int64(100 * (round + 1)) && timings.buckets.reduce(0, +) == 100 * (round + 1))
            #expect(timings.histogram.count == timings.count && abs(timings.histogram.sum - timings.sum) < 1e-9)
            #expect(metrics.takeIntervals().first?.value.count == 100)
            #expect(metrics.takeIntervals().isEmpty)
        }
    }

    @Test func tooManySeriesAreCountedUnderOther() {
        let metrics = Metrics(help: [:])
        for number in 0..<(Limits.metricSeries + 500) { metrics.add("c", [("n", "\(number)")]) }
        let counters = metrics.snapshot().counters
        #expect(counters.count == Limits.metricSeries + 1 && counters.values.reduce(0, +) == Double(Limits.metricSeries + 500))
        #expect(counters.first { $0.key.value("n") == "other" }?.value == 500)
    }

    @Test func manyThreadsLoseNothing() async {
        let metrics = Metrics(help: [:])
        await withTaskGroup(of: Int64.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for number in 0..<1000 { metrics.observe("s", [("t", "\(number % 3)")], seconds: 0.01) }
                    return 0
                }
            }
            group.addTask {
                var taken: Int64 = 0
                for _ in 0..<100 {
                    for interval in metrics.takeIntervals().values { taken += interval.count }
                    await Task.yield()
                }
                return taken
            }
            var taken: Int64 = 0
            for await part in group { taken += part }
            let rest = metrics.takeIntervals().values.reduce(0) { $0 + $1.count }
            #expect(taken + rest == 8000 && metrics.snapshot().timings.values.reduce(0) { $0 + $1.count } == 8000)
        }
    }
}
