import CommandKit
import Foundation
import Learning
import Strategies

/// `tutti-bench run strategies`: the algorithms beside each other where clients differ and do not all get through their
/// work, after the experiments of the FedProx paper (Li et al. 2020, arXiv 1812.06127, section 5.2).
enum StrategiesSuite {
    static let seeds = UInt64(1)...3
    static let shares = [0.0, 0.5, 0.9]
    /// Server learning rates that the adaptive optimisers are tuned on; the best for the first seed without stragglers
    /// is taken for all. (Reddi et al. tune on twice as fine a grid, and clients' rates with it.)
    static let grid = [0.01, 0.03, 0.1, 0.3]
    /// Nats within which two rates are as good; the smaller is taken.
    static let tie = 0.001

    struct Result {
        var trial: String
        var share: Double
        /// Of every seed: its curve.
        var curves: [[StrategyExperiment.Point]]

        func median(_ value: (StrategyExperiment.Point) -> Double) -> (value: Double, spread: Double) {
            let sorted = curves.map { value(StrategyExperiment.final($0)) }.sorted()
            let median = sorted[sorted.count / 2]
            return (median, median == 0 ? 0 : (sorted[sorted.count - 1] - sorted[0]) / median)
        }
    }

    static func run(data path: String, plot: String?, _ progress: (String) -> Void) throws -> [BenchRow] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Give the digits file with --data FILE.")
        }
        var options = CSVOptions()
        options.scale = .constant(16)
        let digits = try CSV.parse([UInt8](data), options: options).dataset()
        let problems: [(UInt64) throws -> StrategyProblem] = [
            { try .synthetic(seed: $0) }, { try .digits(digits, alpha: 0.1, seed: $0) }, { try .digits(digits, alpha: 0.5, seed: $0) },
        ]
        var rows: [BenchRow] = []
        for problem in problems {
            let first = try problem(seeds.lowerBound)
            let trials = try tuned(first, &rows, progress)
            var results: [Result] = []
            for share in shares {
                for trial in trials {
                    var result = Result(trial: trial.name, share: share, curves: [])
                    for seed in seeds {
                        let experiment = StrategyExperiment(
                            problem: try problem(seed), seed: seed, stragglers: Stragglers(share: share))
                        result.curves.append(try experiment.run(trial))
                    }
                    results.append(result)
                    let (loss, accuracy) = (result.median(\.loss), result.median(\.accuracy))
                    let name = "strategies.\(first.name).stragglers_\(Int(share * 100)).\(trial.name)"
                    rows.append(BenchRow(name: name + ".loss", value: loss.value, unit: "nats", spread: loss.spread))
                    rows.append(BenchRow(name: name + ".accuracy", value: accuracy.value, unit: "share", spread: accuracy.spread))
                    progress("\(name): loss \(RoundTable.fixed(loss.value, 3)), accuracy \(RoundTable.fixed(accuracy.value, 3))")
                }
            }
            if let plot, first.name == "synthetic_1_1" {
                do { try Data(StrategyPlot.svg(results).utf8).write(to: URL(fileURLWithPath: plot)) } catch {
                    throw CommandFailure(.configuration, "\(plot) cannot be written: \(error)")
                }
            }
        }
        return rows
    }

    /// The algorithms, with the adaptive ones at the best rate of the grid.
    private static func tuned(_ problem: StrategyProblem, _ rows: inout [BenchRow], _ progress: (String) -> Void) throws -> [StrategyTrial] {
        var trials = [
            StrategyTrial(name: "fedavg", dropsStragglers: true),
            StrategyTrial(name: "fedprox_mu_0"),
            StrategyTrial(name: "fedprox", proximalMu: problem.proximalMu),
        ]
        let adaptive: [(name: String, make: (Double) -> ServerOptimizer)] = [
            ("fedadam", { .adam(learningRate: $0) }), ("fedyogi", { .yogi(learningRate: $0) }),
            ("fedadagrad", { .adagrad(learningRate: $0) }),
        ]
        for (name, make) in adaptive {
            var losses: [Double] = []
            for rate in grid {
                let trial = StrategyTrial(name: name, strategy: Strategy(server: make(rate)))
                let curve = try StrategyExperiment(problem: problem, seed: seeds.lowerBound, stragglers: Stragglers(share: 0)).run(trial)
                losses.append(StrategyExperiment.final(curve).loss)
                progress("strategies: \(problem.name), \(name) at server rate \(rate): loss \(RoundTable.fixed(losses.last ?? 0, 3))")
            }
            let least = losses.min() ?? 0
            guard let rate = zip(grid, losses).first(where: { $0.1 <= least + tie })?.0 else { continue }
            trials.append(StrategyTrial(name: name, strategy: Strategy(server: make(rate))))
            rows.append(BenchRow(name: "strategies.\(problem.name).\(name).server_learning_rate", value: rate, unit: "tuned", spread: 0))
        }
        trials.append(StrategyTrial(name: "scaffold", strategy: Strategy(client: .controlled)))
        trials.append(StrategyTrial(name: "fednova", strategy: Strategy(client: .normalised)))
        return trials
    }
}
