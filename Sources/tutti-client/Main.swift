import ArgumentParser
import CommandKit

@main
struct Main {
    static func main() async { await runMain(TuttiClient.self) }
}

struct TuttiClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti-client", abstract: "A data owner's node: trains on its own rows and sends only updates.", version: "0.1.0",
        subcommands: [Join.self, Run.self, Identity.self, Predict.self, Evaluate.self, PartitionFile.self, Config.self, Doctor.self])
}
