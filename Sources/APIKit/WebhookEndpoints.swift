internal import Federation
package import Platform

/// Two documents have webhooks, of one form: these endpoints are in both families, and see the same webhooks.
extension Endpoint {
    /// - Parameter make: where and under which name the document has the endpoint that makes one.
    package static func webhooks(_ webhooks: Webhooks, make: (path: String, operation: String)) -> [Endpoint] {
        [
            Endpoint(
                "POST", make.path, make.operation, .scope(.webhooks), "Makes a webhook: events of the tenant are sent there, signed (docs/webhooks.md).",
                takes: WebhookBody.self, gives: CreatedWebhook.self, status: 201
            ) { request, body throws(ServiceError) in
                let caller = try request.principal()
                let made = try await asking { () async throws(WebhookError) in
                    try await webhooks.create(
                        body.request(request.family), tenant: caller.tenant, actor: caller.actor, now: Instant(milliseconds: request.nowMilliseconds))
                }
                return CreatedWebhook(webhook: WebhookView(made.webhook), secret: made.madeSecret)
            },
            Endpoint(
                "GET", "/webhooks", "webhooks.list", .scope(.webhooks), "The tenant's webhooks, whichever API they were made with.", gives: WebhookList.self
            ) { request throws(ServiceError) in
                let tenant = try request.principal().tenant
                let all = try await asking { () async throws(WebhookError) in try await webhooks.list(tenant: tenant) }
                return WebhookList(webhooks: all.map { WebhookView($0) })
            },
            Endpoint(
                "DELETE", "/webhooks/{webhook_id}", "webhooks.delete", .scope(.webhooks), "Ends a webhook; its deliveries go with it.",
                gives: DeletedWebhook.self
            ) { request throws(ServiceError) in
                let (id, caller) = (request.parameter("webhook_id"), try request.principal())
                let now = Instant(milliseconds: request.nowMilliseconds)
                try await asking { () async throws(WebhookError) in try await webhooks.delete(id, tenant: caller.tenant, actor: caller.actor, now: now) }
                return DeletedWebhook(id: id, at: Timestamp(at: now))
            },
        ]
    }
}
