internal import CryptoSuite
package import Federation

/// Where events of a tenant are sent.
package struct WebhookRecord: Sendable, Equatable, Codable {
    package enum Status: String, Sendable, Codable, CaseIterable { case active, disabled }

    package struct SealedSecret: Sendable, Equatable, Codable {
        /// From 1, one after the other; part of the context it is sealed with.
        package var version: Int
        package var envelope: [UInt8]
        /// Signs beside the newest until then; nil: it is the newest.
        package var until: Instant?
        package init(version: Int, envelope: [UInt8], until: Instant? = nil) {
            self.version = version
            self.envelope = envelope
            self.until = until
        }
    }

    package var id: String
    package var tenant: String
    /// The API family it was made with, such as `v1`.
    package var family: String
    package var url: String
    package var events: [String]
    /// Newest first, at most two.
    package var secrets: [SealedSecret]
    package var maxRetries: Int
    package var retryDelaySeconds: Int
    package var createdAt: Instant
    package var status: Status = .active
    /// Why it is disabled, in words.
    package var disabledReason: String?
    /// Since when every attempt has failed; nil: the last one succeeded, or there was none.
    package var failingSince: Instant?
    package var succeededAt: Instant?

    package init(
        id: String, tenant: String, family: String, url: String, events: [String], secrets: [SealedSecret], maxRetries: Int, retryDelaySeconds: Int,
        createdAt: Instant
    ) {
        self.id = id
        self.tenant = tenant
        self.family = family
        self.url = url
        self.events = events
        self.secrets = secrets
        self.maxRetries = maxRetries
        self.retryDelaySeconds = retryDelaySeconds
        self.createdAt = createdAt
    }
}

/// Something that happened and that somebody may have asked to be told of.
package struct OutboxEvent: Sendable, Equatable {
    /// The same fact has the same id: to enqueue it twice is to enqueue it once.
    package var id: String
    package var tenant: String
    package var name: String
    package var at: Instant
    /// What is sent, frozen: every attempt sends these bytes.
    package var body: [UInt8]
    package init(id: String, tenant: String, name: String, at: Instant, body: [UInt8]) {
        self.id = id
        self.tenant = tenant
        self.name = name
        self.at = at
        self.body = body
    }
}

/// One event on its way to one webhook.
package struct DeliveryRecord: Sendable, Equatable, Codable {
    /// `pending → delivered | dead`, and back to `pending` when it is sent again on demand.
    package enum State: String, Sendable, Codable, CaseIterable { case pending, delivered, dead }

    /// The `webhook-id` of every attempt: one for each event and webhook.
    package var id: String
    package var tenant: String
    package var webhook: String
    package var event: String
    package var name: String
    package var createdAt: Instant
    package var state: State = .pending
    /// When the next attempt is due.
    package var dueAt: Instant
    /// Attempts in all.
    package var attempts = 0
    /// Attempts that have failed since it was made, or since it was asked for again.
    package var failures = 0
    /// Of the last attempt, or why it is dead. nil: none.
    package var problem: String?
    package var endedAt: Instant?

    package init(id: String, tenant: String, webhook: String, event: String, name: String, createdAt: Instant) {
        self.id = id
        self.tenant = tenant
        self.webhook = webhook
        self.event = event
        self.name = name
        self.createdAt = createdAt
        dueAt = createdAt
    }

    /// It is given up.
    package mutating func end(_ why: String, at now: Instant) { (state, problem, endedAt) = (.dead, why, now) }
}

/// What one attempt to deliver was answered. Never the answer's content: it may come from a place that the tenant cannot see.
package struct AttemptRecord: Sendable, Equatable, Codable {
    /// From 1. The store counts.
    package var number: Int
    package var at: Instant
    package var milliseconds: Int64
    /// Of HTTP; nil: there was no answer.
    package var status: Int?
    package var problem: String?
    package init(number: Int = 0, at: Instant, milliseconds: Int64, status: Int?, problem: String?) {
        self.number = number
        self.at = at
        self.milliseconds = milliseconds
        self.status = status
        self.problem = problem
    }
}

/// A delivery with all that it takes to attempt it.
package struct DueDelivery: Sendable, Equatable {
    package var delivery: DeliveryRecord
    package var webhook: WebhookRecord
    package var body: [UInt8]
    package init(delivery: DeliveryRecord, webhook: WebhookRecord, body: [UInt8]) {
        self.delivery = delivery
        self.webhook = webhook
        self.body = body
    }
}

