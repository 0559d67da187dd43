import Foundation
package import Receipts
import StrictJSON
package import Trust

/// Exported audits and signed heads in files.
package enum AuditFiles {
    private static let partBytes = 1 << 20

    package static func export(_ path: String, _ anchor: DocumentAnchor) throws(CommandFailure) -> AuditExport {
        var reader = AuditExportReader(anchor: anchor)
        try eachLine(path) { line in
            reader.absorb(line)
            return true
        }
        return reader.finish()
    }

    /// What was kept earlier: a head as `audit head` prints it, with or without `--json`, or an exported audit.
    package static func evidence(_ path: String, _ anchor: DocumentAnchor) throws(CommandFailure) -> AuditEvidence {
        var first: [UInt8]?
        try eachLine(path) { line in
            first = line
            return false
        }
        if let text = headText(first ?? []) {
            do throws(SignedDocumentProblem) { return AuditEvidence(head: try SignedTreeHead(reading: Array(text.utf8), anchor: anchor)) } catch {
                throw failure(path, [.head(error)])
            }
        }
        let export = try export(path, anchor)
        guard let evidence = AuditEvidence(export) else { throw failure(path, export.findings) }
        return evidence
    }

    /// The head that a file's first line is; nil: it is an entry's, or nothing that is known here.
    package static func headText(_ line: [UInt8]) -> String? {
        guard line.first == UInt8(ascii: "{") else {
            let text = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            return text.isEmpty ? nil : text
        }
        guard let value = try? JSON(parsing: line) else { return nil }
        return (value["signed_head"] ?? value["data"]?["signed_head"])?.text
    }

    package static func failure(_ path: String, _ findings: [AuditFinding]) -> CommandFailure {
        let told = findings.map { finding -> JSON in ["code": .string(finding.code), "message": .string(finding.description)] }
        let first = findings.first?.description ?? "nothing is wrong"
        return CommandFailure(
            .integrity, "\(path): \(first)" + (findings.count > 1 ? " (and \(findings.count - 1) more)" : ""), remedy: remedy(findings),
            details: ["reason": JSON(findings.first?.code), "findings": .array(told)])
    }

    private static func remedy(_ findings: [AuditFinding]) -> String {
        if findings.contains(.notOlder) { return "Give the newer file first and the older one with --against." }
        if findings.contains(where: { if case .head(.signer) = $0 { true } else { false } }) {
            return "Get the coordinator's pin from its operator over a way that you trust, and give it with --ca-pin; after a change of the CA give both "
                + "certificates with --ca."
        }
        if findings.contains(where: { ["truncated", "forked"].contains($0.code) }) {
            return "Both were signed by the coordinator's authority. Keep both files: they are the evidence. A restore from a backup does this, too."
        }
        return "Do not rely on the file. Export the audit again: tutti-coordinator audit export --data DIR"
    }

    /// - Parameter visit: false ends it.
    private static func eachLine(_ path: String, _ visit: ([UInt8]) -> Bool) throws(CommandFailure) {
        guard let file = FileHandle(forReadingAtPath: path) else { throw unreadable(path) }
        defer { try? file.close() }
        var splitter = LineSplitter()
        while true {
            let part: Data?
            do { part = try file.read(upToCount: partBytes) } catch { throw unreadable(path) }
            guard let part, !part.isEmpty else { break }
            for line in splitter.absorb([UInt8](part)) where !visit(line) { return }
        }
        if let last = splitter.finish() { _ = visit(last) }
    }

    private static func unreadable(_ path: String) -> CommandFailure {
        CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Check the path and the permissions.")
    }
}
