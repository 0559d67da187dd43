import CryptoSuite
import Federation
import Foundation
import Storage
import Testing
import Trust

/// Long random sequences of what can be asked of webhooks, their outbox and tenants' keys: a store in memory and one on disk, which
/// is closed and opened now and then, answer alike.
@Suite struct WebhookSameAnswersTests {
    @Test(arguments: 1...12)
    func memoryAndDiskAnswerAlike(_ seed: Int) async throws {
        try await withFolder { folder in
            let memory = MemoryStore(suite: .system)
            var disk = try SQLiteStore(folder: folder, suite: .system)
            var chance = Chance(seed: seed)
            for step in 1...300 {
                if chance.below(40) == 0 {
                    await disk.close()
                    disk = try SQLiteStore(folder: folder, suite: .system)
                }
                let question = WebhookQuestion(&chance)
                let (expected, found) = (await question.answer(memory), await question.answer(disk))
                #expect(found == expected, "seed \(seed), step \(step): \(question)")
                if found != expected { return }
            }
            await disk.close()
        }
    }
}

private struct WebhookQuestion: Sendable {
    private var kind: Int
    private var tenant: String
    private var id: String
    private var event: String
    private var number: Int
    private var time: Instant
    /// Which of the deliveries that there are; they have long names.
    private var place: Int

    init(_ chance: inout Chance) {
        kind = chance.below(14)
        tenant = chance.one(of: ["one", "one", "one", "two"])
        // Names that only bytes tell apart.
        id = chance.one(of: ["v", "w", "é", "e\u{301}"])
        event = chance.one(of: ["a", "b", "é", "e\u{301}"])
        number = chance.below(6)
        time = Instant(milliseconds: Int64(chance.below(50)))
        place = chance.below(30)
    }

    func answer(_ store: any WholeStore) async -> String {
        do { return try await asked(store) } catch { return "refused: \(sort(error))" }
    }

    private func asked(_ store: any WholeStore) async throws -> String {
        let all = try await store.deliveries(webhook: id, tenant: tenant, before: nil, limit: 100)
        let delivery = all.isEmpty ? "msg_none" : all[place % all.count].id
        switch kind {
        case 0:
            let record = webhook(id, tenant: tenant, events: [["a"], ["a", "b"], ["é"], ["e\u{301}", "b"]][number % 4], at: time.milliseconds)
            return "\(try await store.addWebhook(record, audit: note(.webhookCreated, id), limit: 3))"
        case 1: return "\(String(describing: try await store.webhook(id, tenant: tenant))) \(try await store.webhooks(tenant: tenant))"
        case 2:
            let changed = try await store.changeWebhook(id, tenant: tenant, now: time) { [number] old in
                guard number > 0 else { return nil }
                var next = old
                next.status = number == 1 ? .disabled : .active
                return (next, number == 2 ? note(.webhookEnabled, old.id) : nil)
            }
            return "\(String(describing: changed))"
        case 3: return number == 0 ? "\(try await store.removeWebhook(id, tenant: tenant, audit: note(.webhookDeleted, id)))" : "\(all)"
        case 4...6: return "\(try await store.enqueue(outboxEvent("\(event)\(number)", tenant: tenant, name: event, at: time.milliseconds)))"
        case 7:
            return "\(try await store.dueDeliveries(time, perWebhook: number, limit: place)) \(String(describing: try await store.nextDue()))"
        case 8, 9:
            let attempt = AttemptRecord(at: time, milliseconds: Int64(place), status: 500, problem: nil)
            let after = try await store.finish(attempt, of: delivery, tenant: tenant, now: time) { [time, number] delivery, webhook in
                var (delivery, webhook) = (delivery, webhook)
                switch number {
                case 0: delivery.end("over", at: time)
                case 1: (delivery.state, delivery.endedAt) = (.delivered, time)
                case 2: webhook.status = .disabled
                default: delivery.dueAt = time
                }
                return (delivery, webhook, number == 2 ? note(.webhookDisabled, webhook.id) : nil)
            }
            return "\(String(describing: after))"
        case 10:
            let page = try await store.deliveries(webhook: id, tenant: tenant, before: number == 0 ? "msg_none" : delivery, limit: number - 1)
            return "\(page) \(try await store.attempts(delivery: delivery, tenant: tenant, limit: number))"
        case 11:
            let changed = try await store.changeDelivery(delivery, tenant: tenant) { [time, number] old in
                guard number > 0 else { return nil }
                var next = old
                (next.state, next.failures, next.problem, next.endedAt, next.dueAt) = (.pending, 0, nil, nil, time)
                return (next, note(.webhookRedelivered, old.webhook))
            }
            return "\(String(describing: changed)) \(String(describing: try await store.delivery(delivery, tenant: tenant)))"
        case 12: return "\(try await store.pruneOutbox(deliveredBefore: time, deadBefore: Instant(milliseconds: time.milliseconds / 2), limit: number))"
        default:
            let key = TenantKeyRecord(tenant: tenant, version: number, envelope: [UInt8(place)], createdAt: time)
            let keys = try await store.addTenantKey(key, audit: number == 0 ? nil : note(.tenantKeyRotated, tenant))
            let changed = try await store.rewrapTenantKeys(audit: note(.masterKeyRotated, "m"), tenant: tenant) { [place] in
                $0.version % 2 == 0 ? nil : [UInt8(place)]
            }
            let entries = try await store.audit(tenant: tenant, after: 0, limit: 1000).map { "\($0.index) \($0.entry)" }
            return "\(keys) \(changed) \(try await store.tenantKeys(tenant: tenant)) \(entries.suffix(20))"
        }
    }
}
