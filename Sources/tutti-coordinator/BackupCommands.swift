import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import StrictJSON

struct Backup: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy a folder as it is at one moment, while its coordinator serves or while none does. The copy holds the coordinator's secrets.")
    @Argument(help: "The coordinator's folder.")
    var folder: String
    @Argument(help: "Where the backup goes: a new or an empty folder.")
    var out: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let manifest = try await reporting { () async throws(CoordinatorError) in try CoordinatorFolder(folder).backup(to: out) }
        let counts = manifest.counts.sorted { $0.key < $1.key }
        say(counts.map { "\($0.key) \($0.value)" }.joined(separator: "  "))
        say("backup \(out): \(manifest.files.count) files, \(manifest.bytes) bytes, each listed with its SHA-256 in \(out)/manifest.json")
        say("It holds the coordinator's secrets (ca.key, server.key, admin.key, master.key): whoever has it can be this coordinator. Keep it as safe as \(folder).")
        return [
            "backup": .string(out), "taken_ms": .integer(manifest.takenMilliseconds), "files": JSON(manifest.files.count), "bytes": JSON(manifest.bytes),
            "counts": .object(counts.map { .init($0.key, JSON($0.value)) }), "holds_secrets": .bool(true),
        ]
    }
}

struct Restore: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a coordinator's folder of a backup, after every file of it was verified. Exit code 9 when the backup is damaged.")
    @Argument(help: "What 'backup' has made.")
    var backup: String
    @Argument(help: "A new or an empty folder.")
    var folder: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let report = try await reporting { () async throws(CoordinatorError) in try await BackupFolder(backup).restore(to: folder) }
        let counts = report.counts.sorted { $0.key < $1.key }
        say(counts.map { "\($0.key) \($0.value)" }.joined(separator: "  ") + "  verified \(report.bytesVerified) bytes")
        say("What came after the backup is not here: updates are asked for again, nodes that were revoked since have to be revoked again, and")
        say("what private rounds have cost since is known to the nodes' own ledgers alone.")
        say("Next: tutti-coordinator serve \(folder), once the coordinator of which this is a copy has stopped for good")
        return [
            "folder": .string(folder), "counts": .object(counts.map { .init($0.key, JSON($0.value)) }), "bytes_verified": .integer(report.bytesVerified),
        ]
    }
}
