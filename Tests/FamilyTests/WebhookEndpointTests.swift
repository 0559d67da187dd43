import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Webhooks in both families that document them: what is asked for, what is told once, and nobody sees another's.
@Suite struct WebhookEndpointTests {
    /// As their documents print them.
    private static let enterprise = """
        {"url": "https://your-app.com/webhooks/ai", "events": ["ai.operation.completed", "quantum.allocation.expired", "tenant.tier.upgraded",
         "security.alert.critical"], "secret": "your_webhook_secret", "retry_policy": {"max_retries": 3, "retry_delay": 300}}
        """
    private static let aisemble = """
        {"url": "https://your-app.com/webhooks/ai-semble", "events": ["job.completed", "job.failed", "model.loaded"], "secret": "your_webhook_secret"}
        """
    private static let short = #"{"url": "https://example.org/hook", "events": ["job.completed"]}"#
    private let owner = Principal(id: "u2", kind: .user, tenant: "default", scopes: [.webhooks], audiences: Set(APIFamily.allCases))

    /// The reply, which has the form that the family's description says.
    private func ask(
        _ world: World, _ family: Family, _ method: String, _ path: String, _ body: String = "", query: [(name: String, value: String)] = [],
        as caller: Caller? = nil, gives status: Int = 200
    ) async throws -> JSON {
        var asked = request(method, path, body: body)
        asked.query = query
        let reply = await world.call(family, asked, as: caller ?? .principal(owner))
        #expect(reply.status == status, "\(method) \(path): \(reply.json.encodedText)")
        let endpoint = try #require(family.endpoint(method: method, path: path))
        var shape = family.errorShape
        if case .json(let described)? = endpoint.contract?.replies.first(where: { $0.status == reply.status })?.content { shape = described }
        var told = reply.json
        if let members = told.members { told = .object(members.filter { $0.name != "notices" }) }
        #expect(shape.problem(with: told, at: "") == nil, "\(method) \(path): \(reply.json.encodedText)")
        return reply.json
    }

