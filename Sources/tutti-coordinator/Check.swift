import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import StrictJSON

struct Check: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify a folder while no coordinator runs on it, or a backup: every row, every blob, every digest, keys and settings. Exit code 9 on damage."
    )
    @Argument(help: "The coordinator's folder, or a backup.")
    var folder: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let report = try await reporting { () async throws(CoordinatorError) in
            BackupFolder(folder).exists ? try BackupFolder(folder).check() : try await CoordinatorFolder(folder).check()
        }
        let counts = report.counts.sorted { $0.key < $1.key }
        let result: JSON = [
            "counts": .object(counts.map { .init($0.key, JSON($0.value)) }), "bytes_verified": .integer(report.bytesVerified),
            "damages": .array(report.damages.map(JSON.string)),
        ]
        say(counts.map { "\($0.key) \($0.value)" }.joined(separator: "  ") + "  verified \(report.bytesVerified) bytes")
        for damage in report.damages { say("damaged: \(damage)") }
        guard report.damages.isEmpty else {
            throw CommandFailure(
                .integrity, "\(folder): \(report.damages.count) damages.", remedy: "Restore the folder from a backup; do not serve it as it is.",
                details: result)
        }
        say("sound")
        return result
    }
}
