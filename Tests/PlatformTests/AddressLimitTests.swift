import Federation
import Platform
import Testing

private func address(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }
private func after(_ milliseconds: Int64) -> Instant { Instant(milliseconds: 1_000_000 + milliseconds) }

/// A bucket as it is usually told: so many tokens, filled by the clock.
private struct Bucket {
    var tokens: Double
    var at: Int64 = 0
    let (rate, size): (Double, Double)

    init(rate: Int, size: Int) { (self.rate, self.size, tokens) = (Double(rate), Double(size), Double(size)) }

    mutating func take(_ units: Int, _ now: Int64) -> Bool {
        tokens = min(size, tokens + Double(now - at) / 1000 * rate)
        at = now
        guard tokens + 1e-6 >= Double(units) else { return false }
        tokens -= Double(units)
        return true
    }
}

@Suite struct AddressLimitTests {
    @Test func aBurstIsServedAndThenTheRate() {
        var limit = AddressLimit(perSecond: 10, burst: 20)
        let one = address("192.0.2.1")
        for _ in 0..<20 { #expect(limit.take(one, now: after(0)) == nil) }
        #expect(limit.take(one, now: after(0)) == 1)
        #expect(limit.take(one, now: after(99)) == 1)
        #expect(limit.take(one, now: after(100)) == nil && limit.take(one, now: after(100)) == 1)
        #expect(limit.take(address("192.0.2.2"), now: after(100)) == nil, "another address has its own")
        // What takes ten has to wait longer, and takes nothing while it does.
        #expect(limit.take(one, units: 10, now: after(200)) == 1)
        #expect(limit.take(one, now: after(200)) == nil)
    }

    @Test func whoWaitsAsLongAsToldIsServed() {
        var limit = AddressLimit(perSecond: 2, burst: 30)
        let one = address("192.0.2.1")
        for _ in 0..<3 { #expect(limit.take(one, units: 10, now: after(0)) == nil) }
        #expect(limit.take(one, units: 10, now: after(0)) == 5)
        #expect(limit.take(one, units: 10, now: after(4999)) == 1)
        #expect(limit.take(one, units: 10, now: after(5000)) == nil)
    }

    @Test(arguments: 0..<40 as Range<UInt64>) func itIsABucketOfTokens(_ seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ count: UInt64) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % count)
        }
        // Rates of which an interval is a whole number of milliseconds, so that the twin's sums are exact.
        let rate = [1, 2, 5, 10, 50, 100][next(6)]
        let size = 1 + next(60)
        var (limit, bucket) = (AddressLimit(perSecond: rate, burst: size), Bucket(rate: rate, size: size))
        var now: Int64 = 0
        for _ in 0..<500 {
            now += Int64(next(4) == 0 ? next(3000) : next(20))
            let units = 1 + next(UInt64(min(size, 12)))
            let isServed = limit.take(address("2001:db8::1"), units: units, now: Instant(milliseconds: now)) == nil
            #expect(isServed == bucket.take(units, now), "seed \(seed) at \(now)")
        }
    }

    @Test func aNetworkIsOneAndSoIsAnAddressInBothForms() {
        var limit = AddressLimit(perSecond: 1, burst: 1)
        #expect(limit.take(address("2001:db8:0:1::1"), now: after(0)) == nil)
        #expect(limit.take(address("2001:db8:0:1:ffff::2"), now: after(0)) == 1)
        #expect(limit.take(address("2001:db8:0:2::1"), now: after(0)) == nil)
        #expect(limit.take(address("192.0.2.9"), now: after(0)) == nil)
        #expect(limit.take(address("::ffff:192.0.2.9"), now: after(0)) == 1)
        #expect(limit.count == 3)
    }

    @Test func aClockThatIsSetBackMakesNobodyWaitForMoreThanABurst() {
        var limit = AddressLimit(perSecond: 1, burst: 10)
        let one = address("192.0.2.1")
        for _ in 0..<10 { #expect(limit.take(one, now: after(0)) == nil) }
        #expect(limit.take(one, now: after(-86_400_000)) == 1)
        #expect(limit.take(one, now: after(-86_400_000 + 1000)) == nil)
        for far in [Int64.min, Int64.max] { _ = limit.take(one, units: .max, now: Instant(milliseconds: far)) }
        #expect(limit.take(address("192.0.2.2"), units: .min, now: Instant(milliseconds: .max)) == nil)
    }

    @Test func memoryIsBoundedAndWhoOwesNothingIsForgotten() {
        var limit = AddressLimit(perSecond: 10, burst: 10, addresses: 100)
        for number in 0..<5000 { _ = limit.take(.v4(UInt32(number)), now: after(0)) }
        #expect(limit.count == 100)
        // The last hundred are still known: they have nine left, the first has ten.
        for _ in 0..<9 { #expect(limit.take(.v4(4999), now: after(0)) == nil) }
        #expect(limit.take(.v4(4999), now: after(0)) == 1)
        for _ in 0..<10 { #expect(limit.take(.v4(0), now: after(0)) == nil) }
        for _ in 0..<1000 { _ = limit.take(.v4(1), now: after(10_000)) }
        #expect(limit.count <= 3, "all others have earned back what they took")
    }

    @Test func credentialsThatAreNoneCostTenTimesAsMuch() {
        let limiter = AddressLimiter(perSecond: 1)
        for _ in 0..<6 { #expect(limiter.take("192.0.2.1", .failed, now: after(0)) == nil) }
        #expect(limiter.take("192.0.2.1", .failed, now: after(0)) == 10 && limiter.take("192.0.2.1", .open, now: after(0)) == 1)
        #expect(limiter.take("fe80::1%eth0", .open, now: after(0)) == nil)
        for _ in 0..<100 { #expect(limiter.take(nil, .failed, now: after(0)) == nil && limiter.take("nowhere", .failed, now: after(0)) == nil) }
    }
}
