import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import Learning
import StrictJSON
import Trust
import TuttiConfiguration

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Settings and where they come from.", subcommands: [Show.self])

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Every setting, its value and its source.")
        @Option(help: "Folder of this node.")
        var data: String
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            guard FileManager.default.fileExists(atPath: data) else {
                throw CommandFailure(.configuration, "\(data) does not exist.", remedy: "Give the folder that 'tutti-client join' made.")
            }
            return try await reporting { () async throws(ClientNodeError) in try ClientSettings.load(data: data) }.settings.shown(json: json)
        }
    }
}

struct Doctor: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at this node: folder, settings, certificate, data set, coordinator, clock. Each line says what to do.",
        discussion: "Every line that is not ok begins with a code; docs/doctor.md has all of them.")
    @Option(help: "Folder of this node.")
    var data: String
    @Option(help: "File or folder to read as 'run' would.")
    var dataset: String?
    @Option(help: "Label column, as for 'run'.")
    var label: String?
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        var findings = await ClientDoctor(data: data).examine()
        if let dataset, let settings = try? ClientSettings.load(data: data, flags: label.map { ["data.label": $0] } ?? [:]) {
            let options: DataOptions
            do { options = try DataOptions.parse(["--dataset=\(dataset)"]) } catch { throw CommandFailure(.usage, "\(error)") }
            findings.append(ClientDoctor.rows(LocalDataOptions(path: dataset, csv: try options.csv(for: nil, settings), partition: nil)))
        }
        return try conclude(findings)
    }
}
