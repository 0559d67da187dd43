import ArgumentParser
import CommandKit
import Receipts

@main
struct Main {
    static func main() async { await runMain(TuttiClient.self) }
}

struct TuttiClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti-client", abstract: "A data owner's node: trains on its own rows and sends only updates.", version: Product.version,
        subcommands: [
            Join.self, Run.self, Identity.self, Renew.self, Predict.self, Evaluate.self, PartitionFile.self, Receipt.self, Config.self, Check.self, Doctor.self,
        ])
}

struct Receipt: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What a session did, signed by its coordinator.", subcommands: [ReceiptVerify.self])
}
