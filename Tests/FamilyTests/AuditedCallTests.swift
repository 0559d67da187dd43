import APIKit
import Federation
import Platform
import Storage
import StrictJSON
import Testing
import Trust

/// What a call changes is written down with what was acted on, whence it was asked for and what it was answered.
@Suite struct AuditedCallTests {
    /// What `request` calls from.
    private static let address = "192.0.2.7"

    private func newest(_ world: World, _ tenant: String) async throws -> AuditRecord {
        try #require(try await world.store.audit(tenant: tenant, after: 0, limit: 1000).last).entry
    }

    private func check(_ entry: AuditRecord, _ action: AuditRecord.Action, _ type: String, _ id: String?, _ status: Int, by actor: String = "admin") {
        #expect(entry.action == action && entry.resourceType == type && entry.resourceID == id && entry.subject == id, "\(entry)")
        #expect(entry.ipAddress == Self.address && entry.actor == actor && entry.status == status, "\(entry)")
    }

    @Test func keysUsersAndClients() async throws {
        let world = try await World()
        func call(_ method: String, _ path: String, _ body: String) async throws -> JSON {
            let reply = await world.call(
                world.truststream, request(method, "/api/v4/identity" + path, body: body), as: .administrator(tenant: "default", key: "admin"))
            #expect((200...201).contains(reply.status), "\(path): \(reply.json.encodedText)")
            return reply.json
        }
        let key = try await call("POST", "/keys", #"{"name": "k"}"#)["key_id"]?.text ?? "none"
        check(try await newest(world, "default"), .keyCreated, "api_key", key, 201)
        _ = try await call("POST", "/keys/\(key)/revoke", "{}")
        check(try await newest(world, "default"), .keyRevoked, "api_key", key, 200)
        let user = try await call("POST", "/users", #"{"name": "ada", "password": "correct horse battery"}"#)["user_id"]?.text ?? "none"
        check(try await newest(world, "default"), .userCreated, "user", user, 201)
        _ = try await call("POST", "/users/\(user)/disable", "{}")
        check(try await newest(world, "default"), .userDisabled, "user", user, 200)
        let client = try await call("POST", "/oauth-clients", #"{"name": "robot"}"#)["client_id"]?.text ?? "none"
        check(try await newest(world, "default"), .oauthClientCreated, "oauth_client", client, 201)
        _ = try await call("POST", "/oauth-clients/\(client)/revoke", "{}")
        check(try await newest(world, "default"), .oauthClientRevoked, "oauth_client", client, 200)
    }

    @Test func tenantsWebhooksAndJobs() async throws {
        let world = try await World()
        let made = await world.call(world.enterprise, request("POST", "/api/v1/tenants", body: #"{"name": "Audited"}"#))
        let tenant = try #require(made.json["tenant_id"]?.text, "\(made.json.encodedText)")
        check(try await newest(world, tenant), .tenantCreated, "tenant", tenant, 201)
        let hook = await world.call(
            world.enterprise,
            request("POST", "/api/v1/webhooks/configure", body: #"{"url": "https://example.org/a", "events": ["job.completed"]}"#))
        check(try await newest(world, "default"), .webhookCreated, "webhook", hook.json["webhook_id"]?.text, hook.status)
        let job = await world.call(
            world.aisemble, request("POST", "/api/v2/jobs", body: #"{"name": "r", "type": "report", "parameters": {"kind": "usage"}}"#))
        #expect((200...202).contains(job.status), "\(job.json.encodedText)")
        check(try await newest(world, "default"), .jobCreated, "job", job.json["job_id"]?.text, job.status)
    }

    /// Who sits behind the throttle is told with the address; a name that nobody has is no user.
    @Test func whoeverTriesPasswordsIsToldByAddress() async throws {
        let world = try await World()
        // Far enough apart for each to be tried.
        for number in 0..<10 {
            var login = request("POST", "/api/v2/auth/login", body: #"{"username": "nobody-here", "password": "wrong wrong wrong"}"#)
            login.nowMilliseconds += Int64(number) * 100_000
            #expect(await world.call(world.aisemble, login, as: .anonymous).status == 401)
        }
        let entry = try #require(try await world.store.audit(tenant: "default", after: 0, limit: 1000).map(\.entry).first { $0.action == .loginThrottled })
        #expect(entry.ipAddress == Self.address && entry.resourceType == nil && entry.resourceID == nil)
    }

    /// What the coordinator does by itself comes from no address, and says what it was about all the same.
    @Test func whatNobodyCalledForHasNoAddress() async throws {
        let world = try await World()
        let first = try #require(try await world.store.audit(tenant: "default", after: 0, limit: 1).first).entry
        #expect(first.action == .tenantCreated && first.resourceType == "tenant" && first.resourceID == "default" && first.actor == "coordinator")
        #expect(first.ipAddress == nil && first.status == nil)
        for action in AuditRecord.Action.allCases where ![.loginThrottled, .consoleSignInRefused].contains(action) {
            #expect(action.resource != nil, "\(action)")
        }
    }
}
