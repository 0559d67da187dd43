import Foundation

/// Counters, gauges and durations. Names begin with `tutti_` and carry their unit; labels come from small closed sets.
///
/// A duration is counted once for Prometheus' buckets and once in a `Histogram` of the same series, under one lock. Readers
/// get values of one moment; what they do with them holds nobody up.
package final class Metrics: Sendable {
    package struct Label: Hashable, Comparable, Sendable {
        package var name: String
        package var value: String
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
        package static func < (a: Label, b: Label) -> Bool { (a.name, a.value) < (b.name, b.value) }
    }

    package struct Series: Hashable, Comparable, Sendable {
        package var name: String
        package var labels: [Label]

        package func value(_ label: String) -> String? { labels.first { $0.name == label }?.value }

        package static func < (a: Series, b: Series) -> Bool {
            a.name != b.name ? a.name < b.name : a.labels.lexicographicallyPrecedes(b.labels)
        }
    }

    /// Durations of one series since the process began.
    package struct Timings: Sendable {
        /// How many were at most as long as each of `bounds` and longer than the one before; the last: longer than all of them.
        package internal(set) var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        /// Until the last call of `takeIntervals`, and since then. The parts are kept apart so that an interval has its own
        /// smallest and largest value.
        var settled = Histogram()
        var recent = Histogram()

        package var histogram: Histogram {
            var all = settled
            all.merge(recent)
            return all
        }
        package var count: Int64 { saturated(settled.count, recent.count) }
        package var sum: Double { settled.sum + recent.sum }
    }

    /// Everything as it was at one moment.
    package struct Snapshot: Sendable {
        package internal(set) var counters: [Series: Double] = [:]
        package internal(set) var gauges: [Series: Double] = [:]
        package internal(set) var timings: [Series: Timings] = [:]
    }

    private final class State: @unchecked Sendable {
        let lock = NSLock()
        var values = Snapshot()
        var watched: [(series: Series, value: @Sendable () -> Double)] = []
    }
    private let state = State()
    let help: [String: String]
    let views: [RequestView]
    /// Seconds, from a millisecond to a minute.
    package static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    /// - Parameters:
    ///   - help: one line for every metric this process has.
    ///   - views: other names under which durations are offered, too.
    package init(help: [String: String], views: [RequestView] = []) {
        self.help = help
        self.views = views
    }

    package func add(_ name: String, _ labels: [(String, String)] = [], _ amount: Double = 1) {
        guard amount.isFinite else { return }
        let series = Self.series(name, labels)
        state.lock.withLock { state.values.counters[Self.admitted(series, state.values.counters), default: 0] += amount }
    }

    package func set(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        let series = Self.series(name, labels)
        state.lock.withLock { state.values.gauges[Self.admitted(series, state.values.gauges)] = value }
    }

    /// A gauge that is read where it stands whenever somebody looks: for what changes with every call.
    package func watch(_ name: String, _ value: @escaping @Sendable () -> Double) {
        let series = Self.series(name, [])
        state.lock.withLock { state.watched.append((series, value)) }
    }

    /// What is no finite number is not counted.
    package func observe(_ name: String, _ labels: [(String, String)] = [], seconds: Double) {
        guard seconds.isFinite else { return }
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        let series = Self.series(name, labels)
        state.lock.withLock {
            let place = Self.admitted(series, state.values.timings)
            state.values.timings[place, default: Timings()].buckets[bucket] += 1
            state.values.timings[place, default: Timings()].recent.observe(seconds)
        }
    }

    package func snapshot() -> Snapshot {
        var (values, watched) = state.lock.withLock { (state.values, state.watched) }
        for (series, value) in watched { values.gauges[series] = value() }
        return values
    }

    /// Durations that were observed since the last call, by series. For one caller: the recorder.
    package func takeIntervals() -> [Series: Histogram] {
        state.lock.withLock {
            var taken: [Series: Histogram] = [:]
            for (series, timings) in state.values.timings where !timings.recent.isEmpty {
                taken[series] = timings.recent
                state.values.timings[series]?.settled.merge(timings.recent)
                state.values.timings[series]?.recent = Histogram()
            }
            return taken
        }
    }

    private static func series(_ name: String, _ labels: [(String, String)]) -> Series {
        Series(name: name, labels: labels.map { Label($0.0, $0.1) })
    }

    /// Itself, or where there are too many, the one that stands for all others of its name.
    private static func admitted<Value>(_ series: Series, _ present: [Series: Value]) -> Series {
        guard present.count >= Limits.metricSeries, present[series] == nil else { return series }
        return Series(name: series.name, labels: series.labels.map { Label($0.name, SeriesKey.other) })
    }
}
