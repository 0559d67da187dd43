import CryptoSuite
import Federation
import Foundation
import KeyVault
import PKCS11
import Storage
import Testing
import Trust

/// Keys that were asked to lie in a module.
@Suite struct ModuleTests {
    private let phrase = Secret(Array("correct horse battery".utf8))

    private func isGone(_ error: KeyVaultError?) -> Bool {
        guard case .tokenGone? = error else { return false }
        return true
    }

    @Test(arguments: StoreKind.allCases)
    func withoutItsTokenAKeyOpensNothing(_ kind: StoreKind) async throws {
        let token = MemoryToken()
        try await Vault.with(kind, token: .module(token)) { world in
            let key = try await world.generate("kyber_1024") { $0.asksForHardware = true }
            #expect(key.isInModule && key.isInHardware && key.record.tokenID == "pkcs11:token=t;serial=1;id=%01%02;type=secret-key")
            let plain = try await world.generate("x_wing")
            #expect(!plain.isInModule && plain.record.tokenID == nil)
            let sealed = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            let rotated = try await world.vault.rotate(key.id, tenant: "one", actor: "a", now: start)
            #expect(rotated.isInHardware)
            #expect(try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == [7])
            token.pull()
            #expect(isGone(await refusal { _ = try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start) }))
            #expect(isGone(await refusal { _ = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start) }))
            #expect(isGone(await refusal { _ = try await world.generate("kyber_1024") { $0.asksForHardware = true } }))
            // The others do without.
            _ = try await world.vault.seal([7], key: plain.id, tenant: "one", actor: "a", now: start)
            token.push()
            #expect(try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == [7])
            let actions = try await world.actions()
            #expect(actions.count { $0 == .vaultKeyGenerated } == 2)
        }
    }

    @Test func anotherTokenOrNoneOpensNothing() async throws {
        let masters = MasterKeys(random: .system)
        let store = MemoryStore(suite: .system)
        let world = Vault(store, .module(MemoryToken()), masters: masters)
        let key = try await world.generate("ml_kem_768") { $0.asksForHardware = true }
        let sealed = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
        let other = Vault(store, .module(MemoryToken()), masters: masters)
        #expect(await refusal { _ = try await other.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start) } == .unopenable)
        for token in [KeyToken.software, .none] {
            let without = Vault(store, token, masters: masters)
            #expect(isGone(await refusal { _ = try await without.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start) }))
        }
        // Nor does somebody who writes the table and calls it a key of software.
        _ = try await store.changeVaultKey(key.id, tenant: "one") { record in
            var record = record
            (record.tokenID, record.tokenKind) = (nil, nil)
            return (record, nil, AuditRecord(at: start, action: .vaultKeyRotated, by: "x", of: record.id))
        }
        #expect(await refusal { _ = try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start) } == .unopenable)
    }

    @Test func whatIsSoftwareIsCalledSo() async throws {
        try await Vault.with(.memory, token: .module(MemoryToken(isHardware: false))) { world in
            let key = try await world.generate("ml_dsa_87") { $0.asksForHardware = true }
            #expect(key.isInModule && !key.isInHardware && key.record.tokenKind == "software")
            let signature = try await world.vault.sign([1], key: key.id, tenant: "one", actor: "a", now: start).signature
            #expect(try await world.vault.verify(signature, of: [1], key: key.id, tenant: "one", now: start).version == 1)
        }
        try await Vault.with(.memory, token: .none) { world in
            #expect(await refusal { _ = try await world.generate("x_wing") { $0.asksForHardware = true } } == .noHardware)
        }
    }

    @Test func anExportComesToLieWhereKeysLieThere() async throws {
        try await Vault.with(.memory, token: .module(MemoryToken())) { world in
            let key = try await world.generate("ml_kem_768") { ($0.asksForHardware, $0.isBackedUp) = (true, true) }
            let sealed = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            let bytes = try await world.vault.export(key.id, passphrase: phrase, tenant: "one", actor: "a", now: start)
            try await Vault.with(.memory, token: .module(MemoryToken(isHardware: false))) { other in
                let found = try await other.vault.restore(bytes, passphrase: phrase, tenant: "one", actor: "a", now: start)
                #expect(found.isInModule && !found.isInHardware)
                #expect(try await other.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == [7])
            }
            try await Vault.with(.memory, token: .none) { other in
                let refused = await refusal { _ = try await other.vault.restore(bytes, passphrase: phrase, tenant: "one", actor: "a", now: start) }
                #expect(refused == .noHardware)
            }
        }
    }
}
