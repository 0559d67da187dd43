import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Testing

/// Users, OAuth clients and keys over `/identity`.
@Suite struct IdentityEndpointTests {
    private let base = "/api/v4/identity"
    private let now = Instant(milliseconds: 1_758_506_403_000)

    @Test func aUserIsMadeListedAndShutOut() async throws {
        let surface = Surface()
        let made = await surface.call("POST", base + "/users", json: #"{"name":"ann","password":"correct horse battery","scopes":["jobs","models"]}"#)
        #expect(made.status == 201 && made.json["name"] == "ann" && made.json["scopes"] == ["models", "jobs"] && made.json["tenant_id"] == "default")
        #expect(!made.json.encodedText.contains("horse"))
        let id = try #require(made.json["user_id"]?.text)
        #expect(await surface.call("POST", base + "/users", json: #"{"name":"ann","password":"correct horse battery"}"#).status == 409)
        let listed = await surface.call("GET", base + "/users")
        #expect(listed.json["users"]?.elements?.map { $0["user_id"]?.text } == [id] && listed.json["users"]?.elements?.first?["disabled_at"] == .null)
        #expect(await surface.call("POST", base + "/users/\(id)/disable").json["disabled_at"]?.text == "2025-09-22T02:00:03.000Z")
        #expect(await surface.call("POST", base + "/users/\(id)/enable").json["disabled_at"] == .null)
        #expect(await surface.call("POST", base + "/users/\(id)/password", json: #"{"password":"another long password"}"#).status == 200)
        for action in ["disable", "enable"] { #expect(await surface.call("POST", base + "/users/nobody/\(action)").status == 404) }
        let actions = try await surface.store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action)
        #expect(actions == [.userCreated, .userDisabled, .userEnabled, .userPasswordChanged])
    }

    @Test func aClientsSecretIsShownOnce() async throws {
        let surface = Surface()
        let made = await surface.call("POST", base + "/oauth-clients", json: #"{"name":"phi"}"#)
        let (id, secret) = (try #require(made.json["client_id"]?.text), try #require(made.json["client_secret"]?.text))
        #expect(made.status == 201 && secret.hasPrefix("tcs_") && made.json["scopes"] == ["ai_operations", "models", "jobs", "monitoring"])
        let listed = await surface.call("GET", base + "/oauth-clients")
        #expect(listed.json["oauth_clients"]?.elements?.first?["client_id"]?.text == id && !listed.json.encodedText.contains(secret))
        #expect(await surface.call("POST", base + "/oauth-clients/\(id)/revoke").json["revoked_at"]?.text == "2025-09-22T02:00:03.000Z")
        #expect(await surface.call("POST", base + "/oauth-clients/nobody/revoke").status == 404)
    }

    @Test func aKeyIsMadeUsedAndEnded() async throws {
        let surface = Surface()
        let made = await surface.call("POST", base + "/keys", json: #"{"name":"ci","scopes":["fl"],"expires_in":60}"#)
        let (id, text) = (try #require(made.json["key_id"]?.text), try #require(made.json["api_key"]?.text))
        #expect(made.status == 201 && text.hasPrefix("mk_live_") && made.json["platform"] == false)
        #expect(made.json["expires_at"]?.text == "2025-09-22T02:01:03.000Z" && made.json["scopes"] == ["fl"])
        guard case .principal(let principal) = try await surface.identity.authenticate(bearer: text, now: now, audience: .v1) else {
            Issue.record("the key is not taken")
            return
        }
        #expect(principal.id == id && principal.scopes == [.federatedLearning])
        let listed = await surface.call("GET", base + "/keys").json
        #expect(listed["keys"]?.elements?.map { $0["key_id"]?.text } == [id] && !listed.encodedText.contains(text))
        #expect(await surface.call("POST", base + "/keys/\(id)/revoke").json["revoked_at"]?.text == "2025-09-22T02:00:03.000Z")
        #expect(try await surface.identity.authenticate(bearer: text, now: now, audience: .v1) == .revoked)
        #expect(await surface.call("POST", base + "/keys/nobody/revoke").status == 404)
    }

    @Test func aPlatformKeyIsAskedForByName() async throws {
        let surface = Surface()
        let made = await surface.call("POST", base + "/keys", json: #"{"platform":true,"scopes":["fl"]}"#)
        #expect(made.status == 201 && made.json["api_key"]?.text?.hasPrefix("tk_live_") == true && made.json["platform"] == true && made.notices == ["scopes"])
        let id = try #require(made.json["key_id"]?.text)
        #expect(await surface.call("POST", base + "/keys/\(id)/revoke").status == 409, "it is the last one")
    }

    @Test func whatIsWrongIsNamedAndNoSecretIsRepeated() async {
        let rows: [(path: String, body: String, field: String)] = [
            ("/users", #"{"password":"correct horse battery"}"#, "name"), ("/users", #"{"name":"ann"}"#, "password"),
            ("/users", #"{"name":"a b","password":"correct horse battery"}"#, "name"), ("/users", #"{"name":"ann","password":"short-one"}"#, "password"),
            ("/users", #"{"name":"ann","password":"correct horse battery","scopes":["all"]}"#, "scopes"),
            ("/users", #"{"name":"ann","password":"correct horse battery","scopes":[]}"#, "scopes"),
            ("/users", #"{"name":"ann","password":17}"#, "password"), ("/oauth-clients", "{}", "name"), ("/keys", #"{"expires_in":59}"#, "expires_in"),
            ("/keys", #"{"expires_in":31536001}"#, "expires_in"), ("/keys", #"{"expires_in":"1"}"#, "expires_in"), ("/keys", #"{"scopes":"fl"}"#, "scopes"),
            ("/keys", #"{"name":"a\nb"}"#, "name"), ("/keys", #"{"platform":1}"#, "platform"),
        ]
        for row in rows {
            let answer = await Surface().call("POST", base + row.path, json: row.body)
            #expect(answer.status == 400 && answer.details["field"]?.text == row.field, "\(row.body): \(answer.json.encodedText)")
            #expect(!answer.json.encodedText.contains("horse") && !answer.json.encodedText.contains("short-one"))
        }
        #expect(await Surface().call("POST", base + "/keys", json: #"{"scope":["fl"]}"#).notices == ["scope"])
    }
}
