import CryptoSuite
import Federation
import Foundation
import KeyVault
import Storage
import Testing

@Suite struct BackupTests {
    private let phrase = Secret(Array("correct horse battery".utf8))

    /// The drill: everything is lost but the export and the passphrase.
    @Test(arguments: StoreKind.allCases)
    func anExportedKeyOpensWhatItSealedInANewVault(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("kyber_1024") { ($0.isBackedUp, $0.metadata) = (true, ["application": "a"]) }
            let first = try await world.vault.seal([1], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            let rotated = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start)
            let second = try await world.vault.seal([2], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            let bytes = try await world.vault.export(key.id, passphrase: phrase, tenant: "one", actor: "admin", now: start)
            try await Vault.with(kind) { other in
                let found = try await other.vault.restore(bytes, passphrase: phrase, tenant: "one", actor: "admin", now: start)
                #expect(found.id == key.id && found.newest.publicKey == rotated.newest.publicKey && found.record.metadata == ["application": "a"])
                #expect(try await other.vault.open(first, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == [1])
                #expect(try await other.vault.open(second, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == [2])
                // It is there; and once it is revoked, it does not come back.
                for _ in 1...2 {
                    guard
                        case .unusable? = await refusal({
                            _ = try await other.vault.restore(bytes, passphrase: phrase, tenant: "one", actor: "admin", now: start)
                        })
                    else {
                        Issue.record("a key was restored over itself")
                        return
                    }
                    _ = try await other.vault.revoke(key.id, reason: nil, tenant: "one", actor: "admin", now: start)
                }
                #expect(try await other.actions() == [.vaultKeyRestored, .vaultKeyRevoked])
            }
            #expect(try await world.actions() == [.vaultKeyGenerated, .vaultKeyRotated, .vaultKeyExported])
        }
    }

    @Test func whatIsNotMeantToLeaveStays() async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate("x_wing")
            guard case .unusable? = await refusal({ _ = try await world.vault.export(key.id, passphrase: phrase, tenant: "one", actor: "a", now: start) })
            else {
                Issue.record("a key left that was not made for it")
                return
            }
            let short = Secret(Array("short".utf8))
            #expect(await field { _ = try await world.vault.export(key.id, passphrase: short, tenant: "one", actor: "a", now: start) } == "passphrase")
            #expect(try await world.actions() == [.vaultKeyGenerated])
        }
    }

    @Test func aChangedExportOpensNothing() async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate("ml_dsa_65") { $0.isBackedUp = true }
            let bytes = try await world.vault.export(key.id, passphrase: phrase, tenant: "one", actor: "a", now: start)
            func restore(_ bytes: [UInt8], _ phrase: Secret, _ tenant: String = "one") async -> KeyVaultError? {
                await refusal {
                    try await Vault.with(.memory) { _ = try await $0.vault.restore(bytes, passphrase: phrase, tenant: tenant, actor: "a", now: start) }
                }
            }
            #expect(await restore(bytes, Secret(Array("another passphrase".utf8))) == .unopenable)
            #expect(await restore(bytes, phrase, "two") == .unopenable)
            let text = String(decoding: bytes, as: UTF8.self)
            // Each is refused before a passphrase is stretched, but for the last ones.
            for (old, new) in [
                ("\"ml_dsa_65\"", "\"ml_dsa_87\""), ("\"1 year\"", "\"2 years\""), ("\"logN\":17", "\"logN\":18"), ("\"logN\":17", "\"logN\":1"),
                ("\"signing\"", "\"encryption\""), ("\"number\":1", "\"number\":9223372036854775807"), ("1758506403000", "-9223372036854775808"),
                ("1758506403000", "9223372036854775807"), (#"tutti.vault-key\/1"#, #"tutti.vault-key\/2"#), ("\"number\":1", "\"number\":2"),
            ] {
                #expect(text.contains(old))
                #expect(await restore(Array(text.replacingOccurrences(of: old, with: new).utf8), phrase) == .unopenable, "\(old) \(new)")
            }
            for count in [0, 1, bytes.count / 2] { #expect(await restore(Array(bytes[..<count]), phrase) == .unopenable) }
            #expect(await restore(bytes, phrase) == nil)
        }
    }
}
