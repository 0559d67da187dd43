import ArgumentParser
import ClientNode
import CommandKit
import StrictJSON

struct Check: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify what this node keeps: identity, keys, settings, states, updates, ledger, log of what was sent. Exit code 9 on damage.")
    @Option(help: "Folder of this node.")
    var data: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        let found = NodeCheck(data: data)
        let result: JSON = ["files": JSON(found.files.count), "damages": .array(found.damages.map(JSON.string))]
        for damage in found.damages { say("damaged: \(damage)") }
        guard found.damages.isEmpty else {
            throw CommandFailure(
                .integrity, "\(data): \(found.damages.count) damages.", remedy: "Restore the files from a backup, or do what each line says.", details: result)
        }
        say("sound: \(found.files.count) files")
        return result
    }
}
