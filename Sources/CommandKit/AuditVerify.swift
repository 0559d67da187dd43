package import ArgumentParser
import Receipts
package import StrictJSON

/// Whoever has an exported audit looks at it with what is at hand.
package struct AuditVerify: ReportingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Look whether an exported audit is what was signed, and what it was before. Needs no coordinator and no network. Exit code 9: it is not.")
    @Argument(help: "The audit, as 'tutti-coordinator audit export' wrote it.")
    var file: String
    @Option(help: "What was kept earlier: a signed head, or an exported audit.")
    var against: String?
    @Option(name: [.customLong("ca-pin"), .customLong("pin")], help: "The pin of the coordinator's CA, from somebody you trust: sha256:HEX")
    var caPin: String?
    @Option(help: "Instead of --ca-pin: the CA's certificate in PEM, or those on both sides of a change of the CA.")
    var ca: String?
    @Flag(help: "One JSON object on stdout.")
    package var json = false

    package init() {}

    package func perform() async throws(CommandFailure) -> JSON {
        let anchor = try DocumentAnchors.anchor(pin: caPin, ca: ca)
        let older = try against.map { path throws(CommandFailure) in try AuditFiles.evidence(path, anchor) }
        let export = try AuditFiles.export(file, anchor)
        let findings = export.findings + (older.map { AuditHistory.findings(from: $0, to: export) } ?? [])
        guard findings.isEmpty, let head = export.head else {
            for finding in findings { say(finding.description) }
            throw AuditFiles.failure(file, findings)
        }
        say("genuine: \(head.size) entries of tenant \(head.tenant), signed \(head.timestamp) by the authority \(head.authority ?? "")")
        if let older { say("nothing was changed since \(older.head.timestamp), when there were \(older.head.size) entries") }
        return [
            "tenant": .string(head.tenant), "tree_size": .integer(head.size), "timestamp": .string(head.timestamp), "ca_pin": JSON(head.authority),
            "grew_from": JSON(older?.head.size),
        ]
    }
}
