import Attacks
import CommandKit
import Foundation
import Learning

/// `tutti-bench run robustness`: every rule against every attack, where clients are alike and where they differ.
enum RobustnessSuite {
    static let seeds = UInt64(1)...3
    static let clients = 30
    /// Liars of the thirty: a tenth and three tenths.
    static let liars = [3, 9]
    static let schemes: [(name: String, scheme: Partition)] = [("iid", .iid), ("dirichlet", .dirichlet(alpha: 0.5))]

    /// One cell of the table: medians over the seeds.
    struct Cell {
        var rule: RobustnessRule
        /// nil: nobody lies, and the rule is told that `liars` might.
        var attack: Attack?
        var liars: Int
        var scheme: String
        var accuracies: [Double]
        var successes: [Double]

        var name: String { "robustness.\(rule.rawValue).\(attack?.name ?? "none").\(Double(liars) / Double(RobustnessSuite.clients)).\(scheme)" }
        var accuracy: Double { RobustnessSuite.median(accuracies) }
        var success: Double { RobustnessSuite.median(successes) }
    }

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    static func run(data path: String, plot: String?, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Give the digits file with --data FILE.")
        }
        var options = CSVOptions()
        options.scale = .constant(16)
        let digits = try CSV.parse([UInt8](data), options: options).dataset()
        var cells: [Cell] = []
        for (name, scheme) in schemes {
            let experiments = try seeds.map {
                RobustnessExperiment(problem: try .digits(digits, name, scheme, clients: clients, seed: $0), seed: $0)
            }
            for liars in liars {
                for attack in [nil] + Attack.trials.map(Optional.some) {
                    for rule in RobustnessRule.allCases {
                        let outcomes = try experiments.compactMap { try $0.run(rule, attack, liars: liars) }
                        guard outcomes.count == experiments.count else { continue }
                        cells.append(
                            Cell(
                                rule: rule, attack: attack, liars: liars, scheme: name, accuracies: outcomes.map(\.accuracy),
                                successes: outcomes.map(\.backdoorSuccess)))
                    }
                    progress("robustness: \(name), \(liars) of \(clients), \(attack?.name ?? "none")")
                }
            }
        }
        if let plot {
            do { try Data(RobustnessPlot.svg(cells).utf8).write(to: URL(fileURLWithPath: plot)) } catch {
                throw CommandFailure(.configuration, "\(plot) cannot be written: \(error)")
            }
        }
        return cells.flatMap { cell in
            func row(_ what: String, _ values: [Double]) -> BenchRow {
                let middle = median(values)
                let spread = middle == 0 ? 0 : ((values.max() ?? 0) - (values.min() ?? 0)) / middle
                return BenchRow(name: "\(cell.name).\(what)", value: middle, unit: "share", spread: spread)
            }
            let accuracy = row("accuracy", cell.accuracies)
            // The trigger's rate without an attack is what the rate under it compares with.
            guard cell.attack == nil || cell.attack?.name == "backdoor" else { return [accuracy] }
            return [accuracy, row("backdoor_success", cell.successes)]
        }
    }
}
