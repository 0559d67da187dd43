import APIKit
import Synchronization
import Testing
import Console

/// The family as the gateway asks it.
struct FamilyTests {
    private static let session = "/console/sessions/\(Samples.id)"
    private static let job = "/console/jobs/\(Samples.job)"

    @Test func nobodySeesAnythingWithoutSigningIn() async {
        let place = Place()
        let open: Set = ["/sign-in", "/console.css", "/console.js", "/icon.svg"]
        for endpoint in place.family.endpoints where !open.contains(endpoint.path) {
            let path =
                endpoint.path.isEmpty ? "/" : "/console" + endpoint.path.replacing("{session_id}", with: Samples.id).replacing("{job_id}", with: Samples.job)
            let reply = await place.ask(endpoint.method, path, form: endpoint.method == "POST" ? "csrf=x" : nil)
            #expect(reply.status == 303 && reply.header("location") == "/console/sign-in" && reply.text.isEmpty, "\(endpoint.method) \(path)")
            let refresh = await place.ask("GET", path, headers: [("tutti-refresh", "1")])
            #expect(refresh.status == 401 || endpoint.method == "POST", "\(path)")
        }
        #expect(place.state.withLock { $0.stopped.isEmpty && $0.cancelled.isEmpty } && place.store.written.withLock { $0.isEmpty })
    }

    @Test func aKeyOpensAndSigningOutCloses() async {
        let place = Place()
        #expect(await place.ask("GET", "/console/sign-in").text.contains("type=\"password\""))
        let reply = await place.signIn()
        #expect(reply.status == 303 && reply.header("location") == "/")
        let cookie = reply.header("set-cookie") ?? ""
        for flag in ["__Host-tutti=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] { #expect(cookie.contains(flag)) }
        #expect(!cookie.contains("Domain"))
        for path in ["/", "/console", "/console/nodes", "/console/jobs", Self.job, "/console/alerts", Self.session, Self.session + "/stop"] {
            let page = await place.ask("GET", path)
            #expect(page.status == 200 && page.text.contains("Sign out") && !page.text.contains(Place.key), "\(path)")
        }
        // Who is in goes on, and does not sign in again.
        #expect(await place.ask("GET", "/console/sign-in").header("location") == "/")
        let held = place.state.withLock { $0.cookie }
        let out = await place.ask("POST", "/console/sign-out", form: "csrf=\(await place.csrf())")
        #expect(out.status == 303 && out.header("set-cookie")?.contains("Max-Age=0") == true)
        place.state.withLock { $0.cookie = held }
        #expect(await place.ask("GET", "/").status == 303, "the cookie is worth nothing any more")
        #expect(
            place.state.withLock { $0.events } == [.signedIn(keyID: "publicpart", address: "10.0.0.1"), .signedOut(keyID: "publicpart")])
    }

    @Test func aNewSignInEndsTheOldOne() async {
        let place = Place()
        _ = await place.signIn()
        let first = place.state.withLock { $0.cookie }
        _ = await place.signIn()
        #expect(place.state.withLock { $0.cookie } != first)
        place.state.withLock { $0.cookie = first }
        #expect(await place.ask("GET", "/").status == 303)
    }

    @Test func wrongKeysAreRefusedAndThenWaitedFor() async {
        let place = Place()
        for wrong in ["", "key=", "key=tk_live_wrong", "key=\(String(repeating: "x", count: 300))", "other=1"] {
            let reply = await place.ask("POST", "/console/sign-in", form: wrong)
            #expect(reply.status == 401 && reply.header("set-cookie") == nil && reply.text.contains("role=\"alert\"") && !reply.text.contains("tk_live_wrong"))
        }
        for _ in 5..<Limits.attempts { _ = await place.ask("POST", "/console/sign-in", form: "key=x") }
        let throttled = await place.signIn()
        #expect(throttled.status == 429 && throttled.header("retry-after") == "15" && throttled.header("set-cookie") == nil)
        #expect(await place.ask("POST", "/console/sign-in", form: "key=\(Place.key)", from: "10.0.0.2").status == 303, "another address")
        place.state.withLock { ($0.now, $0.cookie) = ($0.now + Limits.attemptMilliseconds, nil) }
        #expect(await place.signIn().status == 303)
        #expect(place.state.withLock { $0.events }.contains(.throttled(address: "10.0.0.1")))
    }

