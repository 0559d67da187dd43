internal import APIKit
internal import Federation
internal import Telemetry

/// What a tenant's calls were like. nil: there were none, or nobody measured.
struct CallMeasures: Sendable {
    /// Milliseconds, mean.
    var responseTime: Double?
    /// Percent of calls that were answered below 400.
    var successRate: Double?

    init() {}

    /// - Parameter tenant: nil: of everybody, with calls that were nobody's.
    init(_ series: TimeSeries, tenant: String?, from: Instant, to: Instant) {
        func point(_ status: String? = nil) -> Point? {
            let labels = status.map { [Metrics.Label("status", $0)] } ?? []
            let selector = tenant.map { SeriesSelector(SeriesName.tenantRequests, labels, tenant: $0) } ?? SeriesSelector(SeriesName.requests, labels)
            return series.total(selector, from: from, to: to)
        }
        guard let all = point() else { return }
        responseTime = all.average * 1000
        successRate = 100 * ["1xx", "2xx", "3xx"].reduce(0) { $0 + Double(point($1)?.count ?? 0) } / Double(all.count)
    }
}

extension APIRequest {
    /// The last seconds, up to the tick of this moment.
    func last(seconds: Double) -> (from: Instant, to: Instant) {
        let now = Instant(milliseconds: nowMilliseconds)
        return (now.adding(seconds: -seconds), now.adding(seconds: 0.001))
    }
}
