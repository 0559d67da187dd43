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
                for path in ["/", "/console", page, page + "/stop", "/console/nodes", "/console/jobs", "/console/alerts"] {
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

                // All of it is in the tenant's audit, with the key's public part and no key.
                let audit = try await live.admin(.GET, "/api/v1/security/audit-log")
                let entries = audit.json["audit_logs"]?.elements ?? []
                let told = entries.filter { $0["action"]?.text?.hasPrefix("console.") == true }.reversed()
                #expect(
                    told.compactMap { $0["action"]?.text }
                        == ["console.sign_in_refused", "console.signed_in", "console.session_stopped", "console.signed_out"])
                #expect(told.compactMap { $0["user_id"]?.text }.first == "anonymous" && !text(audit).contains(live.key))
                #expect(told.contains { $0["resource_id"]?.text == session.id && $0["ip_address"]?.text != nil })
            }
        }
    }

    @Test func jobsAndAlertsAreSeenAndAJobIsCancelled() async throws {
        try await LiveCoordinator.with { live in
            func submit(_ body: JSON) async throws -> String {
                let reply = try await live.admin(.POST, "/api/v2/jobs", body)
                return try #require(reply.json["job_id"]?.text, "\(text(reply))")
            }
            let later = Date(timeIntervalSinceNow: 30 * 86_400).formatted(.iso8601)
            let waiting = try await submit(
                ["name": "<b>next month</b>", "type": "report", "parameters": ["kind": "usage"], "scheduled_at": .string(later)])
            let report = try await submit(["name": "usage", "type": "report", "parameters": ["kind": "usage"]])
            try await withBrowser(live) { http in
                func ask(_ method: HTTPMethod, _ path: String, _ body: String? = nil, _ headers: [(String, String)] = []) async throws -> LiveCoordinator.Reply
                {
                    try await live.call(method, path, body.map { Array($0.utf8) }, type: Self.form, headers: headers, through: http)
                }
                let entered = try await ask(.POST, "/console/sign-in", "key=\(live.key)", Self.ours)
                let cookie = [("cookie", String(try #require(entered.headers.first(name: "set-cookie")).prefix { $0 != ";" }))]
                let list = text(try await ask(.GET, "/console/jobs", nil, cookie))
                #expect(list.contains(waiting) && list.contains("&lt;b&gt;next month&lt;/b&gt;") && !list.contains("<b>") && list.contains(report))

                // The report is made by the queue; its page leads to the file.
                var page = ""
                for _ in 0..<1200 where !page.contains("Download the result") {
                    page = text(try await ask(.GET, "/console/jobs/\(report)", nil, cookie))
                    try await Task.sleep(for: .milliseconds(50))
                }
                #expect(page.contains("Download the result"), "\(page)")
                let file = try await ask(.GET, "/console/jobs/\(report)/result", nil, cookie)
                #expect(file.status == 200 && file.headers.first(name: "content-disposition") == "attachment; filename=\"\(report).json\"")
                let same = try await live.admin(.GET, "/api/v2/jobs/\(report)/results")
                #expect(file.body == same.body && !file.body.isEmpty)

                let way = "/console/jobs/\(waiting)/cancel"
                let token = try csrf(text(try await ask(.GET, way, nil, cookie)))
                #expect(try await ask(.POST, way, "csrf=x", cookie + Self.ours).status == 403)
                #expect(try await live.admin(.GET, "/api/v2/jobs/\(waiting)").json["status"]?.text == "queued")
                let cancelled = try await ask(.POST, way, "csrf=\(token)", cookie + Self.ours)
                #expect(cancelled.status == 303 && cancelled.headers.first(name: "location") == "/console/jobs/\(waiting)")
                #expect(try await live.admin(.GET, "/api/v2/jobs/\(waiting)").json["status"]?.text == "cancelled")
                #expect(try await ask(.POST, way, "csrf=\(token)", cookie + Self.ours).status == 409)
                #expect(text(try await ask(.GET, "/console/jobs?state=queued", nil, cookie)).contains("No job is queued."))
                #expect(try await ask(.GET, "/console/jobs?state=other", nil, cookie).status == 400)
                #expect(try await ask(.GET, "/console/jobs/job_none", nil, cookie).status == 404)

                let alerts = text(try await ask(.GET, "/console/alerts", nil, cookie))
                for rule in ["http.error_rate", "system.disk_full", "certificate.ending", "audit.broken"] { #expect(alerts.contains(rule), "\(rule)") }

                // Both who did it and through what are told: the queue's own entry and the console's name the same key.
                let audit = try await live.admin(.GET, "/api/v1/security/audit-log")
                let told = (audit.json["audit_logs"]?.elements ?? []).filter { $0["resource_id"]?.text == waiting }
                let ends = told.filter { ["job.cancelled", "console.job_cancelled"].contains($0["action"]?.text) }
                #expect(ends.count == 2 && Set(ends.compactMap { $0["user_id"]?.text }).count == 1, "\(text(audit))")
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
