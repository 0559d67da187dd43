package import CryptoSuite
package import Federation
package import Storage
internal import StrictJSON
package import Trust

/// A webhook as it is asked for.
package struct WebhookRequest: Sendable {
    /// The API family that asks, such as `v1`.
    package var family: String
    package var url: String
    package var events: [String]
    /// nil: one is made.
    package var secret: String?
    package var maxRetries: Int
    package var retryDelaySeconds: Int
    package init(
        family: String, url: String, events: [String], secret: String? = nil, maxRetries: Int = RetryPolicy.usual.maxRetries,
        retryDelaySeconds: Int = RetryPolicy.usual.delaySeconds
    ) {
        self.family = family
        self.url = url
        self.events = events
        self.secret = secret
        self.maxRetries = maxRetries
        self.retryDelaySeconds = retryDelaySeconds
    }
}

/// Webhooks of tenants. Whatever belongs to another tenant is not there.
package struct Webhooks: Sendable {
    private static let secretPurpose = "webhook-secret"
    /// For how long the replaced secret signs beside the new one, unless something else is asked for.
    package static let usualOverlapSeconds = 86_400

    let store: any WebhookStore
    private let secrets: SecretStore
    private let policy: EgressPolicy
    private let random: RandomSource
    private let suite: CryptoSuite

    package init(store: any WebhookStore, secrets: SecretStore, policy: EgressPolicy, random: RandomSource, suite: CryptoSuite = .system) {
        self.store = store
        self.secrets = secrets
        self.policy = policy
        self.random = random
        self.suite = suite
    }

    // MARK: Webhooks

    /// The host of the URL is not resolved now, but at every delivery; here only its form and a literal address are looked at.
    /// - Returns: the webhook, and its secret when it was made here, to be shown this once.
    /// - Throws: `invalid`, `conflict`.
    package func create(
        _ request: WebhookRequest, tenant: String, actor: AuditActor, now: Instant
    ) async throws(WebhookError) -> (webhook: WebhookRecord, madeSecret: String?) {
        let events = try WebhookEvent.parse(request.events)
        do throws(EgressError) { _ = try policy.check(request.url) } catch {
            throw .invalid(field: "url", problem: error.problem, remedy: error.remedy)
        }
        let retries = try RetryPolicy(maxRetries: request.maxRetries, delaySeconds: request.retryDelaySeconds)
        let secret = if let text = request.secret { try WebhookSecret(text) } else { WebhookSecret(random: random) }
        let id = "webhook_" + hexadecimal(random.bytes(16))
        let webhook = WebhookRecord(
            id: id, tenant: tenant, family: request.family, url: request.url, events: events.map(\.rawValue),
            secrets: [try await sealed(secret, version: 1, id, tenant)], maxRetries: retries.maxRetries, retryDelaySeconds: retries.delaySeconds,
            createdAt: now)
        let audit = AuditRecord(
            at: now, action: .webhookCreated, by: actor, of: id, details: ["url": request.url, "events": webhook.events.joined(separator: " ")])
        let isAdded = try await kept { () async throws(StorageError) in
            try await store.addWebhook(webhook, audit: audit, limit: WebhookLimits.webhooksPerTenant)
        }
        guard isAdded else {
            throw .conflict(problem: "The tenant has \(WebhookLimits.webhooksPerTenant) webhooks", remedy: "Delete one that is not needed any more.")
        }
        return (webhook, request.secret == nil ? secret.revealed : nil)
    }

    package func list(tenant: String) async throws(WebhookError) -> [WebhookRecord] {
        try await kept { () async throws(StorageError) in try await store.webhooks(tenant: tenant) }
    }

    /// - Throws: `missing`.
    package func get(_ id: String, tenant: String) async throws(WebhookError) -> WebhookRecord {
        try Self.found(try await kept { () async throws(StorageError) in try await store.webhook(id, tenant: tenant) }, id)
    }

    /// With its deliveries; what is under way is not taken back.
    /// - Throws: `missing`.
    package func delete(_ id: String, tenant: String, actor: AuditActor, now: Instant) async throws(WebhookError) {
        let audit = AuditRecord(at: now, action: .webhookDeleted, by: actor, of: id)
        let isRemoved = try await kept { () async throws(StorageError) in try await store.removeWebhook(id, tenant: tenant, audit: audit) }
        guard isRemoved else { throw .missing("webhook \(id.clipped(64))") }
    }

    /// A disabled webhook gets new events from now on; what was given up is sent again on demand only.
    /// - Throws: `missing`.
    package func enable(_ id: String, tenant: String, actor: AuditActor, now: Instant) async throws(WebhookError) -> WebhookRecord {
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeWebhook(id, tenant: tenant, now: now) { webhook in
                guard webhook.status == .disabled else { return nil }
                var next = webhook
                (next.status, next.disabledReason, next.failingSince) = (.active, nil, nil)
                return (next, AuditRecord(at: now, action: .webhookEnabled, by: actor, of: id))
            }
        }
        return try Self.found(changed, id)
    }

    /// Nothing is sent any more, and what is pending is given up.
    /// - Throws: `missing`.
    package func disable(_ id: String, tenant: String, actor: AuditActor, now: Instant) async throws(WebhookError) -> WebhookRecord {
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeWebhook(id, tenant: tenant, now: now) { webhook in
                guard webhook.status == .active else { return nil }
                var next = webhook
                (next.status, next.disabledReason) = (.disabled, "by its owner")
                return (next, AuditRecord(at: now, action: .webhookDisabled, by: actor, of: id, details: ["reason": "by its owner"]))
            }
        }
        return try Self.found(changed, id)
    }

    // MARK: Secrets

    /// Signs with a new secret from now on, and for a while with the old one, too: receivers change over when they like.
    /// - Parameters:
    ///   - secret: nil: one is made.
    ///   - overlapSeconds: how long the old one goes on signing, up to seven days.
    /// - Returns: the secret when it was made here, to be shown this once.
    /// - Throws: `missing`, `invalid`, `conflict` when somebody else rotates it at this moment.
    package func rotateSecret(
        _ id: String, tenant: String, secret text: String? = nil, overlapSeconds: Int = usualOverlapSeconds, actor: AuditActor, now: Instant
    ) async throws(WebhookError) -> (webhook: WebhookRecord, madeSecret: String?) {
        guard WebhookLimits.secretOverlapSeconds.contains(overlapSeconds) else {
            throw .invalid(
                field: "overlap_seconds", problem: "it is \(overlapSeconds)", remedy: "Give 0 to \(WebhookLimits.secretOverlapSeconds.upperBound) seconds.")
        }
        let secret = if let text { try WebhookSecret(text) } else { WebhookSecret(random: random) }
        let before = try await get(id, tenant: tenant)
        let version = (before.secrets.first?.version ?? 0) + 1
        let new = try await sealed(secret, version: version, id, tenant)
        let audit = AuditRecord(at: now, action: .webhookSecretRotated, by: actor, of: id, details: ["version": "\(version)"])
        let changed = try await kept { () async throws(StorageError) in
            try await store.changeWebhook(id, tenant: tenant, now: now) { webhook in
                guard webhook.secrets == before.secrets else { return nil }
                var next = webhook
                next.secrets = [new]
                if var old = webhook.secrets.first, overlapSeconds > 0 {
                    old.until = now.adding(seconds: Double(overlapSeconds))
                    next.secrets.append(old)
                }
                return (next, audit)
            }
        }
        let webhook = try Self.found(changed, id)
        guard webhook.secrets.first == new else {
            throw .conflict(problem: "The secret of \(id) was just replaced by somebody else", remedy: "Look at it, and try again if it is still wanted.")
        }
        return (webhook, text == nil ? secret.revealed : nil)
    }

    /// The keys that sign now, newest first.
    func keys(of webhook: WebhookRecord, now: Instant) async throws(WebhookError) -> [Secret] {
        var keys: [Secret] = []
        for one in webhook.secrets where one.until.map({ now < $0 }) ?? true {
            let text: Secret
            do throws(SecretError) { text = try await secrets.open(one.envelope, Self.context(webhook.id, webhook.tenant, one.version)) } catch {
                throw .secrets(error)
            }
            keys.append(try WebhookSecret(String(decoding: text.bytes, as: UTF8.self)).key)
        }
        return keys
    }

    private func sealed(_ secret: WebhookSecret, version: Int, _ id: String, _ tenant: String) async throws(WebhookError) -> WebhookRecord.SealedSecret {
        do throws(SecretError) {
            return .init(version: version, envelope: try await secrets.seal(secret.text.bytes, Self.context(id, tenant, version)))
        } catch {
            if case .keeping(let cause as StorageError) = error { throw .storage(cause) }
            throw .secrets(error)
        }
    }

    private static func context(_ id: String, _ tenant: String, _ version: Int) -> SecretContext {
        SecretContext(tenant: tenant, purpose: secretPurpose, id: id, version: UInt64(clamping: version))
    }

    // MARK: Helpers

    func kept<Value: Sendable>(_ work: () async throws(StorageError) -> Value) async throws(WebhookError) -> Value {
        do throws(StorageError) { return try await work() } catch { throw .storage(error) }
    }

    static func found<Value>(_ value: Value?, _ id: String) throws(WebhookError) -> Value {
        guard let value else { throw .missing("webhook \(id.clipped(64))") }
        return value
    }
}
