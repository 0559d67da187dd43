import APIKit
import CryptoSuite
import Platform
import StrictJSON
import Testing
import Trust

/// Every endpoint against every kind of caller, and the lists that must not grow by accident.
@Suite struct AccessTests {
    private static let kinds: [(name: String, caller: Caller)] = [
        ("anonymous", .anonymous), ("administrator", administrator), ("node", .node(peer)), ("member", .bearer(ServiceDouble.token)),
        ("stranger", .bearer("tu_of_another_session")),
    ]
    private static let everybody: Set = ["anonymous", "administrator", "node", "member", "stranger"]
    private static let members: Set = ["administrator", "node", "member"]
    private static let clients: Set = ["node", "member"]

    /// Who gets past the credentials. An endpoint that is not here is the administrator's alone.
    private static let allowed: [String: Set<String>] = [
        "sessions.join": everybody, "nodes.enrol": everybody, "nodes.renew": ["node"], "docs.error": everybody, "openapi": everybody,
        "sessions.list": ["administrator", "node"], "sessions.status": members, "sessions.rounds": members, "sessions.weights": members,
        "sessions.control": members, "sessions.receipt": members,
        "sessions.update": clients, "sessions.heartbeat": clients, "sessions.socket": clients,
    ]

    private func path(_ endpoint: Endpoint) -> String {
        "/api/v4/" + endpoint.path.split(separator: "/").map { $0.hasPrefix("{") ? "x-1" : String($0) }.joined(separator: "/")
    }

    @Test func everyEndpointAgainstEveryCaller() async {
        for endpoint in Surface().family.endpoints {
            for (name, caller) in Self.kinds {
                let surface = Surface()
                let answer = await surface.call(endpoint.method, path(endpoint), as: caller)
                let isAllowed = (Self.allowed[endpoint.operation] ?? ["administrator"]).contains(name)
                let isRefused = answer.status == 401 || answer.status == 403
                #expect(isRefused == !isAllowed, "\(endpoint.operation) by \(name): \(answer.status)")
                if isRefused {
                    #expect(surface.service.seen.calls.isEmpty, "\(endpoint.operation) by \(name) reached the service")
                    // Who is known to the coordinator and may not is forbidden; anybody else has to say who it is.
                    #expect(answer.status == (["administrator", "node"].contains(name) ? 403 : 401), "\(endpoint.operation) by \(name)")
                    #expect(Documented.codes[answer.error["code"]?.text ?? ""] == answer.status)
                }
            }
        }
    }

    private func somebody(_ tenant: String, _ scopes: Set<Scope>) -> Caller {
        .principal(Principal(id: "key_1", kind: .apiKey, tenant: tenant, scopes: scopes, audiences: [.v4]))
    }

    /// A key with the one scope that a route asks for is let in, one with every other scope is not, and no scope opens what is the platform's,
    /// a node's or a client's.
    @Test func everyEndpointAgainstKeysOfATenant() async {
        for endpoint in Surface().family.endpoints where endpoint.access != .open {
            let all = Set(Scope.allCases)
            let surface = Surface()
            let refused = await surface.call(
                endpoint.method, path(endpoint), as: somebody("default", all.subtracting([endpoint.access.scope].compactMap { $0 })))
            #expect(refused.status == 403 && surface.service.seen.calls.isEmpty, "\(endpoint.operation): \(refused.status)")
            guard let scope = endpoint.access.scope else { continue }
            #expect(refused.error["message"]?.text?.contains("'\(scope.rawValue)'") == true, "\(endpoint.operation)")
            let answer = await Surface().call(endpoint.method, path(endpoint), as: somebody("default", [scope]))
            #expect(answer.status != 401 && answer.status != 403, "\(endpoint.operation): \(answer.status)")
        }
    }

