import CryptoSuite
import Federation
import Foundation
import KeyVault
import Platform
import Storage
import Testing
import Trust

@Suite struct MessageTests {
    @Test(arguments: ["kyber_1024", "ml_kem_768", "x_wing"])
    func whatIsSealedOpensWithItsAdditionalDataAlone(_ algorithm: String) async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate(algorithm)
            for (plain, compresses) in [([1, 2, 3, 4, 5], false), ([], false), ([], true), ([UInt8](repeating: 7, count: 100_000), true)] as [([UInt8], Bool)] {
                let sealed = try await world.vault.seal(plain, key: key.id, additional: [9], compresses: compresses, tenant: "one", actor: "a", now: start)
                    .message
                if !compresses {
                    #expect(sealed.bytes.count == key.algorithm.encapsulatedBytes + plain.count + 16 && sealed.compressionRatio == 1)
                }
                if plain.count > 5 { #expect(sealed.compressionRatio < 0.01 && sealed.compressionRatio > 0) }
                #expect(sealed.nonce.count == 12 && sealed.version == 1 && sealed.integrity.count == 32)
                let opened = try await world.vault.open(sealed.bytes, key: key.id, additional: [9], tenant: "one", actor: "a", now: start).message
                #expect(opened.bytes == plain && opened.version == 1 && opened.wasCompressed == compresses)
                #expect(await refusal { _ = try await world.vault.open(sealed.bytes, key: key.id, tenant: "one", actor: "a", now: start) } == .unopenable)
                // Two of one content differ.
                let again = try await world.vault.seal(plain, key: key.id, additional: [9], compresses: compresses, tenant: "one", actor: "a", now: start)
                    .message
                #expect(again.bytes != sealed.bytes && again.nonce != sealed.nonce)
            }
        }
    }

    /// Whoever has the public key seals with plain HPKE.
    @Test func whoeverHasThePublicKeySealsToIt() async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate("kyber_1024")
            let exported = try await world.vault.exportPublic(key.id, tenant: "one")
            let other = try KeyDocuments.publicKey(pem: KeyDocuments.publicPEM(exported.publicKey))
            let sealed = try HPKE.seal(Array("hello".utf8), to: other, info: [], additional: [])
            #expect(sealed.bytes.count == 1_589)
            #expect(try await world.vault.open(sealed.bytes, key: key.id, tenant: "one", actor: "a", now: start).message.bytes == Array("hello".utf8))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func everyFlippedByteIsTheSameRefusal(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("ml_kem_768") { $0.metadata = ["application": "x"] }
            let sealed = try await world.vault.seal(Array("secret".utf8), key: key.id, additional: [1], tenant: "one", actor: "a", now: start).message.bytes
            // Each byte of the cipher text, and some of the encapsulated secret.
            for place in stride(from: 0, to: key.algorithm.encapsulatedBytes, by: 37) + Array(key.algorithm.encapsulatedBytes..<sealed.count) {
                var bad = sealed
                bad[place] ^= 1 << UInt8(place % 8)
                #expect(
                    await refusal { _ = try await world.vault.open(bad, key: key.id, additional: [1], tenant: "one", actor: "a", now: start) } == .unopenable)
            }
            for count in [0, 1, key.algorithm.encapsulatedBytes, sealed.count - 1] {
                let bad = Array(sealed[..<count])
                #expect(
                    await refusal { _ = try await world.vault.open(bad, key: key.id, additional: [1], tenant: "one", actor: "a", now: start) } == .unopenable)
            }
            // The record: whoever can write the table cannot make it another key.
            let changes: [(inout VaultKeyRecord) -> Void] = [
                { $0.validity = "2 years" }, { $0.askedAlgorithm = "kyber_768" }, { $0.isBackedUp = true }, { $0.tokenID = "x" },
                { $0.metadata = ["application": "y"] }, { $0.metadata = [:] }, { $0.createdAt.milliseconds += 1 }, { $0.versions[0].number = 2 },
                { $0.versions[0].createdAt.milliseconds += 1 }, { $0.versions[0].expiresAt.milliseconds += 1 }, { $0.versions[0].publicKey[5] ^= 1 },
            ]
            for (number, change) in changes.enumerated() {
                try await Self.changed(world, key, change) {
                    #expect(
                        await refusal { _ = try await world.vault.open(sealed, key: key.id, additional: [1], tenant: "one", actor: "a", now: start) }
                            == .unopenable,
                        "\(number)")
                    #expect(
                        await refusal { _ = try await world.vault.seal([1], key: key.id, tenant: "one", actor: "a", now: start) } == .unopenable, "\(number)")
                    #expect(await refusal { _ = try await world.vault.exportPublic(key.id, tenant: "one") } == .unopenable, "\(number)")
                }
            }
            for place in key.newest.envelope.indices {
                try await Self.changed(world, key, { $0.versions[0].envelope[place] ^= 0x40 }) {
                    #expect(
                        await refusal { _ = try await world.vault.open(sealed, key: key.id, additional: [1], tenant: "one", actor: "a", now: start) }
                            == .unopenable)
                }
            }
            #expect(
                try await world.vault.open(sealed, key: key.id, additional: [1], tenant: "one", actor: "a", now: start).message.bytes == Array("secret".utf8))
        }
    }

    /// With another record in its place for a while.
    private static func changed(
        _ world: Vault, _ key: VaultKey, _ change: (inout VaultKeyRecord) -> Void, _ work: () async throws -> Void
    ) async throws {
        func put(_ record: VaultKeyRecord) async throws {
            _ = try await world.store.changeVaultKey(key.id, tenant: "one") { _ in
                (record, nil, AuditRecord(at: start, action: .vaultKeyRotated, actor: "thief", subject: key.id))
            }
        }
        var record = key.record
        change(&record)
        #expect(record != key.record)
        try await put(record)
        try await work()
        try await put(key.record)
    }

    @Test(arguments: StoreKind.allCases)
    func olderVersionsOpenUntilTheyAreGivenUp(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("x_wing")
            func seal() async throws -> SealedMessage { try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start).message }
            func open(_ message: SealedMessage, _ version: Int? = nil) async throws -> Int {
                try await world.vault.open(message.bytes, key: key.id, version: version, tenant: "one", actor: "a", now: start).message.version
            }
            let first = try await seal()
            let second = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start)
            #expect(second.newest.number == 2 && second.newest.publicKey != key.newest.publicKey && second.minVersion == 1)
            let newer = try await seal()
            #expect(newer.version == 2)
            #expect(try await open(first) == 1)
            #expect(try await open(newer) == 2)
            #expect(try await open(first, 1) == 1)
            #expect(await refusal { _ = try await open(first, 2) } == .unopenable)
            #expect(await field { _ = try await open(first, 3) } == "key_version")
            for bad in [0, 4] {
                let problem = await field { _ = try await world.vault.rotate(key.id, minVersion: bad, tenant: "one", actor: "admin", now: start) }
                #expect(problem == "min_version")
            }
            let third = try await world.vault.rotate(key.id, minVersion: 2, tenant: "one", actor: "admin", now: start)
            #expect(third.minVersion == 2 && third.newest.number == 3)
            #expect(await refusal { _ = try await open(first) } == .unopenable)
            #expect(try await open(newer) == 2)
            #expect(try await world.actions() == [.vaultKeyGenerated, .vaultKeyRotated, .vaultKeyRotated])
        }
    }

    @Test func aKeyHasSoManyVersionsAndNoMore() async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate("x_wing")
            for _ in 1..<VaultLimits.versionsMax { _ = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start) }
            #expect(await field { _ = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start) } == "min_version")
            let next = try await world.vault.rotate(key.id, minVersion: 20, tenant: "one", actor: "admin", now: start)
            #expect(next.newest.number == VaultLimits.versionsMax + 1 && next.record.versions.count == VaultLimits.versionsMax - 18)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anExpiredKeyOpensAndARevokedOneDoesNot(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let validity = try KeyValidity("1 day")
            let key = try await world.generate("ml_kem_1024") { $0.validity = validity }
            let signing = try await world.generate("ml_dsa_65") { $0.validity = validity }
            let late = start.adding(seconds: 86_400)
            let just = Instant(milliseconds: late.milliseconds - 1)
            func isUnusable(_ work: () async throws -> Void) async -> Bool {
                if case .unusable? = await refusal(work) { return true }
                return false
            }
            let sealed = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: just).message.bytes
            let signature = try await world.vault.sign([7], key: signing.id, tenant: "one", actor: "a", now: just).signature
            #expect(await isUnusable { _ = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: late) })
            #expect(await isUnusable { _ = try await world.vault.sign([7], key: signing.id, tenant: "one", actor: "a", now: late) })
            #expect(try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: late).message.bytes == [7])
            #expect(try await world.vault.verify(signature, of: [7], key: signing.id, tenant: "one", now: late).version == 1)
            _ = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: late)
            #expect(try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: late).message.version == 2)

            let gone = try await world.vault.revoke(key.id, reason: "lost", tenant: "one", actor: "admin", now: late)
            #expect(gone.state(at: start) == .revoked && gone.record.versions.allSatisfy { $0.envelope.isEmpty } && gone.record.revokedReason == "lost")
            _ = try await world.vault.revoke(key.id, reason: "again", tenant: "one", actor: "admin", now: late)
            _ = try await world.vault.revoke(signing.id, reason: nil, tenant: "one", actor: "admin", now: late)
            let deeds: [() async throws -> Void] = [
                { _ = try await world.vault.open(sealed, key: key.id, tenant: "one", actor: "a", now: start) },
                { _ = try await world.vault.seal([7], key: key.id, tenant: "one", actor: "a", now: start) },
                { _ = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start) },
                { _ = try await world.vault.exportPublic(key.id, tenant: "one") },
                { _ = try await world.vault.verify(signature, of: [7], key: signing.id, tenant: "one", now: start) },
            ]
            for deed in deeds { #expect(await isUnusable(deed)) }
            #expect(
                try await world.actions() == [.vaultKeyGenerated, .vaultKeyGenerated, .vaultKeyRotated, .vaultKeyRevoked, .vaultKeyRevoked])
        }
    }

    @Test func signaturesAreOfOneKeyMessageAndContext() async throws {
        try await Vault.with(.memory) { world in
            let key = try await world.generate("dilithium_5")
            let other = try await world.generate("dilithium_5")
            let signature = try await world.vault.sign([1, 2], key: key.id, context: [3], tenant: "one", actor: "a", now: start).signature
            func version(_ signature: [UInt8], _ message: [UInt8] = [1, 2], _ context: [UInt8] = [3], _ id: String? = nil) async throws -> Int? {
                try await world.vault.verify(signature, of: message, key: id ?? key.id, context: context, tenant: "one", now: start).version
            }
            #expect(try await version(signature) == 1)
            #expect(try await version(signature, [1]) == nil)
            #expect(try await version(signature, [1, 2], []) == nil)
            #expect(try await version(signature, [1, 2], [3], other.id) == nil)
            #expect(try await version([]) == nil)
            _ = try await world.vault.rotate(key.id, tenant: "one", actor: "admin", now: start)
            #expect(try await version(signature) == 1)
            let long = [UInt8](repeating: 0, count: 256)
            #expect(await field { _ = try await world.vault.sign([1], key: key.id, context: long, tenant: "one", actor: "a", now: start) } == "context")
            let kem = try await world.generate("x_wing")
            for (id, deed) in [
                (kem.id, { _ = try await world.vault.sign([1], key: $0, tenant: "one", actor: "a", now: start) }),
                (key.id, { _ = try await world.vault.seal([1], key: $0, tenant: "one", actor: "a", now: start) }),
            ] as [(String, (String) async throws -> Void)] {
                guard case .wrongUse(id, _)? = await refusal({ try await deed(id) }) else {
                    Issue.record("\(id) was used for what it is not for")
                    continue
                }
            }
            let exchanging = try await world.generate("x_wing", .keyExchange)
            guard case .wrongUse? = await refusal({ _ = try await world.vault.seal([1], key: exchanging.id, tenant: "one", actor: "a", now: start) }) else {
                Issue.record("a key for exchanges seals")
                return
            }
        }
    }

    /// Seeds are nowhere in the folder, and another master key opens nothing.
    @Test func whatLiesOnTheDiskIsSealed() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vault-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let masters = MasterKeys(random: .system)
        var store = try SQLiteStore(folder: folder, suite: .system)
        var seeds: [[UInt8]] = []
        let drawn = Drawn()
        let random = RandomSource { count in drawn.bytes(count) }
        let secrets = SecretStore(masters: masters, table: StoredTenantKeys(store: store) { start }, random: .system) { _ in }
        let vault = KeyVault(store: store, secrets: secrets, random: random, token: .software)
        var keys: [VaultKey] = []
        for algorithm in ["kyber_1024", "x_wing", "ml_dsa_87"] {
            keys.append(try await vault.generate(VaultKeyRequest(algorithm: algorithm), tenant: "one", actor: "admin", now: start))
        }
        seeds = drawn.all.filter { $0.count >= 32 }
        #expect(seeds.count == 3)
        let sealed = try await vault.seal([7], key: keys[0].id, tenant: "one", actor: "a", now: start).message.bytes
        await store.close()
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            guard let content = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            for seed in seeds {
                #expect(content.range(of: Data(seed)) == nil && content.range(of: Data(seed[..<16])) == nil, "\(name)")
                // As a list of numbers in JSON.
                #expect(content.range(of: Data(seed[..<16].map { "\($0)" }.joined(separator: ",").utf8)) == nil, "\(name)")
            }
        }
        store = try SQLiteStore(folder: folder, suite: .system)
        let again = Vault(store, masters: masters)
        #expect(try await again.vault.open(sealed, key: keys[0].id, tenant: "one", actor: "a", now: start).message.bytes == [7])
        let other = Vault(store)
        #expect(await refusal { _ = try await other.vault.open(sealed, key: keys[0].id, tenant: "one", actor: "a", now: start) } == .unopenable)
        await store.close()
    }
}
