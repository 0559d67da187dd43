import CryptoSuite
import Federation
import Foundation
import Storage
import Synchronization
import Testing
import Trust

func webhook(_ id: String, tenant: String = "default", events: [String] = ["fl.session.completed"], at: Int64 = 1000) -> WebhookRecord {
    WebhookRecord(
        id: id, tenant: tenant, family: "v1", url: "https://example.org/", events: events, secrets: [.init(version: 1, envelope: [1, 2])], maxRetries: 3,
        retryDelaySeconds: 60, createdAt: Instant(milliseconds: at))
}

func outboxEvent(_ id: String, tenant: String = "default", name: String = "fl.session.completed", at: Int64 = 1000) -> OutboxEvent {
    OutboxEvent(id: id, tenant: tenant, name: name, at: Instant(milliseconds: at), body: Array("{\"\(id)\"}".utf8))
}

func note(_ action: AuditRecord.Action, _ subject: String) -> AuditRecord { AuditRecord(at: now, action: action, actor: "admin", subject: subject) }

/// Webhooks, their outbox and keys of secrets, whatever the store is made of.
@Suite struct WebhookContractTests {
    private func add(_ store: any WholeStore, _ record: WebhookRecord) async throws {
        #expect(try await store.addWebhook(record, audit: note(.webhookCreated, record.id), limit: 100))
    }

    private func due(_ store: any WholeStore, at milliseconds: Int64 = 1_000_000, perWebhook: Int = 10, limit: Int = 100) async throws -> [DueDelivery] {
        try await store.dueDeliveries(Instant(milliseconds: milliseconds), perWebhook: perWebhook, limit: limit)
    }

    // MARK: Together with what they tell of

    /// The session's end and the event that tells of it are one change: both or neither, and never without the session.
    @Test(arguments: StoreKind.allCases)
    func anEventIsInTheTransactionOfItsFact(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.create(session("s"))
            try await add(store, webhook("w"))
            var ended = session("s")
            ended.status = .completed
            do {
                try await store.apply([.session(ended)], events: [outboxEvent("e")], session: "nowhere", tenant: "default")
                Issue.record("there is no such session")
            } catch { #expect(sort(error) == "missing") }
            #expect(try await due(store).isEmpty)
            #expect(try await store.session("s", tenant: "default")?.status == .initializing)
            for _ in 1...2 { try await store.apply([.session(ended)], events: [outboxEvent("e")], session: "s", tenant: "default") }
            let found = try await due(store)
            #expect(found.count == 1 && found.first?.body == outboxEvent("e").body, "the same fact is told once")
            #expect(try await store.session("s", tenant: "default")?.status == .completed)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func onlyThoseWhoAskedAreTold(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await add(store, webhook("both", events: ["a", "b"]))
            try await add(store, webhook("one", events: ["a"]))
            try await add(store, webhook("others", tenant: "two", events: ["a", "b"]))
            var off = webhook("off", events: ["a", "b"])
            off.status = .disabled
            try await add(store, off)
            #expect(try await store.enqueue(outboxEvent("1", name: "a")) == 2)
            #expect(try await store.enqueue(outboxEvent("1", name: "a")) == 0)
            #expect(try await store.enqueue(outboxEvent("2", name: "b")) == 1)
            #expect(try await store.enqueue(outboxEvent("3", name: "c")) == 0)
            let found = try await due(store)
            #expect(Set(found.map { $0.webhook.id }) == ["both", "one"] && Set(found.map(\.delivery.id)).count == 3)
            #expect(found.allSatisfy { $0.delivery.id.hasPrefix("msg_") && !$0.delivery.id.contains(".") })
            // A webhook that comes later, and the same fact once more: the newcomer is told, the others not again.
            try await add(store, webhook("late", events: ["a"]))
            #expect(try await store.enqueue(outboxEvent("1", name: "a")) == 1)
        }
    }

    // MARK: What is due

