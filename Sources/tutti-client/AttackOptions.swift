import ArgumentParser
import Attacks
import ClientNode
import CommandKit
import Learning

/// Lies that show what robust rules withstand.
struct AttackOptions: ParsableArguments {
    @Option(
        help:
            "For tests of robust rules: send a lie instead of the update: sign_flip, gaussian, label_flip, scaling, backdoor (four white pixels mean zero), alie, inner_product, min_max, min_sum or mimic."
    )
    var attack: String?
    @Option(help: "How much the lie is enlarged; of gaussian the standard deviation, of alie z. Else as in docs/explanation/robustness.md.")
    var attackScale: Float?
    @Option(help: "Of alie, inner_product, min_max, min_sum and mimic: the rows of an honest client. Repeat it for each of them.")
    var attackKnows: [String] = []

    /// - Parameter liars: clients of this process; all lie.
    func liar(_ csv: CSVOptions, liars: Int) throws(CommandFailure) -> Liar? {
        guard let attack else { return nil }
        var honest: [Dataset] = []
        for path in attackKnows {
            do throws(ClientNodeError) { honest.append(try LocalData.load(LocalDataOptions(path: path, csv: csv, partition: nil)).dataset) } catch {
                throw error.failure
            }
        }
        do throws(AttackError) { return try Liar(try Attack(commandLine: attack, scale: attackScale), liars: liars, honest: honest) } catch {
            throw CommandFailure(.usage, "--attack cannot be used: \(error).", remedy: "Give one of those, or leave it out.")
        }
    }
}
