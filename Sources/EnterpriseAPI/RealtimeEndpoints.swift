internal import APIKit
internal import Federation
internal import Platform
internal import QuantumService
internal import Storage
internal import StrictJSON
internal import Telemetry

extension HealthGrade: ChoiceValue {}

/// What can be asked for by name.
private enum RealtimeMetric: String, ChoiceValue {
    case activeTenants = "active_tenants"
    case operations = "total_quantum_operations"
    case averageResponseTime = "average_response_time"
    case utilization = "quantum_utilization"
    case health = "system_health"
    case responseTime = "response_time"
    case successRate = "success_rate"
}

private struct GlobalView: Described {
    static let name = "GlobalMetrics"
    var shown: Set<RealtimeMetric>
    var tenants: Int?
    var operations: Int?
    var responseTime: Double?
    var utilization: Double?
    var health: HealthGrade?

    static let fields = [
        FieldOf<GlobalView>("active_tenants", \.tenants, .counted, "with a call in the last 24 hours; null where they are too many to tell apart")
            .only { $0.shown.contains(.activeTenants) },
        FieldOf("total_quantum_operations", \.operations, .counted, "runs of solvers that ended in the last 24 hours").only { $0.shown.contains(.operations) },
        FieldOf("average_response_time", \.responseTime, .measured, unit: "ms", "mean of the last 60 s; null without calls")
            .only { $0.shown.contains(.averageResponseTime) },
        FieldOf("quantum_utilization", \.utilization, .measured, unit: "%", "spin-seconds of solvers by those leased in the last 60 s; null: nothing was leased").only { $0.shown.contains(.utilization) },
        FieldOf("system_health", \.health, .rule("the worst alert that fires: none, warning, high, critical")).only { $0.shown.contains(.health) },
    ]
}

private struct TenantMeasures: Described {
    static let name = "TenantMetrics"
    var shown: Set<RealtimeMetric>
    var calls: CallMeasures
    var utilization: Double?

    static let fields = [
        FieldOf<TenantMeasures>("quantum_utilization", \.utilization, .measured, unit: "%", "spin-seconds of solvers by those leased in the last 60 s; null: nothing was leased")
            .only { $0.shown.contains(.utilization) },
        FieldOf("response_time", \.calls.responseTime, .measured, unit: "ms", "mean of the last 60 s; null without calls")
            .only { $0.shown.contains(.responseTime) },
        FieldOf("success_rate", \.calls.successRate, .measured, unit: "%", "answered below 400 in the last 60 s; null without calls")
            .only { $0.shown.contains(.successRate) },
    ]
}

private struct RealtimeReply: Described {
    static let name = "RealtimeMetrics"
    var at: Timestamp
    var global: GlobalView
    var tenants: [String: TenantMeasures]

    static let fields = [
        FieldOf<RealtimeReply>("timestamp", \.at, .clock), FieldOf("global_metrics", \.global, .measured, "for the platform; all null for a tenant"),
        FieldOf("tenant_metrics", \.tenants, .measured, "by tenant"),
    ]
}

extension Enterprise {
    static func realtime(_ tenants: Tenants, _ recorder: Recorder, _ leases: Leases) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/analytics/realtime", "analytics.realtime", .scope(.analytics), "What was measured in the last 60 seconds.",
                query: [
                    .query("tenant_id", String.self, note: "of tenant_metrics; the caller's, and for the platform all, where it is left out"),
                    .query("metrics", String.self, note: "names between commas; all where it is left out"),
                ],
                gives: RealtimeReply.self
            ) { request throws(ServiceError) in
                let caller = try request.principal()
                let shown = try metrics(request)
                let asked = request.query("tenant_id") == nil && caller.isPlatform ? try await everyTenant(tenants) : [try await named(request, tenants)]
                let (series, (from, to)) = (await recorder.series, request.last(seconds: 60))
                // Who has no series was not measured: thousands are not looked for one by one.
                let measured = Set(series.keys.filter { $0.metric == SeriesName.tenantRequests }.map(\.tenant))
                let now = Instant(milliseconds: request.nowMilliseconds)
                let leased = try await leasing(request) { () async throws(LeaseFailure) in try await leases.everybodysUsage(seconds: 60, now: now) }
                var views: [String: TenantMeasures] = [:]
                for id in asked {
                    let calls = measured.contains(id) ? CallMeasures(series, tenant: id, from: from, to: to) : CallMeasures()
                    views[id] = TenantMeasures(shown: shown, calls: calls, utilization: leased.tenants[id]?.utilization)
                }
                var global = GlobalView(shown: shown)
                if caller.isPlatform {
                    let day = request.last(seconds: 86_400)
                    let active = measured.filter { series.total(SeriesSelector(SeriesName.tenantRequests, tenant: $0), from: day.from, to: day.to) != nil }
                    global.tenants = active.contains(SeriesKey.other) ? nil : active.count
                    global.responseTime = CallMeasures(series, tenant: nil, from: from, to: to).responseTime
                    global.utilization = leased.all.utilization
                    global.operations = try await leasing(request) { () async throws(LeaseFailure) in try await leases.runs(seconds: 86_400, now: now) }
                    global.health = await recorder.health
                }
                return RealtimeReply(at: Timestamp(milliseconds: request.nowMilliseconds), global: global, tenants: views)
            }
        ]
    }

    private static func metrics(_ request: APIRequest) throws(ServiceError) -> Set<RealtimeMetric> {
        guard let text = request.query("metrics") else { return Set(RealtimeMetric.allCases) }
        var (shown, notices): (Set<RealtimeMetric>, [JSON]) = ([], [])
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = name.trimmingPrefix { $0 == " " }
            shown.insert(try RealtimeMetric.read(.string(String(word)), at: "metrics", .none, &notices))
        }
        return shown
    }
}
