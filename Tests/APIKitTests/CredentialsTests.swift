import APIKit
import Foundation
import Testing

@Suite struct CredentialsTests {
    private func token(_ headers: (String, String)...) throws(ServiceError) -> String? {
        try bearer(of: request(headers: headers.map { (name: $0.0, value: $0.1) }))
    }

    @Test func bothHeadersSayTheSame() throws {
        #expect(try token() == nil)
        #expect(try token(("authorization", "Bearer abc")) == "abc")
        #expect(try token(("authorization", "bearer  abc ")) == "abc")
        #expect(try token(("authorization", "Bearer \t abé c\t ")) == "abé c")
        #expect(try token(("x-api-key", "abc")) == "abc")
        #expect(try token(("authorization", "Bearer abc"), ("x-api-key", "abc")) == "abc")
    }

    @Test func contradictionsAndOtherSchemesAreRefused() {
        let wrong: [[(name: String, value: String)]] = [
            [("authorization", "Bearer abc"), ("x-api-key", "abd")], [("authorization", "Bearer abc"), ("authorization", "Bearer abd")],
            [("x-api-key", "a"), ("x-api-key", "b")], [("authorization", "Basic YTpi")], [("authorization", "Bearer")], [("authorization", "Bearer ")],
            [("authorization", "")], [("x-api-key", "")],
        ]
        for headers in wrong { #expect(throws: ServiceError.self, "\(headers)") { try bearer(of: request(headers: headers)) } }
    }

    @Test func timestampsAreFoundations() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        var milliseconds: Int64 = -11_000_000_000_000
        while milliseconds < 250_000_000_000_000 {
            let text = timestamp(milliseconds)
            let date = try #require(formatter.date(from: text), "\(text)")
            #expect(abs(date.timeIntervalSince1970 * 1000 - Double(milliseconds)) < 1, "\(text)")
            milliseconds += 987_654_321_987
        }
        #expect(timestamp(0) == "1970-01-01T00:00:00.000Z")
        #expect(timestamp(951_782_400_000) == "2000-02-29T00:00:00.000Z")
    }

    @Test func namesAreNames() {
        for good in ["a", "client-01", "A.b_C", "...", String(repeating: "x", count: 128)] { #expect(isName(good), "\(good)") }
        for bad in ["", ".", "..", "a/b", "a b", "ä", "a%2F", "a\u{0}", String(repeating: "x", count: 129)] { #expect(!isName(bad), "\(bad)") }
    }
}
