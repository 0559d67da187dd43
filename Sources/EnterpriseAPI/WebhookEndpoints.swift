internal import APIKit
internal import Federation
internal import Platform
internal import Storage
internal import StrictJSON

private struct DeliveryPage: Described {
    static let name = "Deliveries"
    var deliveries: [DeliveryView]
    var next: String?
    static let fields = [
        FieldOf<DeliveryPage>("deliveries", \.deliveries, .stored, "newest first"), FieldOf("next", \.next, .stored, "the next `before`; null at the end"),
    ]
}

private struct AttemptView: Described {
    static let name = "Attempt"
    var number: Int
    var at: Timestamp
    var milliseconds: Int64
    var status: Int?
    var problem: String?

    static let fields = [
        FieldOf<AttemptView>("number", \.number, .counted), FieldOf("timestamp", \.at, .clock), FieldOf("duration_ms", \.milliseconds, .measured, unit: "ms"),
        FieldOf("http_status", \.status, .stored, "null: there was no answer"), FieldOf("problem", \.problem, .stored),
    ]

    init(_ attempt: AttemptRecord) {
        number = attempt.number
        at = Timestamp(milliseconds: attempt.at.milliseconds)
        milliseconds = attempt.milliseconds
        status = attempt.status
        problem = attempt.problem
    }
}

private struct DeliveryDetail: Described {
    static let name = "DeliveryDetail"
    var delivery: DeliveryView
    var attempts: [AttemptView]
    static let fields = [
        FieldOf<DeliveryDetail>("delivery", \.delivery, .stored), FieldOf("attempts", \.attempts, .stored, "the last hundred, oldest first"),
    ]
}

extension Endpoint {
    /// Clients that send `{}` with every POST are not refused for it.
    fileprivate var passingOverBodies: Endpoint {
        var endpoint = self
        endpoint.bodyLimitBytes = 4 << 10
        return endpoint
    }
}

extension Enterprise {
    private static let pageUsual = 50

    static func webhooks(_ webhooks: Webhooks) -> [Endpoint] {
        Endpoint.webhooks(webhooks, make: ("/webhooks/configure", "webhooks.configure")) + care(webhooks) + deliveries(webhooks)
    }

    private static func care(_ webhooks: Webhooks) -> [Endpoint] {
        [
            Endpoint("GET", "/webhooks/{webhook_id}", "webhooks.show", .scope(.webhooks), "A webhook, without its secret.", gives: WebhookView.self) {
                request throws(ServiceError) in
                let (id, tenant) = (request.parameter("webhook_id"), try request.principal().tenant)
                return WebhookView(try await asking { () async throws(WebhookError) in try await webhooks.get(id, tenant: tenant) })
            },
            Endpoint(
                "POST", "/webhooks/{webhook_id}/enable", "webhooks.enable", .scope(.webhooks), "Sends it new events again; what was given up is not sent.",
                gives: WebhookView.self
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("webhook_id"), try request.principal())
                return WebhookView(
                    try await asking { () async throws(WebhookError) in
                        try await webhooks.enable(id, tenant: caller.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                    })
            }.passingOverBodies,
            Endpoint(
                "POST", "/webhooks/{webhook_id}/disable", "webhooks.disable", .scope(.webhooks), "Sends it nothing any more, and gives up what is pending.",
                gives: WebhookView.self
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("webhook_id"), try request.principal())
                return WebhookView(
                    try await asking { () async throws(WebhookError) in
                        try await webhooks.disable(id, tenant: caller.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                    })
            }.passingOverBodies,
            Endpoint(
                "POST", "/webhooks/{webhook_id}/rotate-secret", "webhooks.rotate_secret", .scope(.webhooks),
                "Signs with a new secret, and for a while with the old one, too.", takes: RotationBody.self, gives: RotatedSecret.self
            ) { request, body throws(ServiceError) in
                let (id, caller) = (request.parameter("webhook_id"), try request.principal())
                let rotated = try await asking { () async throws(WebhookError) in
                    try await webhooks.rotateSecret(
                        id, tenant: caller.tenant, secret: body.secret, overlapSeconds: body.overlap, actor: caller.actor,
                        now: Instant(milliseconds: request.nowMilliseconds))
                }
                return RotatedSecret(rotated.webhook, made: rotated.madeSecret)
            },
        ]
    }

    private static func deliveries(_ webhooks: Webhooks) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/webhooks/{webhook_id}/deliveries", "webhooks.deliveries", .scope(.webhooks), "What was sent or is to be, newest first.",
                query: [
                    .query("before", String.self, note: "older than this delivery"),
                    .query("limit", Int.self, Bounds(range: 1...Double(WebhookLimits.deliveriesListed)), usual: JSON(pageUsual), note: "how many"),
                ],
                gives: DeliveryPage.self
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("webhook_id"), try request.principal().tenant)
                let limit = try request.wholeQuery("limit", 1...WebhookLimits.deliveriesListed) ?? pageUsual
                let page = try await asking { () async throws(WebhookError) in
                    try await webhooks.deliveries(of: id, tenant: tenant, before: request.query("before"), limit: limit)
                }
                return DeliveryPage(deliveries: page.map { DeliveryView($0) }, next: page.count == limit ? page.last?.id : nil)
            },
            Endpoint(
                "GET", "/webhooks/{webhook_id}/deliveries/{delivery_id}", "webhooks.delivery", .scope(.webhooks), "A delivery and its attempts.",
                gives: DeliveryDetail.self
            ) { request throws(ServiceError) in
                let (id, tenant) = (request.parameter("webhook_id"), try request.principal().tenant)
                let found = try await asking { () async throws(WebhookError) in
                    try await webhooks.delivery(request.parameter("delivery_id"), of: id, tenant: tenant)
                }
                return DeliveryDetail(delivery: DeliveryView(found.delivery), attempts: found.attempts.map { AttemptView($0) })
            },
            Endpoint(
                "POST", "/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver", "webhooks.redeliver", .scope(.webhooks),
                "Sends a delivery again: the same id, the same bytes.", gives: DeliveryView.self, status: 202
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("webhook_id"), try request.principal())
                return DeliveryView(
                    try await asking { () async throws(WebhookError) in
                        try await webhooks.redeliver(
                            request.parameter("delivery_id"), of: id, tenant: caller.tenant, actor: caller.actor,
                            now: Instant(milliseconds: request.nowMilliseconds))
                    })
            }.passingOverBodies,
        ]
    }
}
