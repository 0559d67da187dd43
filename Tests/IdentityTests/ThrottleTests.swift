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

    /// Against one that forgets nothing but what it must: the pair that was quiet longest.
    @Test(arguments: 1...20)
    func itIsBoundedAndForgetsTheQuietestFirst(_ seed: Int) {
        var chance = Chance(seed)
        var throttle = LoginThrottle(pairs: 5)
        var recent: [String] = []
        var now = begin
        for _ in 0..<2000 {
            now = now + 1000
            let name = "n\(chance.below(9))"
            if chance.below(4) == 0 {
                throttle.succeeded(name: name, address: address)
                recent.removeAll { $0 == name }
            } else {
                #expect(throttle.attempt(name: name, address: address, now: now) != .wait(retryAfterSeconds: 0))
                recent.removeAll { $0 == name }
                recent.append(name)
                if recent.count > 5 { recent.removeFirst() }
            }
            #expect(throttle.count == recent.count)
            // Whoever is remembered is slowed down after three tries at one instant; whoever is not begins anew.
            guard let last = recent.last else { continue }
            var copy = throttle
            let free = (0..<4).count { _ in if case .go = copy.attempt(name: last, address: address, now: now) { true } else { false } }
            #expect(free <= 2)
        }
    }
}
