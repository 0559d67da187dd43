internal import APIKit
internal import Federation
internal import FederationService
internal import KeyVault
internal import Platform
internal import StrictJSON
internal import Telemetry

enum MonitoredRange: String, ChoiceValue {
    case hour = "1h"
    case day = "24h"
    case week = "7d"
    case month = "30d"

    var seconds: Double {
        switch self {
        case .hour: 3600
        case .day: 86_400
        case .week: 7 * 86_400
        case .month: 30 * 86_400
        }
    }

    /// Of a value of which the largest is looked for: the finest that is kept so long.
    var stepSeconds: Int {
        switch self {
        case .hour, .day: 10
        case .week: 60
        case .month: 3600
        }
    }
}

enum MonitoredMetric: String, ChoiceValue { case cpu, memory, network, storage, requests }

extension TrustStream {
    private static let range = Query<MonitoredRange>("time_range", usual: "1h", note: "up to now")
    private static let aggregation = Query<MonitoredAggregation>("aggregation", note: "adds value and aggregation to what was sampled, and removes nothing")
    private static let metrics = Query<String>(
        "metrics", Bounds(count: 0...256), note: "some of \(MonitoredMetric.allCases.map(\.rawValue).joined(separator: ",")), with commas; usually all")

    /// - Parameter tenants: ids of all there are.
    static func monitoring(
        _ service: any FederatedLearning, _ vault: KeyVault, _ recorder: Recorder, _ tenants: @escaping @Sendable () async throws(ServiceError) -> [String]
    ) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/monitoring/performance", "monitoring.performance", .tenant(.monitoring),
                "What was measured of the machine, and of the calls and sessions of a tenant or, for the administrator, of all.",
                query: [range.field, metrics.field, aggregation.field], tells: PerformanceReport.self
            ) { request throws(ServiceError) in
                let own = try tenant(request)
                let range = try range(request) ?? .hour
                let (aggregation, shown) = (try aggregation(request), try monitored(request))
                // Who names a tenant asks for that one, and who is of one has no other; else all are meant.
                var isOne = request.header("x-tenant-id") != nil
                if case .principal = request.caller { isOne = true }
                let whose = isOne ? [own] : try await tenants()
                let now = Instant(milliseconds: request.nowMilliseconds)
                let from = now.adding(seconds: -range.seconds)
                let view = MonitoredView(
                    series: await recorder.series, from: from, to: now.adding(seconds: 0.001), range: range, tenant: isOne ? own : nil,
                    aggregation: aggregation, shown: shown)
                let learning = try await learning(service, whose, from: from)
                let encryption = try await view.encryption(weakestBits: weakest(vault, whose, at: now))
                // What is somebody else's is not told.
                let firing = await recorder.firing.filter { alert in !isOne || alert.subject == nil || alert.subject == own }
                return PerformanceReport(
                    range: range, metrics: MonitoredMetrics(system: view.system, calls: view.application, learning: learning, encryption: encryption),
                    firing: firing)
            }
        ]
    }

    /// Of the weakest key that is in use.
    private static func weakest(_ vault: KeyVault, _ tenants: [String], at now: Instant) async throws(ServiceError) -> Int? {
        var weakest: Int?
        for tenant in tenants {
            let bits: Int?
            do { bits = try await vault.weakestBits(tenant: tenant, now: now) } catch { throw ServiceError(error) }
            if let bits { weakest = min(weakest ?? bits, bits) }
        }
        return weakest
    }

    private static func monitored(_ request: APIRequest) throws(ServiceError) -> Set<MonitoredMetric> {
        guard let text = request.query("metrics") else { return Set(MonitoredMetric.allCases) }
        var (shown, notices): (Set<MonitoredMetric>, [JSON]) = ([], [])
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            shown.insert(try MonitoredMetric.read(.string(String(name.trimmingPrefix { $0 == " " })), at: "metrics", .none, &notices))
        }
        return shown
    }

    /// Sessions that are not over, and of the attempts that ended since `from` the updates that counted by the clients that were asked.
    private static func learning(_ service: any FederatedLearning, _ tenants: [String], from: Instant) async throws(ServiceError) -> MonitoredLearning {
        var (active, selected, contributed, asked) = (0, 0, 0, 0)
        for tenant in tenants {
            let views = try await calling { () async throws(FederationFailure) in try await service.sessions(tenant: tenant) }
            active += views.count { !$0.record.status.isFinal }
            for view in views where asked < Limits.monitoredSessions {
                asked += 1
                let after = max(0, view.currentRound - Limits.monitoredRounds)
                let rounds = try await calling { () async throws(FederationFailure) in
                    try await service.rounds(view.record.id, tenant: tenant, after: after, limit: 2 * Limits.monitoredRounds)
                }
                for outcome in rounds.compactMap(\.outcome) where outcome.endedAt >= from {
                    (selected, contributed) = (selected + outcome.selected, contributed + outcome.contributors)
                }
            }
        }
        return MonitoredLearning(active: active, participation: selected > 0 ? Double(contributed) / Double(selected) : nil)
    }
}
