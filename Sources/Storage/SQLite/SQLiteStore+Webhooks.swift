package import Federation
import Foundation
internal import GRDB

extension SQLiteStore: WebhookStore {
    // MARK: Webhooks

    package func addWebhook(_ webhook: WebhookRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            let count = try Int.fetchOne(database, sql: "SELECT count(*) FROM webhook WHERE tenant = ?", arguments: [webhook.tenant]) ?? 0
            guard count < limit else { return false }
            try rows.insert(SealedRows.values(webhook), into: .webhook, database)
            try rows.append(audit, webhook.tenant, database)
            return true
        }
    }

    package func webhook(_ id: String, tenant: String) async throws(StorageError) -> WebhookRecord? {
        try await commits.read { [rows] in try rows.webhook(id, tenant, $0)?.record(WebhookRecord.self) }
    }

    package func webhooks(tenant: String) async throws(StorageError) -> [WebhookRecord] {
        try await commits.read { [rows] in
            try rows.fetch(.webhook, $0, where: "tenant = ? ORDER BY created_ms, id", [tenant]).map { try $0.record(WebhookRecord.self) }
        }
    }

    package func changeWebhook(
        _ id: String, tenant: String, now: Instant, _ change: @escaping @Sendable (WebhookRecord) -> (record: WebhookRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> WebhookRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.webhook(id, tenant, database) else { return nil }
            let webhook = try row.record(WebhookRecord.self)
            guard let (changed, entry) = change(webhook) else { return webhook }
            try rows.put(changed, was: webhook, now, database)
            if let entry { try rows.append(entry, tenant, database) }
            return changed
        }
    }

    package func removeWebhook(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool {
        try await commits.write { [rows] database in
            guard try rows.webhook(id, tenant, database) != nil else { return false }
            let events = try String.fetchAll(database, sql: "SELECT DISTINCT event FROM delivery WHERE webhook = ?", arguments: [id])
            try database.execute(
                sql: "DELETE FROM delivery_attempt WHERE delivery IN (SELECT id FROM delivery WHERE webhook = ?)", arguments: [id])
            try database.execute(sql: "DELETE FROM delivery WHERE webhook = ?", arguments: [id])
            for event in events { try database.forget(event: event) }
            try database.execute(sql: "DELETE FROM webhook WHERE id = ?", arguments: [id])
            try rows.append(audit, tenant, database)
            return true
        }
    }

    // MARK: Deliveries

    package func deliveries(webhook: String, tenant: String, before: String?, limit: Int) async throws(StorageError) -> [DeliveryRecord] {
        try await commits.read { [rows] database in
            var last = (created: Int64.max, id: "")
            if let before {
                guard let row = try rows.delivery(before, tenant, database) else { throw StorageError.missing("delivery \(before)") }
                last = (try row.number("created_ms"), before)
            }
            return try rows.fetch(
                .delivery, database,
                where: "webhook = ? AND tenant = ? AND (created_ms, id) < (?, ?) ORDER BY created_ms DESC, id DESC LIMIT ?",
                [webhook, tenant, last.created, last.id, max(0, limit)]
            ).map { try $0.record(DeliveryRecord.self) }
        }
    }

    package func delivery(_ id: String, tenant: String) async throws(StorageError) -> DeliveryRecord? {
        try await commits.read { [rows] in try rows.delivery(id, tenant, $0)?.record(DeliveryRecord.self) }
    }

    package func attempts(delivery: String, tenant: String, limit: Int) async throws(StorageError) -> [AttemptRecord] {
        try await commits.read { [rows] database in
            try rows.fetch(
                .deliveryAttempt, database, where: "delivery = ? AND tenant = ? ORDER BY number DESC LIMIT ?", [delivery, tenant, max(0, limit)]
            ).reversed().map { try $0.record(AttemptRecord.self) }
        }
    }

    package func changeDelivery(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeliveryRecord) -> (record: DeliveryRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> DeliveryRecord? {
        try await commits.write { [rows] database in
            guard let row = try rows.delivery(id, tenant, database) else { return nil }
            let delivery = try row.record(DeliveryRecord.self)
            guard let (changed, entry) = change(delivery) else { return delivery }
            try rows.put(SealedRows.values(changed), into: .delivery, database)
            try rows.append(entry, tenant, database)
            return changed
        }
    }
}

extension Database {
    /// An event that no delivery refers to any more.
    fileprivate func forget(event: String) throws {
        try execute(
            sql: "DELETE FROM outbox_event WHERE id = ? AND NOT EXISTS (SELECT 1 FROM delivery WHERE event = outbox_event.id)", arguments: [event])
    }

    func forget(delivery: String, event: String) throws {
        try execute(sql: "DELETE FROM delivery_attempt WHERE delivery = ?", arguments: [delivery])
        try execute(sql: "DELETE FROM delivery WHERE id = ?", arguments: [delivery])
        try forget(event: event)
    }
}

extension SealedRows {
    static func values(_ webhook: WebhookRecord) throws -> Values {
        [
            "tenant": webhook.tenant, "id": webhook.id, "created_ms": webhook.createdAt.milliseconds, "status": webhook.status.rawValue,
            "record": try encode(webhook),
        ]
    }

    static func values(_ delivery: DeliveryRecord) throws -> Values {
        [
            "tenant": delivery.tenant, "id": delivery.id, "webhook": delivery.webhook, "event": delivery.event,
            "created_ms": delivery.createdAt.milliseconds, "state": delivery.state.rawValue, "due_ms": delivery.dueAt.milliseconds,
            "ended_ms": delivery.endedAt?.milliseconds, "record": try encode(delivery),
        ]
    }

    func webhook(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.webhook, database, where: "id = ? AND tenant = ?", [id, tenant])
    }

    func delivery(_ id: String, _ tenant: String, _ database: Database) throws -> SealedRow? {
        try fetchOne(.delivery, database, where: "id = ? AND tenant = ?", [id, tenant])
    }

    /// With what ends when a webhook is disabled.
    func put(_ webhook: WebhookRecord, was old: WebhookRecord, _ now: Instant, _ database: Database) throws {
        try put(Self.values(webhook), into: .webhook, database)
        guard old.status == .active, webhook.status == .disabled else { return }
        for row in try fetch(.delivery, database, where: "webhook = ? AND state = 'pending'", [webhook.id]) {
            var delivery = try row.record(DeliveryRecord.self)
            delivery.end(disabledProblem, at: now)
            try put(Self.values(delivery), into: .delivery, database)
        }
    }
}
