internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import Synchronization
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

extension APIRequest {
    /// 00:00 UTC of the first day of this month; nil in years of more than four digits.
    var beginningOfMonth: Instant? {
        milliseconds(timestamp: "\(timestamp(nowMilliseconds).prefix("2026-01".utf8.count))-01T00:00:00Z").map(Instant.init(milliseconds:))
    }
}

/// What tenants have on disk. Counting looks at each of their files, so an answer holds for a minute.
final class StorageCounts: Sendable {
    private let store: (any UseStore)?
    private let counted = Mutex<[String: (at: Instant, bytes: Int64)]>([:])
    private static let seconds = 60.0
    private static let tenantsMax = 10_000

    /// - Parameter store: nil: nobody counts.
    init(_ store: (any UseStore)?) { self.store = store }

    func bytes(of tenant: String, at now: Instant) async throws(ServiceError) -> Int64? {
        guard let store else { return nil }
        if let known = counted.withLock({ $0[tenant] }), abs(now.seconds(since: known.at)) < Self.seconds { return known.bytes }
        let bytes: Int64
        do { bytes = try await store.storedBytes(tenant: tenant).total } catch { throw ServiceError(error) }
        counted.withLock { counted in
            if counted.count >= Self.tenantsMax { counted = [:] }
            counted[tenant] = (now, bytes)
        }
        return bytes
    }
}
