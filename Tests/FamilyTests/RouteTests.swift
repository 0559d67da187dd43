import APIKit
import Platform
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
