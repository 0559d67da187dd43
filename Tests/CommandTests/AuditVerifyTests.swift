import ArgumentParser
import CommandKit
import CryptoSuite
import Foundation
import MerkleLog
import Receipts
import StrictJSON
import Synchronization
import Testing
import Trust

private struct Program: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "program", subcommands: [AuditVerify.self])
}

/// The command over files, with its exit codes.
@Suite struct AuditVerifyTests {
    private let authority: CertificateAuthority
    private let hasher = MerkleHasher(.system)

    init() throws { authority = try CertificateAuthority(commonName: "Tutti coordinator CA", now: Date(), lifetime: 86_400) }

    private func entry(_ index: Int, _ actor: String) -> JSON { ["actor": .string(actor), "index": JSON(index), "tenant": "default"] }

    private func head(_ actors: [String], before seconds: Double) throws -> SignedTreeHead {
        var frontier = MerkleFrontier()
        for (index, actor) in actors.enumerated() { _ = frontier.append(leafHash: hasher.leaf(try entry(index, actor).canonical()), hasher) }
        let now = Date().addingTimeInterval(-seconds)
        let signer = try authority.documentSigner(try DocumentSubject(auditOf: "default"), now: now)
        return try SignedTreeHead(tenant: "default", frontier.head(hasher), signedAt: Int64(now.timeIntervalSince1970 * 1000), by: signer)
    }

    private func export(_ actors: [String], before seconds: Double = 0) throws -> String {
        var lines = try actors.enumerated().map { index, actor in
            try AuditExport.line(entry: entry(index, actor), leafHash: hexadecimal(hasher.leaf(entry(index, actor).canonical())))
        }
        lines.append(AuditExport.line(signedHead: try head(actors, before: seconds).text))
        return lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
    }

    private func run(_ files: [String: String], _ arguments: String...) async throws -> (status: Int32, envelope: JSON) {
        let folder = NSTemporaryDirectory() + "tutti-audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        let out = Mutex([String]())
        let console = Console(out: { line in out.withLock { $0.append(line) } }, err: { _ in })
        let paths = arguments.map { files[$0] == nil ? $0 : "\(folder)/\($0)" }
        let status = await execute(Program.self, ["verify"] + paths + ["--json"], console: console)
        let told = try #require(out.withLock { $0.first })
        return (status, try JSON(parsing: Array(told.utf8)))
    }

    @Test func aSoundAuditIsGenuine() async throws {
        let files = ["new": try export(["a", "b", "c"]), "old": try export(["a", "b"], before: 60), "ca.pem": authority.certificatePEM]
        for trust in [["--pin", authority.pin], ["--ca-pin", authority.pin], ["--ca", "ca.pem"]] {
            let (status, envelope) = try await run(files, "new", "--against", "old", trust[0], trust[1])
            #expect(status == 0 && envelope["data"]?["tree_size"] == 3 && envelope["data"]?["grew_from"] == 2 && envelope["data"]?["tenant"] == "default")
        }
        #expect(try await run(files, "new", "--pin", authority.pin).envelope["data"]?["grew_from"] == .null)
    }

    @Test func olderHeadsAreTakenInEveryForm() async throws {
        let old = try head(["a", "b"], before: 60)
        let forms = [
            old.text, old.text + "\n", #"{"signed_head":"\#(old.text)"}"#, #"{"command":"audit head","ok":true,"data":{"signed_head":"\#(old.text)"}}"#,
        ]
        for form in forms {
            let files = ["new": try export(["a", "b", "c"]), "old": form]
            #expect(try await run(files, "new", "--against", "old", "--pin", authority.pin).status == 0)
        }
    }

    @Test func whatIsWrongIsNamedWithExitCode9() async throws {
        let (new, old) = (try export(["a", "b", "c"]), try export(["a", "b", "c"], before: 60))
        let wrong: [(code: String, new: String, old: String?)] = [
            ("edited", new.replacing(#""actor":"b""#, with: #""actor":"x""#), nil), ("no_signed_head", String(new.prefix(200)), nil),
            ("truncated", try export(["a", "b"]), old), ("forked", try export(["a", "x", "c"]), old), ("forked", try export(["a", "x", "c", "d"]), old),
            ("forked", try export(["a", "x", "c"]), try head(["a", "b"], before: 60).text), ("not_older", try export(["a", "b"], before: 60), new),
            ("head_malformed", new, "nonsense"), ("signer_not_trusted", new, try AuditVerifyTests().export(["a"], before: 60)),
        ]
        for (code, new, old) in wrong {
            let files = ["new": new].merging(old.map { ["old": $0] } ?? [:]) { $1 }
            let (status, envelope) =
                try await old == nil
                ? run(files, "new", "--pin", authority.pin) : run(files, "new", "--against", "old", "--pin", authority.pin)
            let details = envelope["error"]?["details"]
            #expect(status == 9 && details?["findings"]?.elements?.contains { $0["code"]?.text == code } == true, "\(code): \(envelope.encodedText)")
        }
    }

    @Test func usageErrorsAreNoFindings() async throws {
        let files = ["new": try export(["a"])]
        #expect(try await run(files, "new").status == 2, "whom to trust is not given")
        #expect(try await run(files, "new", "--pin", authority.pin, "--ca", "new").status == 2)
        #expect(try await run(files, "new", "--pin", "sha256:00").status == 2)
        #expect(try await run(files, "/nowhere", "--pin", authority.pin).status == 3)
    }
}
