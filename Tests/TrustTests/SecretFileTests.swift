import Foundation
import Testing
import Trust

@Suite("Files with secrets") struct SecretFileTests {
    private func mode(_ path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("Written for the owner alone, read back, replaced, nothing left beside")
    func roundTrip() async throws {
        try await withFolder { folder in
            let path = folder + "/secret"
            for content in ["one", "", String(repeating: "long", count: 40_000)] {
                try SecretFile.write(Array(content.utf8), to: path)
                #expect(try SecretFile.read(path) == Array(content.utf8))
                #expect(try mode(path) == 0o600)
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret"])
        }
    }

    @Test("A loose mode is tightened by the next write")
    func tightened() async throws {
        try await withFolder { folder in
            let path = folder + "/secret"
            #expect(FileManager.default.createFile(atPath: path, contents: Data("old".utf8), attributes: [.posixPermissions: 0o644]))
            try SecretFile.write([1], to: path)
            #expect(try mode(path) == 0o600)
        }
    }

    @Test("A file that others may read is refused, with the command that closes it", arguments: [0o604, 0o640, 0o644, 0o660, 0o601, 0o610])
    func exposed(mode: Int) async throws {
        try await withFolder { folder in
            let path = folder + "/secret"
            try SecretFile.write([1, 2], to: path)
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let refusal = TrustError.exposed(path: path, mode: String(mode, radix: 8))
            #expect(throws: refusal) { try SecretFile.read(path) }
            #expect(refusal.description.contains("chmod 600 '\(path)'"))
        }
    }

    @Test("A link is as good as the file behind it")
    func links() async throws {
        try await withFolder { folder in
            try SecretFile.write([1, 2], to: folder + "/secret")
            try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "secret")
            #expect(try SecretFile.read(folder + "/link") == [1, 2])
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder + "/secret")
            #expect(throws: TrustError.exposed(path: folder + "/link", mode: "640")) { try SecretFile.read(folder + "/link") }
        }
    }

    @Test("What is no secret file: missing, a folder, a pipe, too long, a bad name")
    func refused() async throws {
        try await withFolder { folder in
            #expect(mkfifo(folder + "/pipe", 0o600) == 0)
            let long = folder + "/long"
            #expect(FileManager.default.createFile(atPath: long, contents: Data(count: (1 << 20) + 1), attributes: [.posixPermissions: 0o600]))
            for path in [folder + "/missing", folder, folder + "/pipe", long, "", folder + "/a\u{0}b"] {
                #expect { try SecretFile.read(path) } throws: { if case TrustError.file? = $0 as? TrustError { true } else { false } }
            }
        }
    }

    @Test("A write that cannot end well leaves the old file and nothing else")
    func failedWrite() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/target", withIntermediateDirectories: false)
            try FileManager.default.createDirectory(atPath: folder + "/target/inside", withIntermediateDirectories: false)
            for path in [folder + "/target", folder + "/no/such/folder/x", "", folder + "/a\u{0}b"] {
                #expect { try SecretFile.write([1], to: path) } throws: { if case TrustError.file? = $0 as? TrustError { true } else { false } }
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["target"])
        }
    }

    @Test("Many writers at once: the file is one of theirs, whole")
    func concurrentWriters() async throws {
        try await withFolder { folder in
            let path = folder + "/secret"
            try await withThrowingTaskGroup { group in
                for writer in 0..<16 { group.addTask { try SecretFile.write([UInt8](repeating: UInt8(writer), count: 5000), to: path) } }
                try await group.waitForAll()
            }
            let bytes = try SecretFile.read(path)
            #expect(bytes.count == 5000 && Set(bytes).count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["secret"])
        }
    }

    @Test("A key survives its file")
    func key() async throws {
        try await withFolder { folder in
            let key = NodeKey()
            try key.save(to: folder + "/node.key")
            #expect(try NodeKey.load(from: folder + "/node.key").pem == key.pem)
            try SecretFile.write(Array("garbage".utf8), to: folder + "/node.key")
            #expect(throws: TrustError.key(problem: "it is no P-256 key in PEM")) { try NodeKey.load(from: folder + "/node.key") }
        }
    }
}
