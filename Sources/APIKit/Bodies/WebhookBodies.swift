internal import Federation
internal import Platform
package import Storage

extension WebhookRecord.Status: ChoiceValue {}
extension DeliveryRecord.State: ChoiceValue {}

struct RetryBody: DescribedRequest {
    static let name = "NewRetryPolicy"
    var retries = RetryPolicy.usual.maxRetries
    var delay = RetryPolicy.usual.delaySeconds

    static let fields = [
        FieldOf<RetryBody>("max_retries", \.retries, Bounds(WebhookLimits.webhookRetries), note: "after these the delivery is dead"),
        FieldOf("retry_delay", \.delay, Bounds(WebhookLimits.webhookRetryDelaySeconds), unit: "s", note: "the first wait; each is twice the one before"),
    ]
}

struct WebhookBody: DescribedRequest {
    static let name = "NewWebhook"
    var url = ""
    var events: [String] = []
    var secret: String?
    var retry = RetryBody()

    static let fields = [
        FieldOf<WebhookBody>(
            "url", \.url, isRequired: true, Bounds(count: 1...EgressLimits.urlBytesMax), note: "https, to a public host, which is looked up at every delivery"),
        FieldOf("events", \.events, isRequired: true, Bounds(count: 1...WebhookLimits.webhookEventsMax, elementBytes: 1...64)),
        FieldOf("secret", \.secret, .webhookSecret, note: "whsec_ and the Base64 of at least 24 bytes, or another text; one is made where it is left out"),
        FieldOf("retry_policy", \.retry),
    ]

    func request(_ family: APIFamily) -> WebhookRequest {
        WebhookRequest(family: family.rawValue, url: url, events: events, secret: secret, maxRetries: retry.retries, retryDelaySeconds: retry.delay)
    }
}

/// What is sent to replace a webhook's secret.
package struct RotationBody: DescribedRequest {
    package static let name = "SecretRotation"
    package var secret: String?
    package var overlap = Webhooks.usualOverlapSeconds

    package static let fields = [
        FieldOf<RotationBody>("secret", \.secret, .webhookSecret, note: "one is made where it is left out"),
        FieldOf("overlap_seconds", \.overlap, Bounds(WebhookLimits.secretOverlapSeconds), unit: "s", note: "for how long the old one signs beside the new one"),
    ]

    package init() {}
}

struct RetryView: Described {
    static let name = "RetryPolicy"
    var retries: Int
    var delay: Int
    var schedule: [Double]

    static let fields = [
        FieldOf<RetryView>("max_retries", \.retries, .stored), FieldOf("retry_delay", \.delay, .stored, unit: "s"),
        FieldOf("schedule", \.schedule, .rule("twice the wait before, a day at most"), unit: "s", "chance adds up to a tenth to each"),
    ]

    init(_ webhook: WebhookRecord) {
        (retries, delay) = (webhook.maxRetries, webhook.retryDelaySeconds)
        // What is stored was checked; what cannot be read so has no schedule.
        schedule = (try? RetryPolicy(maxRetries: retries, delaySeconds: delay))?.schedule ?? []
    }
}

/// An event that a webhook names and that nothing leads to yet.
struct UnbuiltEvent: Described {
    static let name = "UnbuiltEvent"
    enum Word: String, ChoiceValue { case notBuilt = "not_built" }
    var event: String
    let status = Word.notBuilt
    var waitsFor: String

    static let fields = [
        FieldOf<UnbuiltEvent>("event", \.event, .stored), FieldOf("status", \.status, .fixed),
        FieldOf("blocked_by", \.waitsFor, .rule("pending"), "what leads to it; from then on it is sent"),
    ]

    static func all(_ events: [String]) -> [UnbuiltEvent] {
        events.compactMap { name in
            guard case .notBuilt(let waitsFor)? = WebhookEvent(rawValue: name)?.cause else { return nil }
            return UnbuiltEvent(event: name, waitsFor: waitsFor)
        }
    }
}

/// A new webhook: what the documents have, and what is told this once.
struct CreatedWebhook: Described {
    static let name = "CreatedWebhook"
    var webhook: WebhookView
    var secret: String?

    static let fields = [
        FieldOf<CreatedWebhook>("webhook_id", \.webhook.id, .generated), FieldOf("url", \.webhook.url, .request),
        FieldOf("events", \.webhook.events, .request), FieldOf("status", \.webhook.status, .stored), FieldOf("created_at", \.webhook.createdAt, .clock),
        FieldOf("secret", \.secret, .generated, "shown once; null where one was given"), FieldOf("retry_policy", \.webhook.retry, .stored),
        FieldOf("not_built", \.webhook.notBuilt, .rule("pending"), "events of these that are not sent yet"),
    ]
}

