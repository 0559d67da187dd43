import APIKit
import CoordinatorNode
import Foundation
import Testing

/// What the gateway reads in a request's head by itself.
struct HeadTests {
    @Test func targetsAreDecodedOnce() throws {
        let target = try RequestTarget("/a%20b/c?name=%C3%A9+x&empty=&flag")
        #expect(target.path == "/a b/c")
        #expect(target.query == [.init(name: "name", value: "é x"), .init(name: "empty", value: ""), .init(name: "flag", value: "")])
        #expect(try RequestTarget("/100%2525").path == "/100%25")
        for bad in ["", "a", "*", "http://x/y", "/%", "/%4", "/%zz", "/a%2Fb", "/%00", "/%0a", "/%ff", "/a/../b", "/..", "/%2E/x", "/x?a=%", "/x?a=1&a=2"] {
            #expect(throws: ServiceError.self, "\(bad)") { try RequestTarget(bad) }
        }
        #expect(throws: ServiceError.self) { try RequestTarget("/" + String(repeating: "a", count: 5000)) }
        #expect(throws: ServiceError.self) { try RequestTarget("/x?" + (0..<65).map { "a\($0)=1" }.joined(separator: "&")) }
    }

    @Test func aTargetThatCannotBeReadStillSaysWhoseItIs() {
        for (target, beginning) in [
            ("/api/v1/tenants/%zz", "/api/v1/tenants/"), ("/v1/tenants?a=1&a=2", "/v1/tenants"), ("/api/v2/../x", "/api/v2/../x"), ("", ""), ("%", ""),
        ] {
            #expect(RequestTarget.beginning(target) == beginning)
        }
    }

    @Test func sessionPathsAreFoundUnderEveryBase() {
        let bases = ["/api/v4", "/v4"]
        #expect(SessionPath("/v4/federated-learning/sessions/s/socket", bases: bases)?.isControl == true)
        #expect(SessionPath("/api/v4/federated-learning/sessions/s/weights", bases: bases)?.needsTLS == true)
        #expect(SessionPath("/api/v4/federated-learning/sessions/s/join", bases: bases)?.needsTLS == false)
        for other in [
            "/api/v4/federated-learning/sessions/s", "/api/v4/federated-learning/sessions//socket", "/api/v4/federated-learning/sessions/s/x/socket",
            "/api/v1/federated-learning/sessions/s/socket", "/api/v4/federated-learning/sessions/a b/socket",
        ] {
            #expect(SessionPath(other, bases: bases) == nil, "\(other)")
        }
    }

    @Test func ranges() {
        for (header, expected) in [
            ("bytes=0-9", ByteRange.part(0..<10)), ("bytes=90-", .part(90..<100)), ("bytes=-5", .part(95..<100)), ("bytes=-500", .part(0..<100)),
            ("bytes=0-500", .part(0..<100)), ("bytes=99-99", .part(99..<100)), ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=5-2", .whole), ("bytes=0-1,3-4", .whole), ("bytes=a-b", .whole), ("bytes=-", .whole), ("bytes=1-99999999999999999999", .whole),
            ("bytes=99999999999999999999-", .whole), ("items=0-1", .whole), ("", .whole),
        ] {
            #expect(ByteRange.resolve(header, length: 100) == expected, "\(header)")
        }
        #expect(ByteRange.resolve("bytes=0-", length: 0) == .unsatisfiable)
    }

    @Test func dates() {
        // The example of RFC 9110 §5.6.7, a leap day, and the beginning.
        #expect(HTTPDate.text(at: Date(timeIntervalSince1970: 784_111_777)) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(at: Date(timeIntervalSince1970: 1_709_164_800)) == "Thu, 29 Feb 2024 00:00:00 GMT")
        #expect(HTTPDate.text(at: Date(timeIntervalSince1970: 0)) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }

    @Test func repliesPointWhereTheClientCalledOrTheOperatorSays() {
        let bound = ServerAddress(publicURL: nil, host: "0.0.0.0", port: 8443)
        #expect(bound.url == "https://127.0.0.1:8443")
        #expect(bound.base(host: "node.example:9000") == "https://node.example:9000")
        #expect(bound.base(host: "[::1]:8443") == "https://[::1]:8443")
        for bad in ["", "evil.example/path", "a b", "x@y", "a\"b", String(repeating: "a", count: 300)] { #expect(bound.base(host: bad) == bound.url, "\(bad)") }
        #expect(ServerAddress(publicURL: "https://fl.example", host: "h", port: 1).base(host: "other") == "https://fl.example")
        #expect(ServerAddress(publicURL: "https://fl.example/", host: "h", port: 1).url == "https://fl.example")
        #expect(ServerAddress(publicURL: nil, host: "::", port: 1).url == "https://[::1]:1")
    }
}
