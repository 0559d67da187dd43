import CoordinatorNode
import Foundation
import NIOHTTP1
import Platform
import StrictJSON
import Testing

/// Every route of every family against every kind of caller: whoever may not is refused, what is another tenant's is not there, and no reply has
/// an id or a name of it.
@Suite struct AuthorisationMatrixTests {
    /// A route as the family's description has it, with what its document sends there.
    private struct Route {
        let key: String
        let base: String
        let method: String
        let path: String
        let operation: JSON
        let row: Foreign
        let example: JSON?
        var scope: Scope? { operation["x-scope"]?.text.flatMap(Scope.init(rawValue:)) }
        var isBuilt: Bool { ServedDescription.isBuilt(operation) }
    }

    /// Credentials of one tenant, which has nothing.
    private struct Callers {
        var refused: [(name: String, token: String?)] = []
        var all = ""
        var without: [Scope: String] = [:]
        /// Of the tenant whose things they are.
        var owner = ""
    }

    @Test func nobodyGetsWhatIsNotTheirs() async throws {
        try await withTemporaryFolder { path in
            let folder = CoordinatorFolder(path + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            let expired = try await ExpiredCredentials(folder)
            // Nobody knows most of these callers, and they come from one address.
            try await LiveCoordinator.serving(folder, flags: ["server.open_requests_per_address": "1000000"]) { live in
                let things = try await ForeignThings.make(live)
                let callers = try await callers(live, things, expired)
                let routes = try await routes(live)
                for route in routes { try await check(route, live, things, callers) }
                let expiry = try await live.call(.GET, "/api/v2/jobs", bearer: expired.key)
                let lapsed = try await live.call(.GET, "/api/v2/jobs", bearer: expired.token)
                for reply in [expiry, lapsed] { #expect(reply.message.contains("expired"), "refused for another reason: \(reply.message)") }
                print("authorisation: \(routes.count) routes, \(callers.refused.count + 4) callers each")
            }
        }
    }

    // MARK: What there is

    private func routes(_ live: LiveCoordinator) async throws -> [Route] {
        let rows = AuthorisationRows.all
        var (routes, seen): ([Route], Set<String>) = ([], [])
        // What clients of OpenAI and of the Open Inference Protocol ask is in none of the documents.
        var families = try DocumentedFamily.all.map { (name: $0.name, base: $0.base, examples: $0.examples) }
        families += [(name: "openai", base: "/openai/v1", examples: []), (name: "inference", base: "/v2", examples: [])]
        for family in families {
            let description = try await live.call(.GET, family.base + "/openapi.json").json
            for path in description["paths"]?.members ?? [] {
                for operation in path.value.members ?? [] {
                    let method = operation.name.uppercased()
                    let key = "\(family.name) \(method) \(path.name)"
                    seen.insert(key)
                    guard let row = rows[key] else {
                        Issue.record("\(key) has no row: say in AuthorisationRows what somebody of another tenant can name there")
                        continue
                    }
                    routes.append(
                        Route(
                            key: key, base: family.base, method: method, path: path.name, operation: operation.value, row: row,
                            example: family.examples.first { $0.key == key }?.request?.body))
                }
            }
        }
        for row in rows.keys where !seen.contains(row) { Issue.record("there is no route \(row)") }
        #expect(routes.count == rows.count && routes.count > 100)
        return routes
    }

    private func callers(_ live: LiveCoordinator, _ things: ForeignThings, _ expired: ExpiredCredentials) async throws -> Callers {
        let made = try await live.admin(.POST, "/api/v1/tenants", ["name": "Beta Works", "performance_tier": "quantum"])
        let tenant = try #require(made.json["tenant_id"]?.text)
        func key(_ scopes: [Scope], _ tenant: String) async throws -> (text: String, id: String) {
            let body: JSON = ["scopes": .array(scopes.map { .string($0.rawValue) })]
            let reply = try await live.call(.POST, "/api/v4/identity/keys", body.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
            return (try #require(reply.json["api_key"]?.text), try #require(reply.json["key_id"]?.text))
        }
        var callers = Callers()
        callers.all = try await key(Scope.allCases, tenant).text
        callers.owner = try await key(Scope.allCases, things.tenant).text
        for scope in Scope.allCases { callers.without[scope] = try await key(Scope.allCases.filter { $0 != scope }, tenant).text }
        let revoked = try await key(Scope.allCases, tenant)
        let end = try await live.call(
            .POST, "/api/v4/identity/keys/\(revoked.id)/revoke", Array("{}".utf8), bearer: live.key, headers: [("x-tenant-id", tenant)])
        #expect(end.status == 200)
        let user: JSON = ["name": "beta-jones", "password": "a long password", "scopes": .array(Scope.allCases.map { .string($0.rawValue) })]
        _ = try await live.call(.POST, "/api/v4/identity/users", user.encoded(), bearer: live.key, headers: [("x-tenant-id", tenant)])
        let login = try await live.call(
            .POST, "/api/v2/auth/login", JSON.object([.init("username", "beta-jones"), .init("password", "a long password")]).encoded())
        let token = try #require(login.json["access_token"]?.text)
        #expect(try await live.call(.GET, "/api/v2/jobs", bearer: token).status == 200)
        var parts = token.split(separator: ".").map(String.init)
        let signature = parts[2]
        parts[2] = (signature.hasPrefix("A") ? "B" : "A") + signature.dropFirst()
        // Of this family and of none, so that one of them is made for others wherever it comes.
        callers.refused = [
            ("nobody", nil), ("an unknown key", "mk_live_" + String(repeating: "A", count: 43)),
            ("an unknown token", "tu_" + String(repeating: "A", count: 43)),
            ("a revoked key", revoked.text), ("an expired key", expired.key), ("an expired token", expired.token),
            ("a tampered token", parts.joined(separator: ".")), ("a token without a signature", parts.prefix(2).joined(separator: ".") + "."),
        ]
        return callers
    }

    // MARK: Checking

    private func check(_ route: Route, _ live: LiveCoordinator, _ things: ForeignThings, _ callers: Callers) async throws {
        let sent = RouteCall(live: live, method: route.method, base: route.base, path: route.path, example: route.example, asks: route.row == .query)
        func leaks(_ reply: LiveCoordinator.Reply, _ who: String, besides said: [String] = []) {
            let text = String(decoding: reply.body, as: UTF8.self) + reply.headers.map(\.value).joined(separator: "\n")
            // What was sent may be repeated.
            let known = Set(things.ids.values.filter { sent.names($0, things.ids) } + said)
            for secret in things.secrets where !known.contains(secret) { #expect(!text.contains(secret), "\(route.key) tells \(who) of \(secret)") }
        }
        for (name, token) in callers.refused {
            let reply = try await sent(things.ids, token)
            leaks(reply, name)
            if route.row == .open {
                // Credentials that are sent and wrong may be refused where none are needed.
                #expect(reply.status < 500, "\(route.key) by \(name): \(reply.status)")
            } else {
                #expect(reply.status == 401, "\(route.key) by \(name): \(reply.status)")
            }
        }
        #expect((route.row == .open) == (route.operation["security"]?.elements?.isEmpty == true), "\(route.key) is open, or its row says so")
        guard route.row != .open else { return }
        let less = try await sent(things.ids, route.scope.flatMap { callers.without[$0] } ?? callers.all)
        leaks(less, "somebody without the scope")
        #expect([401, 403].contains(less.status), "\(route.key) without its scope: \(less.status)")
        let other = try await sent(things.ids, callers.all, tenant: things.tenant)
        leaks(other, "somebody in another's name", besides: [things.tenant])
        #expect([401, 403].contains(other.status), "\(route.key) in another tenant's name: \(other.status)")

        let foreign = try await sent(things.ids, callers.all)
        let unknown = try await sent(things.unknown, callers.all)
        leaks(foreign, "another tenant")
        guard route.isBuilt else {
            #expect([403, 501].contains(foreign.status), "\(route.key): \(foreign.status)")
            return
        }
        // Whether somebody else has it must not be told by anything.
        let isSame = foreign.status == unknown.status && sent.plain(foreign.json, things.ids) == sent.plain(unknown.json, things.unknown)
        if route.row != .own { #expect(isSame, "\(route.key) tells what is there: \(foreign.json.encodedText) \(unknown.json.encodedText)") }
        guard route.scope != nil else {
            #expect([401, 403].contains(foreign.status), "\(route.key) is for the platform: \(foreign.status)")
            return
        }
        switch route.row {
        case .open: break
        case .own: #expect(foreign.status != 401 && foreign.status != 403, "\(route.key) by its own tenant: \(foreign.status)")
        case .platform, .query, .body: #expect([403, 404].contains(foreign.status), "\(route.key): \(foreign.status)")
        case .id:
            // A body may be found wrong before anything is looked for.
            #expect(foreign.status == 404 || ([400, 415].contains(foreign.status) && route.method != "GET"), "\(route.key): \(foreign.status)")
            guard route.method == "GET", sent.isWhole(things.ids) else { return }
            // To its owner it is there, whatever is said of it.
            let own = try await sent(things.ids, callers.owner)
            let isHidden = own.status == foreign.status && sent.plain(own.json, things.ids) == sent.plain(foreign.json, things.ids)
            #expect(!isHidden && own.status != 401 && own.status != 403, "\(route.key) by its owner: \(own.status) \(own.json.encodedText)")
        }
    }
}
