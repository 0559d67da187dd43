import ArgumentParser
import CommandKit

@main
struct Main {
    static func main() async { await runMain(TuttiCoordinator.self) }
}

struct TuttiCoordinator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti-coordinator", abstract: "Coordinates federations: enrols nodes, runs sessions, keeps models.", version: "0.1.0",
        subcommands: [Initialise.self, Serve.self, Session.self, TokenCommand.self, Nodes.self, Model.self, Config.self, Check.self, Doctor.self])
}
