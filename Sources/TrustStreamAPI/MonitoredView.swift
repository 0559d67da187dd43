internal import APIKit
internal import Federation
internal import StrictJSON
internal import Telemetry

enum MonitoredAggregation: String, ChoiceValue {
    case avg, min, max, p95, p99

    var aggregate: Aggregate {
        switch self {
        case .avg: .average
        case .min: .min
        case .max: .max
        case .p95: .quantile(0.95)
        case .p99: .quantile(0.99)
        }
    }

    /// Of values, each of a like time; a quantile by nearest rank.
    func of(_ values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        func ranked(_ q: Double) -> Double { values.sorted()[Swift.max(0, Swift.min(values.count, Int((q * Double(values.count)).rounded(.up))) - 1)] }
        switch self {
        case .avg: return values.reduce(0, +) / Double(values.count)
        case .min: return values.min()
        case .max: return values.max()
        case .p95: return ranked(0.95)
        case .p99: return ranked(0.99)
        }
    }
}

/// What the time series say of a range of time. What was not measured is null.
struct MonitoredView: Sendable {
    var series: TimeSeries
    var from: Instant
    var to: Instant
    var range: MonitoredRange
    /// nil: calls of all.
    var tenant: String?
    var aggregation: MonitoredAggregation?
    var shown: Set<MonitoredMetric>
    /// Samples of the machine are this far apart.
    private static let sampleSeconds = 10.0

    // MARK: The machine

    var system: JSON {
        var members: [JSON.Member] = []
        if shown.contains(.cpu) { members.append(.init("cpu_utilization", gauge(SeriesName.processor))) }
        if shown.contains(.memory) { members.append(.init("memory_utilization", gauge(SeriesName.memory))) }
        if shown.contains(.network) { members.append(.init("network_throughput", network)) }
        if shown.contains(.storage) { members.append(.init("storage", storage)) }
        return .object(members)
    }

    private func total(_ name: String) -> Point? { series.total(SeriesSelector(name), from: from, to: to) }

    /// A percentage.
    private func gauge(_ name: String) -> JSON {
        let point = total(name)
        return aggregated(
            [
                "average": JSON(point?.average), "peak": JSON(point?.max),
                "trend": .string(Trend(steps(SeriesSelector(name), range.stepSeconds).compactMap { $0.point?.average }).rawValue),
            ]
        ) { of in gaugeValue(SeriesSelector(name), of) }
    }

    private func gaugeValue(_ selector: SeriesSelector, _ of: MonitoredAggregation) -> Double? {
        if case .quantile(let q) = of.aggregate { return series.quantileOfSteps(q, selector, from: from, to: to) }
        return series.total(selector, from: from, to: to)?.value(of.aggregate, seconds: range.seconds)
    }

    /// Mbit/s of bytes that came together, over the time in which they were counted.
    private func rate(_ point: Point?) -> Double? { point.map { $0.sum * 8 / 1e6 / (Double($0.count) * Self.sampleSeconds) } }

    private var network: JSON {
        let (again, sent) = (total(SeriesName.segmentsAgain), total(SeriesName.segments))
        let loss = again.flatMap { again in sent.flatMap { $0.sum > 0 ? 100 * again.sum / $0.sum : nil } }
        return aggregated(
            [
                "ingress_mbps": JSON(rate(total(SeriesName.received))), "egress_mbps": JSON(rate(total(SeriesName.sent))), "packet_loss": JSON(loss),
                "basis": "packet_loss: percent of TCP segments that were sent again",
            ]
        ) { of in
            // Both directions together.
            let (received, sent) = (steps(SeriesSelector(SeriesName.received), range.stepSeconds), steps(SeriesSelector(SeriesName.sent), range.stepSeconds))
            return of.of(zip(received, sent).compactMap { pair in rate(pair.0.point).flatMap { first in rate(pair.1.point).map { first + $0 } } })
        }
    }

    private var storage: JSON {
        aggregated(
            [
                "used_percent": JSON(total(SeriesName.disk)?.average), "read_mbps": JSON(rate(total(SeriesName.diskRead))),
                "write_mbps": JSON(rate(total(SeriesName.diskWritten))),
            ]
        ) { of in gaugeValue(SeriesSelector(SeriesName.disk), of) }
    }

    // MARK: Calls

    private func calls(_ status: String? = nil) -> SeriesSelector {
        let labels = status.map { [Metrics.Label("status", $0)] } ?? []
        return tenant.map { SeriesSelector(SeriesName.tenantRequests, labels, tenant: $0) } ?? SeriesSelector(SeriesName.requests, labels)
    }

    private func count(_ status: String) -> Int64 { series.total(calls(status), from: from, to: to)?.count ?? 0 }

    /// `12ms`, to a hundredth.
    private func milliseconds(_ seconds: Double?) -> JSON {
        guard let seconds, seconds.isFinite else { return .null }
        let hundredths = (seconds * 100_000).rounded() / 100
        return .string(hundredths == hundredths.rounded() && hundredths < 1e15 ? "\(Int64(hundredths))ms" : "\(hundredths)ms")
    }

    var application: JSON {
        let all = series.total(calls(), from: from, to: to)
        let failed = all.map { 100 * Double(count("5xx")) / Double($0.count) }
        let answered = series.total(SeriesSelector(SeriesName.availability, tenant: tenant), from: from, to: to)
        let quantiles = all?.histogram
        let times: JSON = [
            "p50": milliseconds(quantiles?.quantile(0.5)), "p95": milliseconds(quantiles?.quantile(0.95)), "p99": milliseconds(quantiles?.quantile(0.99)),
        ]
        let perSecond = steps(calls(), range.stepSeconds).compactMap { $0.point.map { Double($0.count) / Double(range.stepSeconds) } }
        let mean = all.map { Double($0.count) / range.seconds }
        var members: [JSON.Member] = [
            .init("response_time", aggregatedText(times) { milliseconds(all?.value($0.aggregate, seconds: range.seconds)) }),
            .init(
                "throughput",
                aggregated(["requests_per_second": JSON(mean), "peak_rps": JSON(perSecond.max())]) { $0.of(perSecond) }),
            .init("error_rate", JSON(failed)), .init("availability", JSON(answered.map { 100 * $0.average })),
        ]
        if shown.contains(.requests) {
            let classes = ["1xx", "2xx", "3xx", "4xx", "5xx"].map { JSON.Member($0, .integer(count($0))) }
            members.append(.init("requests", ["total": .integer(all?.count ?? 0), "by_status": .object(classes)]))
        }
        return .object(members)
    }

    // MARK: Helpers

    private func steps(_ selector: SeriesSelector, _ seconds: Int) -> [SeriesStep] {
        (try? series.steps(selector, from: from, to: to, stepSeconds: seconds)) ?? []
    }

    private func aggregated(_ object: JSON, _ value: (MonitoredAggregation) -> Double?) -> JSON { aggregatedText(object) { JSON(value($0)) } }

    /// With what the aggregation gives, where one was asked for.
    private func aggregatedText(_ object: JSON, _ value: (MonitoredAggregation) -> JSON) -> JSON {
        guard let aggregation else { return object }
        return .object((object.members ?? []) + [.init("value", value(aggregation)), .init("aggregation", .string(aggregation.rawValue))])
    }
}
