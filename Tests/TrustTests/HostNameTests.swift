import Testing
import Trust

@Suite("Host names and addresses") struct HostNameTests {
    @Test(
        "Names are lower-cased, a trailing dot is dropped",
        arguments: [
            ("localhost", "localhost"), ("Fed.Example.ORG", "fed.example.org"), ("a-b.c1.", "a-b.c1"), ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
            ("3com.com", "3com.com"),
        ])
    func names(text: String, name: String) throws { #expect(try HostName(text) == .dns(name)) }

    @Test("Addresses")
    func addresses() throws {
        #expect(try HostName("192.0.2.7") == .address([192, 0, 2, 7]))
        #expect(try HostName("::1") == .address([UInt8](repeating: 0, count: 15) + [1]))
        #expect(try HostName("[2001:db8::7]") == HostName("2001:DB8:0:0:0:0:0:7"))
        #expect(try HostName("[2001:db8::7]").urlForm == "[2001:db8::7]")
        #expect(try HostName("::1").dialForm == "::1")
        #expect(try HostName("192.0.2.7").serverName == nil)
        #expect(try HostName("Localhost").serverName == "localhost")
    }

    @Test(
        "What is neither is refused by name",
        arguments: [
            "", ".", "a..b", ".a", "*", "*.example.org", "a_b", "-a.org", "a-.org", "a b", "192.0.2.256", "1.2.3", "10", "[localhost]", "::g",
            "münchen.de", "127.0.0.1\u{0}.evil.org", "a/b", "https://a", "a:8443", String(repeating: "a", count: 64) + ".org",
            Array(repeating: "abcdefgh", count: 29).joined(separator: "."),
        ])
    func refused(text: String) {
        #expect { try HostName(text) } throws: { error in if case TrustError.name? = error as? TrustError { true } else { false } }
    }
}
