import Federation
import Foundation
import KeyVault
import Storage
import Testing

@Suite struct KeyTests {
    @Test func validityGoesByTheCalendar() throws {
        func end(_ text: String, _ from: String) throws -> String {
            let format = Date.ISO8601FormatStyle()
            let start = Instant(milliseconds: Int64(try format.parse(from).timeIntervalSince1970) * 1000 + 7)
            let end = try KeyValidity(text).end(from: start)
            #expect(end.milliseconds % 1000 == 7)
            return Date(timeIntervalSince1970: Double(end.milliseconds / 1000)).formatted(format)
        }
        for (text, from, to) in [
            ("1 year", "2025-09-22T02:00:03Z", "2026-09-22T02:00:03Z"), ("1 month", "2025-01-31T00:00:00Z", "2025-02-28T00:00:00Z"),
            ("13 months", "2024-01-31T00:00:00Z", "2025-02-28T00:00:00Z"), ("1 year", "2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z"),
            ("1 day", "2025-12-31T23:59:59Z", "2026-01-01T23:59:59Z"), ("10 years", "2025-09-22T02:00:03Z", "2035-09-22T02:00:03Z"),
            ("1 days", "2025-01-01T00:00:00Z", "2025-01-02T00:00:00Z"),
        ] { #expect(try end(text, from) == to, "\(text)") }
        for text in [
            "", "1", "year", "0 days", "01 day", "3654 days", "121 months", "11 years", "1 week", "-1 day", "+1 day", "1  day", "1 day ", "1.5 years", "１ day",
            "99999999999999999999 days", "1\u{a0}day",
        ] { #expect(throws: KeyVaultError.self, "\(text)") { try KeyValidity(text) } }
        #expect(try KeyValidity("1 years").text == "1 year" && KeyValidity("2 month").text == "2 months")
    }

    @Test(arguments: StoreKind.allCases)
    func aKeyIsWhatWasAskedForAndWrittenDown(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            for (name, algorithm) in [("kyber_1024", KeyAlgorithm.mlKEM1024), ("x_wing", .xWing), ("dilithium_3", .mlDSA65), ("ml_kem_768", .mlKEM768)] {
                let key = try await world.generate(name)
                #expect(key.algorithm == algorithm && key.record.askedAlgorithm == name && key.state(at: start) == .active)
                #expect(key.usage == (algorithm.signs ? .signing : .encryption) && key.newest.number == 1 && key.id.hasPrefix("qkey-"))
                #expect(try await world.vault.key(key.id, tenant: "one") == key)
            }
            for name in ["kyber_512", "falcon_512", "sphincs+", "rsa_2048", ""] {
                #expect(await field { _ = try await world.generate(name) } == "algorithm", "\(name)")
            }
            #expect(await field { _ = try await world.generate("kyber_1024", .signing) } == "key_usage")
            #expect(await field { _ = try await world.generate("ml_dsa_65", .encryption) } == "key_usage")
            let many = Dictionary(uniqueKeysWithValues: (0...32).map { ("n\($0)", "") })
            #expect(await field { _ = try await world.generate("x_wing") { $0.metadata = many } } == "metadata")
            #expect(try await world.actions() == Array(repeating: .vaultKeyGenerated, count: 4))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aListHasWhatIsAskedFor(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            var ids: [String] = []
            for i in 0..<5 {
                ids.append(try await world.generate("x_wing") { $0.metadata = ["application": i < 3 ? "a" : "b", "environment": "e\(i % 2)"] }.id)
            }
            _ = try await world.generate("x_wing", tenant: "two")
            _ = try await world.vault.revoke(ids[0], reason: nil, tenant: "one", actor: "admin", now: start)
            func list(_ metadata: [String: String] = [:], _ state: KeyState? = nil, at now: Instant = start) async throws -> Set<String> {
                Set(try await world.vault.keys(tenant: "one", metadata: metadata, state: state, limit: 50, now: now).keys.map(\.id))
            }
            #expect(try await list() == Set(ids))
            #expect(try await list(["application": "a"]) == Set(ids[..<3]))
            #expect(try await list(["application": "a", "environment": "e1"]) == [ids[1]])
            #expect(try await list([:], .revoked) == [ids[0]])
            #expect(try await list([:], .active) == Set(ids[1...]))
            #expect(try await list([:], .expired).isEmpty)
            #expect(try await list([:], .expired, at: start.adding(seconds: 400 * 86_400)) == Set(ids[1...]))
            var (paged, after): ([String], String?) = ([], "")
            while let last = after {
                let page = try await world.vault.keys(tenant: "one", after: last, limit: 2, now: start)
                paged += page.keys.map(\.id)
                after = page.next
            }
            #expect(paged == ids.sorted())
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aTokenOfSoftwareIsNoHardware(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("kyber_1024") { $0.asksForHardware = true }
            #expect(key.record.tokenID == "software-token/\(key.id)")
            #expect(try await world.generate("kyber_1024").record.tokenID == nil)
        }
        try await Vault.with(kind, token: .none) { world in
            #expect(await refusal { _ = try await world.generate("kyber_1024") { $0.asksForHardware = true } } == .noHardware)
            let key = try await world.generate("kyber_1024")
            #expect(key.record.tokenID == nil)
            #expect(try await world.actions() == [.vaultKeyGenerated])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatIsAnotherTenantsIsNotThere(_ kind: StoreKind) async throws {
        try await Vault.with(kind) { world in
            let key = try await world.generate("kyber_1024")
            let sealed = try await world.vault.seal([1], key: key.id, tenant: "one", actor: "a", now: start).message.bytes
            let deeds: [(String) async throws -> Void] = [
                { _ = try await world.vault.key($0, tenant: "two") }, { _ = try await world.vault.seal([1], key: $0, tenant: "two", actor: "a", now: start) },
                { _ = try await world.vault.open(sealed, key: $0, tenant: "two", actor: "a", now: start) },
                { _ = try await world.vault.rotate($0, tenant: "two", actor: "a", now: start) },
                { _ = try await world.vault.revoke($0, reason: nil, tenant: "two", actor: "a", now: start) },
                { _ = try await world.vault.sign([1], key: $0, tenant: "two", actor: "a", now: start) },
                { _ = try await world.vault.verify([1], of: [1], key: $0, tenant: "two", now: start) },
                { _ = try await world.vault.exportPublic($0, tenant: "two") },
            ]
            for deed in deeds {
                for id in [key.id, "qkey-0"] { #expect(await refusal { try await deed(id) } == .unknownKey(id)) }
            }
            #expect(try await world.actions("two").isEmpty)
        }
    }
}
