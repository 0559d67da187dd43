import CryptoSuite
import Federation
import Platform
import Storage
import Testing
import Trust

@Suite struct KeyTests {
    private func admin(_ tenant: String, _ scopes: Set<Scope> = Set(Scope.allCases)) -> Principal {
        Principal(id: "admin-of-\(tenant)", kind: .apiKey, tenant: tenant, scopes: scopes, audiences: Set(APIFamily.allCases))
    }

    @Test func aKeyIsItsTextAndItsRecordHasOnlyAHash() async throws {
        let world = World()
        let asked = KeyRequest(name: "ci", scopes: [.models, .jobs], lifetimeSeconds: 60)
        let (key, view) = try await world.identity.createKey(asked, by: root, now: begin)
        #expect(key.text.hasPrefix("mk_live_") && key.text.count == 51 && view.id == key.id && view.name == "ci")
        #expect(view.scopes == [.models, .jobs] && view.tenant == "default" && view.createdBy == "root" && !view.isPlatform)
        let principal = try #require(try await world.principal(key.text, .v1))
        #expect(principal == Principal(id: key.id, kind: .apiKey, tenant: "default", scopes: [.models, .jobs], audiences: Set(APIFamily.allCases)))
        let record = try #require(try await world.store.key(id: key.id))
        #expect(record.hash == CryptoSuite.system.sha256(Array(key.text.utf8)) && !"\(record) \(view) \(key)".contains(key.text.dropFirst(20)))
        #expect(try await world.actions() == [.keyCreated])
    }

    @Test func aKeyEndsWhenItExpiresAlsoInTheCache() async throws {
        let world = World()
        let (key, view) = try await world.identity.createKey(KeyRequest(lifetimeSeconds: 60), by: root, now: begin)
        #expect(view.expiresAt == begin + 60)
        #expect(try await world.principal(key.text, .v1, begin + 59) != nil)
        for _ in 0..<2 { #expect(try await world.identity.authenticate(bearer: key.text, now: begin + 60, audience: .v1) == .expired) }
        #expect(try await World().identity.authenticate(bearer: key.text, now: begin, audience: .v1) == .unknown)
    }

    @Test func aRevokedKeyIsRefusedAtOnceAlsoFromTheCache() async throws {
        let world = World()
        let (key, _) = try await world.identity.createKey(KeyRequest(), by: root, now: begin)
        #expect(try await world.principal(key.text, .v4) != nil)
        // Behind the service's back: a cached bearer does not read the store.
        _ = try await world.store.changeKey(id: key.id) { key in
            var key = key
            key.scopes = []
            return (key, AuditRecord(at: begin, action: .keyRevoked, actor: "", subject: ""))
        }
        #expect(try await world.principal(key.text, .v4)?.scopes == Set(Scope.allCases))
        let view = try await world.identity.revokeKey(id: key.id, by: root, now: begin + 1)
        #expect(view.revokedAt == begin + 1)
        #expect(try await world.identity.authenticate(bearer: key.text, now: begin, audience: .v4) == .revoked)
        #expect(try await world.identity.revokeKey(id: key.id, by: root, now: begin + 2).revokedAt == begin + 1)
        #expect(try await world.actions() == [.keyCreated, .keyRevoked, .keyRevoked], "one of them was the test's")
    }

    @Test func onlyTheWholeTextIsTheKey() async throws {
        let world = World()
        let (key, _) = try await world.identity.createKey(KeyRequest(), by: root, now: begin)
        let body = key.text.dropFirst("mk_live_".count)
        for text in [
            "tk_live_" + body, "mk_live_" + body.dropLast() + "!", key.text + "A", " " + key.text, String(key.text.dropLast()), key.id, "",
            "mk_live_" + key.id + String(repeating: "A", count: 31), String(repeating: "x", count: 5000),
        ] {
            #expect(try await world.identity.authenticate(bearer: text, now: begin, audience: .v1) == .unknown, "\(text.prefix(60))")
        }
    }

    @Test func lifetimesHaveBounds() async throws {
        let world = World()
        for seconds in [.min, -1, 0, 59, 31_536_001, .max] {
            #expect(
                await sort { () throws(IdentityError) in
                    _ = try await world.identity.createKey(KeyRequest(lifetimeSeconds: seconds), by: root, now: begin)
                } == "invalid expires_in")
        }
        for seconds in [60, 31_536_000] {
            #expect(try await world.identity.createKey(KeyRequest(lifetimeSeconds: seconds), by: root, now: begin).view.expiresAt == begin + seconds)
        }
    }

