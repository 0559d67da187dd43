import Foundation
import Platform
import Testing

/// Where this coordinator may be led, and where not.
@Suite struct EgressPolicyTests {
    private let strict = EgressPolicy(allowsLoopback: false)
    private let local = EgressPolicy(allowsLoopback: true)

    private func isRefused(_ url: String, _ policy: EgressPolicy) -> Bool { (try? policy.check(url)) == nil }

    private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text), "\(text)") }

    // MARK: Addresses

    /// What Python's registries call global may be reached, and nothing else (`Tests/Golden/make_egress_vectors.py`).
    @Test func nothingIsAllowedThatIsNotGlobal() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "Golden/webhooks/addresses.json")
        let rows = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [[Any]])
        let url = try EgressURL("https://example.org/")
        // Refused though that Python (3.11) calls it global: it is older than some entries, and the rest docs/adr/0034 names.
        let more: Set = [
            "of IETF protocols", "6to4 relay", "6to4", "cloud metadata", "outside global unicast", "Teredo", "IPv4-compatible", "IPv4-translated",
            "local NAT64",
            "segment routing", "site-local", "dummy", "documentation",
        ]
        var (allowed, refused, stricter) = (0, 0, 0)
        for row in rows {
            let text = try #require(row[0] as? String)
            let isGlobal = try #require(row[1] as? Bool)
            let address = try #require(IPAddress(text), "\(text)")
            #expect(address.description == text)
            switch (strict.verdict(for: address, of: url), isGlobal) {
            case (nil, true): allowed += 1
            case (nil, false): Issue.record("\(text) is allowed, and is not global")
            case (_?, false): refused += 1
            case (let range?, true):
                stricter += 1
                #expect(more.contains(range), "\(text): \(range)")
                if range == "documentation" { #expect(text.hasPrefix("3fff"), "\(text)") }
            }
        }
        #expect(allowed > 500 && refused > 500, "\(allowed) allowed, \(refused) refused, \(stricter) more strictly")
    }

    @Test(arguments: [
        ("0.0.0.0", "unspecified"), ("0.1.2.3", "this network"), ("10.0.0.1", "private"), ("100.64.0.1", "shared by carriers (CGNAT)"),
        ("127.0.0.1", "loopback"), ("127.255.255.255", "loopback"), ("169.254.169.254", "cloud metadata"), ("169.254.0.1", "link-local"),
        ("172.16.0.1", "private"), ("172.31.255.255", "private"), ("192.168.1.1", "private"), ("192.0.2.1", "documentation"),
        ("198.18.0.1", "benchmarking"), ("224.0.0.1", "multicast"), ("240.0.0.1", "reserved"), ("255.255.255.255", "broadcast"),
        ("100.100.100.200", "cloud metadata"), ("168.63.129.16", "cloud metadata"), ("::", "unspecified"), ("::1", "loopback"),
        ("::127.0.0.1", "IPv4-compatible"), ("::ffff:127.0.0.1", "loopback"), ("::ffff:a9fe:a9fe", "cloud metadata"), ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::10.0.0.1", "private"), ("64:ff9b:1::1", "local NAT64"), ("2002:7f00:1::", "6to4"), ("2001::1", "Teredo"),
        ("2001:db8::1", "documentation"), ("3fff::1", "documentation"), ("fc00::1", "unique local"), ("fd00:ec2::254", "cloud metadata"),
        ("fe80::1", "link-local"), ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("4000::1", "outside global unicast"),
    ])
    func specialAddressesAreNamed(_ text: String, _ range: String) throws {
        let url = try EgressURL("https://example.org/")
        let address = try #require(IPAddress(text))
        #expect(strict.verdict(for: address, of: url) == range)
        #expect(local.verdict(for: address, of: url) == range, "a name on the internet leads to no loopback, in no profile")
    }

    @Test func publicAddressesAreAllowed() throws {
        let url = try EgressURL("https://example.org/")
        for text in ["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.0", "2606:4700::1111", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"] {
            #expect(try strict.verdict(for: address(text), of: url) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "1..2.3", "-1.2.3.4", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "12345::", "fe80::1%eth0", "[::1]", "::1.2.3", "::g", "1:2:3:4:5:6:7:8::", "::1.2.3.4:5", "+1::", "é::",
    ])
    func whatIsNoAddressIsNone(_ text: String) { #expect(IPAddress(text) == nil) }

    @Test func blocksHoldWhatTheySay() throws {
        let block = try #require(AddressBlock("10.1.0.0/16"))
        #expect(try block.contains(address("10.1.255.255")))
        #expect(try !block.contains(address("10.2.0.0")))
        #expect(try !block.contains(address("::ffff:10.1.0.0")), "families are not mixed here")
        let all = try #require(AddressBlock("::/0"))
        #expect(all.contains(.v6(high: .max, low: .max)) && !all.contains(.v4(0)))
        #expect(AddressBlock("0.0.0.0/0")?.contains(.v4(.max)) == true)
        let narrow = try #require(AddressBlock("2001:db8::8000:0:0:0/65"))
        #expect(narrow.contains(.v6(high: 0x2001_0DB8_0000_0000, low: .max)) && !narrow.contains(.v6(high: 0x2001_0DB8_0000_0000, low: 0)))
        for text in ["10.1.0.1/16", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "::1/0"] { #expect(AddressBlock(text) == nil, "\(text)") }
        // An address is in its own block at every length, and its neighbour behind the prefix is not.
        for bits in 1...128 {
            let top: (UInt64, UInt64) = bits <= 64 ? (.max << UInt64(64 - bits), 0) : (.max, .max << UInt64(128 - bits))
            let block = try #require(AddressBlock("\(IPAddress.v6(high: top.0, low: top.1))/\(bits)"))
            #expect(block.contains(.v6(high: .max, low: .max)))
            let other: IPAddress = bits <= 64 ? .v6(high: .max ^ (1 << UInt64(64 - bits)), low: 0) : .v6(high: .max, low: .max ^ (1 << UInt64(128 - bits)))
            #expect(!block.contains(other), "\(bits)")
        }
    }

    // MARK: URLs

    @Test(arguments: [
        ("https://example.org", "example.org", 443, "/"), ("https://Example.ORG:8443/a/b?c=d", "example.org:8443", 8443, "/a/b?c=d"),
        ("HTTPS://example.org?x", "example.org", 443, "/?x"), ("https://xn--mnchen-3ya.de/%20", "xn--mnchen-3ya.de", 443, "/%20"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"), ("https://[2606:4700:0::1111]:443/", "[2606:4700::1111]", 443, "/"),
        ("https://a_b.example.org/", "a_b.example.org", 443, "/"),
    ])
    func urlsAreTakenApart(_ text: String, _ authority: String, _ port: Int, _ target: String) throws {
        let url = try strict.check(text)
        #expect(url.authority == authority && url.port == port && url.target == target)
    }

    @Test(arguments: [
        "", "example.org", "//example.org", "ftp://example.org", "http://example.org", "https:/example.org", "https://", "https:///x", "https://:443/",
        "https://user@example.org/", "https://user:pass@example.org/", "https://example.org@127.0.0.1/", "https://example.org:0/", "https://example.org:65536/",
        "https://example.org:/", "https://example.org:22/", "https://example.org:+443/", "https://example.org/#x", "https://exa mple.org/",
        "https://example.org\\@127.0.0.1/", "https://example.org\n/", "https://münchen.de/", "https://example.org./", "https://.example.org/",
        "https://a..b/", "https://-a.example.org/", "https://a-.example.org/", "https://%31.1.1.1/", "https://[::1", "https://[::1]x/",
        "https://[fe80::1%25eth0]/", "https://[8.8.8.8]/", "https://[v1.x]/", "https://example.org/ü", "https://2606:4700::1111/",
        // Addresses in other forms.
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://127.0.1/", "https://134744072/",
        "https://0x8.0x8.0x8.0x8/", "https://1.1.1.256/", "https://1.2.3.4.5/", "https://08.8.8.8/", "https://0x/", "https://foo.0x7f/", "https://foo.1/",
        // Addresses that lead inside.
        "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:a9fe:a9fe]/", "https://0.0.0.0/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://100.64.0.1/",
    ])
    func whatMightBeReadOtherwiseIsRefused(_ text: String) { #expect(isRefused(text, strict)) }

    @Test func starsInCertificatesStandForOneLabel() {
        for (names, isGood) in [
            (["a.example.org"], true), (["A.Example.org"], true), (["*.example.org"], true), (["x", "*.example.org"], true), (["*.org"], false), (["*"], false),
            (["*."], false), (["*.a.example.org"], false), (["*a.example.org"], false), (["a.*.org"], false), (["127.0.0.2"], false), ([], false),
            ([""], false),
        ] { #expect(EgressURL.isName("a.example.org", in: names) == isGood, "\(names)") }
        #expect(!EgressURL.isName("org", in: ["*."]) && !EgressURL.isName("org", in: ["*.org"]) && EgressURL.isName("org", in: ["org"]))
    }

    @Test func loopbackIsForThisMachineAlone() throws {
        for url in ["http://127.0.0.1:39211/x", "http://localhost:8080/", "https://[::1]:9/", "http://a.localhost/", "http://127.8.8.8/"] {
            #expect(!isRefused(url, local), "\(url)")
            #expect(isRefused(url, strict), "\(url)")
        }
        for url in ["http://example.org/", "http://10.0.0.1/", "http://localhost.example.org/", "http://notlocalhost/", "https://example.org:9/"] {
            #expect(isRefused(url, local), "\(url)")
        }
        let localhost = try local.check("http://localhost/")
        #expect(local.verdict(for: .v4(0x7F00_0001), of: localhost) == nil)
        #expect(local.verdict(for: .v4(0x0A00_0001), of: localhost) == "private", "its name does not make it a loopback")
    }

    @Test func theOperatorAllowsMore() throws {
        let texts = ["10.1.0.0/16", "fd12::/16", "hooks.internal", ".corp.example", "192.168.7.7"]
        let policy = EgressPolicy(allowsLoopback: false, ports: [443, 9443], allowances: try texts.map { try EgressPolicy.Allowance($0) })
        #expect(!isRefused("https://10.1.2.3:9443/", policy) && isRefused("https://10.2.0.1/", policy) && isRefused("http://10.1.2.3/", policy))
        #expect(!isRefused("https://[fd12::1]/", policy) && isRefused("https://[fd13::1]/", policy) && !isRefused("https://192.168.7.7/", policy))
        #expect(!isRefused("https://[::ffff:10.1.2.3]/", policy))
        let inside = try #require(IPAddress("172.16.0.1"))
        for (url, isAllowed) in [
            ("https://hooks.internal/", true), ("https://x.hooks.internal/", false), ("https://a.corp.example/", true), ("https://a.b.corp.example/", true),
            ("https://corp.example/", false), ("https://evilcorp.example/", false),
        ] {
            #expect(try (policy.verdict(for: inside, of: policy.check(url)) == nil) == isAllowed, "\(url)")
        }
        let url = try policy.check("https://hooks.internal/")
        for never in ["169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "fd00:ec2::254", "::ffff:169.254.169.254"] {
            #expect(try policy.verdict(for: address(never), of: url) != nil, "\(never)")
        }
        let wide = EgressPolicy(allowsLoopback: true, allowances: [try .init("169.254.0.0/16"), try .init("0.0.0.0/0")])
        #expect(isRefused("https://169.254.169.254/", wide) && isRefused("https://0.0.0.0/", wide) && !isRefused("https://10.0.0.1/", wide))
        for text in ["", "10.0.0.1/8", "a/b", "a:443", "user@a", "https://a", "."] { #expect(throws: EgressError.self) { try EgressPolicy.Allowance(text) } }
    }

    /// Garbage made of what URLs are made of: never a trap, and what is allowed is read the same way again.
    @Test func anyTextIsAnswered() {
        var state: UInt64 = 7
        func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(limit))
        }
        let pieces = [
            "https", "http", ":", "//", "/", "?", "#", "@", "[", "]", "::1", "127.0.0.1", "1.1.1.1", ".", "0x", "7f", "%25", "é", "\u{0}", " ", "example",
            "org",
            "localhost", "443", "99999999999999999999", "-", "\\", "ffff", "xn--",
        ]
        var allowed = 0
        for round in 0..<20_000 {
            let text = (round % 2 == 0 ? "https://" : "") + (0..<below(8)).map { _ in pieces[below(pieces.count)] }.joined()
            guard let url = try? strict.check(text) else { continue }
            allowed += 1
            #expect((try? EgressURL("\(url.scheme.rawValue)://\(url.authority)\(url.target)")) == url, "\(text)")
            if case .address(let address) = url.host { #expect(strict.verdict(for: address, of: url) == nil) }
        }
        #expect(allowed > 100)
    }
}
