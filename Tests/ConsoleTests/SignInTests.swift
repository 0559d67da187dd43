import Testing
import Console

struct SignInTests {
    private func signIn(_ began: Int64, _ csrf: String = "c") -> SignIns.SignIn {
        .init(tenant: "default", keyID: "id", csrf: csrf, began: began, used: began)
    }

    @Test func signInsEndWhenIdleAndInAnyCase() {
        var all = SignIns()
        all.open([1], signIn(0))
        #expect(all.find([2], now: 0, isUse: true) == nil)
        #expect(all.find([1], now: Limits.idleMilliseconds - 1, isUse: true) != nil)
        #expect(all.find([1], now: 2 * Limits.idleMilliseconds - 2, isUse: false) != nil)
        // What the page asked for by itself was no use.
        #expect(all.find([1], now: 2 * Limits.idleMilliseconds - 1, isUse: true) == nil)
        #expect(all.count == 0)
        all.open([1], signIn(0))
        var now: Int64 = 0
        while now < Limits.longestMilliseconds {
            #expect(all.find([1], now: now, isUse: true) != nil)
            now += Limits.idleMilliseconds / 2
        }
        #expect(all.find([1], now: Limits.longestMilliseconds, isUse: true) == nil)
        all.open([1], signIn(0))
        all.close([1])
        #expect(all.find([1], now: 0, isUse: true) == nil)
    }

    @Test func signInsAreBounded() {
        var all = SignIns()
        for number in 0..<Limits.signIns { all.open([UInt8(number)], signIn(Int64(number))) }
        _ = all.find([0], now: 1000, isUse: true)
        all.open([200], signIn(1001))
        #expect(all.count == Limits.signIns)
        // The one that was used longest ago is gone, and not the oldest.
        #expect(all.find([1], now: 1001, isUse: true) == nil && all.find([0], now: 1001, isUse: true) != nil && all.find([200], now: 1001, isUse: true) != nil)
        // The clock was set back by a day.
        #expect(all.find([200], now: 1001 - 86_400_000, isUse: true) == nil)
        #expect(all.find([0], now: .min, isUse: true) == nil && all.find([2], now: .max, isUse: true) == nil)
    }

    @Test func wrongKeysAreWaitedFor() {
        var throttle = Throttle()
        for _ in 0..<Limits.attempts {
            #expect(throttle.wait("a", now: 0) == nil)
            throttle.failed("a", now: 0)
        }
        #expect(throttle.wait("a", now: 0) == Int(Limits.attemptMilliseconds / 1000) && throttle.wait("b", now: 0) == nil)
        #expect(throttle.wait("a", now: Limits.attemptMilliseconds) == nil)
        throttle.failed("a", now: Limits.attemptMilliseconds)
        #expect(throttle.wait("a", now: Limits.attemptMilliseconds) != nil)
        // However often: nobody is shut out for longer than the bucket lasts.
        for _ in 0..<1000 { throttle.failed("a", now: 0) }
        #expect(throttle.wait("a", now: 0) == Int(Limits.attemptMilliseconds / 1000))
        throttle.succeeded("a")
        #expect(throttle.wait("a", now: 0) == nil)
        for number in 0..<(2 * Limits.networks) { throttle.failed("\(number)", now: 5) }
        for now in [Int64.max, .min] {
            throttle.failed("x", now: now)
            _ = throttle.wait("x", now: now)
        }
    }

    @Test func networksAreAddressesOrHalvesOfThem() {
        #expect(Throttle.network(of: "10.0.0.7") == "10.0.0.7")
        #expect(Throttle.network(of: "2001:db8:1:2:3:4:5:6") == Throttle.network(of: "2001:db8:1:2::9"))
        #expect(Throttle.network(of: "2001:db8:1:2::9") != Throttle.network(of: "2001:db8:1:3::9"))
        #expect(Throttle.network(of: "2001:db8::1") == "2001:db8:0:0::/64" && Throttle.network(of: "::1") == "0:0:0:0::/64")
        #expect(Throttle.network(of: "fe80::1%eth0") == "fe80:0:0:0::/64" && Throttle.network(of: "::ffff:10.0.0.1") == "::ffff:10.0.0.1")
        for odd in ["", ":", "::", ":::", "1:2:3:4:5:6:7:8:9", "unknown"] { _ = Throttle.network(of: odd) }
    }

    @Test func cookiesAreReadStrictly() {
        let value = String(repeating: "a1", count: 32)
        #expect(Cookie.value(in: ["x=1; __Host-tutti=\(value); y=2"]) == value)
        #expect(Cookie.value(in: ["x=1", "__Host-tutti=\(value)"]) == value)
        for bad in [
            "", "__Host-tutti", "__Host-tutti=", "__Host-tutti=\(value)0", "__Host-tutti=\(value.uppercased())", "tutti=\(value)", "x__Host-tutti=\(value)",
            "__Host-tutti=\(value); __Host-tutti=\(value)", "__Host-tutti=\"\(value)\"",
        ] { #expect(Cookie.value(in: [bad]) == nil, "\(bad)") }
        #expect(Cookie.setting("v") == "__Host-tutti=v; Path=/; Secure; HttpOnly; SameSite=Strict")
        #expect(Cookie.clearing == "__Host-tutti=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    @Test func formsAreReadStrictly() {
        #expect(Form(Array("key=tk%5Flive+x&csrf=".utf8))?.fields == ["key": "tk_live x", "csrf": ""])
        #expect(Form([])?.fields == [:])
        for bad in ["key", "key=%", "key=%4", "key=%zz", "key=1&key=2", "key=%ff", (0..<17).map { "a\($0)=1" }.joined(separator: "&")] {
            #expect(Form(Array(bad.utf8)) == nil, "\(bad)")
        }
    }

    @Test func onlyOurOwnPagesSendForms() {
        let own = ["https://fl.example:8443"]
        for (site, origin, expected) in [
            ("same-origin", "https://fl.example:8443", true), ("same-origin", "null", true), ("same-origin", nil, true),
            (nil, "https://fl.example:8443", true), (nil, "https://FL.example:8443", true),
            (nil, nil, false), (nil, "null", false), (nil, "http://fl.example:8443", false), (nil, "https://fl.example", false),
            (nil, "https://fl.example:8443.evil.example", false), ("same-site", "https://fl.example:8443", false), ("cross-site", nil, false),
            ("none", nil, false), ("", nil, false), ("same-origin", "https://evil.example", false),
        ] as [(String?, String?, Bool)] {
            #expect(Origin.isOwn(site: site, origin: origin, own: own) == expected, "\(site ?? "-") \(origin ?? "-")")
        }
        #expect(Origin.isOwn(site: nil, origin: "https://fl.example", own: ["https://fl.example:443"]))
    }
}
