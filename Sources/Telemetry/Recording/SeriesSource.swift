/// How a metric of the process becomes time series: which labels it keeps, and of those which values. Series that differ in other
/// labels are put together.
package struct SeriesSource: Sendable {
    package struct Kept: Sendable {
        var name: String
        /// The value as it is kept; nil: `other`.
        var value: @Sendable (String) -> String?
        package init(_ name: String, _ value: @escaping @Sendable (String) -> String?) {
            self.name = name
            self.value = value
        }
        /// These values, and `other`.
        package init(_ name: String, _ values: Set<String>) {
            self.init(name) { values.contains($0) ? $0 : nil }
        }
    }
    package var metric: String
    package var series: String
    package var labels: [Kept]
    /// The label that says whose it is; nil: the platform's.
    package var tenantLabel: String?

    package init(_ metric: String, as series: String, labels: [Kept] = [], tenantLabel: String? = nil) {
        self.metric = metric
        self.series = series
        self.labels = labels
        self.tenantLabel = tenantLabel
    }

    func key(_ place: Metrics.Series) -> SeriesKey {
        let kept = labels.map { label in Metrics.Label(label.name, place.value(label.name).flatMap(label.value) ?? SeriesKey.other) }
        return SeriesKey(series, kept, tenant: tenantLabel.map { place.value($0) ?? SeriesKey.other } ?? "")
    }

    /// "404" is "4xx". 501 is its own: what is not built is no failure of the server, and its callers make nothing unwell.
    private static let statusClass = Kept("status") { status in
        if status == SeriesName.notImplemented { return status }
        guard let first = status.first, status.utf8.count == 3, "12345".contains(first) else { return nil }
        return "\(first)xx"
    }

    /// What a coordinator has.
    package static let usual: [SeriesSource] = [
        SeriesSource("tutti_http_request_seconds", as: SeriesName.requests, labels: [statusClass]),
        SeriesSource(TelemetryMetric.tenantRequests, as: SeriesName.tenantRequests, labels: [statusClass], tenantLabel: "tenant"),
        // One series for each tenant, since there is not room for many.
        SeriesSource(TelemetryMetric.tenantBytes, as: SeriesName.tenantBytes, tenantLabel: "tenant"),
        SeriesSource("tutti_requests_under_way", as: SeriesName.requestsUnderWay),
        SeriesSource("tutti_requests_shed_total", as: SeriesName.requestsShed),
        SeriesSource("tutti_connections", as: SeriesName.connections),
        SeriesSource("tutti_rounds_total", as: SeriesName.rounds, labels: [Kept("outcome", ["committed", "aborted"])]),
        SeriesSource("tutti_round_seconds", as: SeriesName.roundSeconds),
        SeriesSource("tutti_updates_total", as: SeriesName.updates, labels: [Kept("outcome", ["accepted", "late", "conflict", "rejected"])]),
        SeriesSource("tutti_bytes_total", as: SeriesName.modelBytes, labels: [Kept("direction", ["up", "down"])]),
        SeriesSource(TelemetryMetric.jobs, as: SeriesName.jobs, labels: [Kept("outcome", ["completed", "failed", "cancelled"])]),
        SeriesSource(TelemetryMetric.vaultOperations, as: SeriesName.vaultOperations, tenantLabel: "tenant"),
        SeriesSource(TelemetryMetric.vaultKeySeconds, as: SeriesName.vaultKeySeconds, tenantLabel: "tenant"),
        SeriesSource(TelemetryMetric.logsDropped, as: SeriesName.logsDropped),
    ]
}

/// Turns what the metrics say at one tick into samples.
struct MetricSampler: Sendable {
    let sources: [SeriesSource]
    private var counters: [Metrics.Series: Double] = [:]

    init(sources: [SeriesSource]) { self.sources = sources }

    mutating func samples(_ metrics: Metrics) -> [(key: SeriesKey, point: Point)] {
        let intervals = metrics.takeIntervals()
        let now = metrics.snapshot()
        var sums: [SeriesKey: Double] = [:]
        var histograms: [SeriesKey: Histogram] = [:]
        for source in sources {
            for (series, value) in now.counters.sorted(by: { $0.key < $1.key }) where series.name == source.metric {
                sums[source.key(series), default: 0] += value - (counters[series] ?? 0)
            }
            for (series, value) in now.gauges.sorted(by: { $0.key < $1.key }) where series.name == source.metric {
                sums[source.key(series), default: 0] += value
            }
            for series in intervals.keys.sorted() where series.name == source.metric {
                if let histogram = intervals[series] { histograms[source.key(series), default: Histogram()].merge(histogram) }
            }
        }
        counters = now.counters
        let values = sums.sorted { $0.key < $1.key }.compactMap { key, value in Point(value).map { (key, $0) } }
        return values + histograms.sorted { $0.key < $1.key }.compactMap { key, histogram in Point(histogram).map { (key, $0) } }
    }
}
