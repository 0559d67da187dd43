internal import APIKit
internal import Federation
internal import FederationService
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
    /// - Parameter tenants: ids of all there are.
    static func monitoring(
        _ service: any FederatedLearning, _ recorder: Recorder, _ tenants: @escaping @Sendable () async throws(ServiceError) -> [String]
    ) -> [Endpoint] {
        [
            Endpoint("GET", "/monitoring/performance", "monitoring.performance", .administrator) { request throws(ServiceError) in
                let own = try tenant(request)
                let range = try request.choiceQuery("time_range", MonitoredRange.self) ?? .hour
                let aggregation = try request.choiceQuery("aggregation", MonitoredAggregation.self)
                let shown = try monitored(request)
                // Who names a tenant asks for that one; else for all.
                let named = request.header("x-tenant-id") != nil
                let whose = named ? [own] : try await tenants()
                let now = Instant(milliseconds: request.nowMilliseconds)
                let from = now.adding(seconds: -range.seconds)
                let view = MonitoredView(
                    series: await recorder.series, from: from, to: now.adding(seconds: 0.001), range: range, tenant: named ? own : nil,
                    aggregation: aggregation, shown: shown)
                let learning = try await learning(service, whose, from: from)
                let firing = await recorder.firing
                return .json([
                    "success": true, "time_range": .string(range.rawValue),
                    "metrics": [
                        "system_performance": view.system, "application_performance": view.application, "federated_learning": learning,
                        "ai_explainability": [
                            "explanations_generated": .null, "average_explanation_time": .null, "compliance_check_success_rate": .null,
                        ],
                        "quantum_encryption": ["encryption_operations": .null, "key_generation_time": .null, "quantum_security_level": .null],
                    ],
                    "alerts": .array(
                        firing.map { alert in
                            [
                                "level": .string(alert.severity.rawValue), "message": .string(alert.text), "recommendation": .string(alert.action),
                                "rule": .string(alert.rule),
                            ]
                        }),
                    "optimization_suggestions": .array(firing.map { .string($0.action) }), "not_built": ["ai_explainability", "quantum_encryption"],
                    "notices": .array(request.notices(query: ["time_range", "metrics", "aggregation"])),
                ])
            }
        ]
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
    private static func learning(_ service: any FederatedLearning, _ tenants: [String], from: Instant) async throws(ServiceError) -> JSON {
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
        return [
            "active_sessions": .integer(Int64(active)), "client_participation_rate": selected > 0 ? JSON(Double(contributed) / Double(selected)) : .null,
            // Nobody says how long clients computed, and no baseline is kept.
            "training_efficiency": .null, "convergence_rate": "unknown",
        ]
    }
}
