import Federation
import Storage
import Testing

/// Users, clients, keys and logins, in every store.
@Suite struct AccountTests {
    private func expect(_ kind: String, _ work: () async throws -> Void) async {
        do {
            try await work()
            Issue.record("it was taken")
        } catch { #expect(sort(error) == kind) }
    }

    private func actions(_ store: any WholeStore, _ tenant: String = "default") async throws -> [AuditRecord.Action] {
        try await store.audit(tenant: tenant, after: 0, limit: 100).map(\.entry.action)
    }

    @Test(arguments: StoreKind.allCases)
    func aNameIsOneUsersOverAllTenantsAndARefusalLeavesNothing(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.addUser(user("u", name: "ann"), audit: entry)
            await expect("exists") { try await store.addUser(user("v", tenant: "two", name: "ann"), audit: entry) }
            await expect("exists") { try await store.addUser(user("u", name: "bob"), audit: entry) }
            #expect(try await store.user(name: "ann") == user("u", name: "ann"))
            #expect(try await store.user(id: "v") == nil)
            #expect(try await store.user(name: "bob") == nil)
            #expect(try await store.user(name: "Ann") == nil)
            try await store.addUser(user("v", tenant: "two", name: "Ann"), audit: entry)
            #expect(try await store.users(tenant: nil, limit: 10).map(\.name) == ["Ann", "ann"])
            #expect(try await store.users(tenant: "two", limit: 10).map(\.id) == ["v"])
            #expect(try await store.users(tenant: nil, limit: 1).map(\.name) == ["Ann"])
            #expect(try await actions(store) == [.userCreated])
            #expect(try await actions(store, "two") == [.userCreated])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aChangeAndItsEntryAreOne(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let key = APIKeyRecord(id: "k", tenant: "one", hash: [1], role: "service", createdAt: now)
            try await store.addKey(key, audit: entry)
            await expect("exists") { try await store.addKey(key, audit: entry) }
            try await store.addOAuthClient(oauthClient("o", tenant: "one"), audit: entry)
            await expect("exists") { try await store.addOAuthClient(oauthClient("o", tenant: "two"), audit: entry) }
            try await store.addUser(user("u", tenant: "one"), audit: entry)
            let later = AuditRecord(at: now, action: .keyRevoked, actor: "a", subject: "k")
            for _ in 0..<2 {
                let changed = try await store.changeKey(id: "k") { key in
                    guard key.revokedAt == nil else { return nil }
                    var key = key
                    key.revokedAt = now
                    return (key, later)
                }
                #expect(changed?.revokedAt == now)
            }
            #expect(try await store.key(id: "k")?.revokedAt == now)
            #expect(try await store.changeKey(id: "nobody") { ($0, later) } == nil)
            #expect(try await store.changeUser(id: "nobody") { ($0, later) } == nil)
            #expect(try await store.changeOAuthClient(id: "nobody") { ($0, later) } == nil)
            #expect(try await actions(store, "one") == [.userCreated, .userCreated, .userCreated, .keyRevoked])
            #expect(try await store.keys(tenant: "one", limit: 5).map(\.id) == ["k"])
            #expect(try await store.keys(tenant: "two", limit: 5).isEmpty)
            #expect(try await store.oauthClients(tenant: nil, limit: 5).map(\.tenant) == ["one"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aTokenIsSpentOnceAndItsReuseEndsTheLogin(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.beginLogin(login("l"), token: refreshToken(1, login: "l"))
            let soon = now.adding(seconds: 1)
            func refresh(_ hash: UInt8, _ next: UInt8, _ at: Instant) async throws -> RefreshOutcome {
                try await store.refresh(hash: [hash], next: ([next], at.adding(seconds: 30)), now: at)
            }
            #expect(try await refresh(9, 10, soon) == .unknown)
            #expect(try await refresh(1, 2, soon) == .rotated(login("l")))
            #expect(try await refresh(2, 3, now.adding(seconds: 31)) == .expired)
            #expect(try await refresh(2, 3, now.adding(seconds: 30)) == .rotated(login("l")))
            var ended = login("l")
            ended.endedAt = soon
            #expect(try await refresh(1, 4, soon) == .reused(ended))
            #expect(try await refresh(3, 4, soon) == .ended)
            #expect(try await refresh(4, 5, soon) == .unknown, "nothing came of the reuse")
            #expect(try await store.login(id: "l") == ended)
            #expect(try await actions(store) == [.refreshReused])
            #expect(try await store.endLogin(hash: [2], now: now) == ended, "it ended before")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func ofManyUsesAtOnceOneSucceeds(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            try await store.beginLogin(login("l"), token: refreshToken(1, login: "l"))
            let outcomes = try await withThrowingTaskGroup(of: RefreshOutcome.self) { group in
                for index in 0..<20 {
                    group.addTask { try await store.refresh(hash: [1], next: ([UInt8(index), 1], now.adding(seconds: 9)), now: now) }
                }
                return try await group.reduce(into: [RefreshOutcome]()) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .rotated(login("l")) } == 1)
            #expect(outcomes.count { if case .reused = $0 { true } else { false } } == 1)
            #expect(outcomes.count { $0 == .ended } == 18)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func loginsThatAreOverAreForgotten(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for index in 0..<20 { try await store.beginLogin(login("l\(index)"), token: refreshToken(UInt8(index), login: "l\(index)")) }
            await expect("exists") { try await store.beginLogin(login("l3"), token: refreshToken(99, login: "l3")) }
            #expect(try await store.login(id: "l3") == login("l3"))
            let later = now.adding(seconds: 91)
            for index in 0..<2 {
                try await store.beginLogin(login("m\(index)", at: later), token: refreshToken(UInt8(100 + index), login: "m\(index)", at: later))
            }
            for index in 0..<20 {
                #expect(try await store.login(id: "l\(index)") == nil)
                #expect(try await store.endLogin(hash: [UInt8(index)], now: later) == nil)
            }
            #expect(try await store.login(id: "m0") != nil)
        }
    }
}
