import CryptoSuite
import Federation
import Storage
import Testing
import Trust

func vaultKey(_ id: String, tenant: String = "default") -> VaultKeyRecord {
    VaultKeyRecord(
        id: id, tenant: tenant, algorithm: "ml_kem_1024", askedAlgorithm: "kyber_1024", usage: "encryption", validity: "1 year", isBackedUp: false,
        metadata: ["application": "a"], createdAt: now,
        versions: [.init(number: 1, publicKey: [1], envelope: [2], createdAt: now, expiresAt: now.adding(seconds: 60))])
}

private func seen(_ name: String, _ tenant: String = "default") -> SeenKeyRecord {
    SeenKeyRecord(tenant: tenant, fingerprint: Array(name.utf8), session: name, seenAt: now)
}

private func problem(_ work: () async throws -> Void) async -> String {
    do { try await work() } catch { return sort(error) }
    return "none"
}

/// Keys of vaults, whatever the store is made of.
@Suite struct VaultContractTests {
    @Test(arguments: StoreKind.allCases)
    func aKeyIsItsTenantsAndHasItsAuditEntry(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            for id in ["b", "a"] {
                let isAdded = try await store.addVaultKey(vaultKey(id), seen: [seen(id)], audit: note(.vaultKeyGenerated, id), limit: 2)
                #expect(isAdded)
            }
            #expect(try await store.addVaultKey(vaultKey("c"), seen: [seen("c")], audit: note(.vaultKeyGenerated, "c"), limit: 2) == false)
            // Another tenant has a limit of its own, and the same id is nobody else's to take.
            let taken = await problem {
                _ = try await store.addVaultKey(vaultKey("a", tenant: "two"), seen: [seen("a", "two")], audit: note(.vaultKeyGenerated, "a"), limit: 2)
            }
            #expect(taken == "exists")
            #expect(try await store.addVaultKey(vaultKey("d", tenant: "two"), seen: [seen("d", "two")], audit: note(.vaultKeyGenerated, "d"), limit: 2))
            #expect(try await store.vaultKey("a", tenant: "default") == vaultKey("a"))
            #expect(try await store.vaultKey("a", tenant: "two") == nil)
            #expect(try await store.vaultKeys(tenant: "default", revoked: nil, after: "", limit: 9).map(\.id) == ["a", "b"])
            #expect(try await store.vaultKeys(tenant: "default", revoked: nil, after: "a", limit: 9).map(\.id) == ["b"])
            #expect(try await store.vaultKeys(tenant: "default", revoked: nil, after: "", limit: 1).map(\.id) == ["a"])
            #expect(try await store.vaultKeys(tenant: "default", revoked: nil, after: "", limit: -1).isEmpty)
            #expect(try await store.vaultAlgorithms(tenant: "default", now: now) == ["ml_kem_1024"])
            #expect(try await store.vaultAlgorithms(tenant: "default", now: now.adding(seconds: 60)) == [])
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.subject) == ["b", "a"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aChangeComesWithItsEntryOrNotAtAll(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            _ = try await store.addVaultKey(vaultKey("a"), seen: [seen("a")], audit: note(.vaultKeyGenerated, "a"), limit: 9)
            #expect(try await store.changeVaultKey("a", tenant: "two") { ($0, nil, note(.vaultKeyRevoked, "a")) } == nil)
            #expect(try await store.changeVaultKey("a", tenant: "default") { _ in nil } == vaultKey("a"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try await store.changeVaultKey("a", tenant: "default") { key in
                            var next = key
                            let last = key.versions.last?.number ?? 0
                            next.versions.append(.init(number: last + 1, publicKey: [], envelope: [], createdAt: now, expiresAt: now))
                            return (next, seen("new"), note(.vaultKeyRotated, "a"))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.vaultKey("a", tenant: "default")?.versions.map(\.number) == Array(1...21))
            // Its public keys are known from then on; revoked, it makes room.
            for name in ["a", "new"] {
                let added = try await store.addExchange(
                    keyExchange(name, fingerprint: Array(name.utf8)), forgetting: now, audit: note(.vaultKeyExchanged, name),
                    limits: ExchangeLimits(exchanges: 9, seen: 9))
                #expect(added == .added(.known))
            }
            #expect(try await store.addVaultKey(vaultKey("b"), seen: [seen("b")], audit: note(.vaultKeyGenerated, "b"), limit: 1) == false)
            let gone = try await store.changeVaultKey("a", tenant: "default") { key in
                var next = key
                next.revokedAt = now
                return (next, nil, note(.vaultKeyRevoked, "a"))
            }
            #expect(try await store.vaultKeys(tenant: "default", revoked: true, after: "", limit: 9) == [gone])
            #expect(try await store.vaultKeys(tenant: "default", revoked: false, after: "", limit: 9).isEmpty)
            #expect(try await store.addVaultKey(vaultKey("b"), seen: [seen("b")], audit: note(.vaultKeyGenerated, "b"), limit: 1))
            let actions = try await store.audit(tenant: "default", after: 0, limit: 99).map(\.entry.action)
            #expect(
                actions == [.vaultKeyGenerated] + Array(repeating: .vaultKeyRotated, count: 20) + [
                    .vaultKeyExchanged, .vaultKeyExchanged, .vaultKeyRevoked, .vaultKeyGenerated,
                ])
        }
    }
}
