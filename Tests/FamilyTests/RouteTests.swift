import APIKit
import Platform
import Storage
import StrictJSON
import Testing

/// What is documented is found, and what is not built says so in its family's words.
@Suite struct RouteTests {
    @Test func everyDocumentedRouteIsThere() async throws {
        for (name, family, document, count) in try await World().families {
            let routes = Documents.routes(document, under: family.bases[0])
            #expect(routes.count == count, "\(name)")
            for (method, path) in routes {
                #expect(family.endpoints.contains { $0.method == method && $0.path == path }, "\(name): \(method) \(path)")
            }
        }
    }

    @Test func whatIsNotBuiltSaysSoAndIsListed() async throws {
        let world = try await World()
        for (name, family, _, _) in world.families {
            let missing = family.endpoints.filter { !$0.isBuilt }
            print("\(name), documented and not built: \(missing.map(\.operation).joined(separator: " "))")
            for endpoint in missing {
                let reply = await world.call(family, request(endpoint.method, filled(family, endpoint)))
                #expect(reply.status == 501, "\(name): \(endpoint.path)")
                #expect(family.errorShape.problem(with: reply.json, at: "") == nil)
                #expect(reply.json.encodedText.contains(endpoint.operation))
            }
        }
    }

    /// Nobody, a node, a session's token, and somebody of a tenant without the scope: no route lets them in, but for those that are open.
    @Test func whoDoesNotHaveTheScopeIsNotLetIn() async throws {
        let world = try await World()
        let open = ["auth.login", "auth.refresh", "auth.logout", "auth.token", "health", "openapi"]
        let peer = Peer(tenant: "default", client: "c", fingerprint: [1])
        for (name, family, _, _) in world.families {
            for endpoint in family.endpoints {
                let path = filled(family, endpoint)
                guard case .scope(let scope) = endpoint.access else {
                    #expect(endpoint.access == .open && open.contains(endpoint.operation), "\(name): \(endpoint.operation) is open")
                    continue
                }
                #expect(await world.call(family, request(endpoint.method, path), as: .anonymous).status == 401, "\(path)")
                #expect(await world.call(family, request(endpoint.method, path), as: .bearer("tu_x")).status == 401, "\(path)")
                #expect(await world.call(family, request(endpoint.method, path), as: .node(peer)).status == 403, "\(path)")
                let others = world.principal("default", Set(Scope.allCases).subtracting([scope]))
                let refused = await world.call(family, request(endpoint.method, path), as: others)
                #expect(refused.status == 403 && refused.json.encodedText.contains(scope.rawValue), "\(path)")
            }
        }
    }

    /// v4 with the real service behind it: a session of one tenant is not there for another one's key, whatever is asked of it.
    @Test func noTenantFindsAnothersSession() async throws {
        let world = try await World()
        func call(_ endpoint: Endpoint, _ id: String, as caller: Caller) async -> APIReply {
            let path = "/api/v4" + endpoint.path.replacing("{session_id}", with: id)
            let body = endpoint.method == "GET" ? "" : endpoint.path.hasSuffix("evaluation") ? "1,2,3,4,0\n1,2,3,5,1\n" : "{}"
            let isFile = endpoint.method == "PUT"
            return await world.call(
                world.truststream, request(endpoint.method, path, body: body, type: isFile ? "application/octet-stream" : "application/json"), as: caller)
        }
        let (one, two) = (world.principal("one", [.federatedLearning]), world.principal("two", [.federatedLearning]))
        let create = try #require(world.truststream.endpoints.first { $0.operation == "sessions.create" })
        let id = try #require(await call(create, "", as: one).json["session_id"]?.text)
        let ofSessions = world.truststream.endpoints.filter { $0.path.contains("{session_id}") && $0.access.scope != nil }
        #expect(ofSessions.count == 10)
        for endpoint in ofSessions {
            let status = await call(endpoint, id, as: two).status
            #expect(status == 404 || (endpoint.operation == "sessions.control" && status == 400), "\(endpoint.operation): \(status)")
            #expect(await call(endpoint, id, as: world.principal("one", [.monitoring])).status == 403, "\(endpoint.operation)")
            #expect(![401, 403].contains(await call(endpoint, id, as: one).status), "\(endpoint.operation)")
        }
        let list = try #require(world.truststream.endpoints.first { $0.operation == "sessions.list" })
        #expect(await call(list, "", as: two).json["sessions"] == [])
        #expect(await call(list, "", as: one).json["sessions"]?.elements?.count == 1)
        // And what was done is in the one tenant's audit, with whose key it was.
        let entries = try await world.store.audit(tenant: "one", after: 0, limit: 100).map(\.entry)
        #expect(entries.first?.action == .sessionCreated && entries.allSatisfy { $0.actor == "u1" && $0.resourceID == id }, "\(entries)")
        #expect(entries.contains { $0.action == .sessionStopped })
        #expect(try await world.store.audit(tenant: "two", after: 0, limit: 1).isEmpty)
    }