/// A webhook as everything after its creation shows it: without its secret.
package struct WebhookView: Described {
    package static let name = "Webhook"
    var id: String
    var url: String
    var events: [String]
    var status: WebhookRecord.Status
    var createdAt: Timestamp
    var retry: RetryView
    var family: String
    var disabledReason: String?
    var failingSince: Timestamp?
    var succeededAt: Timestamp?
    var notBuilt: [UnbuiltEvent]

    package static let fields = [
        FieldOf<WebhookView>("webhook_id", \.id, .stored), FieldOf("url", \.url, .stored), FieldOf("events", \.events, .stored),
        FieldOf("status", \.status, .stored), FieldOf("created_at", \.createdAt, .stored), FieldOf("retry_policy", \.retry, .stored),
        FieldOf("family", \.family, .stored, "the API it was made with"), FieldOf("disabled_reason", \.disabledReason, .stored, "null while it is active"),
        FieldOf("failing_since", \.failingSince, .clock, "null: the last attempt succeeded, or there was none"),
        FieldOf("last_success_at", \.succeededAt, .clock),
        FieldOf("not_built", \.notBuilt, .rule("pending"), "events of these that are not sent yet"),
    ]

    package init(_ webhook: WebhookRecord) {
        id = webhook.id
        url = webhook.url
        events = webhook.events
        status = webhook.status
        createdAt = Timestamp(at: webhook.createdAt)
        retry = RetryView(webhook)
        family = webhook.family
        disabledReason = webhook.disabledReason
        failingSince = webhook.failingSince.map { Timestamp(at: $0) }
        succeededAt = webhook.succeededAt.map { Timestamp(at: $0) }
        notBuilt = UnbuiltEvent.all(webhook.events)
    }
}

struct WebhookList: Described {
    static let name = "Webhooks"
    var webhooks: [WebhookView]
    static let fields = [FieldOf<WebhookList>("webhooks", \.webhooks, .stored, "oldest first")]
}

struct DeletedWebhook: Described {
    static let name = "DeletedWebhook"
    enum Word: String, ChoiceValue { case deleted }
    var id: String
    let status = Word.deleted
    var at: Timestamp

    static let fields = [
        FieldOf<DeletedWebhook>("webhook_id", \.id, .stored), FieldOf("status", \.status, .fixed), FieldOf("deleted_at", \.at, .clock),
    ]
}

package struct RotatedSecret: Described {
    package static let name = "RotatedSecret"
    var id: String
    var secret: String?
    var version: Int?
    var oldUntil: Timestamp?

    package static let fields = [
        FieldOf<RotatedSecret>("webhook_id", \.id, .stored), FieldOf("secret", \.secret, .generated, "shown once; null where one was given"),
        FieldOf("version", \.version, .counted),
        FieldOf("old_secret_signs_until", \.oldUntil, .clock, "null: it signs no more"),
    ]

    /// - Parameter made: the secret, when it was made here.
    package init(_ webhook: WebhookRecord, made: String?) {
        id = webhook.id
        secret = made
        version = webhook.secrets.first?.version
        oldUntil = webhook.secrets.dropFirst().first?.until.map { Timestamp(at: $0) }
    }
}

package struct DeliveryView: Described {
    package static let name = "Delivery"
    var id: String
    var event: String
    var eventID: String
    var status: DeliveryRecord.State
    var createdAt: Timestamp
    var attempts: Int
    var nextAt: Timestamp?
    var problem: String?
    var endedAt: Timestamp?

    package static let fields = [
        FieldOf<DeliveryView>("delivery_id", \.id, .stored, "the webhook-id of every attempt"), FieldOf("event", \.event, .stored),
        FieldOf("event_id", \.eventID, .stored), FieldOf("status", \.status, .stored), FieldOf("created_at", \.createdAt, .stored),
        FieldOf("attempt_count", \.attempts, .counted), FieldOf("next_attempt_at", \.nextAt, .stored, "null: it has ended"),
        FieldOf("problem", \.problem, .stored, "of the last attempt, or why it is dead"), FieldOf("ended_at", \.endedAt, .clock),
    ]

    package init(_ delivery: DeliveryRecord) {
        id = delivery.id
        event = delivery.name
        eventID = delivery.event
        status = delivery.state
        createdAt = Timestamp(at: delivery.createdAt)
        attempts = delivery.attempts
        nextAt = delivery.state == .pending ? Timestamp(at: delivery.dueAt) : nil
        problem = delivery.problem
        endedAt = delivery.endedAt.map { Timestamp(at: $0) }
    }
}

extension Bounds {
    fileprivate static let webhookSecret = Bounds(count: WebhookLimits.webhookSecretTextBytes, isSecret: true)
    fileprivate init(_ whole: ClosedRange<Int>) { self.init(range: Double(whole.lowerBound)...Double(whole.upperBound)) }
}

extension Timestamp {
    init(at instant: Instant) { self.init(milliseconds: instant.milliseconds) }
}
