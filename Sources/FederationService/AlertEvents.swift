internal import Platform
package import Storage
package import Telemetry

/// What webhooks are told of alerts that begin to fire: those of the coordinator's own tenant, because rules look at the whole
/// coordinator, and an address that fails to log in is nothing for everybody.
package enum AlertEvents {
    package static func events(_ alert: Alert) -> [OutboxEvent] {
        let (tenant, at) = (Identity.defaultTenant, alert.firedAt ?? alert.since)
        if alert.rule == AlertRule.serviceUnanswered { return [SecurityEvents.unhealthy(alert.subject ?? "all", id: alert.id, tenant: tenant, at: at)] }
        guard alert.severity == .critical else { return [] }
        return [
            SecurityEvents.critical(
                id: alert.id, tenant: tenant, concerns: nil, title: alert.title, description: alert.text,
                address: alert.rule == AlertRule.failedLogins ? alert.subject : nil, action: alert.action, at: at)
        ]
    }
}
