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

    var system: MonitoredSystem {
        MonitoredSystem(
            cpu: shown.contains(.cpu) ? gauge(SeriesName.processor) : nil, memory: shown.contains(.memory) ? gauge(SeriesName.memory) : nil,
            network: shown.contains(.network) ? network : nil, storage: shown.contains(.storage) ? storage : nil)
    }

    private func total(_ name: String) -> Point? { series.total(SeriesSelector(name), from: from, to: to) }

    /// A percentage.
    private func gauge(_ name: String) -> MonitoredGauge {
        let point = total(name)
        return MonitoredGauge(
            average: point?.average, peak: point?.max,
            trend: Trend(steps(SeriesSelector(name), range.stepSeconds).compactMap { $0.point?.average }).rawValue,
            extra: extra { of in gaugeValue(SeriesSelector(name), of) })
    }

    private func gaugeValue(_ selector: SeriesSelector, _ of: MonitoredAggregation) -> Double? {
        if case .quantile(let q) = of.aggregate { return series.quantileOfSteps(q, selector, from: from, to: to) }
        return series.total(selector, from: from, to: to)?.value(of.aggregate, seconds: range.seconds)
    }

    /// Mbit/s of bytes that came together, over the time in which they were counted.
    private func rate(_ point: Point?) -> Double? { point.map { $0.sum * 8 / 1e6 / (Double($0.count) * Self.sampleSeconds) } }

    private var network: MonitoredNetwork {
        let (again, sent) = (total(SeriesName.segmentsAgain), total(SeriesName.segments))
        let loss = again.flatMap { again in sent.flatMap { $0.sum > 0 ? 100 * again.sum / $0.sum : nil } }
        return MonitoredNetwork(
            ingress: rate(total(SeriesName.received)), egress: rate(total(SeriesName.sent)), loss: loss,
            extra: extra { of in
                // Both directions together.
                let (received, sent) = (
                    steps(SeriesSelector(SeriesName.received), range.stepSeconds), steps(SeriesSelector(SeriesName.sent), range.stepSeconds)
                )
                return of.of(zip(received, sent).compactMap { pair in rate(pair.0.point).flatMap { first in rate(pair.1.point).map { first + $0 } } })
            })
    }

    private var storage: MonitoredStorage {
        MonitoredStorage(
            used: total(SeriesName.disk)?.average, read: rate(total(SeriesName.diskRead)), written: rate(total(SeriesName.diskWritten)),
            extra: extra { of in gaugeValue(SeriesSelector(SeriesName.disk), of) })
    }

    // MARK: Calls

    private func calls(_ status: String? = nil) -> SeriesSelector {
        let labels = status.map { [Metrics.Label("status", $0)] } ?? []
        return tenant.map { SeriesSelector(SeriesName.tenantRequests, labels, tenant: $0) } ?? SeriesSelector(SeriesName.requests, labels)
    }

    private func count(_ status: String) -> Int64 { series.total(calls(status), from: from, to: to)?.count ?? 0 }
    /// Calls of what is not built are no failures.
    private var failed: Int64 { count("5xx") }

    /// `12ms`, to a hundredth.
    private func milliseconds(_ seconds: Double?) -> String? {
        guard let seconds, seconds.isFinite else { return nil }
        let hundredths = (seconds * 100_000).rounded() / 100
        return hundredths == hundredths.rounded() && hundredths < 1e15 ? "\(Int64(hundredths))ms" : "\(hundredths)ms"
    }

    var application: MonitoredCalls {
        let all = series.total(calls(), from: from, to: to)
        let answered = series.total(SeriesSelector(SeriesName.availability, tenant: tenant), from: from, to: to)
        let quantiles = all?.histogram
        let perSecond = steps(calls(), range.stepSeconds).compactMap { $0.point.map { Double($0.count) / Double(range.stepSeconds) } }
        let byStatus = MonitoredStatuses(counts: ["1xx", "2xx", "3xx", "4xx"].map(count) + [failed + count(SeriesName.notImplemented)])
        return MonitoredCalls(
            times: MonitoredTimes(
                p50: milliseconds(quantiles?.quantile(0.5)), p95: milliseconds(quantiles?.quantile(0.95)), p99: milliseconds(quantiles?.quantile(0.99)),
                extra: aggregation.map { MonitoredExtra(value: milliseconds(all?.value($0.aggregate, seconds: range.seconds)), aggregation: $0) }),
            throughput: MonitoredThroughput(
                mean: all.map { Double($0.count) / range.seconds }, peak: perSecond.max(), extra: extra { $0.of(perSecond) }),
            errorRate: all.map { 100 * Double(failed) / Double($0.count) }, availability: answered.map { 100 * $0.average },
            requests: shown.contains(.requests) ? MonitoredRequests(total: all?.count ?? 0, byStatus: byStatus) : nil)
    }

    // MARK: Keys

    func encryption(weakestBits: Int?) -> MonitoredEncryption {
        let operations = series.total(SeriesSelector(SeriesName.vaultOperations, tenant: tenant), from: from, to: to)
        let generation = series.total(SeriesSelector(SeriesName.vaultKeySeconds, tenant: tenant), from: from, to: to)
        return MonitoredEncryption(
            operations: operations.flatMap { Int64(exactly: $0.sum.rounded()) }, generation: milliseconds(generation?.average), weakestBits: weakestBits)
    }

    // MARK: Helpers

    private func steps(_ selector: SeriesSelector, _ seconds: Int) -> [SeriesStep] {
        (try? series.steps(selector, from: from, to: to, stepSeconds: seconds)) ?? []
    }

    /// What the aggregation gives, where one was asked for.
    private func extra(_ value: (MonitoredAggregation) -> Double?) -> MonitoredExtra<Double>? {
        aggregation.map { MonitoredExtra(value: value($0), aggregation: $0) }
    }
}