    /// v4's own matrix: nobody, a node, a session's token, and a key with every scope but the one that is asked for.
    @Test func whoDoesNotHaveTheScopeIsNotLetIntoV4() async throws {
        let world = try await World()
        let open = ["sessions.join", "nodes.enrol", "docs.error", "openapi"]
        for endpoint in world.truststream.endpoints {
            let path = filled(world.truststream, endpoint)
            func status(_ caller: Caller) async -> Int { await world.call(world.truststream, request(endpoint.method, path), as: caller).status }
            guard endpoint.access != .open else {
                #expect(open.contains(endpoint.operation), "\(endpoint.operation) is open")
                continue
            }
            #expect(await status(.anonymous) == 401, "\(path)")
            #expect([401, 404].contains(await status(.bearer("tu_x"))), "\(path)")
            #expect(await status(world.principal("default", Set(Scope.allCases).subtracting([endpoint.access.scope].compactMap { $0 }))) == 403, "\(path)")
        }
    }

    /// Two documents share `/v1`: each path has one owner, whichever order the families are asked in.
    @Test func noPathOfOneFamilyIsAnothers() async throws {
        let world = try await World()
        for endpoint in world.phi.endpoints { #expect(!world.enterprise.owns("/v1" + endpoint.path), "\(endpoint.path)") }
        for root in world.enterprise.aliases[0].roots {
            #expect(!world.phi.endpoints.contains { $0.path == root || $0.path.hasPrefix(root + "/") }, "\(root)")
        }
        for (method, path) in Documents.routes(Documents.enterprise, under: "/api/v1") {
            let filled = path.replacing("{", with: "").replacing("}", with: "")
            #expect(world.enterprise.owns("/v1" + filled) && world.enterprise.endpoint(method: method, path: "/v1" + filled)?.path == path, "\(path)")
        }
        #expect(!world.enterprise.owns("/v1/tenantsx") && !world.enterprise.owns("/v1/security/validate") && world.enterprise.owns("/v1/tenants/a/b/c"))
    }

    @Test func unknownPathsAndMethodsAreAnsweredInTheFamilysForm() async throws {
        let world = try await World()
        for (name, family, _, _) in world.families {
            for (reply, status) in [
                (await world.call(family, request("GET", family.bases[0] + "/nothing/here")), 404),
                (await world.call(family, request("PATCH", family.bases[0] + "/openapi.json")), 405),
            ] {
                #expect(reply.status == status, "\(name)")
                #expect(family.errorShape.problem(with: reply.json, at: "") == nil, "\(name): \(reply.json.encodedText)")
            }
        }
    }

    private func filled(_ family: Family, _ endpoint: Endpoint) -> String {
        family.bases[0] + endpoint.path.replacing("{", with: "").replacing("}", with: "")
    }
}
