package import CryptoSuite
package import Federation
internal import Foundation
package import Storage
package import StrictJSON
internal import Suggestion

/// Everything that a webhook can be told of. A closed list: what is not here is never sent.
package enum WebhookEvent: String, Sendable, CaseIterable {
    // As documented for v1.
    case operationCompleted = "ai.operation.completed"
    case allocationExpired = "quantum.allocation.expired"
    case tierUpgraded = "tenant.tier.upgraded"
    case securityAlert = "security.alert.critical"
    // As documented for v2.
    case jobCompleted = "job.completed"
    case jobFailed = "job.failed"
    case modelLoaded = "model.loaded"
    // Our own.
    case jobCancelled = "job.cancelled"
    case modelUnloaded = "model.unloaded"
    case serviceUnhealthy = "service.unhealthy"
    case roundCompleted = "fl.round.completed"
    case sessionCompleted = "fl.session.completed"
    case serviceLevelMissed = "sla_breach"
    case failureRateHigh = "failure_rate_high"

    /// What `data` has at least.
    package var fields: [String] {
        switch self {
        case .operationCompleted: ["request_id", "tenant_id", "capability", "status", "execution_time_ms", "quantum_speedup", "accuracy"]
        case .allocationExpired: ["allocation_id", "tenant_id", "qubits_released", "utilization_percentage"]
        case .tierUpgraded: ["tenant_id", "previous_tier", "new_tier", "quantum_allocation", "changed_by"]
        case .securityAlert: ["alert_id", "tenant_id", "severity", "title", "description", "ip_address", "recommended_action"]
        case .jobCompleted: ["job_id", "status", "results_url"]
        case .jobFailed: ["job_id", "status", "error", "attempts"]
        case .modelLoaded: ["model_id", "status", "sha256", "load_seconds", "memory_mb"]
        case .jobCancelled: ["job_id", "status"]
        case .modelUnloaded: ["model_id", "status"]
        case .serviceUnhealthy: ["service", "status"]
        case .roundCompleted: ["session_id", "tenant_id", "round", "attempt", "status", "selected", "contributors", "loss", "accuracy", "model_sha256"]
        case .sessionCompleted: ["session_id", "tenant_id", "status", "reason", "started_at", "ended_at"]
        case .serviceLevelMissed: ["workflow_id", "status"]
        case .failureRateHigh: ["workflow_id", "status", "failure_rate"]
        }
    }

    /// What leads to an event.
    package enum Cause: Sendable, Equatable {
        case sent(by: String)
        /// What leads to it is not there: until it is, nobody is told of it.
        case notBuilt(waitsFor: String)
    }

    package var cause: Cause {
        switch self {
        case .operationCompleted: .notBuilt(waitsFor: "ai.execute")
        case .allocationExpired: .sent(by: "the end of a lease whose time is over")
        case .tierUpgraded: .sent(by: "a tenant's update to a higher tier")
        case .securityAlert: .sent(by: "a critical alert rule, or a refresh token that is used twice")
        case .jobCompleted, .jobFailed, .jobCancelled: .sent(by: "the end of a job")
        case .modelLoaded: .sent(by: "a model that was loaded and answers")
        case .modelUnloaded: .sent(by: "a model that was taken out of memory")
        case .serviceUnhealthy: .sent(by: "the alert rule service.unanswered")
        case .roundCompleted: .sent(by: "the commit of a round")
        case .sessionCompleted: .sent(by: "the end of a session")
        case .serviceLevelMissed, .failureRateHigh: .notBuilt(waitsFor: "workflows")
        }
    }

    /// - Throws: `invalid` for `events`, with the name that was probably meant.
    package static func parse(_ names: [String]) throws(WebhookError) -> [WebhookEvent] {
        guard (1...WebhookLimits.webhookEventsMax).contains(names.count) else {
            throw .invalid(field: "events", problem: "it has \(names.count) names", remedy: "Give 1 to \(WebhookLimits.webhookEventsMax) of: \(all).")
        }
        var events: [WebhookEvent] = []
        for name in names {
            guard let event = WebhookEvent(rawValue: name) else {
                let meant = nearest(name, in: allCases.map(\.rawValue)).map { "Did you mean \($0)?" } ?? "Known are: \(all)."
                throw .invalid(field: "events", problem: "there is no event '\(name.clipped(64))'", remedy: meant)
            }
            guard !events.contains(event) else { throw .invalid(field: "events", problem: "'\(name)' is there twice", remedy: "Name it once.") }
            events.append(event)
        }
        return events
    }

    private static var all: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// A fact, frozen as it will be sent: `{event, timestamp, data}`.
    /// - Parameters:
    ///   - key: what makes the fact one of its kind, such as a session's id. The same fact again is not told again.
    ///   - at: when it became a fact.
    package func outboxEvent(key: String, tenant: String, at: Instant, data: JSON, _ suite: CryptoSuite) -> OutboxEvent {
        assert(fields.allSatisfy { data[$0] != nil }, "\(rawValue) has \(fields)")
        let body: JSON = ["event": .string(rawValue), "timestamp": .string(Self.timestamp(at)), "data": data]
        let parts = [tenant, rawValue, key].flatMap { Array("\($0.utf8.count):".utf8) + Array($0.utf8) }
        return OutboxEvent(id: "evt_" + hexadecimal(suite.sha256(parts).prefix(16)), tenant: tenant, name: rawValue, at: at, body: body.encoded())
    }

    /// RFC 3339 in UTC with milliseconds.
    package static func timestamp(_ instant: Instant) -> String {
        // The style rounds fractions of its own; so the milliseconds are written here.
        let rest = "\(instant.milliseconds &- instant.wholeSeconds &* 1000)"
        let whole = Date(timeIntervalSince1970: Double(instant.wholeSeconds)).formatted(.iso8601).dropLast()
        return whole + "." + String(repeating: "0", count: max(0, 3 - rest.count)) + rest + "Z"
    }
}
