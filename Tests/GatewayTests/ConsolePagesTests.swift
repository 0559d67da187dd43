import AsyncHTTPClient
import Foundation
import NIOHTTP1
import StrictJSON
import Testing
import Trust

/// The web console of a real coordinator over real TLS, as a browser speaks to it.
struct ConsolePagesTests {
    private static let ours = [("sec-fetch-site", "same-origin")]
    private static let form = "application/x-www-form-urlencoded"

    /// A client that follows no redirect and knows no cookie but what it is told.
    private func withBrowser(_ live: LiveCoordinator, _ work: (HTTPClient) async throws -> Void) async throws {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try clientTLS(authorityPEM: live.authority))
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Void, any Error>
        do { result = .success(try await work(http)) } catch { result = .failure(error) }
        try await http.shutdown()
        try result.get()
    }

    private func text(_ reply: LiveCoordinator.Reply) -> String { String(decoding: reply.body, as: UTF8.self) }

    private func csrf(_ page: String) throws -> String {
        let start = try #require(page.firstRange(of: "name=\"csrf\" value=\"")).upperBound
        return String(page[start...].prefix { $0 != "\"" })
    }

    @Test func aSessionIsSeenAndStoppedThroughTheConsole() async throws {
        try await LiveCoordinator.with { live in
            let session = try await live.session([("min_clients", 2)])
            _ = try await live.join(session, as: "hospital-a")
            _ = try await live.enrol("node-b")
            try await withBrowser(live) { http in
                func ask(_ method: HTTPMethod, _ path: String, _ body: String? = nil, _ headers: [(String, String)] = []) async throws -> LiveCoordinator.Reply
                {
                    try await live.call(method, path, body.map { Array($0.utf8) }, type: Self.form, headers: headers, through: http)
                }
                let page = "/console/sessions/\(session.id)"
                // Without a sign-in there is nothing but the way to it.
                for path in ["/", "/console", page, page + "/stop", "/console/nodes"] {
                    let reply = try await ask(.GET, path)
                    #expect(reply.status == 303 && reply.headers.first(name: "location") == "/console/sign-in" && reply.body.isEmpty, "\(path)")
                }
                #expect(text(try await ask(.GET, "/console/sign-in")).contains("type=\"password\""))
                // The administrator's key in a header opens the API and not the console.
                #expect(try await ask(.GET, "/", nil, [("authorization", "Bearer \(live.key)")]).status == 303)

                let wrong = try await ask(.POST, "/console/sign-in", "key=\(live.key.dropLast())A", Self.ours)
                #expect(wrong.status == 401 && wrong.headers.first(name: "set-cookie") == nil)
                let elsewhere = try await ask(.POST, "/console/sign-in", "key=\(live.key)", [("sec-fetch-site", "cross-site")])
                #expect(elsewhere.status == 403 && elsewhere.headers.first(name: "set-cookie") == nil)

                let entered = try await ask(.POST, "/console/sign-in", "username=administrator&key=\(live.key)", Self.ours)
                #expect(entered.status == 303 && entered.headers.first(name: "location") == "/")
                let set = try #require(entered.headers.first(name: "set-cookie"))
                #expect(set.hasPrefix("__Host-tutti=") && set.hasSuffix("; Path=/; Secure; HttpOnly; SameSite=Strict"), "\(set.dropFirst(80))")
                let cookie = [("cookie", String(set.prefix { $0 != ";" }))]

                let overview = try await ask(.GET, "/", nil, cookie)
                #expect(overview.status == 200 && text(overview).contains(session.id) && !text(overview).contains(live.key))
                #expect(overview.headers.first(name: "content-type") == "text/html; charset=utf-8")
                #expect(overview.headers.first(name: "content-security-policy")?.hasPrefix("default-src 'none'; script-src 'self'") == true)
                #expect(overview.headers.first(name: "cache-control") == "no-store" && overview.headers.first(name: "x-content-type-options") == "nosniff")
                let shown = text(try await ask(.GET, page, nil, cookie))
                #expect(shown.contains("hospital-a") && shown.contains("update token") && shown.contains("Waiting for clients: 1 of 2."), "\(shown)")
                #expect(shown.contains("Secure aggregation is off"))
                #expect(text(try await ask(.GET, "/console/nodes", nil, cookie)).contains("node-b"))

                let refresh = cookie + [("tutti-refresh", "1")]
                let tag = try #require(try await ask(.GET, "/console/nodes", nil, refresh).headers.first(name: "etag"))
                #expect(try await ask(.GET, "/console/nodes", nil, refresh + [("if-none-match", tag)]).status == 304)

                let token = try csrf(text(try await ask(.GET, page + "/stop", nil, cookie)))
                for (body, headers) in [("", cookie + Self.ours), ("csrf=x", cookie + Self.ours), ("csrf=\(token)", cookie), ("csrf=\(token)", Self.ours)] {
                    let refused = try await ask(.POST, page + "/stop", body, headers)
                    #expect(refused.status == 403 || (refused.status == 303 && refused.headers.first(name: "location") == "/console/sign-in"), "\(body)")
                }
                #expect(try await live.admin(.GET, "\(LiveCoordinator.sessions)/\(session.id)").json["status"]?.text == "waiting")
                let stopped = try await ask(.POST, page + "/stop", "csrf=\(token)", cookie + Self.ours)
                #expect(stopped.status == 303 && stopped.headers.first(name: "location") == page)
                #expect(try await live.admin(.GET, "\(LiveCoordinator.sessions)/\(session.id)").json["status"]?.text == "stopped")

                let left = try await ask(.POST, "/console/sign-out", "csrf=\(token)", cookie + Self.ours)
                #expect(left.status == 303 && left.headers.first(name: "set-cookie")?.contains("Max-Age=0") == true)
                #expect(try await ask(.GET, "/", nil, cookie).status == 303)
            }
        }
    }

    @Test func wrongKeysAreSlowedDown() async throws {
        try await LiveCoordinator.with { live in
            try await withBrowser(live) { http in
                var statuses: [Int] = []
                for _ in 0..<9 {
                    statuses.append(
                        try await live.call(.POST, "/console/sign-in", Array("key=tk_live_x".utf8), type: Self.form, headers: Self.ours, through: http).status)
                }
                // A machine so slow that the bucket fills again meanwhile refuses all the same.
                #expect(statuses.prefix(8).allSatisfy { $0 == 401 } && [401, 429].contains(statuses[8]))
            }
        }
    }

    @Test func otherPathsAndThePlainListenerAreAsTheyWere() async throws {
        try await LiveCoordinator.with(flags: ["server.local_listen": "127.0.0.1:0"]) { live in
            #expect(try await live.call(.GET, "/livez").status == 200)
            let unknown = try await live.call(.GET, "/nowhere")
            #expect(unknown.status == 404 && unknown.code == "NOT_FOUND")
            let missing = try await live.call(.GET, "/console/nowhere")
            #expect(missing.status == 404 && missing.headers.first(name: "content-type")?.hasPrefix("text/html") == true)
            let plain = "http://127.0.0.1:\(try #require(live.localPort))"
            for path in ["/", "/console/sign-in", "/console/console.css"] {
                let reply = try await live.call(.GET, path, base: plain)
                #expect(reply.status == 403 && text(reply).contains(live.url) && reply.headers.first(name: "set-cookie") == nil, "\(path)")
            }
            #expect(try await live.call(.GET, "/readyz", base: plain).status == 200)
        }
    }
}