    @Test func theDocumentsWebhooksAreMadeAndToldInTheirForm() async throws {
        let world = try await World()
        let made = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.enterprise, gives: 201)
        #expect(made["webhook_id"]?.text?.hasPrefix("webhook_") == true && made["url"] == "https://your-app.com/webhooks/ai")
        #expect(made["events"] == ["ai.operation.completed", "quantum.allocation.expired", "tenant.tier.upgraded", "security.alert.critical"])
        let waiting = made["not_built"]?.elements ?? []
        #expect(waiting.map { $0["event"] } == ["ai.operation.completed"])
        #expect(waiting.allSatisfy { $0["status"] == "not_built" } && waiting.map { $0["blocked_by"] } == ["ai.execute"])
        #expect(made["status"] == "active" && made["created_at"] == "2025-09-22T02:00:03.000Z")
        #expect(made["secret"] == .null && !made.encodedText.contains("your_webhook_secret"), "a secret that was given is not told")
        #expect(made["retry_policy"]?["max_retries"] == 3 && made["retry_policy"]?["retry_delay"] == 300)
        #expect(made["retry_policy"]?["schedule"]?.elements?.compactMap(\.double) == [300, 600, 1200])
        let other = try await ask(world, world.aisemble, "POST", "/api/v2/webhooks", Self.aisemble, gives: 201)
        #expect(other.members?.map(\.name) == made.members?.map(\.name), "one form in both families")
        #expect(other["events"] == ["job.completed", "job.failed", "model.loaded"] && other["retry_policy"]?["max_retries"] == 5)
        // Both families list both.
        for (family, base) in [(world.enterprise, "/api/v1"), (world.aisemble, "/api/v2")] {
            let listed = try await ask(world, family, "GET", "\(base)/webhooks")
            #expect((listed["webhooks"]?.elements ?? []).compactMap { $0["family"]?.text }.sorted() == ["v1", "v2"])
            #expect(!listed.encodedText.contains("secret"))
        }
        let id = try #require(made["webhook_id"]?.text)
        let shown = try await ask(world, world.enterprise, "GET", "/api/v1/webhooks/\(id)")
        #expect(shown["url"] == made["url"] && shown["last_success_at"] == .null && !shown.encodedText.contains("secret"))
        #expect(try await ask(world, world.enterprise, "GET", "/v1/webhooks/\(id)")["webhook_id"] == made["webhook_id"], "as the document's examples call it")
        #expect(try await ask(world, world.aisemble, "DELETE", "/api/v2/webhooks/\(id)")["status"] == "deleted")
        _ = try await ask(world, world.enterprise, "DELETE", "/api/v1/webhooks/\(id)", gives: 404)
    }

    @Test(arguments: [
        (#"{"events":["job.failed"]}"#, "url", "is missing"), (#"{"url":7,"events":["job.failed"]}"#, "url", "must be a string"),
        (#"{"url":"http://example.org/","events":["job.failed"]}"#, "url", "it is not https. Give"),
        (#"{"url":"https://127.0.0.1/","events":["job.failed"]}"#, "url", "127.0.0.1"),
        (#"{"url":"https://10.1.2.3/x","events":["job.failed"]}"#, "url", "10.1.2.3"),
        (#"{"url":"https://169.254.169.254/latest/meta-data","events":["job.failed"]}"#, "url", "169.254.169.254"),
        (#"{"url":"https://[::1]/","events":["job.failed"]}"#, "url", "::1"), (#"{"url":"https://2130706433/","events":["job.failed"]}"#, "url", "decimal"),
        (#"{"url":"https://ada:pass@example.org/","events":["job.failed"]}"#, "url", "user or a password"),
        (#"{"url":"https://example.org:22/","events":["job.failed"]}"#, "url", "port 22"),
        (#"{"url":"https://example.org/"}"#, "events", "is missing"), (#"{"url":"https://example.org/","events":[]}"#, "events", "1 to 32"),
        (#"{"url":"https://example.org/","events":["job.complete"]}"#, "events", "Did you mean job.completed?"),
        (#"{"url":"https://example.org/","events":["job.failed","job.failed"]}"#, "events", "twice"),
        (#"{"url":"https://example.org/","events":[5]}"#, "events[0]", "must be a string"),
        (#"{"url":"https://example.org/","events":["job.failed"],"secret":"hush-hush"}"#, "secret", "16 to 256 bytes"),
        (#"{"url":"https://example.org/","events":["job.failed"],"secret":"whsec_hush-hush-hush"}"#, "secret", "Base64"),
        (#"{"url":"https://example.org/","events":["job.failed"],"retry_policy":{"max_retries":21}}"#, "retry_policy.max_retries", "0 to 20"),
        (#"{"url":"https://example.org/","events":["job.failed"],"retry_policy":{"retry_delay":0}}"#, "retry_policy.retry_delay", "1 to 86400"),
        (#"{"url":"https://example.org/","events":["job.failed"],"retry_policy":5}"#, "retry_policy", "object"),
    ])
    func whatCannotBeIsRefusedByName(_ body: String, _ field: String, _ word: String) async throws {
        let world = try await World()
        let one = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", body, gives: 400)
        #expect(one["details"]?["field"]?.text == field && one["message"]?.text?.contains(word) == true, "\(one.encodedText)")
        let two = try await ask(world, world.aisemble, "POST", "/api/v2/webhooks", body, gives: 400)
        #expect(two["error"]?["details"]?["field"]?.text == field && two["error"]?["details"]?["reason"]?.text?.contains(word) == true, "\(two.encodedText)")
        for text in [one.encodedText, two.encodedText] { #expect(!text.contains("hush") && !text.contains(".."), "\(text)") }
        #expect(try await world.webhooks.list(tenant: "default").isEmpty)
    }

    @Test func whatNobodyKnowsIsNamed() async throws {
        let world = try await World()
        let body = #"{"url": "https://example.org/hook", "events": ["job.completed"], "secrets": "x"}"#
        let made = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", body, gives: 201)
        #expect(made["notices"]?.elements?.compactMap { $0["field"]?.text } == ["secrets"])
    }

    @Test func theHundredthAndFirstIsAConflict() async throws {
        let world = try await World()
        for _ in 0..<100 {
            _ = try await world.webhooks.create(
                WebhookRequest(family: "v1", url: "https://example.org/", events: ["job.failed"]), tenant: "default", actor: "test", now: World.now)
        }
        let refused = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.short, gives: 409)
        #expect(refused["error"] == "conflict" && refused["message"]?.text?.contains("100 webhooks") == true)
    }

    @Test func aSecretIsToldOnceWhereItIsMade() async throws {
        let world = try await World()
        let made = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.short, gives: 201)
        let (id, first) = (try #require(made["webhook_id"]?.text), try #require(made["secret"]?.text))
        #expect(first.hasPrefix("whsec_"))
        let rotated = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/\(id)/rotate-secret")
        let second = try #require(rotated["secret"]?.text)
        #expect(second.hasPrefix("whsec_") && second != first && rotated["version"] == 2)
        #expect(rotated["old_secret_signs_until"] == "2025-09-23T02:00:03.000Z")
        let third = try await ask(
            world, world.enterprise, "POST", "/api/v1/webhooks/\(id)/rotate-secret", #"{"secret":"one that I have chosen","overlap_seconds":0}"#)
        #expect(third["secret"] == .null && third["version"] == 3 && third["old_secret_signs_until"] == .null)
        for (body, field) in [(#"{"overlap_seconds":604801}"#, "overlap_seconds"), (#"{"secret":"hush-hush"}"#, "secret")] {
            let refused = try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/\(id)/rotate-secret", body, gives: 400)
            #expect(refused["details"]?["field"]?.text == field && !refused.encodedText.contains("hush"))
        }
        for path in ["", "/\(id)", "/\(id)/deliveries"] {
            let told = try await ask(world, world.enterprise, "GET", "/api/v1/webhooks" + path).encodedText
            for secret in [first, second, "one that I have chosen"] { #expect(!told.contains(secret), "\(path)") }
        }
    }

    @Test func deliveriesAreShownAndSentAgain() async throws {
        let world = try await World()
        let id = try #require(try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.short, gives: 201)["webhook_id"]?.text)
        let base = "/api/v1/webhooks/\(id)"
        for i in 1...3 {
            let event = WebhookEvent.jobCompleted.outboxEvent(
                key: "job_\(i)", tenant: "default", at: World.now.adding(seconds: Double(i)),
                data: ["job_id": .string("job_\(i)"), "status": "completed", "results_url": .string("/jobs/job_\(i)/results")], .system)
            #expect(try await world.webhooks.tell(event) == 1)
        }
        let page = try await ask(world, world.enterprise, "GET", base + "/deliveries", query: [("limit", "2")])
        let next = try #require(page["next"]?.text)
        #expect(page["deliveries"]?.elements?.map { $0["status"] } == ["pending", "pending"])
        let rest = try await ask(world, world.enterprise, "GET", base + "/deliveries", query: [("limit", "2"), ("before", next)])
        #expect(rest["deliveries"]?.elements?.count == 1 && rest["next"] == .null)
        for limit in ["0", "101", "all"] {
            let refused = try await ask(world, world.enterprise, "GET", base + "/deliveries", query: [("limit", limit)], gives: 400)
            #expect(refused["details"]?["field"] == "limit")
        }
        _ = try await ask(world, world.enterprise, "GET", base + "/deliveries", query: [("before", "msg_none")], gives: 404)
        let delivery = base + "/deliveries/\(next)"
        #expect(try await ask(world, world.enterprise, "GET", delivery)["attempts"] == [])

        let disabled = try await ask(world, world.enterprise, "POST", base + "/disable", "{}")
        #expect(disabled["status"] == "disabled" && disabled["disabled_reason"] == "by its owner")
        let dead = try await ask(world, world.enterprise, "GET", delivery)["delivery"]
        #expect(dead?["status"] == "dead" && dead?["problem"] == "the webhook was disabled" && dead?["next_attempt_at"] == .null)
        _ = try await ask(world, world.enterprise, "POST", delivery + "/redeliver", gives: 409)
        let enabled = try await ask(world, world.enterprise, "POST", base + "/enable")
        #expect(enabled["status"] == "active" && enabled["disabled_reason"] == .null)
        let again = try await ask(world, world.enterprise, "POST", delivery + "/redeliver", gives: 202)
        #expect(again["status"] == "pending" && again["delivery_id"]?.text == next && again["next_attempt_at"] == "2025-09-22T02:00:03.000Z")
        _ = try await ask(world, world.enterprise, "POST", base + "/deliveries/msg_none/redeliver", gives: 404)
    }

    /// Whatever somebody did to a webhook stands in the tenant's audit, with who it was.
    @Test func everyWriteIsInTheAudit() async throws {
        let world = try await World()
        let id = try #require(try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.short, gives: 201)["webhook_id"]?.text)
        let base = "/api/v1/webhooks/\(id)"
        let event = WebhookEvent.jobCompleted.outboxEvent(
            key: "job_1", tenant: "default", at: World.now, data: ["job_id": "job_1", "status": "completed", "results_url": "/jobs/job_1/results"], .system)
        try await world.webhooks.tell(event)
        let delivery = try #require(try await world.webhooks.deliveries(of: id, tenant: "default").first?.id)
        for path in ["/rotate-secret", "/disable", "/enable"] { _ = try await ask(world, world.enterprise, "POST", base + path) }
        _ = try await ask(world, world.enterprise, "POST", base + "/deliveries/\(delivery)/redeliver", gives: 202)
        // What changes nothing is not written down.
        _ = try await ask(world, world.enterprise, "POST", base + "/enable")
        _ = try await ask(world, world.enterprise, "POST", base + "/deliveries/msg_none/redeliver", gives: 404)
        _ = try await ask(world, world.enterprise, "DELETE", base)
        let entries = try await world.store.audit(tenant: "default", after: 0, limit: 100).map(\.entry).filter { $0.subject == id }
        #expect(
            entries.map(\.action) == [
                .webhookCreated, .webhookSecretRotated, .webhookDisabled, .webhookEnabled, .webhookRedelivered, .webhookDeleted,
            ])
        #expect(entries.allSatisfy { $0.actor == owner.id })
        #expect(entries[4].details == ["delivery": delivery, "event": "job.completed"])
    }

    @Test func anotherTenantsWebhookIsNotThere() async throws {
        let world = try await World()
        let other = try await world.tenants.create(NewTenant(name: "Other"), actor: "test", now: World.now)
        let stranger = world.principal(other.id, Set(Scope.allCases))
        let id = try #require(try await ask(world, world.enterprise, "POST", "/api/v1/webhooks/configure", Self.short, gives: 201)["webhook_id"]?.text)
        let event = WebhookEvent.jobCompleted.outboxEvent(
            key: "job_1", tenant: "default", at: World.now, data: ["job_id": "job_1", "status": "completed", "results_url": "/jobs/job_1/results"], .system)
        try await world.webhooks.tell(event)
        let delivery = try #require(try await world.webhooks.deliveries(of: id, tenant: "default").first?.id)
        let before = try await world.webhooks.get(id, tenant: "default")
        for (method, path) in [
            ("GET", ""), ("DELETE", ""), ("POST", "/enable"), ("POST", "/disable"), ("POST", "/rotate-secret"), ("GET", "/deliveries"),
            ("GET", "/deliveries/\(delivery)"), ("POST", "/deliveries/\(delivery)/redeliver"),
        ] {
            let refused = try await ask(world, world.enterprise, method, "/api/v1/webhooks/\(id)\(path)", as: stranger, gives: 404)
            #expect(refused["error"] == "not_found", "\(method) \(path)")
        }
        _ = try await ask(world, world.aisemble, "DELETE", "/api/v2/webhooks/\(id)", as: stranger, gives: 404)
        for (family, base) in [(world.enterprise, "/api/v1"), (world.aisemble, "/api/v2")] {
            #expect(try await ask(world, family, "GET", "\(base)/webhooks", as: stranger)["webhooks"] == [])
        }
        #expect(try await world.webhooks.get(id, tenant: "default") == before)
    }
}
