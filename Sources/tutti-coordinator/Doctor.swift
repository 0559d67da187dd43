import ArgumentParser
import CommandKit
import CoordinatorNode
import StrictJSON

struct Doctor: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at a coordinator: folder, settings, certificates, limits, and the running server if there is one. Each line says what to do.",
        discussion: "Every line that is not ok begins with a code; docs/doctor.md has all of them.")
    @Argument(help: "The coordinator's folder.")
    var folder: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON { try conclude(await CoordinatorDoctor(CoordinatorFolder(folder)).examine()) }
}
