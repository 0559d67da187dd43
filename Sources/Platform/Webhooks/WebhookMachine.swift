package import Federation
package import Storage

/// What came of one attempt.
package enum AttemptOutcome: Sendable, Equatable {
    /// - Parameter retryAfter: seconds, as the receiver asks.
    case answered(status: Int, retryAfter: Double?)
    /// There was no answer, or none that counts.
    case failed(String)
}

/// One delivery and its webhook. `pending → delivered | dead`; the webhook `active → disabled`.
package struct WebhookMachine: Sendable, Equatable {
    package private(set) var delivery: DeliveryRecord
    package private(set) var webhook: WebhookRecord

    package init(delivery: DeliveryRecord, webhook: WebhookRecord) {
        self.delivery = delivery
        self.webhook = webhook
    }

    /// - Parameter jitter: 0..<1.
    /// - Returns: what is to be written down with it; nil: nothing.
    package mutating func handle(_ outcome: AttemptOutcome, now: Instant, jitter: Double) -> AuditRecord? {
        switch outcome {
        case .answered(let status, _) where (200...299).contains(status):
            succeed(now)
            return nil
        case .answered(410, _):
            fail("410: the receiver wants no more", now)
            return give(up: "the receiver answered 410 Gone", now)
        case .answered(let status, let retryAfter):
            let problem = (300...399).contains(status) ? "\(status): redirects are not followed" : "\(status)"
            return again(problem, now, jitter, retryAfter)
        case .failed(let problem): return again(problem, now, jitter, nil)
        }
    }

    private mutating func succeed(_ now: Instant) {
        (delivery.state, delivery.problem, delivery.endedAt) = (.delivered, nil, now)
        (webhook.failingSince, webhook.succeededAt) = (nil, now)
    }

    private mutating func fail(_ problem: String, _ now: Instant) {
        delivery.failures += 1
        webhook.failingSince = webhook.failingSince ?? now
        // It may have been given up while the attempt was under way; then it stays so.
        if delivery.state == .pending { delivery.problem = problem }
    }

    private mutating func again(_ problem: String, _ now: Instant, _ jitter: Double, _ retryAfter: Double?) -> AuditRecord? {
        fail(problem, now)
        let policy = RetryPolicy(checkedRetries: webhook.maxRetries, delaySeconds: webhook.retryDelaySeconds)
        if delivery.state == .pending {
            if delivery.failures > policy.maxRetries {
                delivery.end("\(problem); given up after \(delivery.failures) attempts", at: now)
            } else {
                delivery.dueAt = now.adding(seconds: policy.wait(failures: delivery.failures, jitter: jitter, retryAfter: retryAfter))
            }
        }
        guard let since = webhook.failingSince, now.seconds(since: since) >= WebhookLimits.failingSecondsMax else { return nil }
        return give(up: "every attempt has failed for \(Int(WebhookLimits.failingSecondsMax / 86_400)) days", now)
    }

    private mutating func give(up reason: String, _ now: Instant) -> AuditRecord? {
        if delivery.state == .pending { delivery.end(delivery.problem ?? reason, at: now) }
        guard webhook.status == .active else { return nil }
        (webhook.status, webhook.disabledReason) = (.disabled, reason)
        return AuditRecord(at: now, action: .webhookDisabled, by: "coordinator", of: webhook.id, details: ["reason": reason])
    }
}
