internal import APIKit
internal import Platform

extension Aisemble {
    /// What the document has, and what it takes to be rid of a webhook. Deliveries and secrets are looked after in `/api/v1`.
    static func webhooks(_ webhooks: Webhooks) -> [Endpoint] { Endpoint.webhooks(webhooks, make: ("/webhooks", "webhooks.create")) }
}
