import ArgumentParser
import CommandKit
import Receipts

@main
struct Main {
    static func main() async { await runMain(TuttiCoordinator.self) }
}

struct TuttiCoordinator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti-coordinator", abstract: "Coordinates federations: enrols nodes, runs sessions, keeps models.", version: Product.version,
        subcommands: [
            Initialise.self, Serve.self, Session.self, TokenCommand.self, AuthorityCommand.self, Nodes.self, Model.self, ReceiptCommand.self, AuditCommand.self,
            Config.self, UserCommand.self, OAuthClientCommand.self, KeyCommand.self,
            SecretsCommand.self,
            Backup.self, Restore.self, Check.self, Doctor.self,
        ])
}
