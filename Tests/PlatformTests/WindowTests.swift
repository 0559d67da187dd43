import Federation
import Platform
import Testing

@Suite struct WindowTests {
    @Test func theCallBeyondTheLimitIsRefusedUntilTheWindowIsOver() {
        var window = FixedWindow(openedAt: at(100))
        for used in 1...3 {
            let decision = window.take(at(100 + Double(used)), limit: 3)
            #expect(decision.allowed && decision.remaining == 3 - used && decision.resetUnixSeconds == 3700 && decision.retryAfterSeconds == 0)
        }
        let refused = window.take(at(104), limit: 3)
        #expect(refused == RateDecision(allowed: false, limit: 3, remaining: 0, resetAt: at(3700), retryAfterSeconds: 3596))
        #expect(window.used == 3, "a refused call is not counted")
        #expect(window.take(at(3699.999), limit: 3).retryAfterSeconds == 1)
        let next = window.take(at(3700), limit: 3)
        #expect(next.allowed && next.remaining == 2 && next.resetUnixSeconds == 7300)
    }

    /// A second that has begun counts as whole: nobody is told to come a moment too early.
    @Test func secondsAreRoundedUp() {
        var window = FixedWindow(openedAt: at(0.001))
        #expect(window.take(at(0.001), limit: 1).resetUnixSeconds == 3601)
        #expect(window.take(at(3600), limit: 1).allowed == false)
        #expect(window.take(at(3601), limit: 1).allowed)
    }

    @Test func aClockThatStepsBackGivesNoCallAndNoLongerWait() {
        var window = FixedWindow(openedAt: at(100_000), used: 0)
        for _ in 0..<5 { _ = window.take(at(100_010), limit: 5) }
        let refused = window.take(at(10), limit: 5)
        #expect(!refused.allowed && refused.retryAfterSeconds == 3600 && refused.resetUnixSeconds == 3610)
        #expect(window.take(at(3610), limit: 5).allowed)
        // Within the window it is only a longer rest of it.
        var other = FixedWindow(openedAt: at(100))
        _ = other.take(at(3000), limit: 1)
        #expect(other.take(at(200), limit: 1).retryAfterSeconds == 3500)
    }

    @Test func aPlanThatChangesChangesTheLimitAndNotTheCount() {
        var window = FixedWindow(openedAt: at(0))
        for _ in 0..<10 { _ = window.take(at(1), limit: 10) }
        #expect(window.take(at(2), limit: 20).remaining == 9)
        let lowered = window.take(at(3), limit: 5)
        #expect(!lowered.allowed && lowered.remaining == 0 && lowered.limit == 5)
        #expect(window.look(at(3), limit: 12).remaining == 1 && window.used == 11)
    }

    @Test(arguments: [Int64.min, -1, 0, .max - 1, .max], [Int64.min, -1, 0, .max - 1, .max])
    func noInstantTraps(_ opened: Int64, _ now: Int64) {
        var window = FixedWindow(openedAt: Instant(milliseconds: opened), used: .max)
        for limit in [Int.min, 0, 1, .max] {
            let decision = window.take(Instant(milliseconds: now), limit: limit)
            #expect(decision.remaining >= 0 && decision.limit >= 0 && (0...3600).contains(decision.retryAfterSeconds))
            _ = (decision.resetUnixSeconds, window.look(Instant(milliseconds: now), limit: limit))
        }
    }

    /// Against a twin that remembers every call: what is said holds, to the second.
    @Test(arguments: 1...40)
    func whatIsSaidHolds(_ seed: Int) {
        var draw = Draw(seed)
        var window: FixedWindow?
        var now: Int64 = 1_000_000
        var allowed: [Int64] = []
        let limit = 1 + draw.below(6)
        for _ in 0..<400 {
            now += [0, 1, 999, 1000, 60_000, 600_000, 3_599_999, 3_600_000][draw.below(8)]
            let first = window == nil
            if first { window = FixedWindow(openedAt: Instant(milliseconds: now)) }
            let decision = window!.take(Instant(milliseconds: now), limit: limit)
            // The twin: a call at or after the hour of the first one opens the next hour.
            if let anchor = allowed.first, now - anchor >= 3_600_000 { allowed = [] }
            #expect(decision.allowed == (allowed.count < limit), "seed \(seed)")
            if decision.allowed { allowed.append(now) }
            #expect(decision.remaining == limit - allowed.count)
            #expect(decision.resetAt.milliseconds == (allowed.first ?? 0) + 3_600_000)
            if !decision.allowed {
                let wait = Int64(decision.retryAfterSeconds) * 1000
                #expect(window!.look(Instant(milliseconds: now + wait), limit: limit).allowed)
                #expect(!window!.look(Instant(milliseconds: now + wait - 1000), limit: limit).allowed, "a second less is too little")
                #expect(window!.look(Instant(milliseconds: decision.resetUnixSeconds * 1000), limit: limit).allowed)
            }
        }
    }
}