    /// What the service is asked by a key of another tenant it is asked for that tenant, and no session of this one is found.
    @Test func noKeySeesAnotherTenantsSessions() async {
        let query = [(name: "round", value: "1"), (name: "from", value: "1")]
        for endpoint in Surface().family.endpoints {
            guard let scope = endpoint.access.scope, endpoint.isBuilt else { continue }
            let surface = Surface()
            let type = endpoint.method == "PUT" ? "application/octet-stream" : "application/json"
            let answer = await surface.call(
                endpoint.method, path(endpoint), Array("{}".utf8).filter { _ in endpoint.bodyLimitBytes > 0 }, as: somebody("other", [scope]), query: query,
                headers: [(name: "content-type", value: type)])
            #expect(surface.service.seen.tenants.allSatisfy { $0 == "other" }, "\(endpoint.operation)")
            if endpoint.path.contains("{session_id}") || endpoint.path.contains("_id}") {
                // These need something in their body, and say so first.
                let hasBody = ["password", "/sign", "/verify", "/export", "/confirm"].contains { endpoint.path.hasSuffix($0) }
                #expect(
                    [400, 404].contains(answer.status) && (answer.status == 404 || hasBody),
                    "\(endpoint.operation): \(answer.status)")
            }
            // Of another tenant nobody even asks.
            let asking = await Surface().call(
                endpoint.method, path(endpoint), [], as: somebody("default", [scope]), headers: [(name: "x-tenant-id", value: "other")])
            #expect(asking.status == 403, "\(endpoint.operation)")
        }
    }

    /// Whatever changes something of a session or a node says by whose key.
    @Test func whoChangesSomethingIsTold() async {
        let session = "/api/v4/federated-learning/sessions"
        let changes: [(method: String, path: String, type: String)] = [
            ("POST", session, "application/json"), ("POST", session + "/s/start", "application/json"), ("POST", session + "/s/stop", "application/json"),
            ("PUT", session + "/s/evaluation", "text/csv"), ("PUT", session + "/s/initial-model", "application/octet-stream"),
            ("POST", "/api/v4/nodes/client-01/revoke", "application/json"),
        ]
        for change in changes {
            for (caller, name) in [(somebody("default", [.federatedLearning]), "key_1"), (.administrator(tenant: "default", key: "tk_2"), "tk_2")] {
                let surface = Surface()
                let answer = await surface.call(
                    change.method, change.path, Array("{}".utf8), as: caller, headers: [(name: "content-type", value: change.type)])
                #expect([200, 201].contains(answer.status) && surface.service.seen.actors == [name], "\(change.path): \(answer.status)")
            }
        }
    }

    @Test func theOpenRoutesAreAClosedList() {
        let open = Surface().family.endpoints.filter { $0.access == .open }.map { "\($0.method) \($0.path)" }
        #expect(open.sorted() == ["GET /docs/errors/{code}", "GET /openapi.json", "POST /federated-learning/sessions/{session_id}/join", "POST /nodes/enrol"])
    }

    @Test func whatIsNotCountedIsAClosedList() {
        let uncounted = Surface().family.endpoints.filter { $0.rate == .federation }.map(\.operation)
        #expect(uncounted.sorted() == ["sessions.control", "sessions.heartbeat", "sessions.socket", "sessions.update", "sessions.weights"])
        let admission = Surface().family.endpoints.filter { $0.rate == .admission }.map(\.operation)
        #expect(admission.sorted() == ["nodes.enrol", "sessions.join"])
    }

    @Test func operationsAndRoutesAreUnique() {
        let endpoints = Surface().family.endpoints
        #expect(Set(endpoints.map(\.operation)).count == endpoints.count)
        #expect(Set(endpoints.map { "\($0.method) \($0.path)" }).count == endpoints.count)
        for endpoint in endpoints where endpoint.method == "GET" { #expect(endpoint.bodyLimitBytes == 0, "\(endpoint.operation)") }
        // What is taken away is named in the path.
        for endpoint in endpoints where !["GET", "DELETE"].contains(endpoint.method) { #expect(endpoint.bodyLimitBytes > 0, "\(endpoint.operation)") }
    }

    @Test func bodiesBeyondTheTableAreRefusedBeforeTheServiceIsAsked() async {
        for endpoint in Surface().family.endpoints where endpoint.bodyLimitBytes < 1 << 24 {
            let surface = Surface()
            let caller: Caller = endpoint.access == .client || endpoint.access == .node ? .node(peer) : administrator
            let answer = await surface.call(endpoint.method, path(endpoint), [UInt8](repeating: 0x20, count: endpoint.bodyLimitBytes + 1), as: caller)
            #expect(answer.status == 413 && surface.service.seen.calls.isEmpty, "\(endpoint.operation): \(answer.status)")
        }
    }

    @Test func whatIsDocumentedAndNotBuiltSaysSoByName() async {
        let notBuilt = Surface().family.endpoints.filter { !$0.isBuilt }
        #expect(notBuilt.count == 14)
        for endpoint in notBuilt {
            let answer = await Surface().call(endpoint.method, path(endpoint), json: endpoint.method == "POST" ? "{}" : "")
            #expect(answer.status == 501 && answer.details["field"]?.text == endpoint.operation && answer.error["code"] == "NOT_IMPLEMENTED")
        }
    }

    @Test func aliasAndVersionAreTheFamilys() async {
        #expect(await Surface().call("GET", "/v4/nodes").status == 200)
        func version(_ text: String) async -> Answer { await Surface().call("GET", "/api/v4/nodes", [], headers: [(name: "api-version", value: text)]) }
        #expect(await version("4.3").header("api-version") == "4.3")
        #expect(await Surface().call("GET", "/api/v4/nodes").header("api-version") == "4.4")
        for bad in ["4.2", "5", "", "4.4 "] {
            let answer = await version(bad)
            #expect(answer.status == 400 && answer.details["field"] == "API-Version" && answer.details["provided_value"]?.text == bad)
        }
    }

    @Test func namesAreTheOnesOfCertificates() {
        let characters = (0..<0x250).compactMap { Unicode.Scalar($0) }.map { String(Character($0)) }
        let texts = characters + characters.map { "a\($0)b" } + ["", ".", "..", "...", String(repeating: "x", count: 128), String(repeating: "x", count: 129)]
        for text in texts { #expect(isName(text) == PeerIdentity.isPart(text), "\(text)") }
    }

    @Test func everyKindOfCredentialIsRecognised() {
        let random = RandomSource.system
        for kind in Token.Kind.allCases { #expect(looksLikeCredential("x \(Token(kind, random).text)"), "\(kind)") }
        for prefix in APIKey.Prefix.allCases { #expect(looksLikeCredential(APIKey(random, prefix).text), "\(prefix)") }
        let header = base64URL(Array(#"{"alg":"HS256","kid":"0123456789abcdef","typ":"JWT"}"#.utf8))
        #expect(looksLikeCredential("x \(header).e30.AAAA"), "a signed token")
    }
}
