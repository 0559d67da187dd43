import CryptoSuite
import Foundation
import Synchronization
import Testing
import Trust

/// Tenants' keys in memory, with a crash where a test wants one.
private final class KeyTable: TenantKeyTable {
    struct Crash: Error {}
    let keys = Mutex<[String: [WrappedTenantKey]]>([:])
    let crashes = Mutex(false)

    func keys(tenant: String) async throws -> [WrappedTenantKey] { keys.withLock { $0[tenant] ?? [] } }

    func add(_ key: WrappedTenantKey, tenant: String, replaces: Bool, by actor: String) async throws -> [WrappedTenantKey] {
        await Task.yield()
        return keys.withLock { keys in
            if !(keys[tenant] ?? []).contains(where: { $0.version == key.version }) { keys[tenant, default: []].append(key) }
            return keys[tenant] ?? []
        }
    }

    func rewrap(by actor: String, _ change: @escaping @Sendable (String, WrappedTenantKey) throws(SecretError) -> [UInt8]?) async throws {
        await Task.yield()
        if crashes.withLock({ $0 }) { throw Crash() }
        try keys.withLock { keys in
            for (tenant, list) in keys {
                keys[tenant] = try list.map { WrappedTenantKey(version: $0.version, envelope: try change(tenant, $0) ?? $0.envelope) }
            }
        }
    }
}

/// A store and what a restart of it would find.
private final class KeptStore: Sendable {
    let table = KeyTable()
    let saved: Mutex<MasterKeys>
    /// So many more saves succeed.
    let saves = Mutex(Int.max)

    init() { saved = Mutex(MasterKeys(random: .system)) }

    func open() -> SecretStore {
        SecretStore(masters: saved.withLock { $0 }, table: table, random: .system) { [self] keys in
            try saves.withLock { left in
                guard left > 0 else { throw KeyTable.Crash() }
                left -= 1
            }
            saved.withLock { $0 = keys }
        }
    }
}

@Suite struct SecretStoreTests {
    private let context = SecretContext(tenant: "default", purpose: "webhook-secret", id: "w", version: 1)

    private func isUnopenable(_ work: () async throws -> Void) async -> Bool {
        do { try await work() } catch SecretError.unopenable { return true } catch {}
        return false
    }

