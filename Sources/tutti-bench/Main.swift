import ArgumentParser
import CommandKit

@main
struct Main {
    static func main() async { await runMain(TuttiBench.self) }
}

struct TuttiBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tutti-bench", abstract: "Measures Tutti beside the machine's limits and its peers, in one run.", version: "0.1.0",
        subcommands: [ListSuites.self, RunSuite.self, Compare.self, Simulate.self, Federate.self, FederateText.self, Load.self, Bare.self])
}
