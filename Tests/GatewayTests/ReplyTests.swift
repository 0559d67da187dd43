import AsyncHTTPClient
import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Testing

/// What is the same for every answer.
struct ReplyTests {
    @Test func pathsAreDecodedOnceAndStrictly() async throws {
        try await LiveCoordinator.with { live in
            for path in [
                "/api/v4/nodes%2Fenrol", "/api/v4/nodes%2f..%2fenrol", "/api/v4/%00nodes", "/api/v4/nodes%", "/api/v4/no%4", "/api/v4/%zz",
                "/api/v4/%ff", "/api/v4/%c0%af", "/api/v4/%0a", "/api/v4/../admin.key", "/api/v4/%2e%2e/livez", "/./livez", "/livez?a=%", "/livez?a=1&a=2",
                "*", "livez",
            ] {
                let answer = try await RawConnection.answer(live, "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                #expect(statuses(answer) == ["400"], "\(path): \(answer.prefix(80))")
            }
            // Decoded a second time this would be a way up.
            #expect(try await live.call(.GET, "/api/v4/%252e%252e", bearer: live.key).status == 404)
            #expect(try await live.call(.GET, "/%6Civez").status == 200)
        }
    }

    /// Each family says in its own form that a request cannot be read.
    @Test func whatCannotBeReadIsAnsweredByWhoseItIs() async throws {
        try await LiveCoordinator.with { live in
            for (path, error) in [
                ("/api/v1/tenants/%01", #""error":"validation_error""#), ("/api/v1/tenants?limit=1&limit=1", #""error":"validation_error""#),
                ("/v1/tenants/%zz", #""error":"validation_error""#), ("/api/v2/jobs/%05", #""code":"INVALID_REQUEST""#),
                ("/v1/logs?a=%", #""status":"error""#), ("/api/v4/nodes/%zz", #""code":"VALIDATION_ERROR""#), ("/elsewhere/%zz", #""code":"VALIDATION_ERROR""#),
            ] {
                let answer = try await RawConnection.answer(live, "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                #expect(statuses(answer) == ["400"] && answer.contains(error), "\(path): \(answer)")
            }
        }
    }

    @Test func unknownPathsAnswerInTheEnvelope() async throws {
        try await LiveCoordinator.with { live in
            for path in ["/nowhere", "/api/v3/x", "/api/v4/nowhere", "/api/v4"] {
                let reply = try await live.call(.GET, path)
                #expect(reply.status == 404 && reply.code == "NOT_FOUND", "\(path): \(reply.json.encodedText)")
                #expect(reply.headers.first(name: "content-type") == "application/json")
                #expect(reply.json["error"]?["request_id"]?.text == reply.headers.first(name: "x-request-id"))
            }
            let wrong = try await live.call(.POST, "/livez")
            #expect(wrong.status == 405 && wrong.headers.first(name: "allow")?.hasPrefix("GET") == true)
        }
    }

    @Test func everyReplyHasOneRequestIdentifierAndNoBanner() async throws {
        try await LiveCoordinator.with { live in
            for path in ["/livez", "/nowhere", LiveCoordinator.sessions] {
                let reply = try await live.call(.GET, path)
                let ids = reply.headers["x-request-id"]
                #expect(ids.count == 1 && ids[0].hasPrefix("req_") && ids[0].utf8.count == 36, "\(ids)")
                #expect(reply.headers["x-content-type-options"] == ["nosniff"] && reply.headers["cache-control"] == ["no-store"])
                #expect(reply.headers["date"].count == 1 && reply.headers["date"][0].hasSuffix(" GMT"))
                #expect(!reply.headers.contains(name: "server"))
                // The caller's own identifier comes back when it can stand in a log, and only then.
                #expect(try await live.call(.GET, path, headers: [("x-request-id", "trace-1.a_B")]).headers["x-request-id"] == ["trace-1.a_B"])
                for bad in ["with space", String(repeating: "a", count: 129), "a/b", "ünïcode"] {
                    let other = try await live.call(.GET, path, headers: [("x-request-id", bad)]).headers["x-request-id"]
                    #expect(other.count == 1 && other[0].hasPrefix("req_"), "\(bad)")
                }
            }
        }
    }

    @Test func healthIsOpenAndMetricsAreNot() async throws {
        try await LiveCoordinator.with { live in
            for path in ["/livez", "/readyz", "/health"] { #expect(try await live.call(.GET, path).status == 200) }
            #expect(try await live.call(.GET, "/readyz").json["status"] == "serving")
            let anonymous = try await live.call(.GET, "/metrics")
            #expect(anonymous.status == 401 && anonymous.headers.contains(name: "www-authenticate"))
            let metrics = try await live.admin(.GET, "/metrics")
            #expect(metrics.headers.first(name: "content-type")?.hasPrefix("text/plain; version=0.0.4") == true)
            #expect(try await live.metrics().contains(#"tutti_http_request_seconds_count{operation="readyz",status="200"} 2"#))
        }
    }

    @Test func twoCredentialsMustAgree() async throws {
        try await LiveCoordinator.with { live in
            let path = LiveCoordinator.sessions
            #expect(try await live.call(.GET, path, bearer: live.key).status == 200)
            #expect(try await live.call(.GET, path, headers: [("x-api-key", live.key)]).status == 200)
            #expect(try await live.call(.GET, path, bearer: live.key, headers: [("x-api-key", "other")]).status == 401)
            #expect(try await live.call(.GET, path, headers: [("authorization", "Basic \(live.key)")]).status == 401)
            let twice = try await live.call(.GET, path, headers: [("authorization", "Bearer \(live.key)"), ("authorization", "Bearer x")])
            #expect(twice.status == 400)
            // One wrong character in the secret half.
            let wrong = String(live.key.dropLast()) + (live.key.hasSuffix("A") ? "B" : "A")
            #expect(try await live.call(.GET, path, bearer: wrong).status == 401)
        }
    }

    @Test func aNodeIsItsCertificateUntilItIsRevoked() async throws {
        try await LiveCoordinator.with { live in
            let (certificate, key) = try await live.enrol("node-1")
            let http = try LiveCoordinator.client(authority: live.authority, certificate: certificate, key: key)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, through: http).status == 200)
            #expect(try await live.call(.GET, "/api/v4/nodes", through: http).status == 403)
            #expect(try await live.admin(.POST, "/api/v4/nodes/node-1/revoke").status == 200)
            // The connection that was open is closed; who meets that is told the rest on a new one.
            let status = try? await live.call(.GET, LiveCoordinator.sessions, through: http).status
            #expect(status == nil || status == 403)
            try await http.shutdown()
            let again = try LiveCoordinator.client(authority: live.authority, certificate: certificate, key: key)
            #expect(try await live.call(.GET, LiveCoordinator.sessions, through: again).status == 403)
            try await again.shutdown()
        }
    }
}
