import CryptoSuite
import Federation
import Foundation
import Platform
import Storage
import StrictJSON
import Synchronization
import Testing
import Trust

/// The sender, a real receiver on the loopback, and a clock that is set: waits of days take no time.
@Suite struct WebhookSenderTests {
    /// A sender that runs while `body` does.
    private func running(
        _ world: WebhookWorld, transport: (any WebhookTransport)? = nil, _ body: (AsyncStream<WebhookReport>.Iterator, WebhookSender) async throws -> Void
    ) async throws {
        let (reports, report) = AsyncStream.makeStream(of: WebhookReport.self)
        let sender = WebhookSender(
            webhooks: world.webhooks, transport: try transport ?? GuardedClient(policy: world.policy), random: .system,
            now: { [clock = world.clock] in clock.now },
            report: { report.yield($0) })
        let task = Task { await sender.run() }
        do { try await body(reports.makeAsyncIterator(), sender) } catch {
            task.cancel()
            await task.value
            throw error
        }
        task.cancel()
        await task.value
    }

    private func attempt(_ reports: inout AsyncStream<WebhookReport>.Iterator) async throws -> (attempt: AttemptRecord, delivery: DeliveryRecord) {
        guard case .attempted(let attempt, let delivery)? = await reports.next() else { throw EgressError.answer(problem: "no attempt was reported") }
        return (attempt, delivery)
    }

    private func isSigned(_ request: WebhookReceiver.Request, _ secret: String, _ now: Instant) throws -> Bool {
        WebhookSignature.isValid(
            id: request.headers["webhook-id"] ?? "", timestamp: request.headers["webhook-timestamp"] ?? "",
            signatures: request.headers["webhook-signature"] ?? "", body: request.body, keys: [try WebhookSecret(secret).key], now: now, .system)
    }

