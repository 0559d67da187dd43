import ClientNode
import CryptoSuite
import Foundation
import SecureAggregation
import Testing
import TuttiConfiguration

/// A node's own key, and the keys of the others that its owner was given.
@Suite struct MemberKeyTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "tutti-member-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/identity", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func mode(_ path: String) throws -> Int? { try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int }

    private func problem(_ work: () throws(ClientNodeError) -> Void) -> ClientNodeError? {
        do throws(ClientNodeError) {
            try work()
            return nil
        } catch { return error }
    }

    @Test func theKeyIsMadeOnceAndOnlyItsOwnerMayReadIt() throws {
        try inFolder { folder in
            let first = try MemberKey.loadOrMake(in: folder)
            #expect(try mode(MemberKey.path(folder)) == 0o600 && FileManager.default.contents(atPath: MemberKey.path(folder))?.count == 80)
            #expect(try MemberKey.loadOrMake(in: folder).publicKey == first.publicKey)
            #expect(first.text == "ed25519:" + hexadecimal(first.publicKey) && first.publicKey.count == 32)
            try inFolder { other in
                let second = try MemberKey.loadOrMake(in: other)
                #expect(second.publicKey != first.publicKey)
            }
        }
    }

    @Test func aKeyThatOthersMayReadOrThatIsNoneIsRefused() throws {
        try inFolder { folder in
            _ = try MemberKey.loadOrMake(in: folder)
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: MemberKey.path(folder))
            #expect(problem { () throws(ClientNodeError) in _ = try MemberKey.loadOrMake(in: folder) }?.message.contains("640") == true)
            _ = FileManager.default.createFile(atPath: MemberKey.path(folder), contents: Data([1, 2, 3]), attributes: [.posixPermissions: 0o600])
            let short = problem { () throws(ClientNodeError) in _ = try MemberKey.loadOrMake(in: folder) }
            #expect(
                short?.kind == .configuration && short?.message.contains("checksum does not match") == true && short?.remedy.contains("have to pin") == true)
        }
    }

    private func load(_ folder: String, _ roster: String?, mode: Int = 0o600, named: String = "roster.toml") throws(ClientNodeError) -> PinnedKeys? {
        if let roster {
            _ = FileManager.default.createFile(atPath: folder + "/roster.toml", contents: Data(roster.utf8), attributes: [.posixPermissions: mode])
        }
        let text = named.isEmpty ? nil : "[secure_aggregation]\npinned_keys = \"\(named)\"\n"
        guard let settings = try? ClientSettings(toml: text, file: "client.toml", environment: [:], flags: [:]) else { return nil }
        return try PinnedKeys.load(settings, data: folder)
    }

    @Test func theKeysOfTheOthersAreReadFromTheOwnersFile() throws {
        try inFolder { folder in
            let keys = (1...3).map { "ed25519:" + hexadecimal([UInt8](repeating: UInt8($0), count: 32)) }
            let lines = ["a", "hospital-b.example", "c_3"].indices.map { PinnedKeyFile.line(name: ["a", "hospital-b.example", "c_3"][$0], key: keys[$0]) }
            let roster = "# from their owners\n[keys]\n" + lines.joined(separator: "\n") + "\n"
            let pins = try #require(try load(folder, roster))
            #expect(pins.count == 3)
            try pins.check(
                try Roster([
                    Roster.Member(name: Array("a".utf8), identity: [UInt8](repeating: 1, count: 32)),
                    Roster.Member(name: Array("hospital-b.example".utf8), identity: [UInt8](repeating: 2, count: 32)),
                ]))
            #expect(try load(folder, nil, named: folder + "/roster.toml") == pins)
            #expect(try load(folder, nil, named: "") == nil)
        }
    }

    @Test(arguments: [
        ("[keys]\n", "no keys"), ("[keys]\na = 5\n", "must be a string"), ("[keys]\na = \"ed25519:00\"\n", "line 2"), ("[keys]\na = \"rsa:00\"\n", "line 2"),
        ("[members]\na = \"x\"\n", "members.a"), ("a = \"x\"\n", "line 1"), ("[keys\n", "line 1 cannot be read"),
        (
            "[keys]\na = \"ed25519:0101010101010101010101010101010101010101010101010101010101010101\"\n"
                + "b = \"ed25519:0101010101010101010101010101010101010101010101010101010101010101\"\n", "two members have one key"
        ),
    ])
    func aFileThatCannotBeUsedSaysWhy(_ roster: String, _ why: String) throws {
        try inFolder { folder in
            let error = problem { () throws(ClientNodeError) in _ = try load(folder, roster) }
            #expect(
                error?.kind == .configuration && error?.message.contains(why) == true && error?.remedy.contains("identity show") == true,
                "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test func aFileThatIsNotThereOrThatEverybodyMayChangeIsRefused() throws {
        try inFolder { folder in
            #expect(problem { () throws(ClientNodeError) in _ = try load(folder, nil) }?.message.contains("no readable") == true)
            let key = "[keys]\na = \"ed25519:0101010101010101010101010101010101010101010101010101010101010101\"\n"
            #expect(problem { () throws(ClientNodeError) in _ = try load(folder, key, mode: 0o606) }?.remedy.contains("chmod o-w") == true)
        }
    }
}
