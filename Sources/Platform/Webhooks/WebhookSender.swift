package import CryptoSuite
package import Federation
package import Storage
package import Trust

/// Posts one message to a place that a tenant has named.
package protocol WebhookTransport: Sendable {
    /// - Returns: the status, and `Retry-After` as it is written.
    func post(_ url: String, headers: [(name: String, value: String)], body: [UInt8]) async throws(EgressError) -> (status: Int, retryAfter: String?)
}

extension GuardedClient: WebhookTransport {
    package func post(
        _ url: String, headers: [(name: String, value: String)], body: [UInt8]
    ) async throws(EgressError) -> (status: Int, retryAfter: String?) {
        // The answer's body says nothing that counts, and nobody is to read through us what lies behind a firewall.
        let request = GuardedRequest("POST", try policy.check(url), headers: headers, body: body)
        let answer = try await send(request, ExchangeLimits(seconds: WebhookLimits.attemptSeconds, bodyBytes: nil))
        return (answer.status, answer.header("retry-after"))
    }
}

/// What the sender has done, for logs and counters.
package enum WebhookReport: Sendable {
    case attempted(AttemptRecord, DeliveryRecord)
    /// The sender goes on; in words.
    case trouble(String)
}

/// Empties the outbox: takes what is due, posts it, stores what came of it. A delivery is pending until its attempt is stored, so
/// that whoever is killed in between sends again, with the same id: at least once, and never lost.
package actor WebhookSender {
    private let webhooks: Webhooks
    private let transport: any WebhookTransport
    private let suite: CryptoSuite
    private let random: RandomSource
    private let now: @Sendable () -> Instant
    private let report: @Sendable (WebhookReport) -> Void
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    /// By id: whose they are.
    private var underWay: [String: (webhook: String, task: Task<Void, Never>)] = [:]
    /// Attempts that have ended since the outbox was last read: what was read may be from before.
    private var ended: Set<String> = []
    private var timer: Task<Void, Never>?
    private var prunedAt: Instant?

    package init(
        webhooks: Webhooks, transport: any WebhookTransport, random: RandomSource, suite: CryptoSuite = .system,
        now: @escaping @Sendable () -> Instant, report: @escaping @Sendable (WebhookReport) -> Void = { _ in }
    ) {
        self.webhooks = webhooks
        self.transport = transport
        self.random = random
        self.suite = suite
        self.now = now
        self.report = report
    }

    /// Something is due that was not a moment ago. Without it that waits for a second at most.
    package nonisolated func wake() { signal.yield() }

    /// Runs until its task is cancelled; attempts under way are broken off then and made again by the next one.
    package func run() async {
        wake()
        for await _ in signals {
            await pass()
            guard !Task.isCancelled else { break }
        }
        timer?.cancel()
        for one in underWay.values { one.task.cancel() }
        for one in underWay.values { await one.task.value }
    }

    private func pass() async {
        let moment = now()
        var wait = WebhookLimits.outboxPollSeconds
        ended = []
        do throws(StorageError) {
            let due = try await webhooks.store.dueDeliveries(
                moment, perWebhook: WebhookLimits.attemptsAtOncePerWebhook, limit: WebhookLimits.attemptsAtOnce + underWay.count)
            for one in due where !ended.contains(one.delivery.id) { begin(one) }
            try await prune(moment)
            // What is due already waits for one that is under way to end, and that is a signal.
            if let next = try await webhooks.store.nextDue(), next > moment { wait = min(wait, next.seconds(since: moment)) }
        } catch { report(.trouble("the outbox cannot be read: \(error)")) }
        timer?.cancel()
        timer = Task { [signal] in
            guard (try? await Task.sleep(for: .milliseconds(Int64(wait * 1000) + 1))) != nil else { return }
            signal.yield()
        }
    }

    private func begin(_ due: DueDelivery) {
        let (id, webhook) = (due.delivery.id, due.webhook.id)
        guard underWay.count < WebhookLimits.attemptsAtOnce, underWay[id] == nil,
            underWay.values.count(where: { $0.webhook == webhook }) < WebhookLimits.attemptsAtOncePerWebhook
        else { return }
        underWay[id] = (
            webhook,
            Task {
                await attempt(due)
                underWay[id] = nil
                ended.insert(id)
                signal.yield()
            }
        )
    }

    private func prune(_ moment: Instant) async throws(StorageError) {
        if let prunedAt, moment.seconds(since: prunedAt) < WebhookLimits.pruneEverySeconds { return }
        let count = try await webhooks.store.pruneOutbox(
            deliveredBefore: moment.adding(seconds: -WebhookLimits.deliveredKeptSeconds), deadBefore: moment.adding(seconds: -WebhookLimits.deadKeptSeconds),
            limit: WebhookLimits.pruneAtOnce)
        // There may be more: then again at the next pass.
        if count < WebhookLimits.pruneAtOnce { prunedAt = moment }
    }

    // MARK: One attempt

    private func attempt(_ due: DueDelivery) async {
        let began = now()
        let outcome = await outcome(of: due, began)
        // Broken off by our own end, and not by the receiver: it does not count.
        guard !Task.isCancelled else { return }
        let ended = now()
        let jitter = random.bytes(2).reduce(0.0) { $0 / 256 + Double($1) / 256 }
        let attempt = AttemptRecord(
            at: began, milliseconds: max(0, Int64(ended.seconds(since: began) * 1000)), status: outcome.status, problem: outcome.problem)
        await keep(attempt, outcome, due, ended, jitter)
    }

    private func outcome(of due: DueDelivery, _ moment: Instant) async -> AttemptOutcome {
        let keys: [Secret]
        do throws(WebhookError) { keys = try await webhooks.keys(of: due.webhook, now: moment) } catch { return .failed(error.description) }
        let headers = [("Content-Type", "application/json")] + WebhookSignature.headers(id: due.delivery.id, at: moment, body: due.body, keys: keys, suite)
        do throws(EgressError) {
            let answer = try await transport.post(due.webhook.url, headers: headers.map { (name: $0.0, value: $0.1) }, body: due.body)
            return .answered(status: answer.status, retryAfter: answer.retryAfter.flatMap { RetryAfter.seconds($0, now: now()) })
        } catch { return .failed(error.message) }
    }

    /// Until it is stored: a receiver that has it is not to get it again and again while our disk is full.
    private func keep(_ attempt: AttemptRecord, _ outcome: AttemptOutcome, _ due: DueDelivery, _ ended: Instant, _ jitter: Double) async {
        while !Task.isCancelled {
            do throws(StorageError) {
                let after = try await webhooks.store.finish(attempt, of: due.delivery.id, tenant: due.delivery.tenant, now: ended) { delivery, webhook in
                    var machine = WebhookMachine(delivery: delivery, webhook: webhook)
                    let audit = machine.handle(outcome, now: ended, jitter: jitter)
                    return (machine.delivery, machine.webhook, audit)
                }
                if let after { report(.attempted(attempt, after)) }
                return
            } catch {
                report(.trouble("an attempt cannot be stored: \(error)"))
                try? await Task.sleep(for: .seconds(WebhookLimits.outboxPollSeconds))
            }
        }
    }
}

extension AttemptOutcome {
    fileprivate var status: Int? { if case .answered(let status, _) = self { status } else { nil } }
    fileprivate var problem: String? { if case .failed(let problem) = self { problem } else { nil } }
}