/// Webhooks, and the outbox: what is to be sent is stored in the transaction of what it tells of (`SessionStore.apply` takes
/// events), and stays until it was delivered or given up.
package protocol WebhookStore: Sendable {
    /// - Returns: false when the tenant has `limit` of them already.
    func addWebhook(_ webhook: WebhookRecord, audit: AuditRecord, limit: Int) async throws(StorageError) -> Bool
    func webhook(_ id: String, tenant: String) async throws(StorageError) -> WebhookRecord?
    /// Oldest first.
    func webhooks(tenant: String) async throws(StorageError) -> [WebhookRecord]
    /// Changes a webhook as it is at that moment. When it is disabled so, its pending deliveries are given up.
    /// - Parameter change: called once inside the transaction; nil changes nothing. An audit entry is stored with the record.
    /// - Returns: the record afterwards, changed or not; nil when there is no such webhook.
    func changeWebhook(
        _ id: String, tenant: String, now: Instant, _ change: @escaping @Sendable (WebhookRecord) -> (record: WebhookRecord, audit: AuditRecord?)?
    ) async throws(StorageError) -> WebhookRecord?
    /// With its deliveries and their attempts. false: there is none.
    func removeWebhook(_ id: String, tenant: String, audit: AuditRecord) async throws(StorageError) -> Bool

    /// One delivery for each active webhook of the tenant that names the event. For facts that no other change stores.
    /// - Returns: how many are new.
    @discardableResult
    func enqueue(_ event: OutboxEvent) async throws(StorageError) -> Int
    /// What is due, the earliest first: at most `perWebhook` of one webhook, so that a slow one does not stand before the others.
    func dueDeliveries(_ now: Instant, perWebhook: Int, limit: Int) async throws(StorageError) -> [DueDelivery]
    /// When the next delivery of an active webhook is due; nil: none is pending.
    func nextDue() async throws(StorageError) -> Instant?
    /// Stores an attempt and what follows from it, in one transaction. When the webhook is disabled by it, its other pending
    /// deliveries are given up.
    /// - Parameter change: called once inside the transaction with the delivery, this attempt counted, and its webhook.
    /// - Returns: the delivery afterwards; nil: it is gone, and nothing was stored.
    func finish(
        _ attempt: AttemptRecord, of delivery: String, tenant: String, now: Instant,
        _ change: @escaping @Sendable (DeliveryRecord, WebhookRecord) -> (delivery: DeliveryRecord, webhook: WebhookRecord, audit: AuditRecord?)
    ) async throws(StorageError) -> DeliveryRecord?

    /// Newest first.
    /// - Parameter before: the last delivery of the page before; nil: from the newest on.
    func deliveries(webhook: String, tenant: String, before: String?, limit: Int) async throws(StorageError) -> [DeliveryRecord]
    func delivery(_ id: String, tenant: String) async throws(StorageError) -> DeliveryRecord?
    /// Oldest first; the last `limit` of them.
    func attempts(delivery: String, tenant: String, limit: Int) async throws(StorageError) -> [AttemptRecord]
    /// - Parameter change: as in `changeWebhook`.
    func changeDelivery(
        _ id: String, tenant: String, _ change: @escaping @Sendable (DeliveryRecord) -> (record: DeliveryRecord, audit: AuditRecord)?
    ) async throws(StorageError) -> DeliveryRecord?
    /// Forgets deliveries that ended before these instants, with their attempts, and events that nothing refers to any more.
    /// - Returns: how many deliveries, at most `limit`.
    func pruneOutbox(deliveredBefore: Instant, deadBefore: Instant, limit: Int) async throws(StorageError) -> Int
}

/// Why pending deliveries of a webhook end with it.
let disabledProblem = "the webhook was disabled"

extension WebhookRecord {
    func delivery(of event: OutboxEvent, _ suite: CryptoSuite) -> DeliveryRecord? {
        guard status == .active, events.contains(where: { same($0, event.name) }) else { return nil }
        let id = "msg_" + hexadecimal(suite.sha256(Array(event.id.utf8) + [0] + Array(self.id.utf8)).prefix(16))
        return DeliveryRecord(id: id, tenant: tenant, webhook: self.id, event: event.id, name: event.name, createdAt: event.at)
    }
}
