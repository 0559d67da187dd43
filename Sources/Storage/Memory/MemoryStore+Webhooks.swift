internal import CryptoSuite
package import Federation
import Synchronization

extension MemoryStore: WebhookStore {
    // MARK: Webhooks

    package func addWebhook(_ webhook: WebhookRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        try change { (tables) throws(StorageError) in
            guard tables.webhooks(of: webhook.tenant).count < limit else { return false }
            guard tables.webhooks[MemoryKey(webhook.id)] == nil else { throw .exists("webhook \(webhook.id)") }
            tables.webhooks[MemoryKey(webhook.id)] = webhook
            tables.audit.append(.init(tenant: webhook.tenant, value: audit))
            return true
        }
    }

    package func webhook(_ id: String, tenant: String) async throws(StorageError) -> WebhookRecord? { tables.withLock { $0.webhook(id, tenant) } }

    package func webhooks(tenant: String) async throws(StorageError) -> [WebhookRecord] { tables.withLock { $0.webhooks(of: tenant) } }

    package func changeWebhook(
        _ id: String, tenant: String, now: Instant, _ change: @escaping @Sendable (WebhookRecord) -> (record: WebhookRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> WebhookRecord? {
        tables.withLock { tables in
            guard let webhook = tables.webhook(id, tenant) else { return nil }
            guard let (changed, entry) = change(webhook) else { return webhook }
            tables.put(changed, was: webhook, now)
            if let entry { tables.audit.append(.init(tenant: tenant, value: entry)) }
            return changed
        }
    }

    package func removeWebhook(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        tables.withLock { tables in
            guard tables.webhook(id, tenant) != nil else { return false }
            for delivery in tables.deliveries.values where same(delivery.webhook, id) { tables.forget(delivery) }
            tables.webhooks[MemoryKey(id)] = nil
            tables.audit.append(.init(tenant: tenant, value: audit))
            return true
        }
    }

    // MARK: Outbox

    package func enqueue(_ event: OutboxEvent) async throws(StorageError) -> Int { tables.withLock { $0.enqueue(event, suite) } }

    package func dueDeliveries(_ now: Instant, perWebhook: Int, limit: Int) async throws(StorageError) -> [DueDelivery] {
        tables.withLock { tables in
            let due = tables.webhooks.inOrder.filter { $0.status == .active }.flatMap { webhook in
                tables.deliveries.values.filter { same($0.webhook, webhook.id) && $0.state == .pending && $0.dueAt <= now }
                    .sorted { $0.isDue(before: $1) }.prefix(max(0, perWebhook))
                    .compactMap { delivery in
                        tables.outboxEvents[MemoryKey(delivery.event)].map { DueDelivery(delivery: delivery, webhook: webhook, body: $0.body) }
                    }
            }
            return Array(due.sorted { $0.delivery.isDue(before: $1.delivery) }.prefix(max(0, limit)))
        }
    }

    package func nextDue() async throws(StorageError) -> Instant? {
        tables.withLock { tables in
            tables.deliveries.values.filter { $0.state == .pending && tables.webhooks[MemoryKey($0.webhook)]?.status == .active }.map(\.dueAt).min()
        }
    }

    package func finish(
        _ attempt: AttemptRecord, of delivery: String, tenant: String, now: Instant,
        _ change: @escaping @Sendable (DeliveryRecord, WebhookRecord) -> (delivery: DeliveryRecord, webhook: WebhookRecord, audit: AuditRecord?)
    ) async throws(StorageError) -> DeliveryRecord? {
        tables.withLock { tables in
            guard var record = tables.delivery(delivery, tenant), let webhook = tables.webhook(record.webhook, tenant) else { return nil }
            record.attempts += 1
            var attempt = attempt
            attempt.number = record.attempts
            tables.attempts[MemoryKey(delivery, attempt.number)] = .init(tenant: tenant, value: (delivery, attempt))
            let after = change(record, webhook)
            tables.deliveries[MemoryKey(delivery)] = after.delivery
            tables.put(after.webhook, was: webhook, now)
            if let entry = after.audit { tables.audit.append(.init(tenant: tenant, value: entry)) }
            return tables.deliveries[MemoryKey(delivery)]
        }
    }

    package func pruneOutbox(deliveredBefore: Instant, deadBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        tables.withLock { tables in
            let old = tables.deliveries.values.filter { delivery in
                guard let ended = delivery.endedAt else { return false }
                switch delivery.state {
                case .pending: return false
                case .delivered: return ended < deliveredBefore
                case .dead: return ended < deadBefore
                }
            }
            let oldest = old.sorted { ($0.endedAt?.milliseconds ?? 0, MemoryKey($0.id)) < ($1.endedAt?.milliseconds ?? 0, MemoryKey($1.id)) }.prefix(
                max(0, limit))
            for delivery in oldest { tables.forget(delivery) }
            return oldest.count
        }
    }

    // MARK: Deliveries

    package func deliveries(webhook: String, tenant: String, before: String?, limit: Int) async throws(StorageError) -> [DeliveryRecord] {
        try change { (tables) throws(StorageError) in
            let listed = tables.deliveries.values.filter { same($0.webhook, webhook) && same($0.tenant, tenant) }
            func place(_ delivery: DeliveryRecord) -> (Int64, MemoryKey) { (delivery.createdAt.milliseconds, MemoryKey(delivery.id)) }
            var newestFirst = listed.sorted { place($0) > place($1) }
            if let before {
                guard let last = tables.delivery(before, tenant) else { throw .missing("delivery \(before)") }
                newestFirst = newestFirst.filter { place($0) < place(last) }
            }
            return Array(newestFirst.prefix(max(0, limit)))
        }
    }

    package func delivery(_ id: String, tenant: String) async throws(StorageError) -> DeliveryRecord? { tables.withLock { $0.delivery(id, tenant) } }

    package func attempts(delivery: String, tenant: String, limit: Int) async throws(StorageError) -> [AttemptRecord] {
        let all = tables.withLock { tables in
            tables.attempts.inOrder.filter { same($0.tenant, tenant) && same($0.value.delivery, delivery) }.map(\.value.record)
        }
        return Array(all.suffix(max(0, limit)))
    }

    package func changeDelivery(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeliveryRecord) -> (record: DeliveryRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> DeliveryRecord? {
        tables.withLock { tables in
            guard let delivery = tables.delivery(id, tenant) else { return nil }
            guard let (changed, entry) = change(delivery) else { return delivery }
            tables.deliveries[MemoryKey(id)] = changed
            tables.audit.append(.init(tenant: tenant, value: entry))
            return changed
        }
    }
}

extension MemoryStore.Tables {
    /// In the change of what the event tells of, as with the embedded store.
    @discardableResult
    mutating func enqueue(_ event: OutboxEvent, _ suite: CryptoSuite) -> Int {
        var added = 0
        for webhook in webhooks(of: event.tenant) {
            guard let delivery = webhook.delivery(of: event, suite), deliveries[MemoryKey(delivery.id)] == nil else { continue }
            if outboxEvents[MemoryKey(event.id)] == nil { outboxEvents[MemoryKey(event.id)] = event }
            deliveries[MemoryKey(delivery.id)] = delivery
            added += 1
        }
        return added
    }

    fileprivate func webhooks(of tenant: String) -> [WebhookRecord] {
        webhooks.inOrder.filter { same($0.tenant, tenant) }.sorted { $0.createdAt < $1.createdAt }
    }

    fileprivate func webhook(_ id: String, _ tenant: String) -> WebhookRecord? {
        webhooks[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil }
    }

    fileprivate func delivery(_ id: String, _ tenant: String) -> DeliveryRecord? {
        deliveries[MemoryKey(id)].flatMap { same($0.tenant, tenant) ? $0 : nil }
    }

    fileprivate mutating func put(_ webhook: WebhookRecord, was old: WebhookRecord, _ now: Instant) {
        webhooks[MemoryKey(webhook.id)] = webhook
        guard old.status == .active, webhook.status == .disabled else { return }
        for (key, delivery) in deliveries where same(delivery.webhook, webhook.id) && delivery.state == .pending {
            deliveries[key]?.end(disabledProblem, at: now)
        }
    }

    fileprivate mutating func forget(_ delivery: DeliveryRecord) {
        deliveries[MemoryKey(delivery.id)] = nil
        for (key, attempt) in attempts where same(attempt.value.delivery, delivery.id) { attempts[key] = nil }
        guard !deliveries.values.contains(where: { same($0.event, delivery.event) }) else { return }
        outboxEvents[MemoryKey(delivery.event)] = nil
    }
}