    /// Whatever is asked for, by whomever: nobody gives more than it has, and nobody gives it to another tenant.
    @Test(arguments: 1...40)
    func nobodyGivesMoreThanItHas(_ seed: Int) async throws {
        var chance = Chance(seed)
        func draw() -> Set<Scope> { Set(Scope.allCases.filter { _ in chance.below(3) > 0 }) }
        let world = World()
        for _ in 0..<25 {
            let caller = chance.below(5) == 0 ? root : admin("one", draw())
            let asked: Set<Scope>? = chance.below(4) == 0 ? nil : draw()
            let tenant: String? = [nil, "one", "two"][chance.below(3)]
            let request = KeyRequest(tenant: tenant, scopes: asked, isPlatform: chance.below(8) == 0)
            let isAllowed =
                caller.may(.admin) && (request.isPlatform ? caller.isPlatform : (tenant ?? caller.tenant) == caller.tenant || caller.isPlatform)
                && (request.isPlatform || (asked ?? caller.scopes).isSubset(of: caller.scopes) && asked != [])
            let made: (key: APIKey, view: KeyView)?
            do throws(IdentityError) { made = try await world.identity.createKey(request, by: caller, now: begin) } catch { made = nil }
            #expect((made != nil) == isAllowed)
            guard let (key, view) = made else { continue }
            let principal = try #require(try await world.principal(key.text, .v1))
            #expect(principal.scopes == view.scopes && principal.scopes.isSubset(of: caller.scopes) && principal.tenant == view.tenant)
            #expect(caller.isPlatform || (principal.tenant == caller.tenant && !principal.isPlatform))
            #expect(asked == nil || request.isPlatform || view.scopes == asked)
        }
    }

