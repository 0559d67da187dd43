import ArgumentParser
import CommandKit
import Federation
import FederationSimulator
import Foundation
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
    @Flag(help: "Federations of twenty clients and three rounds instead of small ones.")
    var large = false
    @Option(help: "Plant this bug and look for it: one of \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", ")), or all.")
    var planted: String?
    @Option(help: "Write every failure, shrunk, to a file in this folder.")
    var keep: String?
    @Option(help: "Live through this file's federation once, and say what happens.")
    var reproduce: String?
    @Flag(help: "With --reproduce: tell everything that happens.")
    var log = false

    func run() async throws {
        guard count > 0, count <= 100_000_000, (1...256).contains(threads), from <= UInt64.max - count else {
            say("error: --count must be 1 to 100000000, --threads 1 to 256\n  Give smaller numbers.")
            throw ExitCode(2)
        }
        if let reproduce { return try Self.reproduce(reproduce, told: log) }
        if let planted { return try hunt(planted) }
        try await storm()
    }

    // MARK: Storms

    private func storm() async throws {
        let (first, end, step, large) = (from, from + count, UInt64(100), self.large)
        let clock = ContinuousClock()
        let began = clock.now
        var (done, broken): (UInt64, [UInt64]) = (0, [])
        await withTaskGroup(of: (seeds: UInt64, broken: [UInt64]).self) { group in
            var next = first
            func launch(_ group: inout TaskGroup<(seeds: UInt64, broken: [UInt64])>) {
                guard next < end else { return }
                let seeds = next..<min(end, next + step)
                next = seeds.upperBound
                group.addTask { (UInt64(seeds.count), seeds.filter { !Self.report($0, large).violations.isEmpty }) }
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
        for seed in broken.sorted().prefix(3) {
            guard let found = Reproduction(shrinking: seed, Self.configuration(seed, large)) else { continue }
            print("\nseed \(seed), shrunk to: \(found.configuration.summary)")
            for violation in found.run().violations { print("  \(violation)") }
            try store(found, "seed-\(seed)")
        }
        say("error: \(broken.count) seeds break a promise: \(broken.sorted().prefix(20).map { "\($0)" }.joined(separator: " "))")
        throw ExitCode(1)
    }

    private static func configuration(_ seed: UInt64, _ large: Bool) -> SimulationConfiguration {
        large ? .largeStorm(seed: seed) : .storm(seed: seed)
    }

    private static func report(_ seed: UInt64, _ large: Bool) -> SimulationReport {
        var simulation = Simulation(seed: seed, configuration: configuration(seed, large))
        return simulation.run()
    }

    // MARK: Planted bugs

    private func hunt(_ name: String) throws {
        guard let bugs = name == "all" ? PlantedBug.allCases : PlantedBug(rawValue: name).map({ [$0] }) else {
            say("error: there is no bug '\(name)' to plant\n  Give one of: \(PlantedBug.allCases.map(\.rawValue).joined(separator: ", "))")
            throw ExitCode(2)
        }
        var unnoticed: [String] = []
        for bug in bugs {
            guard let (seeds, violation) = Simulation.hunt(bug, within: count) else {
                print("\(bug.rawValue): unnoticed in \(count) seeds")
                unnoticed.append(bug.rawValue)
                continue
            }
            print("\(bug.rawValue): caught after \(seeds) seeds, at \(violation)")
            guard keep != nil || bugs.count == 1 else { continue }
            guard let found = Reproduction(shrinking: seeds - 1, .storm(seed: seeds - 1, with: bug)) else { continue }
            print("  shrunk to: \(found.configuration.summary)")
            try store(found, bug.rawValue)
        }
        guard unnoticed.isEmpty else {
            say("error: unnoticed: \(unnoticed.joined(separator: ", "))\n  Give --count more seeds, or mend the checker.")
            throw ExitCode(1)
        }
    }

    // MARK: Files

    private func store(_ found: Reproduction, _ name: String) throws {
        guard let keep else { return }
        let file = URL(fileURLWithPath: keep).appendingPathComponent("\(name).json")
        do {
            try FileManager.default.createDirectory(atPath: keep, withIntermediateDirectories: true)
            try Data(found.json.encoded() + [UInt8(ascii: "\n")]).write(to: file)
        } catch {
            say("error: \(file.path) cannot be written: \(error)\n  Give a folder that can.")
            throw ExitCode(1)
        }
        guard (try? Reproduction(json: found.json)) == found else {
            say("error: \(file.path) does not say all that matters\n  Give the missing value a field in ConfigurationField.")
            throw ExitCode(1)
        }
        print("  kept in \(file.path)")
    }

    private static func reproduce(_ path: String, told: Bool) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            say("error: \(path) cannot be read\n  Give a file that 'simulate --keep' has written.")
            throw ExitCode(3)
        }
        var kept: Reproduction
        do { kept = try Reproduction(json: try JSON(parsing: [UInt8](data))) } catch {
            say("error: \(path): \(error)")
            throw ExitCode(3)
        }
        kept.configuration.keepsLog = told
        let report = kept.run()
        for line in report.log { print(line) }
        print("seed \(kept.seed): \(kept.configuration.summary)")
        print("\(report.status.rawValue) after \(report.committedRounds) rounds, \(report.events) events and \(report.virtualMilliseconds) virtual ms")
        for violation in report.violations { print("  \(violation)") }
        guard let disagreement = kept.disagreement(report) else { return print("as expected: \(kept.violates?.rawValue ?? "every promise holds")") }
        say("error: \(disagreement)")
        throw ExitCode(1)
    }
}
