internal import CryptoSuite
package import Federation
package import Storage
internal import StrictJSON
internal import Trust

/// `security.alert.critical`: of critical rules, and of what is critical whenever it happens.
package enum SecurityEvents {
    /// - Parameters:
    ///   - id: of this firing; the same alert is told once.
    ///   - tenant: whose webhooks are told.
    ///   - concerns: the tenant that the alert is about; nil: the whole coordinator.
    ///   - address: whence the calls came that led to it; nil: there were none, or it is not known.
    package static func critical(
        id: String, tenant: String, concerns: String?, title: String, description: String, address: String?, action: String, at: Instant
    ) -> OutboxEvent {
        let data: JSON = [
            "alert_id": .string(id), "tenant_id": JSON(concerns), "severity": "critical", "title": .string(title), "description": .string(description),
            "ip_address": JSON(address), "recommended_action": .string(action),
        ]
        return WebhookEvent.securityAlert.outboxEvent(key: id, tenant: tenant, at: at, data: data, .system)
    }

    /// - Parameter login: has just ended, because a token of it came a second time.
    static func refreshReused(_ login: LoginRecord, address: String?, at now: Instant) -> OutboxEvent {
        critical(
            id: "auth.refresh_reused@\(now.milliseconds)/\(login.id)", tenant: login.tenant, concerns: login.tenant,
            title: "A refresh token was used twice",
            description: "A refresh token of user \(login.user) came a second time: two have it, and one of them is not the user. Login \(login.id) was ended.",
            address: address, action: "Let the user log in again, and look in the audit for what the login did; change the password if that was not the user.",
            at: now)
    }

    /// - Parameter service: does not answer; platform administrators' webhooks are told.
    package static func unhealthy(_ service: String, id: String, tenant: String, at: Instant) -> OutboxEvent {
        WebhookEvent.serviceUnhealthy.outboxEvent(
            key: id, tenant: tenant, at: at, data: ["service": .string(service), "status": "unhealthy"], .system)
    }
}
