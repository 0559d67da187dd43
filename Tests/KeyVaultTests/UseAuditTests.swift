import CryptoSuite
import Federation
import KeyVault
import Storage
import Testing

/// Every use of a key is an entry that says who did what with which version, and nothing of the content.
@Suite struct UseAuditTests {
    private func uses(_ world: Vault) async throws -> [AuditRecord] {
        try await world.store.audit(tenant: "one", after: 0, limit: 1000).map(\.entry).filter { $0.action == .vaultKeyUsed }
    }

    @Test(arguments: StoreKind.allCases) func everyUseIsWrittenDown(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let (sealing, signing) = (try await world.generate("ml_kem_768"), try await world.generate("ml_dsa_65"))
            let plain = Array("a word that is nowhere else".utf8)
            let sealed = try await world.vault.seal(plain, key: sealing.id, tenant: "one", actor: "alice", now: start).message.bytes
            _ = try await world.vault.rotate(sealing.id, tenant: "one", actor: "admin", now: start)
            _ = try await world.vault.open(sealed, key: sealing.id, tenant: "one", actor: "bob", now: start)
            let signature = try await world.vault.sign(plain, key: signing.id, tenant: "one", actor: "carol", now: start).signature
            let entries = try await uses(world)
            #expect(entries.map(\.subject) == [sealing.id, sealing.id, signing.id] && entries.map(\.actor) == ["alice", "bob", "carol"])
            #expect(entries.map { $0.details["operation"] } == ["encrypt", "decrypt", "sign"])
            // What an older version sealed was opened by that one.
            #expect(entries.map { $0.details["version"] } == ["1", "1", "1"])
            #expect(entries.allSatisfy { $0.resourceType == "vault_key" && Set($0.details.keys) == ["operation", "version", "algorithm"] })
            _ = try await world.vault.seal(plain, key: sealing.id, tenant: "one", actor: "alice", now: start)
            #expect(try await uses(world).last?.details["version"] == "2")
            #expect(!"\(try await uses(world))".contains("nowhere else") && !signature.isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func whatIsRefusedIsNoUse(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("ml_kem_768")
            let sealed = try await world.vault.seal([1], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            #expect(await refusal { _ = try await world.vault.open(sealed, key: key.id, tenant: "two", actor: "b", now: start) } == .unknownKey(key.id))
            #expect(
                await refusal { _ = try await world.vault.open([9] + sealed.dropFirst(), key: key.id, tenant: "one", actor: "b", now: start) } == .unopenable)
            _ = try await world.vault.revoke(key.id, reason: nil, tenant: "one", actor: "a", now: start)
            guard case .unusable? = await refusal({ _ = try await world.vault.seal([1], key: key.id, tenant: "one", actor: "a", now: start) }) else {
                Issue.record("a revoked key was used")
                return
            }
            #expect(try await uses(world).count == 1)
        }
    }

    @Test func anExchangeNamesItsOperation() async throws {
        try await Vault.with(.memory) { world in
            let own = try privateKey(.mlKEM768).publicKey
            let request = ExchangeRequest(initiator: "a", responder: "b", publicKey: KeyDocuments.publicPEM(own))
            _ = try await world.vault.exchange(request, caller: "b", mayNameAny: false, tenant: "one", now: start)
            let entry = try await world.store.audit(tenant: "one", after: 0, limit: 9).map(\.entry).first { $0.action == .vaultKeyExchanged }
            #expect(entry?.details["operation"] == "key_exchange" && entry?.details["algorithm"] == "ml_kem_768" && entry?.actor == "b")
        }
    }
}
