import Federation
import Platform
import Testing

@Suite struct ThrottleTests {
    private func delay(_ throttle: inout LoginThrottle, _ now: Instant, name: String = "ann", address: String = address) -> Int? {
        if case .wait(let seconds) = throttle.attempt(name: name, address: address, now: now) { return seconds }
        return nil
    }

    @Test func aFewTriesAreFreeThenTheDelayDoublesUpToItsCap() {
        var throttle = LoginThrottle()
        var now = begin
        var delays: [Int] = []
        for _ in 0..<16 {
            if let seconds = delay(&throttle, now) {
                delays.append(seconds)
                #expect(delay(&throttle, now + (seconds - 1)) == 1, "who comes too early waits for the rest, and no longer")
                now = now + seconds
                #expect(delay(&throttle, now) == nil)
            } else {
                delays.append(0)
            }
        }
        #expect(delays == [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900])
    }

    @Test func manyAtOnceAreNoWayAround() {
        var throttle = LoginThrottle()
        #expect((0..<100).count { _ in delay(&throttle, begin) == nil } == 3)
    }

    @Test func successForgivesAndOthersAreNotConcerned() {
        var throttle = LoginThrottle()
        for _ in 0..<3 { #expect(delay(&throttle, begin) == nil) }
        #expect(delay(&throttle, begin) != nil)
        #expect(delay(&throttle, begin, name: "bob") == nil && delay(&throttle, begin, address: "192.0.2.8") == nil)
        throttle.succeeded(name: "ann", address: address)
        #expect(delay(&throttle, begin) == nil)
    }

    @Test func anHourOfQuietIsAnewBeginning() {
        var throttle = LoginThrottle()
        for second in 0..<40 { _ = delay(&throttle, begin + second * 1000) }
        #expect(delay(&throttle, begin + 39_000 + 3599) == nil, "the delay has a cap below the hour")
        #expect(delay(&throttle, begin + 39_000 + 3600) != nil)
        for _ in 0..<3 { #expect(delay(&throttle, begin + 100_000) == nil) }
        #expect(delay(&throttle, begin + 100_000) != nil)
    }

    @Test func aClockThatIsSetBackMakesNobodyWaitLonger() {
        var throttle = LoginThrottle()
        for _ in 0..<3 { _ = delay(&throttle, begin) }
        #expect(delay(&throttle, Instant(milliseconds: 0)) == 1)
        #expect(delay(&throttle, Instant(milliseconds: .max)) == nil && delay(&throttle, Instant(milliseconds: .min)) == nil)
    }

    @Test func theTenthTryIsToldOnce() {
        var throttle = LoginThrottle()
        var told: [Int] = []
        var now = begin
        for attempt in 1...15 {
            now = now + 901
            if throttle.attempt(name: "ann", address: address, now: now) == .go(tells: true) { told.append(attempt) }
        }
        #expect(told == [10])
    }

    /// Against one that looks at everything each time.
    @Test(arguments: 1...20)
    func itIsBoundedAndForgetsTheQuietestFirst(_ seed: Int) {
        var chance = Chance(seed)
        var throttle = LoginThrottle(pairs: 5)
        // The quietest first.
        var twin: [(name: String, tries: Int, last: Instant)] = []
        var now = begin
        var (waits, forgotten) = (0, 0)
        for _ in 0..<3000 {
            now = now + (chance.below(60) == 0 ? 3600 : [0, 0, 0, 1, 3, 40][chance.below(6)])
            let name = "n\(min(chance.below(9), chance.below(9)))"
            let at = twin.firstIndex { $0.name == name }
            if chance.below(12) == 0 {
                throttle.succeeded(name: name, address: address)
                if let at { twin.remove(at: at) }
            } else {
                var (tries, left) = (0, 0.0)
                if let at, now.seconds(since: twin[at].last) < 3600 {
                    tries = twin[at].tries
                    let delay = tries < 3 ? 0.0 : min(900, [1.0, 2, 4, 8, 16, 32, 64, 128, 256, 512].dropFirst(tries - 3).first ?? 900)
                    left = delay - now.seconds(since: twin[at].last)
                }
                let verdict = throttle.attempt(name: name, address: address, now: now)
                if left > 0 {
                    #expect(verdict == .wait(retryAfterSeconds: Int(left)))
                    waits += 1
                } else {
                    #expect(verdict == .go(tells: tries == 9))
                    if let at { twin.remove(at: at) }
                    twin.append((name, tries + 1, now))
                    if twin.count > 5 {
                        twin.removeFirst()
                        forgotten += 1
                    }
                }
            }
            #expect(throttle.count == twin.count)
        }
        #expect(waits > 100 && forgotten > 100, "both happen")
    }
}
