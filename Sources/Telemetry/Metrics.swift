import Foundation

/// Counters, gauges and histograms, written out in Prometheus' text format. Names begin with `tutti_` and carry their
/// unit; labels come from small closed sets.
package final class Metrics: Sendable {
    private struct Series: Hashable, Comparable {
        var name: String
        var labels: String
        static func < (a: Series, b: Series) -> Bool { (a.name, a.labels) < (b.name, b.labels) }
    }
    private struct Histogram {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        var sum = 0.0
        var count = 0
    }
    private final class State: @unchecked Sendable {
        let lock = NSLock()
        var counters: [Series: Double] = [:]
        var gauges: [Series: Double] = [:]
        var histograms: [Series: Histogram] = [:]
    }
    private let state = State()
    private let help: [String: String]
    /// Seconds, from a millisecond to a minute.
    static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

    /// - Parameter help: one line for every metric this process has.
    package init(help: [String: String]) { self.help = help }

    package func add(_ name: String, _ labels: [(String, String)] = [], _ amount: Double = 1) {
        state.lock.withLock { state.counters[Series(name: name, labels: text(labels)), default: 0] += amount }
    }

    package func set(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        state.lock.withLock { state.gauges[Series(name: name, labels: text(labels))] = value }
    }

    package func observe(_ name: String, _ labels: [(String, String)] = [], seconds: Double) {
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.lock.withLock {
            let series = Series(name: name, labels: text(labels))
            state.histograms[series, default: Histogram()].buckets[bucket] += 1
            state.histograms[series, default: Histogram()].sum += seconds
            state.histograms[series, default: Histogram()].count += 1
        }
    }

    private func text(_ labels: [(String, String)]) -> String {
        var text = ""
        for (name, value) in labels {
            text += text.isEmpty ? name : "," + name
            text += "=\""
            for character in value.unicodeScalars {
                switch character {
                case "\\", "\"": text += "\\" + String(character)
                case "\n": text += "\\n"
                default: text.unicodeScalars.append(character)
                }
            }
            text += "\""
        }
        return text
    }

    package func prometheusText() -> String {
        let (counters, gauges, histograms) = state.lock.withLock { (state.counters, state.gauges, state.histograms) }
        var lines: [String] = []
        func header(_ name: String, _ type: String) {
            lines.append("# HELP \(name) \(help[name] ?? name)")
            lines.append("# TYPE \(name) \(type)")
        }
        func simple(_ values: [Series: Double], _ type: String) {
            var last = ""
            for (series, value) in values.sorted(by: { $0.key < $1.key }) {
                if series.name != last { header(series.name, type) }
                last = series.name
                lines.append("\(series.name)\(series.labels.isEmpty ? "" : "{\(series.labels)}") \(value)")
            }
        }
        simple(counters, "counter")
        simple(gauges, "gauge")
        var last = ""
        for (series, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
            if series.name != last { header(series.name, "histogram") }
            last = series.name
            let prefix = series.labels.isEmpty ? "" : series.labels + ","
            var total = 0
            for (bound, count) in zip(Self.bounds.map { "\($0)" } + ["+Inf"], histogram.buckets) {
                total += count
                lines.append("\(series.name)_bucket{\(prefix)le=\"\(bound)\"} \(total)")
            }
            let labels = series.labels.isEmpty ? "" : "{\(series.labels)}"
            lines.append("\(series.name)_sum\(labels) \(histogram.sum)")
            lines.append("\(series.name)_count\(labels) \(histogram.count)")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
