/// The durations of one metric once more under documented names: `requests{service,status}` counts them and
/// `durations{service}` is their histogram. Nothing is counted twice; both are sums over series that are there.
package struct RequestView: Sendable {
    package var requests: String
    package var durations: String
    /// The metric that is counted.
    package var source: String
    /// What a series of `source` counts as; nil: it is left out.
    package var place: @Sendable (Metrics.Series) -> (service: String, status: String)?

    package init(
        requests: String, durations: String, source: String, place: @escaping @Sendable (Metrics.Series) -> (service: String, status: String)?
    ) {
        self.requests = requests
        self.durations = durations
        self.source = source
        self.place = place
    }
}

extension Metrics {
    /// Everything in Prometheus' text format 0.0.4.
    /// - Parameter tenant: who reads it: series with the label `tenant` are left out where they are another's. nil: all are told.
    package func prometheusText(tenant: String? = nil) -> String {
        let now = tenant.map { snapshot().seen(by: $0) } ?? snapshot()
        var page = PrometheusPage(help: help)
        page.simple(now.counters, "counter") { Self.text($0) }
        page.simple(now.gauges, "gauge") { Self.text($0) }
        page.histograms(now.timings.mapValues { PrometheusPage.Duration($0) })
        for view in views {
            var requests: [Series: Int64] = [:]
            var durations: [Series: PrometheusPage.Duration] = [:]
            for (series, timings) in now.timings where series.name == view.source {
                guard let place = view.place(series) else { continue }
                let (service, status) = (Label("service", place.service), Label("status", place.status))
                let count = Series(name: view.requests, labels: [service, status])
                requests[count] = saturated(requests[count] ?? 0, timings.count)
                durations[Series(name: view.durations, labels: [service]), default: .init()].add(timings)
            }
            page.simple(requests, "counter") { "\($0)" }
            page.histograms(durations)
        }
        return page.lines.joined(separator: "\n") + "\n"
    }

    /// As Prometheus reads numbers.
    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        return value.isFinite ? "\(value)" : value < 0 ? "-Inf" : "+Inf"
    }
}

extension Metrics.Snapshot {
    fileprivate func seen(by tenant: String) -> Metrics.Snapshot {
        func isSeen(_ series: Metrics.Series) -> Bool { series.value("tenant").map { $0 == tenant } ?? true }
        var seen = Metrics.Snapshot()
        seen.counters = counters.filter { isSeen($0.key) }
        seen.gauges = gauges.filter { isSeen($0.key) }
        seen.timings = timings.filter { isSeen($0.key) }
        return seen
    }
}

private struct PrometheusPage {
    struct Duration {
        var buckets = [Int](repeating: 0, count: Metrics.bounds.count + 1)
        var sum = 0.0
        var count: Int64 = 0

        init() {}
        init(_ timings: Metrics.Timings) { add(timings) }

        mutating func add(_ timings: Metrics.Timings) {
            for index in buckets.indices { buckets[index] += timings.buckets[index] }
            sum += timings.sum
            count = saturated(count, timings.count)
        }
    }

    let help: [String: String]
    var lines: [String] = []

    init(help: [String: String]) { self.help = help }

    private mutating func header(_ name: String, _ type: String) {
        lines.append("# HELP \(name) \(help[name] ?? name)")
        lines.append("# TYPE \(name) \(type)")
    }

    mutating func simple<Value>(_ values: [Metrics.Series: Value], _ type: String, _ text: (Value) -> String) {
        var last = ""
        for (series, value) in values.sorted(by: { $0.key < $1.key }) {
            if series.name != last { header(series.name, type) }
            last = series.name
            let labels = Self.text(series.labels)
            lines.append("\(series.name)\(labels.isEmpty ? "" : "{\(labels)}") \(text(value))")
        }
    }

    mutating func histograms(_ values: [Metrics.Series: Duration]) {
        var last = ""
        for (series, duration) in values.sorted(by: { $0.key < $1.key }) {
            if series.name != last { header(series.name, "histogram") }
            last = series.name
            let own = Self.text(series.labels)
            let prefix = own.isEmpty ? "" : own + ","
            var total = 0
            for (bound, count) in zip(Metrics.bounds.map { "\($0)" } + ["+Inf"], duration.buckets) {
                total += count
                lines.append("\(series.name)_bucket{\(prefix)le=\"\(bound)\"} \(total)")
            }
            let labels = own.isEmpty ? "" : "{\(own)}"
            lines.append("\(series.name)_sum\(labels) \(duration.sum)")
            lines.append("\(series.name)_count\(labels) \(duration.count)")
        }
    }

    private static func text(_ labels: [Metrics.Label]) -> String {
        var text = ""
        for label in labels {
            text += text.isEmpty ? label.name : "," + label.name
            text += "=\""
            for character in label.value.unicodeScalars {
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
}
