import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// Keys, logins and tokens, as their documents have them.
@Suite struct AccountTests {
    @Test func aKeyHasWhatItWasGivenAndNoMoreThanItsMaker() async throws {
        let world = try await World()
        let asked = request("POST", "/api/v1/auth/generate-key", body: #"{"scope":["ai_operations","quantum_resources","analytics"],"expires_in":86400}"#)
        let reply = await world.call(world.enterprise, asked)
        #expect(reply.status == 201 && reply.json["status"] == "success" && reply.json["api_key"]?.text?.hasPrefix("mk_live_") == true)
        #expect(reply.json["permissions"] == ["ai_operations", "quantum_resources", "analytics"] && reply.json["expires_at"] == "2025-09-23T02:00:03.000Z")
        let key = try #require(reply.json["api_key"]?.text)
        guard case .principal(let found) = try await world.identity.authenticate(bearer: key, now: World.now, audience: .v1) else {
            Issue.record("the key is not known")
            return
        }
        #expect(found.scopes == [.aiOperations, .quantumResources, .analytics] && found.tenant == "default")
        let more = await world.call(world.enterprise, asked, as: world.principal("default", [.admin, .analytics]))
        #expect(more.status == 403 && more.json["error"] == "insufficient_permissions")
    }

    @Test(arguments: [
        (#"{"scope":[]}"#, 400, "scope"), (#"{"scope":["everything"]}"#, 400, "scope"), (#"{"expires_in":59}"#, 400, "expires_in"),
        (#"{"expires_in":31536001}"#, 400, "expires_in"), (#"{"expires_in":"day"}"#, 400, "expires_in"),
    ])
    func aKeyThatCannotBeIsRefused(_ body: String, _ status: Int, _ field: String) async throws {
        let world = try await World()
        let reply = await world.call(world.enterprise, request("POST", "/api/v1/auth/generate-key", body: body))
        #expect(reply.status == status && reply.json["details"]?["field"]?.text == field, "\(reply.json.encodedText)")
    }

    @Test func keysOfOtherTenantsAreForThePlatformAlone() async throws {
        let world = try await World()
        let other = try await world.tenants.create(NewTenant(name: "Other"), actor: "test", now: World.now)
        func ask(_ tenant: String, _ caller: Caller? = nil) async -> APIReply {
            await world.call(world.enterprise, request("POST", "/api/v1/auth/generate-key", body: #"{"tenant_id":"\#(tenant)","scope":["jobs"]}"#), as: caller)
        }
        #expect(await ask(other.id).json["tenant_id"]?.text == other.id)
        #expect(await ask("tenant_none").json["error"] == "tenant_not_found")
        #expect(await ask(other.id, world.principal("default", Set(Scope.allCases))).status == 403)
    }

    @Test func aLoginGivesTokensThatAreRenewedOnceAndEnd() async throws {
        let world = try await World()
        let scopes: Set<Scope> = [.jobs]
        _ = try await world.identity.createUser(
            tenant: "default", name: "ada", password: "correct horse", scopes: scopes, by: world.admin, now: World.now)
        func post(_ path: String, _ body: JSON) async -> APIReply {
            await world.call(world.aisemble, request("POST", "/api/v2/auth/\(path)", body: body.encodedText), as: .anonymous)
        }
        let wrong = await post("login", ["username": "ada", "password": "incorrect horse"])
        let unknown = await post("login", ["username": "bob", "password": "correct horse"])
        #expect(wrong.status == 401 && wrong.json["error"]?["code"] == "AUTHENTICATION_REQUIRED")
        #expect(wrong.json["error"]?["message"] == unknown.json["error"]?["message"])
        let first = await post("login", ["username": "ada", "password": "correct horse"]).json
        #expect(first["token_type"] == "bearer" && first["expires_in"] == 86_400)
        let access = try #require(first["access_token"]?.text)
        guard case .principal(let found) = try await world.identity.authenticate(bearer: access, now: World.now, audience: .v2) else {
            Issue.record("the token is not known")
            return
        }
        #expect(found.scopes == scopes)
        #expect(try await world.identity.authenticate(bearer: access, now: World.now, audience: .v1) == .wrongAudience)
        let refresh = try #require(first["refresh_token"])
        let second = await post("refresh", ["refresh_token": refresh]).json
        #expect(second["access_token"]?.text != nil && second["refresh_token"] != refresh)
        // The first one again: a thief or its victim. Nobody goes on.
        #expect(await post("refresh", ["refresh_token": refresh]).status == 401)
        #expect(await post("refresh", ["refresh_token": second["refresh_token"] ?? .null]).status == 401)
        let third = await post("login", ["username": "ada", "password": "correct horse"]).json
        #expect(await post("logout", ["refresh_token": third["refresh_token"] ?? .null]).status == 200)
        #expect(try await world.identity.authenticate(bearer: third["access_token"]?.text ?? "", now: World.now, audience: .v2) == .revoked)
    }

    @Test func aClientGetsATokenByJSONByFormAndByBasic() async throws {
        let world = try await World()
        let (client, secret) = try await world.identity.createOAuthClient(
            tenant: "default", name: "edge", scopes: [.models, .jobs], by: world.admin, now: World.now)
        func post(_ body: String, _ type: String, _ headers: [(name: String, value: String)] = []) async -> APIReply {
            await world.call(world.phi, request("POST", "/v1/auth/token", body: body, type: type, headers: headers), as: .anonymous)
        }
        let form = "application/x-www-form-urlencoded"
        let json = await post(
            JSON.object([
                .init("client_id", .string(client.id)), .init("client_secret", .string(secret.text)), .init("grant_type", "client_credentials"),
            ]).encodedText, "application/json")
        #expect(json.status == 200 && json.json["token_type"] == "Bearer" && json.json["expires_in"] == 3600 && json.json["scope"] == "models jobs")
        #expect(json.headers.contains { $0 == ("cache-control", "no-store") })
        let narrow = await post("grant_type=client_credentials&client_id=\(client.id)&client_secret=\(secret.text)&scope=jobs", form)
        #expect(narrow.json["scope"] == "jobs")
        guard
            case .principal(let found) = try await world.identity.authenticate(
                bearer: narrow.json["access_token"]?.text ?? "", now: World.now, audience: .phi)
        else {
            Issue.record("the token is not known")
            return
        }
        #expect(found.scopes == [.jobs] && found.audiences == [.phi, .v4])
        for (body, type, headers, status, error) in [
            ("grant_type=client_credentials&client_id=\(client.id)&client_secret=wrong", form, [], 401, "invalid_client"),
            ("grant_type=password&client_id=\(client.id)", form, [], 400, "unsupported_grant_type"), ("client_id=x", form, [], 400, "invalid_request"),
            ("grant_type=client_credentials&client_id=\(client.id)&client_secret=\(secret.text)&scope=admin", form, [], 400, "invalid_scope"),
            ("grant_type=a&grant_type=b", form, [], 400, "invalid_request"), ("%zz=1", form, [], 400, "invalid_request"),
            ("{", "application/json", [], 400, "invalid_request"), (#"{"grant_type":5}"#, "application/json", [], 400, "invalid_request"),
            ("grant_type=client_credentials", form, [("authorization", "Basic !!!")], 401, "invalid_client"),
        ] as [(String, String, [(name: String, value: String)], Int, String)] {
            let reply = await post(body, type, headers)
            #expect(reply.status == status && reply.json["error"]?.text == error, "\(body): \(reply.json.encodedText)")
        }
    }
}
