import ArgumentParser
import CommandKit
import CoordinatorNode
import CryptoSuite
import Foundation
import NIOHTTP1
import Receipts
import StrictJSON
import Trust

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "What was done, by whom: a log that nobody can change unnoticed, once its head lies elsewhere.",
        subcommands: [Head.self, Export.self, AuditVerify.self])

    /// The signed head, as the coordinator gives it to its administrator.
    private static func head(_ administrator: Administrator) async throws(CommandFailure) -> JSON {
        let reply = try await administrator.call(.GET, "/audit/head")
        guard reply["signed_head"]?.text != nil, reply["tree_size"]?.whole != nil else { throw notUnderstood("head of the audit") }
        return reply
    }

    private static func notUnderstood(_ what: String) -> CommandFailure {
        CommandFailure(.version, "The coordinator's answer has no \(what) in it.", remedy: "Use the coordinator's own version of this command.")
    }

    struct Head: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the audit's signed head. Keep it where the coordinator cannot write: it shows later whether anything before it was changed.")
        @OptionGroup var options: AdministratorOptions
        @Option(help: "A head that was kept earlier: also look whether the log only grew since. Exit code 9: it did not.")
        var since: String?
        @Option(help: "With --since: certificates to trust (PEM), when the CA was changed in between; otherwise the folder's.")
        var ca: String?
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let place = ca ?? CoordinatorFolder(options.data).authorityPath
            let anchor: DocumentAnchor? = since == nil ? nil : try DocumentAnchors.anchor(pin: nil, ca: place)
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                let reply = try await AuditCommand.head(administrator)
                if let since, let anchor { try await compare(since, reply["signed_head"]?.text ?? "", anchor, administrator) }
                return reply
            }
            if !json { print(reply["signed_head"]?.text ?? "") }
            say("\(reply["tree_size"]?.whole ?? 0) entries of tenant \(reply["tenant"]?.text ?? ""), root \(reply["root_hash"]?.text ?? "")")
            if since != nil { say("nothing before the older head was changed") }
            return reply
        }

        private func compare(
            _ path: String, _ text: String, _ anchor: DocumentAnchor, _ administrator: Administrator
        ) async throws(CommandFailure) {
            let older = try AuditFiles.evidence(path, anchor).head
            let newer: SignedTreeHead
            do throws(SignedDocumentProblem) { newer = try SignedTreeHead(reading: Array(text.utf8), anchor: anchor) } catch {
                throw AuditFiles.failure("the coordinator's head", [.head(error)])
            }
            var proof: [[UInt8]] = []
            if older.size <= newer.size {
                let reply = try await administrator.call(.GET, "/audit/consistency?from=\(older.size)&to=\(newer.size)")
                guard let hashes = reply["hashes"]?.elements else { throw notUnderstood("proof") }
                proof = hashes.map { $0.text.flatMap { bytes(hexadecimal: $0) } ?? [] }
            }
            let findings = AuditHistory.findings(from: older, to: newer, proof: proof)
            guard findings.isEmpty else { throw AuditFiles.failure(path, findings) }
        }
    }

    struct Export: ReportingCommand {
        private static let page = 1000

        static let configuration = CommandConfiguration(
            abstract: "Write the audit to stdout: a line of JSON for each entry, and the signed head behind them. 'audit verify' reads it.")
        @Option(help: "The coordinator's folder.")
        var data: String
        var json: Bool { false }

        func perform() async throws(CommandFailure) -> JSON {
            try await Administrator.with(data) { administrator throws(CommandFailure) in
                let head = try await AuditCommand.head(administrator)
                let (size, text) = (head["tree_size"]?.whole ?? 0, head["signed_head"]?.text ?? "")
                var next: Int64 = 0
                while next < size {
                    // What was written since the head is not under it.
                    let limit = min(Int64(Self.page), size - next)
                    let reply = try await administrator.call(.GET, "/audit/entries?after=\(next)&limit=\(limit)")
                    guard let entries = reply["entries"]?.elements, !entries.isEmpty else { throw notUnderstood("entry \(next)") }
                    var lines: [UInt8] = []
                    for entry in entries.prefix(Int(limit)) { lines += try Self.line(entry) + [UInt8(ascii: "\n")] }
                    try Self.write(lines)
                    next += Int64(entries.count)
                }
                try Self.write(AuditExport.line(signedHead: text) + [UInt8(ascii: "\n")])
                say("\(size) entries of tenant \(head["tenant"]?.text ?? "")")
                return ["tree_size": .integer(size)]
            }
        }

        private static func line(_ reply: JSON) throws(CommandFailure) -> [UInt8] {
            guard let entry = reply["entry"], let hash = reply["leaf_hash"]?.text, let line = try? AuditExport.line(entry: entry, leafHash: hash) else {
                throw notUnderstood("entry")
            }
            return line
        }

        private static func write(_ bytes: [UInt8]) throws(CommandFailure) {
            do { try FileHandle.standardOutput.write(contentsOf: Data(bytes)) } catch {
                throw CommandFailure(.configuration, "The audit cannot be written: \(error)", remedy: "Is there room where stdout goes?")
            }
        }
    }
}
