import ArgumentParser
import CommandKit
import CoordinatorNode
import StrictJSON

struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Secrets at rest, and the master key that they hang on.",
        discussion: """
            Secrets of webhooks and the like are sealed with a key of their tenant, and that with master.key. 'rotate' makes a new \
            master key and wraps every tenant's key with it; secrets themselves stay as they are. Both want a coordinator that is \
            stopped. A rotation that is interrupted at any moment leaves a folder that opens everything; run it again, or start \
            the coordinator, which finishes it.
            """,
        subcommands: [Status.self, Rotate.self])

    struct Status: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Which master key is in use, and what is wrapped with it. Exit code 9 on damage.")
        @Argument(help: "The coordinator's folder.")
        var folder: String
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            let report = try await reporting { () async throws(CoordinatorError) in try await CoordinatorFolder(folder).secretsStatus() }
            tell(report)
            for damage in report.damages { say("damaged: \(damage)") }
            guard report.damages.isEmpty else {
                throw CommandFailure(
                    .integrity, "\(folder): \(report.damages.count) keys cannot be opened.",
                    remedy: "Restore the folder with its master.key from one backup.", details: report.json)
            }
            return report.json
        }
    }

    struct Rotate: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make a new master key; the old one opens nothing of this folder any more.")
        @Argument(help: "The coordinator's folder.")
        var folder: String
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            let report = try await reporting { () async throws(CoordinatorError) in try await CoordinatorFolder(folder).rotateMasterKey() }
            tell(report)
            say("Backups from before hold the old key, which opens them and not this folder: take a new one.")
            return report.json
        }
    }
}

private func tell(_ report: SecretsReport) {
    guard let newest = report.masterKeys.first else { return say("no master key yet, and nothing is sealed; the first start makes one") }
    say(
        "master key \(newest), \(report.isInToken ? "sealed by a token" : report.hasPassphrase ? "sealed with a passphrase" : "protected by the mode of its file")"
    )
    say("\(report.tenantKeys) keys of \(report.tenants) tenants")
    for (number, count) in report.wrapped.sorted(by: { $0.key > $1.key }) where number != newest { say("\(count) of them with master key \(number)") }
    if report.masterKeys.count > 1 { say("a rotation was interrupted: run 'secrets rotate', or start the coordinator, which finishes it") }
}

extension SecretsReport {
    fileprivate var json: JSON {
        [
            "master_keys": .array(masterKeys.map { .integer(Int64($0)) }), "has_passphrase": .bool(hasPassphrase), "in_token": .bool(isInToken),
            "tenants": JSON(tenants),
            "tenant_keys": JSON(tenantKeys),
            "wrapped_with": .object(wrapped.sorted { $0.key < $1.key }.map { .init("\($0.key)", JSON($0.value)) }),
            "damages": .array(damages.map(JSON.string)),
        ]
    }
}
