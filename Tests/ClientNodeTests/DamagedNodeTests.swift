import ClientNode
import CryptoSuite
import Federation
import Foundation
import StrictJSON
import Testing
import Trust
import TuttiConfiguration
import Wire

/// Every file of a node's folder, cut and with bits flipped: it is said which one is damaged, or nothing has changed.
@Suite(.serialized) struct DamagedNodeTests {
    private enum Treatment {
        case verified, human
        /// Nothing is kept in it.
        case transient
    }

    /// Names of contents are stars.
    private static let table: [String: Treatment] = [
        "identity/node.json": .verified, "identity/client.pem": .verified, "identity/client.key": .verified, "identity/ca.pem": .verified,
        "identity/member.key": .verified, "identity/renewed.json": .verified, "identity/lock": .transient, "client.toml": .human, "privacy.ledger": .verified,
        "sent.jsonl": .verified, "sessions/*/state": .verified,
        "sessions/*/rounding.secret": .verified, "sessions/*/update-*": .verified,
    ]

    private static func row(_ file: String) -> String {
        let parts = file.split(separator: "/").map(String.init)
        guard parts.count == 3 else { return file }
        return "sessions/*/" + (parts[2].hasPrefix("update-") ? "update-*" : parts[2])
    }

    /// A node that took part in a session, with everything that only other sessions need beside it.
    private static func make(_ body: (String) async throws -> Void) async throws {
        let site = try FakeSite()
        let fake = try await FakeCoordinator.start(site, talk: { if case .hello = $0 { [welcome(), roundStart(1)] } else { [] } }) {
            cooperative($0, $1, rounds: 2)
        }
        let (runner, folder) = try node(fake)
        _ = try await runner.run(.session(sessionID))
        await fake.stop()
        _ = try MemberKey.loadOrMake(in: folder)
        ClientSettings.writeTemplate(data: folder)
        let session = "\(folder)/sessions/\(sessionID)"
        let update = [UInt8](repeating: 3, count: 500)
        try Data(DurableForm.encode(update)).write(to: URL(fileURLWithPath: "\(session)/update-\(hexadecimal(CryptoSuite.system.sha256(update)))"))
        try SeedFile.write([UInt8](repeating: 4, count: 32), to: session + "/rounding.secret")
        try Data(DurableForm.encode(Array(#"{"rows":[],"releases":[]}"#.utf8))).write(to: URL(fileURLWithPath: folder + "/privacy.ledger"))
        try await body(folder)
    }

    /// As a node leaves it that dies in a renewal: the new identity is whole in one file, and none of the others has it yet.
    private static func renew(_ folder: String) throws {
        func text(_ file: String) throws -> JSON {
            .string(String(decoding: try #require(FileManager.default.contents(atPath: "\(folder)/identity/\(file)")), as: UTF8.self))
        }
        let json: JSON = ["certificate": try text("client.pem"), "ca_certificate": try text("ca.pem"), "key": try text("client.key")]
        try SecretFile.write(json.encoded(), to: folder + "/identity/renewed.json")
        try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/identity/lock"))
    }

    /// From the moment that it is there it counts, and what is wrong with it is said; without it the identity before is whole.
    @Test func aRenewedIdentityThatIsDamagedIsNamed() async throws {
        try await Self.make { folder in
            try Self.renew(folder)
            try #require(NodeCheck(data: folder).damages.isEmpty)
            for file in ["identity/renewed.json", "identity/lock"] {
                let path = "\(folder)/\(file)"
                let content = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
                let cases = Self.damages(content, seed: file)
                var noticed = 0
                for (what, damaged) in cases {
                    try Self.overwrite(path, damaged)
                    let found = NodeCheck(data: folder).damages
                    noticed += found.isEmpty ? 0 : 1
                    #expect(found.allSatisfy { $0.contains("identity") }, "\(file), \(what): \(found)")
                    // Half of it is never taken for the whole.
                    #expect(!what.hasPrefix("cut") || file == "identity/lock" || !found.isEmpty, "\(file), \(what)")
                }
                #expect(Self.table[file] == .transient ? noticed == 0 : noticed * 4 > cases.count * 3, "\(file): \(noticed) of \(cases.count)")
                try FileManager.default.removeItem(atPath: path)
                #expect(NodeCheck(data: folder).damages.isEmpty, "\(file) is missing")
                try SecretFile.write(content, to: path)
            }
        }
    }

    @Test func everyFileIsInTheTable() async throws {
        try await Self.make { folder in
            try Self.renew(folder)
            #expect(
                Set(NodeCheck(data: folder).files.map(Self.row)) == Set(Self.table.keys), "a new durable file needs a row, and a way to tell that it is damaged"
            )
        }
    }

    @Test func whateverIsDamagedIsNamed() async throws {
        try await Self.make { folder in
            let sound = NodeCheck(data: folder)
            try #require(sound.damages.isEmpty, "\(sound.damages)")
            for file in sound.files {
                let path = "\(folder)/\(file)"
                let content = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
                var noticed = 0
                let cases = Self.damages(content, seed: file)
                for (what, damaged) in cases {
                    try Self.overwrite(path, damaged)
                    let found = NodeCheck(data: folder)
                    if !found.damages.isEmpty { noticed += 1 }
                    // Keys and certificates: whitespace and headers that mean nothing may change.
                    let isText = file.hasPrefix("identity/") && file != "identity/member.key"
                    guard Self.table[Self.row(file)] == .verified else { continue }
                    let name = isText ? "identity" : file
                    #expect(isText || !found.damages.isEmpty, "\(file), \(what) was not noticed")
                    #expect(found.damages.allSatisfy { $0.contains(name) }, "\(file), \(what): \(found.damages)")
                }
                #expect(Self.table[Self.row(file)] == .human || noticed * 4 > cases.count, "\(file): \(noticed) of \(cases.count)")
                try Self.overwrite(path, content)
            }
            #expect(NodeCheck(data: folder).damages.isEmpty)
        }
    }

    /// Versions before this one wrote seeds without a checksum, and lines without one.
    @Test func olderFilesAreRead() async throws {
        try await Self.make { folder in
            let seed = [UInt8](repeating: 9, count: 32)
            try SecretFile.write(seed, to: folder + "/identity/member.key")
            #expect(try MemberKey.loadOrMake(in: folder).publicKey == CryptoSuite.system.keys.signingKey(seed))
            let old = #"{"time_ms":1,"what":"join","session":"s","round":null,"attempt":null,"bytes":1,"sha256":"00"}"#
            try Data((old + "\n").utf8).write(to: URL(fileURLWithPath: folder + "/sent.jsonl"))
            #expect(NodeCheck(data: folder).damages.isEmpty)
        }
    }

    private static func overwrite(_ path: String, _ content: [UInt8]) throws {
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: content)
        try handle.close()
    }

    /// Cuts at several lengths, and single bits.
    private static func damages(_ content: [UInt8], seed: String) -> [(String, [UInt8])] {
        guard !content.isEmpty else { return [] }
        let cuts = Set([0, 1, content.count / 3, content.count / 2, content.count - 1]).filter { $0 < content.count }.sorted()
        // A log without its last newline says the same, and one without lines is a new one.
        let isLog = seed.hasSuffix(".jsonl")
        var found = cuts.filter { !isLog || ($0 > 0 && $0 < content.count - 1) }.map { ("cut to \($0) of \(content.count) bytes", Array(content.prefix($0))) }
        var state = CryptoSuite.system.sha256(Array(seed.utf8)).prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        for _ in 0..<40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bit = Int(state >> 33) % (content.count * 8)
            var flipped = content
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            found.append(("bit \(bit % 8) of byte \(bit / 8) flipped", flipped))
        }
        return found
    }
}
