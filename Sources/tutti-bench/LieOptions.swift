import ArgumentParser
import Attacks
import CommandKit
import Federation
import InProcessFederation
import Wire

/// Clients that lie, as the quickstart's do: the first ones.
struct LieOptions: ParsableArguments {
    @Option(help: "The lie: \(Attack.trials.map(\.name).joined(separator: ", ")).")
    var attack: String?
    @Option(help: "How many of the clients lie.")
    var malicious = 0
    @Option(help: "How much the lie is enlarged; else as in docs/explanation/robustness.md.")
    var attackScale: Float?

    func apply(to federation: inout InProcessFederation, clients: Int) throws(CommandFailure) {
        guard (0..<clients).contains(malicious) else {
            throw CommandFailure(.usage, "--malicious is \(malicious).", remedy: "Give 0 to \(clients - 1).")
        }
        guard malicious > 0 else { return }
        do throws(AttackError) {
            let attack = try Attack(commandLine: attack ?? "sign_flip", scale: attackScale)
            let liar = try Liar(attack, liars: malicious, honest: (malicious..<clients).map { federation.rows(of: $0) })
            federation.corrupt(first: malicious) { rows, start, train in
                try liar.update(rows: rows, seed: start.training.seed, round: start.round, values: \.values) { rows, seed in
                    var start = start
                    start.training.seed = seed
                    return try train(rows, start)
                }
            }
        } catch { throw CommandFailure(.usage, "--attack cannot be used: \(error).", remedy: "See 'tutti-bench federate --help'.") }
    }
}
