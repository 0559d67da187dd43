import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Webhooks, a store in memory, keys in the store: all of it but the network.
struct WebhookWorld {
    let clock = WebhookClock()
    let webhooks: Webhooks
    let secrets: SecretStore
    let policy: EgressPolicy

    init(
        _ store: any WebhookStore & TenantKeyStore = MemoryStore(suite: .system), masters: MasterKeys = MasterKeys(random: .system), allowsLoopback: Bool = true
    ) {
        policy = EgressPolicy(allowsLoopback: allowsLoopback)
        secrets = SecretStore(masters: masters, table: StoredTenantKeys(store: store) { [clock] in clock.now }, random: .system) { _ in }
        webhooks = Webhooks(store: store, secrets: secrets, policy: policy, random: .system)
    }

    func create(
        _ url: String = "https://example.org/hook", events: [String] = ["job.completed"], secret: String? = nil, retries: Int = 5, delay: Int = 60,
        tenant: String = "default"
    ) async throws -> (webhook: WebhookRecord, madeSecret: String?) {
        try await webhooks.create(
            WebhookRequest(family: "v1", url: url, events: events, secret: secret, maxRetries: retries, retryDelaySeconds: delay), tenant: tenant,
            actor: "admin", now: clock.now)
    }

    func event(_ key: String, tenant: String = "default") -> OutboxEvent {
        WebhookEvent.jobCompleted.outboxEvent(
            key: key, tenant: tenant, at: clock.now, data: ["job_id": .string(key), "status": "completed", "results_url": .string("/jobs/\(key)/results")],
            .system)
    }
}

@Suite struct WebhookServiceTests {
    private func field(_ work: () async throws -> Void) async -> String? {
        do { try await work() } catch WebhookError.invalid(let field, _, _) { return field } catch WebhookError.missing { return "missing" } catch WebhookError
            .conflict
        {
            return "conflict"
        } catch { return "\(error)" }
        return nil
    }

    @Test func whatIsAskedForIsWhatIsKept() async throws {
        let store = MemoryStore(suite: .system)
        let world = WebhookWorld(store)
        let (webhook, secret) = try await world.create(events: ["job.completed", "fl.session.completed"])
        #expect(webhook.id.hasPrefix("webhook_") && webhook.id.utf8.count == 40 && webhook.status == .active && webhook.createdAt == world.clock.now)
        #expect(webhook.events == ["job.completed", "fl.session.completed"] && secret?.hasPrefix("whsec_") == true)
        #expect(try await world.create(secret: "your_webhook_secret").madeSecret == nil, "a secret that was given is not shown")
        #expect(try await world.webhooks.get(webhook.id, tenant: "default") == webhook)
        #expect(try await world.webhooks.list(tenant: "default").count == 2)
        #expect(try await world.webhooks.list(tenant: "other").isEmpty)
        for tenant in ["other", ""] { #expect(await field { _ = try await world.webhooks.get(webhook.id, tenant: tenant) } == "missing") }
        #expect(await field { try await world.webhooks.delete(webhook.id, tenant: "other", actor: "x", now: world.clock.now) } == "missing")
        try await world.webhooks.delete(webhook.id, tenant: "default", actor: "admin", now: world.clock.now)
        #expect(await field { try await world.webhooks.delete(webhook.id, tenant: "default", actor: "admin", now: world.clock.now) } == "missing")
        let audit = try await store.audit(tenant: "default", after: 0, limit: 10).map(\.entry)
        #expect(audit.map(\.action) == [.webhookCreated, .webhookCreated, .webhookDeleted] && audit.map(\.subject).last == webhook.id)
        let said = "\(audit) \(webhook)"
        #expect(!said.contains("whsec_") && !said.contains("your_webhook_secret"))
    }

    @Test func badRequestsNameTheirField() async throws {
        let world = WebhookWorld(allowsLoopback: false)
        for (url, events, secret, retries, delay, wanted) in [
            ("http://example.org/", ["job.failed"], nil, 5, 60, "url"), ("https://127.0.0.1/", ["job.failed"], nil, 5, 60, "url"),
            ("https://2130706433/", ["job.failed"], nil, 5, 60, "url"), ("", ["job.failed"], nil, 5, 60, "url"),
            ("https://example.org/", ["job.fail"], nil, 5, 60, "events"), ("https://example.org/", [], nil, 5, 60, "events"),
            ("https://example.org/", ["job.failed"], "short", 5, 60, "secret"),
            ("https://example.org/", ["job.failed"], nil, 21, 60, "retry_policy.max_retries"),
            ("https://example.org/", ["job.failed"], nil, 5, 0, "retry_policy.retry_delay"),
        ] as [(String, [String], String?, Int, Int, String)] {
            #expect(await field { _ = try await world.create(url, events: events, secret: secret, retries: retries, delay: delay) } == wanted)
        }
        #expect(try await world.webhooks.list(tenant: "default").isEmpty)
        _ = try await world.create("https://rebind.example/", events: ["job.failed"])
        for _ in 1..<100 { _ = try await world.create() }
        #expect(await field { _ = try await world.create() } == "conflict")
        #expect(await field { _ = try await world.create(tenant: "other") } == nil)
    }

    @Test func secretsAreSealedAndSurviveRotations() async throws {
        let world = WebhookWorld()
        let (webhook, _) = try await world.create(secret: "the first secret of it")
        #expect(webhook.secrets.count == 1 && webhook.secrets[0].version == 1)
        let (rotated, made) = try await world.webhooks.rotateSecret(webhook.id, tenant: "default", actor: "admin", now: world.clock.now)
        #expect(made?.hasPrefix("whsec_") == true)
        #expect(rotated.secrets.map(\.version) == [2, 1] && rotated.secrets[1].until == world.clock.now.adding(seconds: 86_400))
        let (again, _) = try await world.webhooks.rotateSecret(
            webhook.id, tenant: "default", secret: "a third secret of it", overlapSeconds: 0, actor: "admin", now: world.clock.now)
        #expect(again.secrets.map(\.version) == [3], "without an overlap the old one is gone at once")
        #expect(await field { _ = try await world.webhooks.rotateSecret(webhook.id, tenant: "other", actor: "x", now: world.clock.now) } == "missing")
        for seconds in [-1, 604_801] {
            #expect(
                await field {
                    _ = try await world.webhooks.rotateSecret(webhook.id, tenant: "default", overlapSeconds: seconds, actor: "x", now: world.clock.now)
                }
                    == "overlap_seconds")
        }
    }

