import APIKit
import AisembleAPI
import EnterpriseAPI
import PhiAPI
import StrictJSON
import Testing

let families: [(name: String, family: Family, document: String, count: Int)] = [
    ("enterprise", Enterprise.family(), Documents.enterprise, 22), ("aisemble", Aisemble.family(), Documents.aisemble, 22),
    ("phi", Phi.family(), Documents.phi, 8),
]

private func call(_ family: Family, _ method: String, _ path: String, as caller: Caller = .administrator(tenant: "default")) async -> APIReply {
    await family.respond(to: request(method, path), authenticator: Known(caller: caller)).reply
}

/// What is documented is found, and what is not built says so in its family's words.
@Suite struct RouteTests {
    @Test func everyDocumentedRouteIsThere() {
        for (name, family, document, count) in families {
            let routes = Documents.routes(document, under: family.bases[0])
            #expect(routes.count == count, "\(name)")
            for (method, path) in routes {
                #expect(family.endpoints.contains { $0.method == method && $0.path == path }, "\(name): \(method) \(path)")
            }
        }
    }

    @Test func whatIsNotBuiltSaysSoAndIsListed() async {
        for (name, family, _, _) in families {
            let missing = family.endpoints.filter { !$0.isBuilt }
            print("\(name), documented and not built: \(missing.map(\.operation).joined(separator: " "))")
            for endpoint in missing {
                let path = family.bases[0] + endpoint.path.replacing("{", with: "").replacing("}", with: "")
                let reply = await call(family, endpoint.method, path)
                #expect(reply.status == 501, "\(name): \(endpoint.path)")
                #expect(family.errorShape.problem(with: reply.json, at: "") == nil)
                #expect(reply.json.encodedText.contains(endpoint.operation))
                #expect(await call(family, endpoint.method, path, as: .anonymous).status == 401, "a route without credentials: \(endpoint.path)")
            }
        }
    }

    /// Two documents share `/v1`: each path has one owner, whichever order the families are asked in.
    @Test func noPathOfOneFamilyIsAnothers() async {
        let (enterprise, phi) = (families[0].family, families[2].family)
        for endpoint in phi.endpoints { #expect(!enterprise.owns("/v1" + endpoint.path), "\(endpoint.path)") }
        for root in enterprise.aliases[0].roots { #expect(!phi.endpoints.contains { $0.path == root || $0.path.hasPrefix(root + "/") }, "\(root)") }
        let documented = Documents.routes(Documents.enterprise, under: "/api/v1")
        for (method, path) in documented {
            let filled = path.replacing("{", with: "").replacing("}", with: "")
            #expect(enterprise.owns("/v1" + filled) && enterprise.endpoint(method: method, path: "/v1" + filled)?.path == path, "\(path)")
        }
        #expect(!enterprise.owns("/v1/tenantsx") && !enterprise.owns("/v1/security/validate") && enterprise.owns("/v1/tenants/a/b/c"))
    }

    @Test func unknownPathsAndMethodsAreAnsweredInTheFamilysForm() async {
        for (name, family, _, _) in families {
            for (reply, status) in [
                (await call(family, "GET", family.bases[0] + "/nothing/here"), 404), (await call(family, "PATCH", family.bases[0] + "/openapi.json"), 405),
            ] {
                #expect(reply.status == status, "\(name)")
                #expect(family.errorShape.problem(with: reply.json, at: "") == nil, "\(name): \(reply.json.encodedText)")
            }
        }
    }
}
