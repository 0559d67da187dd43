import ArgumentParser
import CommandKit
import FederationSimulator
import StrictJSON

struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Lives through federations in bad weather, seed by seed; exits 1 when a promise is broken.")
    @Option(help: "The first seed.")
    var from: UInt64 = 0
    @Option(help: "How many seeds.")
    var count: UInt64 = 1000
    @Option(help: "Seeds that run at the same time.")
    var threads = 2

    func run() async throws {
        guard count > 0, count <= 100_000_000, (1...256).contains(threads), from <= UInt64.max - count else {
            say("error: --count must be 1 to 100000000, --threads 1 to 256\n  Give smaller numbers.")
            throw ExitCode(2)
        }
        let (first, end, step) = (from, from + count, UInt64(100))
        let clock = ContinuousClock()
        let began = clock.now
        var (done, broken): (UInt64, [UInt64]) = (0, [])
        await withTaskGroup(of: (seeds: UInt64, broken: [UInt64]).self) { group in
            var next = first
            func launch(_ group: inout TaskGroup<(seeds: UInt64, broken: [UInt64])>) {
                guard next < end else { return }
                let seeds = next..<min(end, next + step)
                next = seeds.upperBound
                group.addTask { (UInt64(seeds.count), seeds.filter { !Self.report($0).violations.isEmpty }) }
            }
            for _ in 0..<threads { launch(&group) }
            var nextNote = UInt64(10_000)
            while let result = await group.next() {
                done += result.seeds
                broken += result.broken
                if done >= nextNote {
                    say("\(done) of \(count) seeds, \(broken.count) with a broken promise")
                    nextNote += 10_000
                }
                launch(&group)
            }
        }
        let elapsed = clock.now - began
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        print("\(done) seeds in \(RoundTable.fixed(seconds, 1)) s, \(RoundTable.fixed(Double(done) / max(1e-9, seconds), 0)) a second on \(threads) threads")
        guard !broken.isEmpty else { return print("every promise held") }
        for seed in broken.sorted().prefix(3) { explain(seed) }
        say("error: \(broken.count) seeds break a promise: \(broken.sorted().prefix(20).map { "\($0)" }.joined(separator: " "))")
        throw ExitCode(1)
    }

    private static func report(_ seed: UInt64) -> SimulationReport {
        var simulation = Simulation(seed: seed, configuration: .storm(seed: seed))
        return simulation.run()
    }

    private func explain(_ seed: UInt64) {
        guard let (smallest, report) = Simulation(seed: seed, configuration: .storm(seed: seed)).shrunk() else { return }
        print("\nseed \(seed), shrunk to: \(smallest.summary)")
        for violation in report.violations { print("  \(violation)") }
    }
}
