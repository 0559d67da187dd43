import Federation
import Platform
import Storage
import Testing

private func subject(_ name: String, _ family: APIFamily = .v1) -> QuotaSubject { QuotaSubject(tenant: "t", principal: name, family: family) }

@Suite struct RateLimiterTests {
    @Test func principalsAndFamiliesAreCountedApart() {
        var limiter = RateLimiter()
        for (name, family) in [("a", APIFamily.v1), ("b", .v1), ("a", .v2), ("a", .phi)] {
            #expect(limiter.take(subject(name, family), limit: 1, now: at(0))?.allowed == true)
            #expect(limiter.take(subject(name, family), limit: 1, now: at(1))?.allowed == false)
        }
        #expect(limiter.count == 4)
        #expect(
            limiter.look(subject("c"), limit: 9, now: at(5)) == RateDecision(allowed: true, limit: 9, remaining: 9, resetAt: at(3605), retryAfterSeconds: 0))
        #expect(limiter.count == 4, "looking opens no window")
    }

    @Test func windowsThatAreOverAreDropped() {
        var limiter = RateLimiter()
        for i in 0..<1000 { _ = limiter.take(subject("\(i)"), limit: 5, now: at(Double(i))) }
        #expect(limiter.count == 1000)
        for i in 0..<600 { _ = limiter.take(subject("late"), limit: 1, now: at(10_000 + Double(i))) }
        #expect(limiter.count == 1, "a few go with each call")
    }

    @Test func withoutRoomNobodyLosesHisCount() {
        var limiter = RateLimiter(windowsMax: 10)
        for i in 0..<10 { #expect(limiter.take(subject("\(i)"), limit: 1, now: at(Double(i)))?.allowed == true) }
        #expect(limiter.take(subject("new"), limit: 1, now: at(20)) == nil)
        #expect(limiter.roomAfterSeconds(at(20)) == 3580)
        for i in 0..<10 { #expect(limiter.take(subject("\(i)"), limit: 1, now: at(30))?.allowed == false) }
        #expect(limiter.take(subject("new"), limit: 1, now: at(3599.999)) == nil)
        #expect(limiter.take(subject("new"), limit: 1, now: at(3600))?.allowed == true)
    }

    @Test func aClockThatStepsBackKeepsNoWindowForEver() {
        var limiter = RateLimiter()
        for i in 0..<100 { _ = limiter.take(subject("\(i)"), limit: 1, now: at(1_000_000)) }
        for i in 0..<100 { _ = limiter.take(subject("x"), limit: 1000, now: at(Double(i))) }
        for i in 0..<100 { _ = limiter.take(subject("x"), limit: 1000, now: at(8000 + Double(i))) }
        #expect(limiter.count == 1)
    }

    @Test func whatChangedIsWrittenOnceAndPutBackWhenItCannotBe() {
        var limiter = RateLimiter()
        for i in 0..<5 { _ = limiter.take(subject("\(i)"), limit: 9, now: at(0)) }
        _ = limiter.take(subject("0"), limit: 9, now: at(1))
        let parts = limiter.drain(2)
        #expect(parts.map(\.windows.count) == [2, 2, 1] && parts[0].windows[0].used == 2)
        #expect(limiter.drain().isEmpty)
        limiter.putBack(parts[1...])
        _ = limiter.take(subject("2"), limit: 9, now: at(2))
        let again = limiter.drain()
        #expect(again.count == 1 && again[0].windows.map(\.used) == [2, 1, 1])
        _ = limiter.take(subject("0"), limit: 0, now: at(3))
        #expect(limiter.drain().isEmpty, "a refused call changes nothing")
    }

    /// Any sequence of calls, writes that fail or not, and crashes: what is stored is what was counted at the last write.
    @Test(arguments: 1...60)
    func theStoreHasWhatWasCountedAtTheLastWrite(_ seed: Int) {
        var draw = Draw(seed)
        var limiter = RateLimiter(windowsMax: 6)
        var stored: [QuotaWindowKey: QuotaWindowRecord] = [:]
        var now: Int64 = 10_000_000
        func state(_ limiter: RateLimiter) -> [Int] {
            (0..<8).map { limiter.look(subject("\($0)"), limit: 1000, now: Instant(milliseconds: now)).remaining }
        }
        var atWrite = state(limiter)
        for _ in 0..<300 {
            now += Int64([0, 1000, 500_000, 2_000_000][draw.below(4)])
            if draw.below(40) == 0 { now -= 20_000_000 }
            switch draw.below(10) {
            case 0...6: _ = limiter.take(subject("\(draw.below(8))"), limit: 1000, now: Instant(milliseconds: now))
            case 7, 8:
                let parts = limiter.drain(1 + draw.below(3))
                let good = draw.below(3) == 0 ? draw.below(parts.count + 1) : parts.count
                for part in parts[..<good] {
                    for key in part.dropped { stored[key] = nil }
                    for window in part.windows { stored[window.key] = window }
                }
                limiter.putBack(parts[good...])
                if good == parts.count { atWrite = state(limiter) } else { atWrite = [] }
            default:
                // A crash directly after a whole write goes on where it was.
                guard !atWrite.isEmpty else { continue }
                let parts = limiter.drain()
                for part in parts {
                    for key in part.dropped { stored[key] = nil }
                    for window in part.windows { stored[window.key] = window }
                }
                let before = state(limiter)
                limiter = RateLimiter(windowsMax: 6)
                limiter.restore(Array(stored.values), now: Instant(milliseconds: now))
                #expect(state(limiter) == before, "seed \(seed)")
            }
            #expect(limiter.count <= 6)
        }
        // In the end nothing is left in the store that nobody counts any more.
        now += 100_000_000
        for _ in 0..<40 { _ = limiter.take(subject("last"), limit: 9, now: Instant(milliseconds: now)) }
        for part in limiter.drain() {
            for key in part.dropped { stored[key] = nil }
            for window in part.windows { stored[window.key] = window }
        }
        #expect(stored.keys.map(\.principal) == ["last"], "seed \(seed)")
    }

    @Test func whatIsUnknownOrOverIsDroppedAtTheStart() {
        var limiter = RateLimiter()
        let key = QuotaWindowKey(tenant: "t", principal: "p", family: "v9")
        let old = QuotaWindowKey(tenant: "t", principal: "p", family: "v1")
        limiter.restore(
            [
                QuotaWindowRecord(key: key, openedAt: at(9000), used: 3), QuotaWindowRecord(key: old, openedAt: at(0), used: 3),
                QuotaWindowRecord(key: subject("x").record, openedAt: at(9000), used: -3),
            ], now: at(9001))
        #expect(limiter.count == 1 && limiter.look(subject("x"), limit: 2, now: at(9001)).remaining == 2)
        #expect(Set(limiter.drain().flatMap(\.dropped)) == [key, old])
    }

    @Test func headersAreThoseOfTheFamily() {
        let refused = RateDecision(allowed: false, limit: 1000, remaining: 0, resetAt: at(1_623_456_788.5), retryAfterSeconds: 7)
        #expect(
            refused.headers(.v1).map { "\($0.name): \($0.value)" } == [
                "x-ratelimit-limit: 1000", "x-ratelimit-remaining: 0", "x-ratelimit-reset: 1623456789", "x-ratelimit-window: 3600", "retry-after: 7",
            ])
        let allowed = RateDecision(allowed: true, limit: 5, remaining: 4, resetAt: at(60), retryAfterSeconds: 0)
        for family in [APIFamily.v2, .v4] {
            #expect(allowed.headers(family).map(\.name) == ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"])
        }
        #expect(allowed.headers(.phi).isEmpty && refused.headers(.phi).map(\.name) == ["retry-after"])
    }

    @Test func aKeysOwnLimitGoesUpOnlyFromThePlatform() {
        let plan = Plan(family: .v1, name: "basic", requestsPerHour: 1000)
        #expect(plan.requestsPerHour(keyLimit: nil, givenByPlatform: false) == 1000)
        #expect(plan.requestsPerHour(keyLimit: 10, givenByPlatform: false) == 10)
        #expect(plan.requestsPerHour(keyLimit: 5000, givenByPlatform: false) == 1000)
        #expect(plan.requestsPerHour(keyLimit: 5000, givenByPlatform: true) == 5000)
        #expect(plan.requestsPerHour(keyLimit: -1, givenByPlatform: true) == 0)
    }
}

extension QuotaSubject {
    fileprivate var record: QuotaWindowKey { QuotaWindowKey(tenant: tenant, principal: principal, family: family.rawValue) }
}
