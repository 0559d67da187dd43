internal import APIKit
internal import Federation
internal import Platform
internal import QuantumService
internal import Storage
internal import Telemetry

private enum TenantWord: String, ChoiceValue { case active }

private struct UsageView: Described {
    static let name = "TenantUsage"
    var utilization: Double?
    var storage: Double?
    var bandwidth: Double?

    static let fields = [
        FieldOf<UsageView>("quantum_utilization", \.utilization, .measured, unit: "%", "spin-seconds of solvers by those leased in the last hour; null: nothing was leased"),
        FieldOf("storage_used", \.storage, .counted, unit: "MB", "10^6 bytes of artifacts, models and updates on disk, as they were within the last minute"),
        FieldOf("bandwidth_used", \.bandwidth, .counted, unit: "MB", "10^6 bytes of bodies, both ways, in this month (UTC); null: none were counted"),
    ]
}

private struct PerformanceView: Described {
    static let name = "TenantPerformance"
    var calls: CallMeasures
    var uptime: Uptime

    static let fields = [
        FieldOf<PerformanceView>("response_time", \.calls.responseTime, .measured, unit: "ms", "mean of the last hour; null without calls"),
        FieldOf("uptime", \.uptime.percent, .measured, unit: "%", "probes of the tenant's path in the last hour; null where nobody asked"),
        FieldOf("success_rate", \.calls.successRate, .measured, unit: "%", "calls of the last hour answered below 400; null without calls"),
        FieldOf("observed_hours", \.uptime.observedHours, .counted, unit: "h", "what uptime is of"),
    ]
}

private struct StatusReply: Described {
    static let name = "TenantStatus"
    var record: TenantRecord
    let status = TenantWord.active
    var usage: UsageView
    var performance: PerformanceView
    var at: Timestamp

    static let fields = [
        FieldOf<StatusReply>("tenant_id", \.record.id, .stored), FieldOf("status", \.status, .stored, "one that was erased is not there"),
        FieldOf("performance_tier", \.record.performanceTier, .stored), FieldOf("quantum_allocation", \.record.qubits, .stored, unit: "qubits"),
        FieldOf("resource_usage", \.usage, .measured), FieldOf("performance_metrics", \.performance, .measured), FieldOf("last_updated", \.at, .clock),
    ]
}

extension Enterprise {
    static func status(_ tenants: Tenants, _ recorder: Recorder, _ storage: StorageCounts, _ leases: Leases) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/tenants/{tenant_id}/status", "tenants.status", .scope(.tenantManagement),
                "What was measured of a tenant: the caller's own, or any for the platform.", gives: StatusReply.self
            ) { request throws(ServiceError) in
                let record = try await own(request, tenants)
                let (from, to) = request.last(seconds: 3600)
                let series = await recorder.series
                let calls = CallMeasures(series, tenant: record.id, from: from, to: to)
                let leased = try await leasing(request) { () async throws(LeaseFailure) in
                    try await leases.usage(tenant: record.id, seconds: 3600, now: Instant(milliseconds: request.nowMilliseconds))
                }
                let usage = UsageView(
                    utilization: leased.utilization,
                    storage: try await storage.bytes(of: record.id, at: Instant(milliseconds: request.nowMilliseconds)).map { Double($0) / 1e6 },
                    bandwidth: request.beginningOfMonth.flatMap { series.total(SeriesSelector(SeriesName.tenantBytes, tenant: record.id), from: $0, to: to) }
                        .map { $0.sum / 1e6 })
                let uptime = await recorder.uptime(tenant: record.id, from: from, to: to)
                return StatusReply(
                    record: record, usage: usage, performance: PerformanceView(calls: calls, uptime: uptime),
                    at: Timestamp(milliseconds: request.nowMilliseconds))
            }
        ]
    }
}