    @Test func formsFromElsewhereDoNothing() async {
        let place = Place()
        #expect(await place.ask("POST", "/console/sign-in", form: "key=\(Place.key)", isOurs: false).status == 403)
        for headers in [[("sec-fetch-site", "cross-site")], [("origin", "https://evil.example")]] {
            #expect(await place.ask("POST", "/console/sign-in", form: "key=\(Place.key)", headers: headers, isOurs: false).status == 403)
        }
        _ = await place.signIn()
        let csrf = await place.csrf()
        for form in ["", "csrf=", "csrf=\(csrf.dropLast())", "csrf=\(String(csrf.reversed()))", "other=\(csrf)"] {
            for path in [Self.session + "/stop", Self.job + "/cancel", "/console/sign-out"] {
                #expect(await place.ask("POST", path, form: form).status == 403, "\(form)")
            }
        }
        #expect(await place.ask("POST", Self.session + "/stop", form: "csrf=\(csrf)", isOurs: false).status == 403)
        #expect(await place.ask("POST", Self.session + "/stop", headers: [("sec-fetch-site", "same-origin")]).status == 403)
        #expect(place.state.withLock { $0.stopped.isEmpty && $0.cancelled.isEmpty })
        #expect(await place.ask("POST", Self.session + "/stop", form: "csrf=\(csrf)").header("location") == Self.session)
        #expect(place.state.withLock { $0.stopped } == [Samples.id])
        #expect(
            place.state.withLock { $0.events.last } == .acted(operation: "console.session_stop", path: Self.session + "/stop", keyID: "publicpart"))
    }

    @Test func aKeyThatIsTakenBackClosesItsPages() async {
        let place = Place()
        _ = await place.signIn()
        place.state.withLock { $0.isRevoked = true }
        #expect(await place.ask("GET", "/").status == 303)
        place.state.withLock { $0.isRevoked = false }
        #expect(await place.ask("GET", "/").status == 303, "for good")
    }

    @Test func aPageThatAsksForItselfKeepsNobodySignedIn() async {
        let place = Place()
        _ = await place.signIn()
        for _ in 0..<4 {
            place.state.withLock { $0.now += Limits.idleMilliseconds / 4 - 1 }
            #expect(await place.ask("GET", Self.session, headers: [("tutti-refresh", "1")]).status == 200)
        }
        place.state.withLock { $0.now += 10 }
        #expect(await place.ask("GET", Self.session, headers: [("tutti-refresh", "1")]).status == 401)
    }

    @Test func whatHasNotChangedIsNotSentAgain() async {
        let place = Place()
        _ = await place.signIn()
        let first = await place.ask("GET", Self.session, headers: [("tutti-refresh", "1")])
        let tag = first.header("etag") ?? ""
        let second = await place.ask("GET", Self.session, headers: [("tutti-refresh", "1"), ("if-none-match", tag)])
        #expect(first.status == 200 && tag.count == 34 && second.status == 304 && second.text.isEmpty)
        #expect(second.header("cache-control") == "no-store" && second.header("content-security-policy") == ConsoleReply.policy)
        let asset = await place.ask("GET", "/console/console.js")
        #expect(asset.status == 200 && asset.header("cache-control") == "no-cache")
        #expect(await place.ask("GET", "/console/console.js", headers: [("if-none-match", asset.header("etag") ?? "")]).status == 304)
    }

    /// On every reply there is, errors among them.
    @Test func everyReplyHasThePolicy() async {
        let place = Place()
        var replies = [
            await place.ask("GET", "/"), await place.ask("GET", "/console/sign-in"), await place.ask("POST", "/console/sign-in", form: "key=x"),
            await place.ask("GET", "/console/none"), await place.ask("DELETE", "/console/nodes"), await place.ask("GET", "//nodes"),
            await place.ask("POST", "/console/sign-in", form: String(repeating: "x", count: 5000)),
            place.family.refusal(.internalError(cause: "a secret"), Self.anyRequest), await place.ask("GET", "/console/console.css"),
        ]
        _ = await place.signIn()
        for path in ["/", "/console/nodes", Self.session, Self.session + "/stop", "/console/sessions/other", "/console/jobs", "/console/alerts"] {
            replies.append(await place.ask("GET", path))
        }
        replies.append(await place.ask("GET", "/", query: [("page", "0")]))
        for reply in replies {
            #expect(reply.header("content-security-policy") == ConsoleReply.policy, "\(reply.status)")
            #expect(reply.header("x-content-type-options") == "nosniff" && reply.header("referrer-policy") == "no-referrer")
            #expect(reply.header("cross-origin-opener-policy") == "same-origin" && reply.header("cache-control") != nil)
            #expect(!reply.text.contains("a secret"))
        }
        #expect(replies.map(\.status) == [303, 200, 401, 404, 405, 404, 413, 500, 200, 200, 200, 200, 200, 404, 200, 200, 400])
        for directive in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"] {
            #expect(ConsoleReply.policy.contains(directive))
        }
        #expect(!ConsoleReply.policy.contains("unsafe") && !ConsoleReply.policy.contains("*") && !ConsoleReply.policy.contains("http"))
    }

    @Test func otherPathsBelongToOthers() {
        let family = Place().family
        for path in ["/livez", "/metrics", "/api/v4/federated-learning/sessions", "/consoles", "/sign-in", ""] { #expect(!family.owns(path), "\(path)") }
        for path in ["/", "/console", "/console/x"] { #expect(family.owns(path)) }
        #expect(family.needsTLS)
        for endpoint in family.endpoints { #expect(endpoint.bodyLimitBytes == (endpoint.method == "POST" ? Limits.formBytes : 0)) }
    }

    private static var anyRequest: APIRequest {
        APIRequest(method: "GET", path: "/", body: RequestBody([]), requestID: "req_1", nowMilliseconds: 0, baseURL: "", socketBaseURL: "")
    }
}
