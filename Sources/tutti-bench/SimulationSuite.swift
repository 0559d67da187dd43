import Federation
import FederationSimulator

/// `tutti-bench run simulation`: how many federations the simulator lives through in a second on one core. Twenty
/// clients, three rounds; every message crosses as bytes and every checker watches.
enum SimulationSuite {
    /// Seeds a second that make it worth while to run thousands before a change lands.
    static let goal = 200.0
    static let seedsPerRun = 50

    static func run(_ progress: (String) -> Void) -> [BenchRow] {
        progress("simulation: \(seedsPerRun) seeds of 20 clients and 3 rounds, calm and in a storm, in turn")
        var timer = Interleaved()
        var violations = 0
        for (name, isStorm) in [("calm", false), ("storm", true)] {
            timer.add(name) {
                for seed in 0..<UInt64(seedsPerRun) {
                    var simulation = Simulation(seed: seed, configuration: configuration(seed, isStorm))
                    violations += simulation.run().violations.count
                }
            }
        }
        let times = timer.seconds(repetitions: 5, atLeast: 0.01)
        var rows = ["calm", "storm"].compactMap { name -> BenchRow? in
            guard let time = times[name] else { return nil }
            let rate = Double(seedsPerRun) / time.median
            return BenchRow(
                name: "simulation.seeds_per_second.\(name)", value: rate, unit: "1/s", spread: time.spread,
                beside: "the goal of \(Int(goal)) a second", ratio: rate / goal, goal: 1)
        }
        rows.append(BenchRow(name: "simulation.violations", value: Double(violations), unit: "count", spread: 0))
        return rows
    }

    private static func configuration(_ seed: UInt64, _ isStorm: Bool) -> SimulationConfiguration {
        isStorm ? .largeStorm(seed: seed) : .fullParticipation(clients: 20, rounds: 3)
    }
}
