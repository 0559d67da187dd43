import Federation
import Platform
import Storage
import Testing
import Trust

@Suite struct LoginTests {
    @Test func aLoginIsATokenForV2AndOneToGoOn() async throws {
        let world = World()
        let (user, access, refresh) = try await world.loggedIn()
        let principal = try #require(try await world.principal(access, .v2))
        #expect(principal.id == user && principal.kind == .user && principal.tenant == "default" && principal.scopes == Scope.usualOfUsers)
        for other in [APIFamily.v1, .v4, .phi] { #expect(try await world.identity.authenticate(bearer: access, now: begin, audience: other) == .wrongAudience) }
        let open = World(crossFamily: [.v2])
        let elsewhere = try await open.loggedIn().access
        for family in APIFamily.allCases { #expect(try await open.principal(elsewhere, family) != nil) }
        let closed = World(crossFamily: [.phi])
        #expect(try await closed.principal(try await closed.loggedIn().access, .v1) == nil, "only tokens of the families that are listed")
        #expect(refresh.hasPrefix("trf_") && access.split(separator: ".").count == 3)
        #expect(try await world.identity.authenticate(bearer: refresh, now: begin, audience: .v2) == .unknown, "it opens nothing by itself")
    }

    @Test func aTokenEndsAfterADayAndItsLeeway() async throws {
        let world = World()
        let access = try await world.loggedIn().access
        for bearer in [access] {
            #expect(try await world.principal(bearer, .v2, begin + 86_400 + 29) != nil)
            #expect(try await world.identity.authenticate(bearer: bearer, now: begin + 86_400 + 30, audience: .v2) == .expired)
        }
        let fresh = World()
        let late = try await fresh.loggedIn().access
        #expect(try await fresh.identity.authenticate(bearer: late, now: begin + 86_400 + 30, audience: .v2) == .expired, "nor without the cache")
        let early = World()
        let soon = try await early.loggedIn().access
        #expect(try await early.identity.authenticate(bearer: soon, now: begin + -31, audience: .v2) == .unknown)
        #expect(try await early.principal(soon, .v2, begin + -30) != nil)
    }

    /// Nothing tells whether there is such a user.
    @Test func allRefusalsAreTheSame() async throws {
        let world = World()
        let user = try await world.identity.createUser(name: "ann", password: password, by: root, now: begin)
        _ = try await world.identity.createUser(name: "off", password: password, by: root, now: begin)
        let off = try #require(try await world.store.user(name: "off")).id
        _ = try await world.identity.setDisabled(true, user: off, by: root, now: begin)
        let long = String(repeating: "x", count: 1025)
        for (name, text) in [
            ("ann", "wrong password"), ("nobody", password), ("off", password), ("Ann", password), ("ann", password + " "), (user.id, password), ("ann", long),
            ("", password), ("ann", ""), (long, password),
        ] {
            guard case .refused = try await world.identity.login(name: name, password: text, address: address, now: begin) else {
                Issue.record("\(name) was not refused")
                continue
            }
        }
    }

    @Test func triesAreSlowedDownForThoseWhoAreThereAndThoseWhoAreNot() async throws {
        for name in ["ann", "nobody"] {
            let world = World()
            _ = try await world.identity.createUser(name: "ann", password: password, by: root, now: begin)
            var now = begin
            var waits: [Int] = []
            while waits.count < 9 {
                switch try await world.identity.login(name: name, password: "wrong password", address: address, now: now) {
                case .granted: Issue.record("granted")
                case .refused: continue
                case .throttled(let seconds):
                    waits.append(seconds)
                    now = now + seconds
                }
            }
            #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256])
            #expect(try await world.actions().filter { $0 == .loginThrottled }.count == 1)
            guard case .throttled = try await world.identity.login(name: name, password: password, address: address, now: now + -1) else {
                Issue.record("not even the right password comes too early")
                continue
            }
            #expect(try await world.login(name, now) != nil || name == "nobody")
        }
    }

    // MARK: Refreshing

    @Test func aRefreshTokenWorksOnceAndItsReuseEndsTheLogin() async throws {
        let world = World()
        let (_, access, first) = try await world.loggedIn()
        guard case .granted(let next, let second) = try await world.identity.refresh(first, now: begin + 100) else {
            Issue.record("refused")
            return
        }
        for text in [access, next.text] { #expect(try await world.principal(text, .v2, begin + 100) != nil) }
        #expect(second.text != first && second.text.hasPrefix("trf_"))
        guard case .refused = try await world.identity.refresh(first, now: begin + 101) else {
            Issue.record("a spent token was taken")
            return
        }
        #expect(try await world.actions().last == .refreshReused)
        // Neither of the two goes on, and their access tokens end with the login.
        guard case .refused = try await world.identity.refresh(second.text, now: begin + 102) else {
            Issue.record("the family goes on")
            return
        }
        for text in [access, next.text] { #expect(try await world.identity.authenticate(bearer: text, now: begin + 102, audience: .v2) == .revoked) }
        #expect(try await world.actions().filter { $0 == .refreshReused }.count == 1)
        #expect(try await world.login() != nil, "another login is another family")
    }

    @Test func ofManyAtOnceOneGoesOn() async throws {
        let world = World()
        let refresh = try await world.loggedIn().refresh
        let granted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<16 {
                group.addTask { if case .granted = try await world.identity.refresh(refresh, now: begin + 1) { true } else { false } }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(granted == 1)
        #expect(try await world.actions().filter { $0 == .refreshReused }.count == 1)
    }

    @Test func refreshTokensEndWhenTheyAreNotUsedAndLoginsEndAnyway() async throws {
        let world = World()
        let unused = try await world.loggedIn().refresh
        guard case .refused = try await world.identity.refresh(unused, now: begin + 30 * 86_400) else {
            Issue.record("it was not used for a month")
            return
        }
        var token = try #require(try await world.login()).refresh
        var days = 0
        while case .granted(_, let next) = try await world.identity.refresh(token, now: begin + (days + 20) * 86_400) {
            days += 20
            token = next.text
        }
        #expect(days == 80, "ninety days after the login the password is asked for again")
        for bad in ["", "trf_", "trf_" + String(repeating: "A", count: 43), String(repeating: "trf_", count: 5000), unused + "A"] {
            guard case .refused = try await world.identity.refresh(bad, now: begin) else {
                Issue.record("\(bad.prefix(50)) was taken")
                continue
            }
        }
    }

    @Test func logoutEndsTheLoginAndNoOther() async throws {
        let world = World()
        let (_, access, refresh) = try await world.loggedIn()
        let other = try #require(try await world.login())
        #expect(try await world.principal(access, .v2) != nil)
        #expect(try await world.identity.logout(refresh, now: begin))
        #expect(try await world.identity.authenticate(bearer: access, now: begin, audience: .v2) == .revoked)
        guard case .refused = try await world.identity.refresh(refresh, now: begin) else {
            Issue.record("it goes on after the logout")
            return
        }
        #expect(try await world.principal(other.access, .v2) != nil)
        #expect(try await !world.identity.logout("trf_nothing", now: begin))
    }

    // MARK: Users

    @Test func anotherPasswordAndBeingDisabledEndEveryLogin() async throws {
        let world = World()
        let (user, access, refresh) = try await world.loggedIn()
        #expect(try await world.principal(access, .v2) != nil)
        _ = try await world.identity.setPassword("another long password", user: user, by: root, now: begin + 1)
        #expect(try await world.identity.authenticate(bearer: access, now: begin + 1, audience: .v2) == .revoked)
        guard case .refused = try await world.identity.refresh(refresh, now: begin + 1) else {
            Issue.record("it goes on with the old password's login")
            return
        }
        #expect(try await world.login() == nil)
        let second = try #require(try await world.login("ann", begin + 2, "another long password"))
        #expect(try await world.identity.setDisabled(true, user: user, by: root, now: begin + 3).disabledAt == begin + 3)
        #expect(try await world.identity.authenticate(bearer: second.access, now: begin + 3, audience: .v2) == .revoked)
        #expect(try await world.login("ann", begin + 3, "another long password") == nil)
        #expect(try await world.identity.setDisabled(false, user: user, by: root, now: begin + 4).disabledAt == nil)
        #expect(try await world.identity.authenticate(bearer: second.access, now: begin + 4, audience: .v2) == .revoked, "old logins do not come back")
        #expect(try await world.login("ann", begin + 5, "another long password") != nil)
        #expect(try await world.actions() == [.userCreated, .userPasswordChanged, .userDisabled, .userEnabled])
    }

    @Test func usersAreMadeByTheRules() async throws {
        let world = World()
        let admin = Principal(id: "a", kind: .user, tenant: "one", scopes: [.admin, .models], audiences: [.v2])
        func made(_ name: String, _ password: String, _ scopes: Set<Scope>? = nil, tenant: String? = nil, by caller: Principal = root) async -> String {
            await sort { () throws(IdentityError) in
                _ = try await world.identity.createUser(tenant: tenant, name: name, password: password, scopes: scopes, by: caller, now: begin)
            }
        }
        #expect(await made("ann", password) == "done")
        #expect(await made("ann", password, tenant: "two") == "conflict", "a login names nobody but the user")
        for name in ["", "a b", "ann\n", "é", "a/b", String(repeating: "a", count: 129)] { #expect(await made(name, password) == "invalid name") }
        #expect(await made("ann.smith+test@example.org", password) == "done")
        for bad in ["", "short", "elevenchars", String(repeating: "a", count: 20), "abababababababab", String(repeating: "abc", count: 400)] {
            #expect(await made("bob", bad) == "invalid password")
        }
        #expect(await made("robert.tables", "Robert.Tables") == "invalid password")
        #expect(await made("bob", password, [.models], by: admin) == "done")
        #expect(await made("eve", password, [.models, .ops], by: admin) == "forbidden")
        #expect(await made("eve", password, [.models], tenant: "two", by: admin) == "forbidden")
        #expect(try await world.identity.users(tenant: nil, by: admin).map(\.name) == ["bob"])
        let ann = try #require(try await world.store.user(name: "ann")).id
        #expect(await sort { () throws(IdentityError) in _ = try await world.identity.setDisabled(true, user: ann, by: admin, now: begin) } == "not found")
    }

    /// Who may set a password can be that user: so not one who may more.
    @Test func nobodyTakesOverWhoMayMore() async throws {
        let world = World()
        let user = try await world.identity.createUser(tenant: "one", name: "ops", password: password, scopes: [.ops], by: root, now: begin)
        let admin = Principal(id: "a", kind: .user, tenant: "one", scopes: [.admin, .models], audiences: [.v2])
        #expect(
            await sort { () throws(IdentityError) in
                _ = try await world.identity.setPassword("another long password", user: user.id, by: admin, now: begin)
            } == "forbidden")
    }

    // MARK: OAuth clients

    @Test func aClientGetsTokensForPhiAndV4() async throws {
        let world = World()
        let (client, secret) = try await world.identity.createOAuthClient(name: "phi", scopes: [.models, .monitoring], by: root, now: begin)
        #expect(client.id.hasPrefix("oc_") && secret.text.hasPrefix("tcs_"))
        guard case .granted(let token, let scopes) = try await world.identity.clientToken(id: client.id, secret: secret.text, address: address, now: begin)
        else {
            Issue.record("refused")
            return
        }
        #expect(scopes == [.models, .monitoring] && token.lifetimeSeconds == 3600)
        let principal = try #require(try await world.principal(token.text, .phi))
        #expect(principal.kind == .oauthClient && principal.id == client.id && principal.scopes == scopes && principal.audiences == [.phi, .v4])
        #expect(try await world.identity.authenticate(bearer: token.text, now: begin, audience: .v2) == .wrongAudience)
        guard
            case .granted(_, [.models]) = try await world.identity.clientToken(
                id: client.id, secret: secret.text, scope: "models", address: address, now: begin)
        else {
            Issue.record("a part of the scopes")
            return
        }
        for scope in ["ops", "models ops", "", "Models"] {
            guard case .invalidScope = try await world.identity.clientToken(id: client.id, secret: secret.text, scope: scope, address: address, now: begin)
            else {
                Issue.record("\(scope)")
                continue
            }
        }
        #expect(try await world.identity.revokeOAuthClient(id: client.id, by: root, now: begin).revokedAt == begin)
        #expect(try await world.identity.authenticate(bearer: token.text, now: begin, audience: .phi) == .revoked)
        for (id, text) in [(client.id, secret.text), (client.id, "tcs_wrong"), ("oc_nobody", secret.text), ("", "")] {
            guard case .invalidClient = try await world.identity.clientToken(id: id, secret: text, address: "192.0.2.\(text.count)", now: begin) else {
                Issue.record("\(id)")
                continue
            }
        }
        #expect(try await world.actions() == [.oauthClientCreated, .oauthClientRevoked])
    }

    @Test func nothingPrintsASecret() async throws {
        let world = World()
        let (_, access, refresh) = try await world.loggedIn()
        guard case .granted(let token, let next) = try await world.identity.refresh(refresh, now: begin) else { return }
        var dumped = "\(token) \(next) \(String(reflecting: token))"
        dump(token, to: &dumped)
        dump(world.identity, to: &dumped, maxDepth: 6)
        for secret in [access, refresh, token.text, next.text, password] { #expect(!dumped.contains(secret)) }
    }
}