    @Test func whatIsDisabledIsToldNothingUntilItIsEnabled() async throws {
        let world = WebhookWorld()
        let id = try await world.create().webhook.id
        #expect(try await world.webhooks.tell(world.event("job_1")) == 1)
        #expect(try await world.webhooks.tell(world.event("job_1")) == 0, "the same fact is told once")
        #expect(try await world.webhooks.tell(world.event("job_1", tenant: "other")) == 0)
        let disabled = try await world.webhooks.disable(id, tenant: "default", actor: "admin", now: world.clock.now)
        #expect(disabled.status == .disabled && disabled.disabledReason == "by its owner")
        let dead = try #require(try await world.webhooks.deliveries(of: id, tenant: "default").first)
        #expect(dead.state == .dead && dead.problem == "the webhook was disabled")
        #expect(try await world.webhooks.tell(world.event("job_2")) == 0)
        #expect(await field { _ = try await world.webhooks.redeliver(dead.id, of: id, tenant: "default", actor: "admin", now: world.clock.now) } == "conflict")
        #expect(try await world.webhooks.enable(id, tenant: "default", actor: "admin", now: world.clock.now).status == .active)
        #expect(try await world.webhooks.redeliver(dead.id, of: id, tenant: "default", actor: "admin", now: world.clock.now).state == .pending)
        #expect(try await world.webhooks.tell(world.event("job_3")) == 1)
    }

    @Test func deliveriesArePaged() async throws {
        let world = WebhookWorld()
        let id = try await world.create().webhook.id
        for number in 1...7 {
            world.clock.now = world.clock.now.adding(seconds: Double(number % 3))
            _ = try await world.webhooks.tell(world.event("job_\(number)"))
        }
        var (seen, before): ([String], String?) = ([], nil)
        while true {
            let page = try await world.webhooks.deliveries(of: id, tenant: "default", before: before, limit: 3)
            if page.isEmpty { break }
            seen += page.map(\.id)
            before = page.last?.id
        }
        #expect(seen == (try await world.webhooks.deliveries(of: id, tenant: "default")).map(\.id) && Set(seen).count == 7)
        for limit in [0, -1, 101, .max] { #expect(await field { _ = try await world.webhooks.deliveries(of: id, tenant: "default", limit: limit) } == "limit") }
        #expect(await field { _ = try await world.webhooks.deliveries(of: id, tenant: "default", before: "msg_none") } == "missing")
        #expect(await field { _ = try await world.webhooks.deliveries(of: id, tenant: "other") } == "missing")
        let other = try await world.create().webhook.id
        #expect(await field { _ = try await world.webhooks.delivery(seen[0], of: other, tenant: "default") } == "missing")
    }

    @Test func hugeEventsAreRefused() async throws {
        let world = WebhookWorld()
        let event = OutboxEvent(id: "evt_1", tenant: "default", name: "job.completed", at: world.clock.now, body: [UInt8](repeating: 0, count: (256 << 10) + 1))
        #expect(await field { _ = try await world.webhooks.tell(event) } == "data")
    }
}
