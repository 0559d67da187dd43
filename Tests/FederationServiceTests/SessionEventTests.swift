import Federation
import FederationService
import Foundation
import Storage
import StrictJSON
import Testing

/// Webhooks hear of rounds and sessions, from the transaction that makes them so.
@Suite struct SessionEventTests {
    private static let later = Instant(milliseconds: 99_999_999_999_999)

    private func told(_ store: SQLiteStore) async throws -> [JSON] {
        try await store.dueDeliveries(Self.later, perWebhook: 100, limit: 100).map { try JSON(parsing: $0.body) }
    }

    @Test func roundsAndTheEndAreToldOnce() async throws {
        try await withFolder { folder in
            var service = try await Service(folder)
            let webhook = WebhookRecord(
                id: "w", tenant: tenant, family: "v1", url: "https://example.org/", events: ["fl.round.completed", "fl.session.completed"], secrets: [],
                maxRetries: 1, retryDelaySeconds: 1, createdAt: Instant(milliseconds: 0))
            let audit = AuditRecord(at: Instant(milliseconds: 0), action: .webhookCreated, actor: "admin", subject: "w")
            #expect(try await service.store.addWebhook(webhook, audit: audit, limit: 1))
            let (session, _) = try await sessionWithMembers(service.engine, ["a", "b"], smallSpec(clients: 2, rounds: 2))
            #expect(try await told(service.store).isEmpty)
            #expect(try await takePart(["a", "b"].map { (TestClient(service.engine, session, $0), TestChannel()) }))
            for _ in 1...2 {
                let events = try await told(service.store)
                #expect(events.compactMap { $0["event"]?.text } == ["fl.round.completed", "fl.round.completed", "fl.session.completed"])
                let data = events.compactMap { $0["data"] }
                #expect(data.allSatisfy { $0["session_id"]?.text == session && $0["tenant_id"]?.text == tenant })
                #expect(data.prefix(2).map { $0["round"]?.whole } == [1, 2] && data.prefix(2).allSatisfy { $0["contributors"]?.whole == 2 })
                #expect(data.prefix(2).allSatisfy { $0["model_sha256"]?.text?.utf8.count == 64 && $0["status"]?.text == "committed" })
                #expect(data.last?["status"]?.text == "completed" && data.last?["started_at"]?.text?.hasSuffix("Z") == true)
                await service.stop()
                service = try await Service(folder)
            }
            await service.stop()
        }
    }

    @Test func aSessionThatIsStoppedIsToldToo() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let webhook = WebhookRecord(
                id: "w", tenant: tenant, family: "v1", url: "https://example.org/", events: ["fl.session.completed"], secrets: [], maxRetries: 1,
                retryDelaySeconds: 1, createdAt: Instant(milliseconds: 0))
            let audit = AuditRecord(at: Instant(milliseconds: 0), action: .webhookCreated, actor: "admin", subject: "w")
            #expect(try await service.store.addWebhook(webhook, audit: audit, limit: 1))
            let session = try await service.engine.createSession(smallSpec(clients: 2, rounds: 2), tenant: tenant).view.record.id
            _ = try await service.engine.stop(session, tenant: tenant, reason: "enough")
            let events = try await told(service.store)
            #expect(events.count == 1 && events[0]["data"]?["status"]?.text == "stopped" && events[0]["data"]?["started_at"] == JSON.null)
            await service.stop()
        }
    }
}
