import CryptoSuite
import Federation
import KeyVault
import Storage
import Testing
import Trust

@Suite struct ExchangeTests {
    private func pair(_ algorithm: KeyAlgorithm) throws -> PrivateKey {
        try PrivateKey(algorithm, seed: Secret(RandomSource.system.bytes(algorithm.seedBytes)))
    }

    private func ask(_ world: Vault, _ key: PublicKey, tenant: String = "one", _ change: (inout ExchangeRequest) -> Void = { _ in }) async throws -> Exchange {
        var request = ExchangeRequest(initiator: "party-a", responder: "party-b", publicKey: KeyDocuments.publicPEM(key))
        change(&request)
        return try await world.vault.exchange(request, caller: "party-b", mayNameAny: false, tenant: tenant, now: start)
    }

    @Test(arguments: [KeyAlgorithm.mlKEM768, .mlKEM1024, .xWing])
    func bothEndWithOneSecret(_ algorithm: KeyAlgorithm) async throws {
        try await Vault.with(.memory) { world in
            let own = try pair(algorithm)
            let first = try await ask(world, own.publicKey)
            let shared = try own.decapsulate(first.encapsulated)
            let info = KeyVault.exchangeInfo(initiator: "party-a", responder: "party-b", session: first.session)
            #expect(info == first.info && KeyVault.exchangeSecret(shared, info: info) == first.secret && first.secret.count == 32)
            #expect(shared != first.secret && first.expiresAt == start.adding(seconds: 3600) && first.algorithm == algorithm)
            // Other parties, another secret: also where their names run together.
            let others = [("party-ap", "arty-b"), ("party-b", "party-a")].map {
                KeyVault.exchangeSecret(shared, info: KeyVault.exchangeInfo(initiator: $0.0, responder: $0.1, session: first.session))
            }
            #expect(others.allSatisfy { $0 != first.secret })
            #expect(try await ask(world, own.publicKey).secret != first.secret)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aKeyIsFreshOnce(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let own = try pair(.mlKEM1024).publicKey
            #expect(try await ask(world, own).seen == .new)
            #expect(try await ask(world, own).seen == .known)
            #expect(try await ask(world, own, tenant: "two").seen == .new)
            // A key of the vault stays where it is: whoever has it later opens all that was sent to it.
            let stored = try await world.generate("kyber_1024", .keyExchange)
            #expect(try await ask(world, stored.publicKey).seen == .known)
            let rotated = try await world.vault.rotate(stored.id, tenant: "one", actor: "admin", now: start)
            #expect(try await ask(world, rotated.publicKey).seen == .known)
            let actions = try await world.actions()
            #expect(actions.count { $0 == .vaultKeyExchanged } == 4)
            let entries = try await world.store.audit(tenant: "one", after: 0, limit: 99)
            #expect(entries.allSatisfy { !"\($0.entry.details)".contains("secret") })
        }
    }

    @Test func whatCannotBeIsRefusedBeforeWhoAsks() async throws {
        try await Vault.with(.memory) { world in
            let own = try pair(.xWing).publicKey
            let signing = try await world.generate("ml_dsa_65").publicKey
            let cut = "-----BEGIN PUBLIC KEY-----\n..."
            for text in [cut, "", String(KeyDocuments.publicPEM(own).dropLast(60)), KeyDocuments.publicPEM(signing)] {
                #expect(
                    await field { _ = try await ask(world, own) { ($0.publicKey, $0.responder) = (text, "somebody") } } == "public_key", "\(text.prefix(60))")
            }
            #expect(await field { _ = try await ask(world, own) { $0.initiator = "" } } == "initiator_id")
            #expect(await field { _ = try await ask(world, own) { $0.responder = String(repeating: "x", count: 129) } } == "responder_id")
            for seconds in [0, 86_401] {
                #expect(await field { _ = try await ask(world, own) { $0.timeoutSeconds = seconds } } == "session_parameters.session_timeout")
            }
            guard case .forbidden? = await refusal({ _ = try await ask(world, own) { $0.responder = "somebody" } }) else {
                Issue.record("a secret was given to another one")
                return
            }
            #expect(try await world.actions().count { $0 == .vaultKeyExchanged } == 0)
            let request = ExchangeRequest(initiator: "a", responder: "somebody", publicKey: KeyDocuments.publicPEM(own))
            _ = try await world.vault.exchange(request, caller: "admin", mayNameAny: true, tenant: "one", now: start)
        }
    }
}
