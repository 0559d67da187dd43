import Federation
import Platform
import Storage
import Testing

@Suite struct WebhookMachineTests {
    private let start = Instant(milliseconds: 1_000_000)

    private func machine(retries: Int = 3, delay: Int = 60) -> WebhookMachine {
        let webhook = WebhookRecord(
            id: "w", tenant: "default", family: "v1", url: "https://example.org/", events: ["job.failed"], secrets: [], maxRetries: retries,
            retryDelaySeconds: delay, createdAt: start)
        return WebhookMachine(
            delivery: DeliveryRecord(id: "d", tenant: "default", webhook: "w", event: "e", name: "job.failed", createdAt: start), webhook: webhook)
    }

    // MARK: Waits

    @Test func waitsDoubleFromTheBase() throws {
        #expect(try RetryPolicy(maxRetries: 4, delaySeconds: 300).schedule == [300, 600, 1200, 2400])
        #expect(try RetryPolicy(maxRetries: 0, delaySeconds: 1).schedule.isEmpty)
        #expect(try RetryPolicy(maxRetries: 20, delaySeconds: 60).schedule.last == 86_400)
        for (retries, delay) in [(-1, 60), (21, 60), (3, 0), (3, 86_401), (.max, 1), (1, .min)] {
            #expect("\(retries), \(delay)") {
                _ = try RetryPolicy(maxRetries: retries, delaySeconds: delay)
            } throws: { "\($0)".contains("retry_policy.") }
        }
    }

    /// Whatever is asked: between the base and the cap, at most a tenth by chance, never less than the receiver asks within the cap.
    @Test func waitsAreBounded() throws {
        for delay in [1, 7, 60, 3600, 86_400] {
            let policy = try RetryPolicy(maxRetries: 20, delaySeconds: delay)
            for failures in [Int.min, 0, 1, 2, 5, 17, 64, 65, .max] {
                let plain = policy.wait(failures: failures, jitter: 0, retryAfter: nil)
                for jitter in [-1, 0, 0.25, 0.999, 7] {
                    for asked in [nil, -5, 0, 30, 90_000, 1e300] as [Double?] {
                        let wait = policy.wait(failures: failures, jitter: jitter, retryAfter: asked)
                        #expect(wait >= Double(delay) && wait >= plain && wait <= 86_400)
                        #expect(wait >= min(asked ?? 0, 86_400))
                        if asked == nil { #expect(wait <= plain * 1.1 + 1e-9) }
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("0", 0.0), ("120", 120.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0), ("Thu, 01 Jan 1970 00:17:40 GMT", 60.0),
        ("Fri, 02 Jan 1970 00:16:40 GMT", 86_400.0),
        ("Sun, 29 Feb 2032 00:00:00 GMT", 1961624600.0),
    ])
    func retryAfterIsRead(_ text: String, _ seconds: Double) {
        let now = Instant(milliseconds: text.contains("1994") ? 784_111_777_000 : 1_000_000)
        #expect(RetryAfter.seconds(text, now: now) == seconds)
    }

    @Test(arguments: [
        "", "-1", "1.5", "soon", "99999999999", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "+1", "٣",
    ])
    func whatIsNoRetryAfterIsNone(_ text: String) { #expect(RetryAfter.seconds(text, now: start) == nil) }

    // MARK: Outcomes

    @Test func itTriesAgainAndThenGivesUp() {
        var machine = machine(retries: 3, delay: 60)
        var now = start
        var waits: [Double] = []
        for attempt in 1...4 {
            #expect(machine.delivery.state == .pending)
            #expect(machine.handle(.answered(status: 500, retryAfter: nil), now: now, jitter: 0) == nil)
            #expect(machine.delivery.failures == attempt)
            waits.append(machine.delivery.dueAt.seconds(since: now))
            now = machine.delivery.dueAt
        }
        #expect(waits.prefix(3) == [60, 120, 240])
        #expect(machine.delivery.state == .dead && machine.delivery.problem == "500; given up after 4 attempts" && machine.delivery.endedAt != nil)
        #expect(machine.webhook.status == .active && machine.webhook.failingSince == start)
    }

    @Test(arguments: 200...299)
    func everySuccessDelivers(_ status: Int) {
        var machine = machine()
        _ = machine.handle(.failed("no connection"), now: start, jitter: 0)
        #expect(machine.webhook.failingSince == start && machine.delivery.problem == "no connection")
        #expect(machine.handle(.answered(status: status, retryAfter: nil), now: start.adding(seconds: 1), jitter: 0) == nil)
        #expect(machine.delivery.state == .delivered && machine.delivery.problem == nil)
        #expect(machine.webhook.failingSince == nil && machine.webhook.succeededAt == start.adding(seconds: 1))
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func redirectsAreFailures(_ status: Int) {
        var machine = machine()
        #expect(machine.handle(.answered(status: status, retryAfter: nil), now: start, jitter: 0) == nil)
        #expect(machine.delivery.state == .pending && machine.delivery.problem == "\(status): redirects are not followed")
    }

    @Test func goneDisables() {
        var machine = machine()
        let audit = machine.handle(.answered(status: 410, retryAfter: nil), now: start, jitter: 0)
        #expect(audit?.action == .webhookDisabled && audit?.subject == "w")
        #expect(machine.webhook.status == .disabled && machine.webhook.disabledReason == "the receiver answered 410 Gone")
        #expect(machine.delivery.state == .dead)
    }

    @Test func retryAfterIsObeyedWithinADay() {
        for (asked, wait) in [(10.0, 60.0), (600, 600), (1e9, 86_400)] {
            var machine = machine(delay: 60)
            _ = machine.handle(.answered(status: 503, retryAfter: asked), now: start, jitter: 0)
            #expect(machine.delivery.dueAt.seconds(since: start) >= wait && machine.delivery.dueAt.seconds(since: start) <= wait * 1.1)
        }
    }

    @Test func failingForDaysDisables() {
        var machine = machine(retries: 20, delay: 86_400)
        var (now, audits) = (start, 0)
        for _ in 0..<10 where machine.delivery.state == .pending {
            if machine.handle(.failed("refused"), now: now, jitter: 0) != nil { audits += 1 }
            now = machine.delivery.dueAt
        }
        #expect(machine.webhook.status == .disabled && machine.delivery.state == .dead && audits == 1)
        #expect(machine.webhook.disabledReason == "every attempt has failed for 5 days" && machine.delivery.failures == 6)
    }

    /// Any outcomes in any order: counts never fall, an end stays an end unless the receiver did get it, a pending one is due later
    /// than now, and there is an audit entry exactly when the webhook becomes disabled.
    @Test(arguments: 0..<200)
    func anyOrderKeepsItsPromises(_ seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        var machine = machine(retries: below(6), delay: 1 + below(1000))
        var now = start
        for _ in 0..<30 {
            let before = machine
            let outcome: AttemptOutcome =
                below(4) == 0
                ? .failed("problem")
                : .answered(status: [200, 204, 302, 404, 410, 429, 500, 99, 600, -1, .max][below(11)], retryAfter: [nil, 0, 5, 1e12][below(4)])
            let audit = machine.handle(outcome, now: now, jitter: Double(below(1000)) / 1000)
            #expect(machine.delivery.failures >= before.delivery.failures)
            #expect((audit != nil) == (before.webhook.status == .active && machine.webhook.status == .disabled))
            switch (before.delivery.state, machine.delivery.state) {
            case (.pending, .pending): #expect(machine.delivery.dueAt > now && machine.delivery.problem != nil && machine.delivery.endedAt == nil)
            case (_, .delivered), (.pending, .dead), (.dead, .dead): #expect(machine.delivery.endedAt != nil)
            case (.dead, .pending), (.delivered, .pending), (.delivered, .dead): Issue.record("\(before.delivery.state) became \(machine.delivery.state)")
            }
            now = now.adding(seconds: Double(below(100_000)))
        }
    }
}
