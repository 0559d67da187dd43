import APIKit
import Platform
import StrictJSON
import Testing

@Suite struct FamilyTests {
    private let family = Family(
        .v4, bases: ["/api", "/alias"],
        endpoints: [
            Endpoint("GET", "/things", "list", .open, rate: .page) { _ in .json(["success": true]) },
            Endpoint("POST", "/things", "create", .open, bodyLimitBytes: 10) { request throws(ServiceError) in
                .json(["bytes": JSON(try await request.body.collect(request.bodyLimitBytes).count)])
            },
            Endpoint("GET", "/things/{id}", "show", .open) { request in .json(["id": .string(request.parameter("id"))]) },
            Endpoint("GET", "/fault", "fault", .open) { _ throws(ServiceError) in throw .internalError(cause: "the disk said no") },
            Endpoint("GET", "/own", "own", .tenantOrNode(.jobs)) { _ in .json(["success": true]) },
        ],
        errorShape: Shape("Error", []),
        envelope: { error, _ in
            switch error {
            case .notFound: APIReply(404, .empty)
            case .methodNotAllowed(let allowed): APIReply(405, headers: [(name: "allow", value: allowed.joined(separator: ", "))], .empty)
            case .tooLarge(let limit): .json(413, ["limit": JSON(limit)])
            case .forbidden: APIReply(403, .empty)
            case .unauthenticated: APIReply(401, .empty)
            default: APIReply(500, .empty)
            }
        }, negotiate: { _ in [(name: "spoken", value: "1")] })

    private func call(_ request: APIRequest, as caller: Caller = .anonymous) async -> (reply: APIReply, operation: String) {
        await family.respond(to: request, authenticator: Known(caller: caller))
    }

    @Test func aRequestFindsItsEndpoint() async {
        #expect(await call(request("GET", "/api/things")).operation == "list")
        #expect(await call(request("POST", "/alias/things")).operation == "create")
        #expect(await call(request("GET", "/api/things/a.b-c_D9")).reply.json == ["id": "a.b-c_D9"])
    }

    @Test(arguments: [
        "/api", "/api/", "/api/things/", "/api/things//", "/api//things", "/api/things/..", "/api/things/.", "/api/things/a%2Fb", "/api/things/é",
        "/api/Things", "/apix/things", "/other",
    ])
    func otherPathsAreNotFound(_ path: String) async {
        let (reply, operation) = await call(request("GET", path))
        #expect(reply.status == 404 && operation == "unmatched")
    }

    @Test func aWrongMethodIsToldTheRightOnes() async {
        let (reply, _) = await call(request("DELETE", "/api/things"))
        #expect(reply.status == 405)
        #expect(reply.headers.first { $0.name == "allow" }?.value == "GET, HEAD, POST")
    }

    @Test func aPathThatIsSpeltOutIsNoParameters() async {
        var family = family
        family.endpoints += [
            Endpoint("DELETE", "/things/{id}", "delete", .open) { _ in .json(["success": true]) },
            Endpoint("POST", "/things/make", "make", .open) { _ in .json(["success": true]) },
        ]
        func call(_ method: String, _ path: String) async -> (reply: APIReply, operation: String) {
            await family.respond(to: request(method, path), authenticator: Known(caller: .anonymous))
        }
        #expect(await call("POST", "/api/things/make").operation == "make")
        let wrong = await call("DELETE", "/api/things/make")
        #expect(wrong.reply.status == 405 && wrong.reply.headers.first { $0.name == "allow" }?.value == "POST")
        #expect(await call("DELETE", "/api/things/other").operation == "delete")
    }

    @Test func headIsGet() async {
        #expect(await call(request("HEAD", "/api/things")).reply.status == 200)
        #expect(family.endpoint(method: "HEAD", path: "/api/things")?.operation == "list")
    }

    @Test func everyReplyCarriesTheRequestIdAndTheFamilysHeaders() async {
        for path in ["/api/things", "/api/fault", "/api/nothing"] {
            let headers = await call(request("GET", path)).reply.headers
            #expect(headers.contains { $0.name == "x-request-id" && $0.value == "req-1" } && headers.contains { $0.name == "spoken" })
        }
    }

    @Test func theLimitOfTheTableHolds() async {
        #expect(await call(request("POST", "/api/things", body: "0123456789")).reply.status == 200)
        #expect(await call(request("POST", "/api/things", body: "0123456789x")).reply.status == 413)
        #expect(await call(request("GET", "/api/things", body: "x")).reply.status == 413)
        var undeclared = request("POST", "/api/things")
        undeclared.body = RequestBody(declaredBytes: nil) { limit throws(ServiceError) in
            if limit < 11 { throw .tooLarge(limitBytes: limit) }
            return []
        }
        #expect(await call(undeclared).reply.status == 413)
        #expect(family.endpoint(method: "POST", path: "/api/things")?.bodyLimitBytes == 10)
        #expect(family.endpoint(method: "POST", path: "/api/none") == nil)
    }

    @Test func theCauseOfAFaultIsInTheReplyForTheLogOnly() async {
        let (reply, _) = await call(request("GET", "/api/fault"))
        #expect(reply.status == 500 && reply.cause == "the disk said no")
        #expect(await call(request("GET", "/api/things")).reply.cause == nil)
    }

    @Test func anotherTenantIsNotPassedOver() async {
        func status(_ tenant: String, _ caller: Caller) async -> Int {
            await call(request("GET", "/api/own", headers: [(name: "x-tenant-id", value: tenant)]), as: caller).reply.status
        }
        #expect(await status("default", .administrator(tenant: "default")) == 200)
        #expect(await status("other", .administrator(tenant: "default")) == 404)
        #expect(await status("default", .node(peer)) == 200)
        #expect(await status("other", .node(peer)) == 403)
    }

    @Test func aScopeLetsInWhoHasItAndNobodyElse() {
        func caller(_ scopes: Set<Scope>) -> Caller {
            .principal(Principal(id: "u", kind: .user, tenant: "t", scopes: scopes, audiences: [.v1]))
        }
        #expect(Family.denial(caller([.jobs]), .scope(.jobs)) == nil)
        for (caller, isKnown) in [(caller([.models]), true), (.node(peer), true), (.anonymous, false), (.bearer("x"), false)] as [(Caller, Bool)] {
            switch Family.denial(caller, .scope(.jobs)) {
            case .forbidden: #expect(isKnown)
            case .unauthenticated: #expect(!isKnown)
            default: Issue.record("let in: \(caller)")
            }
        }
        // Scopes are nothing where a node, a client or the administrator alone is asked for.
        for access in [Access.administrator, .node, .client] {
            #expect(Family.denial(caller(Set(Scope.allCases)), access) != nil)
        }
        for access in [Access.tenant(.jobs), .tenantOrNode(.jobs), .member(.jobs)] {
            #expect(Family.denial(caller([.jobs]), access) == nil)
            #expect(Family.denial(caller(Set(Scope.allCases).subtracting([.jobs])), access) != nil)
        }
    }

    @Test func whoMayCallWhat() {
        let allowed: [Access: Set<String>] = [
            .open: ["anonymous", "administrator", "node", "bearer"], .administrator: ["administrator"], .tenant(.jobs): ["administrator"],
            .tenantOrNode(.jobs): ["administrator", "node"], .node: ["node"], .member(.jobs): ["administrator", "node", "bearer"], .client: ["node", "bearer"],
        ]
        for access in allowed.keys {
            for (name, caller) in callers {
                #expect((Family.denial(caller, access) == nil) == (allowed[access]?.contains(name) == true), "\(access) \(name)")
            }
        }
    }
}
