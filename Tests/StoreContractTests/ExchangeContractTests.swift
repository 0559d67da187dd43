import Federation
import Storage
import Testing

func keyExchange(
    _ id: String, tenant: String = "default", fingerprint: [UInt8] = [1], transcript: [UInt8]? = nil, seconds: Double = 60
) -> KeyExchangeRecord {
    KeyExchangeRecord(
        id: id, tenant: tenant, initiator: "a", responder: "b", algorithm: "ml_kem_768", fingerprint: fingerprint, encapsulated: [2], confirmation: [3],
        authentication: "mutual", transcript: transcript, createdAt: now, expiresAt: now.adding(seconds: seconds))
}

private func party(_ id: String, tenant: String = "default", key: UInt8 = 1) -> ExchangePartyRecord {
    ExchangePartyRecord(tenant: tenant, id: id, algorithm: "ml_dsa_65", publicKey: [key], registeredAt: now)
}

/// Exchanges and their parties, whatever the store is made of.
@Suite struct ExchangeContractTests {
    @Test(arguments: StoreKind.allCases)
    func aPublicKeyIsNewOnceAndATranscriptToo(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            func add(_ exchange: KeyExchangeRecord, before: Instant = now, exchanges: Int = 6) async throws -> AddedExchange {
                try await store.addExchange(
                    exchange, forgetting: before, audit: note(.vaultKeyExchanged, exchange.id), limits: ExchangeLimits(exchanges: exchanges, seen: 2))
            }
            var found: [AddedExchange] = []
            for (i, fingerprint) in ([[1], [1], [2], [3], [2]] as [[UInt8]]).enumerated() {
                found.append(try await add(keyExchange("\(i)", fingerprint: fingerprint, transcript: i == 0 ? [9] : nil)))
            }
            #expect(found == [.added(.new), .added(.known), .added(.new), .added(.tooMany), .added(.known)])
            #expect(try await add(keyExchange("r", transcript: [9])) == .repeated)
            #expect(try await add(keyExchange("t", tenant: "two", transcript: [9])) == .added(.new))
            #expect(try await add(keyExchange("l"), exchanges: 5) == .tooMany)
            // Those that ended long ago make room, and another tenant's stay.
            #expect(try await add(keyExchange("n", seconds: 900), before: now.adding(seconds: 61), exchanges: 1) == .added(.known))
            #expect(try await store.exchange("0", tenant: "default") == nil)
            #expect(try await store.exchange("t", tenant: "two") != nil)
            // What was refused left nothing.
            #expect(try await store.audit(tenant: "default", after: 0, limit: 99).map(\.entry.subject) == ["0", "1", "2", "3", "4", "n"])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anExchangeIsItsTenantsAndChangesWhole(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            let made = keyExchange("x", transcript: [4])
            _ = try await store.addExchange(
                made, forgetting: now, audit: note(.vaultKeyExchanged, "x"), limits: ExchangeLimits(exchanges: 9, seen: 9))
            #expect(try await store.exchange("x", tenant: "default") == made)
            #expect(try await store.exchange("x", tenant: "two") == nil)
            #expect(try await store.changeExchange("x", tenant: "two") { ($0, nil) } == nil)
            #expect(try await store.changeExchange("x", tenant: "default") { _ in nil } == made)
            let over = try await store.changeExchange("x", tenant: "default") { exchange in
                var next = exchange
                next.isOver = true
                return (next, note(.vaultExchangeConfirmed, "x"))
            }
            #expect(over?.isOver == true)
            #expect(try await store.exchange("x", tenant: "default") == over)
            #expect(try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action) == [.vaultKeyExchanged, .vaultExchangeConfirmed])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func partiesAreTheirTenants(_ kind: StoreKind) async throws {
        try await withEach(kind) { store in
            func put(_ party: ExchangePartyRecord) async throws -> Bool {
                try await store.putParty(party, audit: note(.vaultPartyRegistered, party.id), limit: 2)
            }
            for id in ["b", "a"] { #expect(try await put(party(id))) }
            #expect(try await put(party("c")) == false)
            #expect(try await put(party("a", key: 2)))
            #expect(try await put(party("a", tenant: "two", key: 3)))
            #expect(try await store.party("a", tenant: "default")?.publicKey == [2])
            #expect(try await store.party("a", tenant: "two")?.publicKey == [3])
            #expect(try await store.parties(tenant: "default", after: "", limit: 9).map(\.id) == ["a", "b"])
            #expect(try await store.parties(tenant: "default", after: "a", limit: 9).map(\.id) == ["b"])
            #expect(try await store.parties(tenant: "default", after: "", limit: -1).isEmpty)
            #expect(try await store.removeParty("b", tenant: "two", audit: note(.vaultPartyRemoved, "b")) == false)
            #expect(try await store.removeParty("b", tenant: "default", audit: note(.vaultPartyRemoved, "b")))
            #expect(try await store.parties(tenant: "default", after: "", limit: 9).map(\.id) == ["a"])
            let actions = try await store.audit(tenant: "default", after: 0, limit: 9).map(\.entry.action)
            #expect(actions == Array(repeating: .vaultPartyRegistered, count: 3) + [.vaultPartyRemoved])
        }
    }
}