    @Test func aTenantSeesAndEndsOnlyItsOwn() async throws {
        let world = World()
        let platform = try await world.identity.createKey(KeyRequest(isPlatform: true), by: root, now: begin)
        let own = try await world.identity.createKey(KeyRequest(), by: admin("one"), now: begin)
        let other = try await world.identity.createKey(KeyRequest(tenant: "two"), by: root, now: begin)
        #expect(try await world.identity.keys(tenant: nil, by: admin("one")).map(\.id) == [own.key.id])
        #expect(try await world.identity.keys(tenant: nil, by: root).count == 3)
        #expect(try await world.identity.keys(tenant: nil, by: admin("default")).isEmpty, "platform keys are the platform's")
        for id in [other.key.id, platform.key.id, "nobody"] {
            #expect(await sort { () throws(IdentityError) in _ = try await world.identity.revokeKey(id: id, by: admin("one"), now: begin) } == "not found")
        }
        #expect(
            await sort { () throws(IdentityError) in
                _ = try await world.identity.revokeKey(id: platform.key.id, by: admin("default"), now: begin)
            } == "not found")
        #expect(await sort { () throws(IdentityError) in _ = try await world.identity.keys(tenant: "two", by: admin("one")) } == "forbidden")
        let reader = admin("one", [.models])
        #expect(await sort { () throws(IdentityError) in _ = try await world.identity.keys(tenant: nil, by: reader) } == "forbidden")
        #expect(await sort { () throws(IdentityError) in _ = try await world.identity.revokeKey(id: own.key.id, by: reader, now: begin) } == "not found")
    }

    @Test func theFirstKeyGoesOnAndTheLastOneStays() async throws {
        let world = World()
        let first = try await world.identity.createAdministratorKey(random: .system, now: begin)
        #expect(first.text.hasPrefix("tk_live_"))
        #expect(try await world.identity.administratorTenant(key: first.text, now: begin + 1_000_000_000) == "default")
        #expect(try await world.principal(first.text, .phi)?.isPlatform == true)
        #expect(await sort { () throws(IdentityError) in _ = try await world.identity.revokeKey(id: first.id, by: root, now: begin) } == "conflict")
        let second = try await world.identity.createKey(KeyRequest(lifetimeSeconds: 60, isPlatform: true), by: root, now: begin).key
        #expect(
            await sort { () throws(IdentityError) in _ = try await world.identity.revokeKey(id: first.id, by: root, now: begin + 60) } == "conflict",
            "the other one has expired")
        _ = try await world.identity.revokeKey(id: first.id, by: root, now: begin)
        #expect(try await world.identity.administratorTenant(key: first.text, now: begin) == nil)
        #expect(try await world.identity.administratorTenant(key: second.text, now: begin) == "default")
        let service = try await world.identity.createKey(KeyRequest(), by: root, now: begin).key
        #expect(try await world.identity.administratorTenant(key: service.text, now: begin) == nil)
    }

    @Test func namesOfScopesAreAClosedList() {
        #expect(Scope.allCases.count == 17 && Set(Scope.allCases.map(\.rawValue)).count == 17)
        #expect(Scope.names([.admin, .aiOperations, .jobs]) == ["ai_operations", "jobs", "admin"])
        for bad in [[], ["nothing"], ["Models"], ["models", ""], Array(repeating: "models", count: 18)] {
            #expect(throws: IdentityError.self) { try Scope.parse(bad, field: "scope") }
        }
        #expect((try? Scope.parse(["models", "fl", "models"], field: "scope")) == [.models, .federatedLearning])
    }

    // MARK: Partners

    @Test func aPartnersKeySaysWhatItMayDo() async throws {
        let world = World()
        for kind in PartnerKey.allCases {
            let (key, view) = try await world.identity.createKey(
                KeyRequest(tenant: "one", scopes: [.jobs, .admin], partner: kind, rateLimit: 600_000 / 2), by: root, now: begin)
            #expect(key.text.hasPrefix("pk_live_partner_") && view.partner == kind && view.rateLimit == 300_000 && view.tenant == "one")
            let found = try #require(try await world.principal(key.text, .v1))
            #expect(found.kind == (kind == .master ? .partnerMaster : .partner) && found.isReadOnly == (kind == .readOnly) && !found.isPlatform)
            #expect(found.rateLimit == .init(perHour: 300_000, isOfPlatform: true) && found.home == "one")
            let acting = found.acting(for: "two")
            #expect(acting.tenant == "two" && acting.home == "one" && acting.isReadOnly == found.isReadOnly && acting.rateLimit == found.rateLimit)
        }
    }

    /// A limit is nobody's to lift but the platform's, and no key of a tenant becomes a partner's that acts for others.
    @Test func nobodyGetsRidOfALimit() async throws {
        let world = World()
        let (text, _) = try await world.identity.createKey(
            KeyRequest(tenant: "one", scopes: [.jobs, .admin], partner: .standard, rateLimit: 50), by: root, now: begin)
        let partner = try #require(try await world.principal(text.text, .v1))
        for (asked, given) in [(nil, 50), (20, 20), (400_000, 50)] as [(Int?, Int)] {
            let (key, view) = try await world.identity.createKey(KeyRequest(scopes: [.jobs], rateLimit: asked), by: partner, now: begin)
            #expect(view.rateLimit == given)
            #expect(try await world.principal(key.text, .v1)?.rateLimit == .init(perHour: given, isOfPlatform: false))
        }
        await #expect(throws: IdentityError.self) {
            _ = try await world.identity.createKey(KeyRequest(scopes: [.jobs], partner: .master), by: partner, now: begin)
        }
        for limit in [0, -1, 500_001, .max] {
            await #expect(throws: IdentityError.self) { _ = try await world.identity.createKey(KeyRequest(rateLimit: limit), by: root, now: begin) }
        }
        await #expect(throws: IdentityError.self) {
            _ = try await world.identity.createKey(KeyRequest(isPlatform: true, rateLimit: 5), by: root, now: begin)
        }
    }
}