    @Test(arguments: [0, 1, 3])
    func aReceiverThatRecoversGetsOneIdWithNewTimestamps(_ failures: Int) async throws {
        try await WebhookReceiver.with(answer: { .init(status: $0 <= failures ? 500 : 204) }) { receiver in
            let world = WebhookWorld()
            let (webhook, made) = try await world.create(receiver.url, retries: 5, delay: 60)
            let secret = try #require(made)
            let event = world.event("job_1")
            _ = try await world.webhooks.tell(event)
            var moments: [Instant] = []
            try await running(world) { reports, sender in
                var reports = reports
                for number in 1...(failures + 1) {
                    let (attempt, delivery) = try await attempt(&reports)
                    moments.append(attempt.at)
                    #expect(delivery.attempts == number && delivery.state == (number > failures ? .delivered : .pending))
                    #expect(attempt.status == (number > failures ? 204 : 500))
                    if number <= failures {
                        let wait = delivery.dueAt.seconds(since: attempt.at)
                        let base = 60 * Double(1 << (number - 1))
                        #expect(wait >= base && wait <= base * 1.1 + 1)
                        world.clock.now = delivery.dueAt
                        sender.wake()
                    }
                }
            }
            let requests = receiver.requests
            #expect(requests.count == failures + 1)
            #expect(Set(requests.compactMap { $0.headers["webhook-id"] }).count == 1)
            #expect(Set(requests.compactMap { $0.headers["webhook-timestamp"] }).count == failures + 1)
            #expect(requests.allSatisfy { $0.body == event.body && $0.headers["content-type"] == "application/json" && $0.method == "POST" })
            for (request, moment) in zip(requests, moments) { #expect(try isSigned(request, secret, moment)) }
            let id = try #require(requests.first?.headers["webhook-id"])
            let (delivery, attempts) = try await world.webhooks.delivery(id, of: webhook.id, tenant: "default")
            #expect(delivery.state == .delivered && attempts.map(\.number) == Array(1...(failures + 1)))
            #expect(try await world.webhooks.get(webhook.id, tenant: "default").failingSince == nil)
        }
    }

    @Test func goneDisablesAndRedirectsAreNotFollowed() async throws {
        try await WebhookReceiver.with { elsewhere in
            let place = elsewhere.url
            try await WebhookReceiver.with(answer: { $0 == 1 ? .init(status: 302, headers: [("Location", place)]) : .init(status: 410) }) { receiver in
                let store = MemoryStore(suite: .system)
                let world = WebhookWorld(store)
                let id = try await world.create(receiver.url).webhook.id
                _ = try await world.webhooks.tell(world.event("job_1"))
                try await running(world) { reports, sender in
                    var reports = reports
                    let first = try await attempt(&reports)
                    #expect(first.delivery.state == .pending && first.delivery.problem == "302: redirects are not followed")
                    _ = try await world.webhooks.tell(world.event("job_2"))
                    sender.wake()
                    let second = try await attempt(&reports)
                    #expect(second.delivery.state == .dead && second.delivery.id != first.delivery.id)
                }
                #expect(elsewhere.requests.isEmpty)
                let webhook = try await world.webhooks.get(id, tenant: "default")
                #expect(webhook.status == .disabled && webhook.disabledReason == "the receiver answered 410 Gone")
                #expect(try await world.webhooks.deliveries(of: id, tenant: "default").allSatisfy { $0.state == .dead })
                #expect(try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action) == [.webhookCreated, .webhookDisabled])
            }
        }
    }

    @Test func retryAfterIsObeyed() async throws {
        try await WebhookReceiver.with(answer: { _ in .init(status: 429, headers: [("Retry-After", "4000")]) }) { receiver in
            let world = WebhookWorld()
            _ = try await world.create(receiver.url, delay: 1)
            _ = try await world.webhooks.tell(world.event("job_1"))
            try await running(world) { reports, _ in
                var reports = reports
                let (attempt, delivery) = try await attempt(&reports)
                #expect(delivery.dueAt.seconds(since: attempt.at) == 4000)
            }
        }
    }

    @Test func aReplacedSecretSignsForAWhile() async throws {
        try await WebhookReceiver.with { receiver in
            let world = WebhookWorld()
            let id = try await world.create(receiver.url, secret: "the old secret of it").webhook.id
            let made = try await world.webhooks.rotateSecret(id, tenant: "default", overlapSeconds: 100, actor: "admin", now: world.clock.now).madeSecret
            let new = try #require(made)
            _ = try await world.webhooks.tell(world.event("job_1"))
            try await running(world) { reports, sender in
                var reports = reports
                let first = try await attempt(&reports)
                world.clock.now = world.clock.now.adding(seconds: 100)
                _ = try await world.webhooks.tell(world.event("job_2"))
                sender.wake()
                let second = try await attempt(&reports)
                let requests = receiver.requests
                #expect(try isSigned(requests[0], new, first.attempt.at) && isSigned(requests[0], "the old secret of it", first.attempt.at))
                #expect(try isSigned(requests[1], new, second.attempt.at) && !isSigned(requests[1], "the old secret of it", second.attempt.at))
            }
        }
    }

    // MARK: Kills

    /// The process ends between the commit and the send, and again between the send and its commit: nothing is lost, the id stays.
    @Test func aKilledSenderLosesNothing() async throws {
        let folder = NSTemporaryDirectory() + "tutti-outbox-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let masters = MasterKeys(random: .system)
        try await WebhookReceiver.with(answer: { $0 == 1 ? .init(isGiven: false) : .init() }) { receiver in
            var store = try SQLiteStore(folder: folder, suite: .system)
            let world = WebhookWorld(store, masters: masters)
            let (webhook, made) = try await world.create(receiver.url)
            let event = world.event("job_1")
            _ = try await world.webhooks.tell(event)
            await store.close()

            store = try SQLiteStore(folder: folder, suite: .system)
            let second = WebhookWorld(store, masters: masters)
            try await running(second) { _, _ in await receiver.wait(for: 1) }
            await store.close()

            store = try SQLiteStore(folder: folder, suite: .system)
            let third = WebhookWorld(store, masters: masters)
            let before = try await third.webhooks.deliveries(of: webhook.id, tenant: "default")
            #expect(before.map(\.state) == [.pending] && before.map(\.attempts) == [0])
            try await running(third) { reports, _ in
                var reports = reports
                let last = try await attempt(&reports)
                #expect(last.delivery.state == .delivered)
            }
            let requests = receiver.requests
            #expect(requests.count == 2 && requests[0].headers["webhook-id"] == requests[1].headers["webhook-id"])
            #expect(requests.allSatisfy { $0.body == event.body })
            #expect(try isSigned(requests[1], try #require(made), third.clock.now))
            await store.close()
        }
    }

    // MARK: Many

    /// Closed until it is opened, for everybody at once.
    private actor Gate {
        private var isOpen = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func pass() async { if !isOpen { await withCheckedContinuation { waiting.append($0) } } }

        func open() {
            isOpen = true
            for one in waiting { one.resume() }
            waiting = []
        }
    }

    private final class CountingTransport: WebhookTransport {
        struct Count {
            var (now, most, all) = (0, 0, 0)
            mutating func begin() {
                now += 1
                all += 1
                most = max(most, now)
            }
        }
        struct Counts {
            var all = Count()
            var by: [String: Count] = [:]
        }
        let state = Mutex(Counts())
        let gate: @Sendable (String) async -> Void
        init(_ gate: @escaping @Sendable (String) async -> Void) { self.gate = gate }

        func post(_ url: String, headers: [(name: String, value: String)], body: [UInt8]) async throws(EgressError) -> (status: Int, retryAfter: String?) {
            state.withLock { state in
                state.all.begin()
                state.by[url, default: Count()].begin()
            }
            await gate(url)
            state.withLock { state in
                state.all.now -= 1
                state.by[url]?.now -= 1
            }
            return (200, nil)
        }
    }

    /// A receiver that hangs has a few places and no more; the others are served past it.
    @Test func aSlowReceiverDoesNotStandBeforeTheOthers() async throws {
        let world = WebhookWorld()
        _ = try await world.create("https://slow.example/")
        for number in 1...6 { _ = try await world.create("https://h\(number).example/") }
        for number in 1...20 {
            world.clock.now = world.clock.now.adding(seconds: 1)
            #expect(try await world.webhooks.tell(world.event("job_\(number)")) == 7)
        }
        let gate = Gate()
        let transport = CountingTransport { url in if url.contains("slow") { await gate.pass() } else { await Task.yield() } }
        try await running(world, transport: transport) { reports, _ in
            var reports = reports
            for _ in 0..<120 { _ = try await attempt(&reports) }
            let state = transport.state.withLock { $0 }
            #expect(state.by.count == 7 && state.by["https://slow.example/"]?.all == 4 && state.all.most <= 16)
            #expect(state.by.values.allSatisfy { $0.most <= 4 })
            await gate.open()
            for _ in 0..<20 { _ = try await attempt(&reports) }
        }
        let sent = transport.state.withLock { state in state.by.values.map { $0.all } }
        #expect(sent == [Int](repeating: 20, count: 7), "each was sent once")
    }
}
