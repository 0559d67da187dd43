package import Federation
import Foundation
internal import GRDB

extension SQLiteStore {
    package func enqueue(_ event: OutboxEvent) async throws(StorageError) -> Int {
        try await commits.write { [rows] in try rows.enqueue(event, $0) }
    }

    package func dueDeliveries(_ now: Instant, perWebhook: Int, limit: Int) async throws(StorageError) -> [DueDelivery] {
        try await commits.read { [rows] database in
            let webhooks = try rows.fetch(
                .webhook, database,
                where: """
                    status = 'active' AND EXISTS
                    (SELECT 1 FROM delivery d WHERE d.webhook = webhook.id AND d.state = 'pending' AND d.due_ms <= ?)
                    """, [now.milliseconds])
            var due: [(WebhookRecord, DeliveryRecord)] = []
            for row in webhooks {
                let webhook = try row.record(WebhookRecord.self)
                let first = try rows.fetch(
                    .delivery, database, where: "webhook = ? AND state = 'pending' AND due_ms <= ? ORDER BY due_ms, id LIMIT ?",
                    [webhook.id, now.milliseconds, max(0, perWebhook)])
                due += try first.map { (webhook, try $0.record(DeliveryRecord.self)) }
            }
            due.sort { $0.1.isDue(before: $1.1) }
            return try due.prefix(max(0, limit)).map { webhook, delivery in
                guard let event = try rows.fetchOne(.outboxEvent, database, where: "id = ?", [delivery.event]),
                    let body = Data.fromDatabaseValue(event.value("payload"))
                else { throw StorageError.damagedRow(table: "delivery", key: delivery.id, problem: "its event is missing") }
                return DueDelivery(delivery: delivery, webhook: webhook, body: [UInt8](body))
            }
        }
    }

    package func nextDue() async throws(StorageError) -> Instant? {
        try await commits.read { database in
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT min((SELECT min(d.due_ms) FROM delivery d WHERE d.webhook = w.id AND d.state = 'pending'))
                    FROM webhook w WHERE w.status = 'active'
                    """
            ).map(Instant.init(milliseconds:))
        }
    }

    package func finish(
        _ attempt: AttemptRecord, of delivery: String, tenant: String, now: Instant,
        _ change: @escaping @Sendable (DeliveryRecord, WebhookRecord) -> (delivery: DeliveryRecord, webhook: WebhookRecord, audit: AuditRecord?)
    ) async throws(StorageError) -> DeliveryRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.delivery(delivery, tenant, database) else { return nil }
            var record = try row.record(DeliveryRecord.self)
            guard let owner = try rows.webhook(record.webhook, tenant, database) else { return nil }
            let webhook = try owner.record(WebhookRecord.self)
            record.attempts += 1
            var attempt = attempt
            attempt.number = record.attempts
            try rows.insert(
                ["tenant": tenant, "delivery": delivery, "number": attempt.number, "record": try encode(attempt)], into: .deliveryAttempt, database)
            let after = change(record, webhook)
            // First: what ends with the webhook does not end twice.
            try rows.put(SealedRows.values(after.delivery), into: .delivery, database)
            try rows.put(after.webhook, was: webhook, now, database)
            if let entry = after.audit { try rows.append(entry, tenant, database) }
            return try rows.delivery(delivery, tenant, database)?.record(DeliveryRecord.self)
        }
    }

    package func pruneOutbox(deliveredBefore: Instant, deadBefore: Instant, limit: Int) async throws(StorageError) -> Int {
        try await commits.write { [rows] database in
            let old = try rows.fetch(
                .delivery, database,
                where: "(state = 'delivered' AND ended_ms < ?) OR (state = 'dead' AND ended_ms < ?) ORDER BY ended_ms, id LIMIT ?",
                [deliveredBefore.milliseconds, deadBefore.milliseconds, max(0, limit)])
            for row in old { try database.forget(delivery: try row.text("id"), event: try row.text("event")) }
            return old.count
        }
    }
}

extension SealedRows {
    /// In the transaction of what the event tells of: any change of any store may call it. The same event again adds nothing.
    /// - Returns: how many deliveries are new.
    @discardableResult
    func enqueue(_ event: OutboxEvent, _ database: Database) throws -> Int {
        let webhooks = try fetch(.webhook, database, where: "tenant = ? AND status = 'active' ORDER BY created_ms, id", [event.tenant])
        var added = 0
        for row in webhooks {
            guard let delivery = try row.record(WebhookRecord.self).delivery(of: event, suite) else { continue }
            guard try self.delivery(delivery.id, event.tenant, database) == nil else { continue }
            if try fetchOne(.outboxEvent, database, where: "id = ?", [event.id]) == nil {
                try insert(
                    [
                        "tenant": event.tenant, "id": event.id, "name": event.name, "created_ms": event.at.milliseconds, "payload": Data(event.body),
                    ], into: .outboxEvent, database)
            }
            try insert(Self.values(delivery), into: .delivery, database)
            added += 1
        }
        return added
    }
}

extension DeliveryRecord {
    /// By bytes, as a database orders.
    func isDue(before other: DeliveryRecord) -> Bool {
        dueAt != other.dueAt ? dueAt < other.dueAt : id.utf8.lexicographicallyPrecedes(other.id.utf8)
    }
}