    @Test func whatIsSealedIsOpenedInItsContextOnly() async throws {
        let store = KeptStore().open()
        let envelope = try await store.seal([1, 2, 3], context)
        #expect(try await store.open(envelope, context).bytes == [1, 2, 3])
        #expect(try await store.seal([1, 2, 3], context) != envelope, "every envelope has a salt of its own")
        var others = [SecretContext](repeating: context, count: 4)
        others[0].tenant = "other"
        others[1].purpose = "webhook-secre"
        others[2].id = "t"
        others[3].version = 2
        _ = try await store.seal([9], others[0])
        for other in others { #expect(await isUnopenable { _ = try await store.open(envelope, other) }, "\(other)") }
        for index in envelope.indices {
            for bit in 0..<8 {
                var changed = envelope
                changed[index] ^= 1 << bit
                let found = changed
                #expect(await isUnopenable { _ = try await store.open(found, context) }, "byte \(index), bit \(bit)")
            }
        }
        for length in 0..<envelope.count { #expect(await isUnopenable { _ = try await store.open(Array(envelope.prefix(length)), context) }) }
        #expect(await isUnopenable { _ = try await store.open(envelope + [0], context) })
    }

    @Test func secretsAreNotInDescriptions() async throws {
        let keys = MasterKeys(random: .system)
        let secret = hexadecimal(keys.newest.secret.bytes)
        #expect(!"\(keys)".contains(secret) && !String(reflecting: keys).contains(secret))
        #expect("\(keys)".contains("<secret, 32 bytes>"))
    }

    @Test func aNewTenantKeySealsAndTheOldOneStillOpens() async throws {
        let kept = KeptStore()
        let store = kept.open()
        let before = try await store.seal([1], context)
        #expect(try await store.isCurrent(before, tenant: "default"))
        #expect(try await store.rotateTenantKey("default", by: "admin") == 2)
        let after = try await store.seal([2], context)
        for opener in [store, kept.open()] {
            #expect(try await opener.open(before, context).bytes == [1])
            #expect(try await opener.open(after, context).bytes == [2])
            #expect(try await !opener.isCurrent(before, tenant: "default"))
            #expect(try await opener.isCurrent(after, tenant: "default"))
        }
    }

    @Test func aNewMasterKeyOpensEverythingAndTheOldOneNothing() async throws {
        let kept = KeptStore()
        let old = kept.saved.withLock { $0 }
        let store = kept.open()
        let envelope = try await store.seal([1], context)
        try await store.rotateMasterKey(by: "admin")
        let new = kept.saved.withLock { $0 }
        #expect(new.keys.count == 1 && new.newest.number == 2 && new.newest.secret != old.newest.secret)
        #expect(try await kept.open().open(envelope, context).bytes == [1])
        let stale = SecretStore(masters: old, table: kept.table, random: .system) { _ in }
        #expect(await isUnopenable { _ = try await stale.open(envelope, context) })
        #expect(await isUnopenable { _ = try await stale.seal([1], context) }, "a key that cannot be opened is not replaced by another")
    }

    /// It dies after so many of the two saves, and with the table's transaction or without it; every restart opens everything, and goes on.
    @Test(arguments: [(0, false), (1, true), (1, false)])
    func aRotationThatIsCutLosesNothing(_ saves: Int, _ tableDies: Bool) async throws {
        let kept = KeptStore()
        let store = kept.open()
        let envelope = try await store.seal([1], context)
        kept.saves.withLock { $0 = saves }
        kept.table.crashes.withLock { $0 = tableDies }
        await #expect(throws: SecretError.self) { try await store.rotateMasterKey(by: "admin") }
        kept.saves.withLock { $0 = .max }
        kept.table.crashes.withLock { $0 = false }
        let next = kept.open()
        #expect(try await next.open(envelope, context).bytes == [1])
        try await next.settle()
        #expect(kept.saved.withLock { $0.keys.count } == 1)
        try await next.rotateMasterKey(by: "admin")
        let last = kept.open()
        try await last.settle()
        #expect(try await last.open(envelope, context).bytes == [1])
    }

    /// Tenants get their first keys while master keys come and go.
    @Test func keysThatAreMadeDuringRotationsAreNotLost() async throws {
        let kept = KeptStore()
        let store = kept.open()
        let sealed = try await withThrowingTaskGroup(of: (String, [UInt8])?.self) { group in
            for number in 0..<60 {
                let tenant = "t\(number % 20)"
                group.addTask { (tenant, try await store.seal([7], SecretContext(tenant: tenant, purpose: "p", id: "i", version: 1))) }
                if number % 10 == 0 {
                    group.addTask {
                        try await store.rotateMasterKey(by: "admin")
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let restarted = kept.open()
        for case (let tenant, let envelope)? in sealed {
            #expect(try await restarted.open(envelope, SecretContext(tenant: tenant, purpose: "p", id: "i", version: 1)).bytes == [7])
        }
        #expect(kept.saved.withLock { $0.newest.number } == 7)
    }

    // MARK: Files

    @Test(arguments: [nil, "correct horse"])
    func masterKeysAreKeptInAFile(_ text: String?) throws {
        let path = NSTemporaryDirectory() + "tutti-master-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let keys = MasterKeys(random: .system).rotated(random: .system)
        let passphrase = text.map { Secret(Array($0.utf8)) }
        try MasterKeyFile.write(keys, to: path, passphrase: passphrase, random: .system)
        let read = try MasterKeyFile.read(path, passphrase: passphrase)
        #expect(read.keys == keys && read.hasPassphrase == (text != nil))
        let content = try #require(FileManager.default.contents(atPath: path))
        #expect((content.range(of: Data(keys.newest.secret.bytes)) == nil) == (text != nil))
        guard text != nil else { return }
        for wrong in [nil, Secret(Array("correct hors".utf8))] {
            #expect(throws: TrustError.self) { _ = try MasterKeyFile.read(path, passphrase: wrong) }
        }
    }

    // MARK: Another implementation's

    private struct Vectors: Decodable {
        struct Sealed: Decodable {
            var name, tenant, purpose, id, version, key, salt, secret, envelope: String
            var kind: UInt8
            var number: UInt32
        }
        struct Files: Decodable {
            struct Key: Decodable {
                var number: UInt32
                var key: String
            }
            var keys: [Key]
            var plain, passphrase, with_passphrase: String
        }
        var envelopes: [Sealed]
        var files: Files
    }

    /// `Tests/Golden/make_secret_vectors.py`.
    private func vectors() throws -> Vectors {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "Golden/secrets/envelopes.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: path))
    }

    @Test func envelopesAreAsDescribed() throws {
        func raw(_ text: String) throws -> [UInt8] { try #require(bytes(hexadecimal: text)) }
        let vectors = try vectors()
        #expect(vectors.envelopes.count == 4)
        for one in vectors.envelopes {
            let context = SecretContext(tenant: one.tenant, purpose: one.purpose, id: one.id, version: try #require(UInt64(one.version)))
            let (key, envelope) = (Secret(try raw(one.key)), try raw(one.envelope))
            let kind = try #require(SecretEnvelope.Kind(rawValue: one.kind))
            #expect(
                try SecretEnvelope.seal(try raw(one.secret), kind, key: key, number: one.number, context, salt: try raw(one.salt)) == envelope, "\(one.name)")
            #expect(try SecretEnvelope.open(envelope, kind, key: key, number: one.number, context).bytes == raw(one.secret), "\(one.name)")
            #expect(throws: SecretError.self) { try SecretEnvelope.open(envelope, kind, key: key, number: one.number ^ 1, context) }
        }
    }

    @Test func filesAreAsDescribed() throws {
        let files = try vectors().files
        let path = NSTemporaryDirectory() + "tutti-master-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        for (content, passphrase) in [(files.plain, nil), (files.with_passphrase, Secret(Array(files.passphrase.utf8)))] {
            try SecretFile.write(try #require(bytes(hexadecimal: content)), to: path)
            let keys = try MasterKeyFile.read(path, passphrase: passphrase).keys
            #expect(keys.keys.map(\.number) == files.keys.map(\.number))
            #expect(keys.keys.map { hexadecimal($0.secret.bytes) } == files.keys.map(\.key))
        }
    }
}