    @Test(arguments: StoreKind.allCases)
    func theEarliestComesFirstAndNobodyTakesAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for id in ["v", "w"] { try await add(store, webhook(id)) }
            #expect(try await store.nextDue() == nil)
            for number in 1...5 { try await store.enqueue(outboxEvent("e\(number)", at: Int64(number) * 1000)) }
            #expect(try await store.nextDue() == Instant(milliseconds: 1000))
            let all = try await due(store)
            #expect(all.count == 10 && all.map(\.delivery.dueAt) == all.map(\.delivery.dueAt).sorted())
            #expect(try await due(store, at: 3000).count == 6)
            #expect(try await due(store, perWebhook: 2).map(\.delivery) == Array(all.prefix(4).map(\.delivery)))
            #expect(try await due(store, limit: 3).map(\.delivery) == Array(all.prefix(3).map(\.delivery)))
            for (perWebhook, limit) in [(0, 5), (5, 0), (-1, 5), (5, -1)] { #expect(try await due(store, perWebhook: perWebhook, limit: limit).isEmpty) }
        }
    }

    // MARK: Attempts

    @Test(arguments: StoreKind.allCases)
    func anAttemptAndWhatFollowsAreOneChange(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await add(store, webhook("w"))
            try await store.enqueue(outboxEvent("e"))
            let id = try #require(try await due(store).first).delivery.id
            let attempt = AttemptRecord(at: now, milliseconds: 5, status: 500, problem: nil)
            let later = Instant(milliseconds: 61_000)
            for number in 1...2 {
                let after = try await store.finish(attempt, of: id, tenant: "default", now: now) { delivery, webhook in
                    var (delivery, webhook) = (delivery, webhook)
                    (delivery.dueAt, webhook.failingSince) = (later, now)
                    return (delivery, webhook, nil)
                }
                #expect(after?.attempts == number && after?.dueAt == later)
            }
            #expect(try await due(store, at: 60_999).isEmpty)
            #expect(try await store.nextDue() == later)
            #expect(try await store.webhook("w", tenant: "default")?.failingSince == now)
            #expect(try await store.attempts(delivery: id, tenant: "default", limit: 9).map(\.number) == [1, 2])
            #expect(try await store.attempts(delivery: id, tenant: "default", limit: 1).map(\.number) == [2])
            #expect(try await store.attempts(delivery: id, tenant: "two", limit: 9).isEmpty)
            for (id, tenant) in [("msg_none", "default"), (id, "two")] {
                let nothing = try await store.finish(attempt, of: id, tenant: tenant, now: now) { ($0, $1, note(.webhookDisabled, "w")) }
                #expect(nothing == nil)
            }
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatIsPendingEndsWithItsWebhook(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for id in ["v", "w"] { try await add(store, webhook(id)) }
            for number in 1...3 { try await store.enqueue(outboxEvent("e\(number)")) }
            let one = try #require(try await due(store).first { $0.webhook.id == "w" }).delivery.id
            _ = try await store.finish(
                AttemptRecord(at: now, milliseconds: 5, status: 410, problem: nil), of: one, tenant: "default", now: Instant(milliseconds: 7000)
            ) { delivery, webhook in
                var (delivery, webhook) = (delivery, webhook)
                delivery.end("410", at: now)
                (webhook.status, webhook.disabledReason) = (.disabled, "gone")
                return (delivery, webhook, note(.webhookDisabled, "w"))
            }
            let ended = try await store.deliveries(webhook: "w", tenant: "default", before: nil, limit: 9)
            #expect(ended.count == 3 && ended.allSatisfy { $0.state == .dead })
            #expect(Set(ended.map { $0.problem ?? "" }) == ["410", "the webhook was disabled"])
            #expect(Set(ended.compactMap(\.endedAt)) == [now, Instant(milliseconds: 7000)])
            #expect(try await due(store).map(\.webhook.id) == ["v", "v", "v"])
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).last?.entry.action == .webhookDisabled)
            // By its owner, and back.
            let off = try await store.changeWebhook("v", tenant: "default", now: now) {
                var next = $0
                next.status = .disabled
                return (next, nil)
            }
            #expect(off?.status == .disabled)
            #expect(try await due(store).isEmpty)
            #expect(try await store.nextDue() == nil)
            #expect(try await store.changeWebhook("v", tenant: "two", now: now) { ($0, note(.webhookEnabled, "v")) } == nil)
            #expect(try await store.changeWebhook("v", tenant: "default", now: now) { _ in nil } == off)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRemovedWebhookLeavesNothing(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for id in ["v", "w"] { try await add(store, webhook(id)) }
            try await store.enqueue(outboxEvent("e"))
            let id = try #require(try await due(store).first { $0.webhook.id == "w" }).delivery.id
            _ = try await store.finish(AttemptRecord(at: now, milliseconds: 5, status: 500, problem: nil), of: id, tenant: "default", now: now) {
                ($0, $1, nil)
            }
            #expect(try await !store.removeWebhook("w", tenant: "two", audit: note(.webhookDeleted, "w")))
            #expect(try await store.removeWebhook("w", tenant: "default", audit: note(.webhookDeleted, "w")))
            #expect(try await !store.removeWebhook("w", tenant: "default", audit: note(.webhookDeleted, "w")))
            #expect(try await store.delivery(id, tenant: "default") == nil)
            #expect(try await store.attempts(delivery: id, tenant: "default", limit: 9).isEmpty)
            #expect(try await due(store).map(\.webhook.id) == ["v"], "the other one's event is still there")
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action) == [.webhookCreated, .webhookCreated, .webhookDeleted])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func limitsAndKeysAreHeld(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await add(store, webhook("w"))
            #expect(try await !store.addWebhook(webhook("v"), audit: note(.webhookCreated, "v"), limit: 1))
            #expect(try await store.addWebhook(webhook("v", tenant: "two"), audit: note(.webhookCreated, "v"), limit: 1))
            for tenant in ["default", "two"] {
                do {
                    _ = try await store.addWebhook(webhook("w", tenant: tenant), audit: note(.webhookCreated, "w"), limit: 9)
                    Issue.record("the id is taken")
                } catch { #expect(sort(error) == "exists") }
            }
            #expect(try await store.webhook("w", tenant: "two") == nil)
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).count == 1)
            try await add(store, webhook("a", at: 2000))
            try await add(store, webhook("b", at: 500))
            #expect(try await store.webhooks(tenant: "default").map(\.id) == ["b", "w", "a"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oldDeliveriesAreForgotten(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await add(store, webhook("w"))
            for number in 1...6 { try await store.enqueue(outboxEvent("e\(number)", at: Int64(number))) }
            for (index, one) in try await due(store).enumerated() where index < 4 {
                _ = try await store.changeDelivery(one.delivery.id, tenant: "default") { delivery in
                    var next = delivery
                    next.end("over", at: Instant(milliseconds: Int64(index) * 10))
                    if index % 2 == 0 { next.state = .delivered }
                    return (next, note(.webhookRedelivered, "w"))
                }
            }
            func prune(_ delivered: Int64, _ dead: Int64, limit: Int = 9) async throws -> Int {
                try await store.pruneOutbox(deliveredBefore: Instant(milliseconds: delivered), deadBefore: Instant(milliseconds: dead), limit: limit)
            }
            #expect(try await prune(0, 0) == 0)
            #expect(try await prune(21, 0, limit: 1) == 1)
            #expect(try await prune(21, 0) == 1)
            #expect(try await prune(21, 30) == 1)
            let left = try await store.deliveries(webhook: "w", tenant: "default", before: nil, limit: 9)
            #expect(left.map(\.event) == ["e6", "e5", "e4"] && left.map(\.state) == [.pending, .pending, .dead])
            #expect(try await store.deliveries(webhook: "w", tenant: "default", before: left[0].id, limit: 1).map(\.event) == ["e5"])
            #expect(try await store.enqueue(outboxEvent("e1")) == 1, "what was forgotten can be told again")
        }
    }

    // MARK: Keys of secrets

    @Test(arguments: StoreKind.allCases)
    func tenantsHaveKeysOfTheirOwn(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            func key(_ tenant: String, _ version: Int, _ byte: UInt8 = 0) -> TenantKeyRecord {
                TenantKeyRecord(tenant: tenant, version: version, envelope: [byte], createdAt: now)
            }
            #expect(try await !store.hasTenantKeys())
            #expect(try await store.addTenantKey(key("one", 1), audit: nil) == [key("one", 1)])
            #expect(try await store.addTenantKey(key("one", 1, 9), audit: note(.tenantKeyRotated, "one")) == [key("one", 1)], "the first one stands")
            #expect(try await store.addTenantKey(key("one", 2), audit: note(.tenantKeyRotated, "one")).map(\.version) == [1, 2])
            _ = try await store.addTenantKey(key("two", 1), audit: nil)
            #expect(try await store.hasTenantKeys())
            #expect(try await store.tenantKeys(tenant: "two") == [key("two", 1)])
            #expect(try await store.audit(tenant: "one", after: 0, limit: 9).count == 1)
            // All or nothing.
            struct Stop: Error {}
            await #expect(throws: StorageError.self) {
                try await store.rewrapTenantKeys(audit: note(.masterKeyRotated, "m"), tenant: "one") { record in
                    guard record.tenant == "one" else { throw Stop() }
                    return [7]
                }
            }
            #expect(try await store.tenantKeys(tenant: "one").map(\.envelope) == [[0], [0]])
            let changed = try await store.rewrapTenantKeys(audit: note(.masterKeyRotated, "m"), tenant: "one") { $0.version == 2 ? nil : [7] }
            #expect(changed == 2)
            #expect(try await store.tenantKeys(tenant: "one").map(\.envelope) == [[7], [0]])
            #expect(try await store.audit(tenant: "one", after: 0, limit: 9).map(\.entry.action) == [.tenantKeyRotated, .masterKeyRotated])
        }
    }

    @Test func theEmbeddedStoreKeepsThemAndFindsThemSound() async throws {
        try await withFolder { folder in
            var store = try SQLiteStore(folder: folder, suite: .system)
            _ = try await store.addTenantKey(TenantKeyRecord(tenant: "default", version: 1, envelope: [1], createdAt: now), audit: nil)
            try await add(store, webhook("w"))
            _ = try await store.enqueue(outboxEvent("e"))
            let before = try await due(store)
            _ = try await store.finish(
                AttemptRecord(at: now, milliseconds: 5, status: nil, problem: "none"), of: before[0].delivery.id, tenant: "default", now: now
            ) { ($0, $1, nil) }
            await store.close()
            store = try SQLiteStore(folder: folder, suite: .system)
            let report = try await store.verify(folder: folder, suite: .system)
            #expect(report.damages.isEmpty && report.counts["delivery"] == 1 && report.counts["outbox_event"] == 1 && report.counts["delivery_attempt"] == 1)
            #expect(try await due(store).map(\.body) == before.map(\.body))
            await store.close()
        }
    }
}
