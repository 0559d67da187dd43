package import Federation
package import Storage
internal import StrictJSON
internal import Trust

extension Webhooks {
    /// Tells the tenant's webhooks of a fact that is in no other store's transaction. Where a store's change makes the fact, the
    /// event goes into that change instead (`SessionStore.apply`).
    /// - Returns: how many webhooks will be told.
    @discardableResult
    package func tell(_ event: OutboxEvent) async throws(WebhookError) -> Int {
        guard event.body.count <= WebhookLimits.payloadBytesMax else {
            throw .invalid(field: "data", problem: "the event has \(event.body.count) bytes", remedy: "At most \(WebhookLimits.payloadBytesMax) are sent.")
        }
        return try await kept { () async throws(StorageError) in try await store.enqueue(event) }
    }

    /// Newest first.
    /// - Parameters:
    ///   - before: the id of the last delivery of the page before; nil: the first page.
    ///   - limit: 1 to 100.
    /// - Throws: `missing`, `invalid`.
    package func deliveries(
        of id: String, tenant: String, before: String? = nil, limit: Int = 50
    ) async throws(WebhookError) -> [DeliveryRecord] {
        guard (1...WebhookLimits.deliveriesListed).contains(limit) else {
            throw .invalid(field: "limit", problem: "it is \(limit)", remedy: "Give 1 to \(WebhookLimits.deliveriesListed).")
        }
        _ = try await get(id, tenant: tenant)
        if let before { _ = try await delivery(before, of: id, tenant: tenant) }
        return try await kept { () async throws(StorageError) in
            try await store.deliveries(webhook: id, tenant: tenant, before: before, limit: limit)
        }
    }

    /// - Returns: the delivery and its last attempts, oldest first.
    /// - Throws: `missing`.
    package func delivery(_ delivery: String, of id: String, tenant: String) async throws(WebhookError) -> (delivery: DeliveryRecord, attempts: [AttemptRecord])
    {
        let record = try await kept { () async throws(StorageError) in try await store.delivery(delivery, tenant: tenant) }
        guard let record, record.webhook == id else { throw .missing("delivery \(delivery.clipped(64)) of webhook \(id.clipped(64))") }
        let attempts = try await kept { () async throws(StorageError) in
            try await store.attempts(delivery: delivery, tenant: tenant, limit: WebhookLimits.attemptsListed)
        }
        return (record, attempts)
    }

    /// Sends a delivery again, whatever came of it: the same id and the same bytes, with as many retries as a new one.
    /// - Throws: `missing`; `conflict` when the webhook is disabled.
    package func redeliver(_ delivery: String, of id: String, tenant: String, actor: AuditActor, now: Instant) async throws(WebhookError) -> DeliveryRecord {
        let webhook = try await get(id, tenant: tenant)
        guard webhook.status == .active else {
            throw .conflict(problem: "Webhook \(id) is disabled: \(webhook.disabledReason ?? "its reason is unknown")", remedy: "Enable it first.")
        }
        _ = try await self.delivery(delivery, of: id, tenant: tenant)
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeDelivery(delivery, tenant: tenant) { record in
                var next = record
                (next.state, next.failures, next.problem, next.endedAt, next.dueAt) = (.pending, 0, nil, nil, now)
                return (
                    next,
                    AuditRecord(
                        at: now, action: .webhookRedelivered, by: actor, of: id, details: ["delivery": delivery, "event": record.name])
                )
            }
        }
        return try Self.found(changed, id)
    }
}
