import CommandKit
import Compute
import Federation
import Foundation
import InProcessFederation
import Learning
import StrictJSON
import WorkSharing

/// `tutti-bench run virtual`: thousands of clients in this process: updates a second on one core and on all, in turn round
/// by round, and resident memory as the kernel counts it.
enum VirtualSuite {
    static let rowsEach = 32

    static func run(data: String, clients: Int, _ progress: (String) -> Void) throws(CommandFailure) -> [BenchRow] {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        var rows: [BenchRow] = []
        // Code and tables that every process pays for once are not the clients' memory.
        _ = try measure(data, clients: 10, cohort: 10, rounds: 2, cores: cores)
        for (cohort, rounds) in [(min(100, clients), 60), (clients, 6)] {
            progress("virtual: \(clients) clients, \(cohort) a round, \(rounds) rounds, one thread and \(cores) in turn")
            let figures = try measure(data, clients: clients, cohort: cohort, rounds: rounds, cores: cores)
            let name = "virtual.digits.\(clients)_clients.cohort_\(cohort)"
            func rate(_ seconds: [Double], _ what: String, beside: Double?) -> Double {
                let sorted = seconds.sorted()
                let median = sorted[sorted.count / 2]
                rows.append(
                    BenchRow(
                        name: "\(name).updates_per_second.\(what)", value: Double(cohort) / median, unit: "1/s",
                        spread: ((sorted.last ?? median) - (sorted.first ?? median)) / median, beside: beside == nil ? nil : "one thread, same run",
                        ratio: beside.map { Double(cohort) / median / $0 }))
                return Double(cohort) / median
            }
            let one = rate(figures.alone, "1_thread", beside: nil)
            if cores > 1 { _ = rate(figures.together, "\(cores)_threads", beside: one) }
            func memory(_ what: String, _ bytes: Int, _ unit: String = "MB") {
                rows.append(BenchRow(name: "\(name).\(what)", value: Double(bytes) / (unit == "MB" ? 1e6 : 1), unit: unit, spread: 0))
            }
            memory("resident.idle_client", figures.gathered / clients, "B")
            memory("resident.all_joined", figures.base + figures.gathered)
            memory("resident.highest", figures.highest)
            memory("resident.highest_per_client", (figures.highest - figures.base) / clients, "B")
            rows.append(BenchRow(name: "\(name).accuracy", value: figures.accuracy, unit: "share", spread: 0))
        }
        if let peer = flower(data, progress) {
            // The same task: 1,000 clients, 100 a round.
            let figures = try measure(data, clients: 1000, cohort: 100, rounds: 60, cores: cores)
            let sorted = figures.together.sorted()
            let rate = 100 / sorted[sorted.count / 2]
            rows.append(BenchRow(name: "virtual.flower.1000_clients.updates_per_second", value: peer.rate, unit: "1/s", spread: 0))
            rows.append(BenchRow(name: "virtual.flower.1000_clients.resident", value: peer.megabytes, unit: "MB", spread: 0))
            rows.append(
                BenchRow(
                    name: "virtual.digits.1000_clients.cohort_100.updates_per_second.\(cores)_threads", value: rate, unit: "1/s", spread: 0,
                    beside: "Flower's simulation engine, same task, same run", ratio: rate / peer.rate))
        }
        rows.append(
            BenchRow(name: "virtual.client_and_name", value: Double(InProcessFederation.bytesOfIdleClient), unit: "B", spread: 0))
        return rows
    }

    /// nil where Python or Flower is not there.
    private static func flower(_ data: String, _ progress: (String) -> Void) -> (rate: Double, megabytes: Double)? {
        progress("virtual: Flower's simulation engine, 1,000 clients, 100 a round, 20 rounds")
        guard let output = PeerScript.output(["python3", "benchmarks/peers/flower_virtual.py", data]),
            let last = output.split(separator: UInt8(ascii: "\n")).last, let json = try? JSON(parsing: [UInt8](last)),
            let rate = json["updates_per_second"]?.double, let megabytes = json["resident_mb"]?.double
        else {
            progress("virtual: python3 with flwr[simulation] is not there; the figures stand alone")
            return nil
        }
        return (rate, megabytes)
    }

    private struct Figures {
        /// Seconds of each round.
        var alone: [Double] = []
        var together: [Double] = []
        /// Bytes: before, what joining added, and the most there were.
        var base = 0
        var gathered = 0
        var highest = 0
        var accuracy = 0.0
    }

    private static func measure(
        _ data: String, clients: Int, cohort: Int, rounds: Int, cores: Int
    ) throws(CommandFailure) -> Figures {
        var task = DigitsTask(clients: clients, rounds: rounds, seed: 42)
        task.spec.clientFraction = Double(cohort) / Double(clients)
        (task.spec.minClients, task.spec.localEpochs, task.rowsEach) = (cohort, 1, rowsEach)
        var federation = try task.federation(data)
        var figures = Figures()
        Memory.forgetHighest()
        figures.base = Memory.resident - Memory.sharesBytes(clients, rowsEach)
        let crew = CrewThreads(workers: cores, name: "clients").crew
        do { try federation.gather(crew: crew) } catch { throw CommandFailure(.failed, "\(error).") }
        figures.gathered = Memory.resident - figures.base
        let clock = ContinuousClock()
        for round in 0..<rounds {
            let isAlone = round % 2 == 0
            var isOpen = true
            let seconds = clock.measure { isOpen = federation.runRound(crew: isAlone ? .alone : crew) } / .seconds(1)
            guard isOpen else { throw CommandFailure(.failed, "The session ended in round \(round + 1): \(federation.report.reason ?? "").") }
            // The first rounds make their workspaces.
            if round < 2 { continue }
            if isAlone { figures.alone.append(seconds) } else { figures.together.append(seconds) }
        }
        figures.highest = Memory.highest
        figures.accuracy = federation.report.rounds.last?.outcome.heldOutAccuracy ?? 0
        return figures
    }
}

/// This process's memory, as the kernel counts it.
private enum Memory {
    static var resident: Int { field("VmRSS") }
    static var highest: Int { field("VmHWM") }

    /// The rows' numbers belong to the clients, and are there before the first reading.
    static func sharesBytes(_ clients: Int, _ rowsEach: Int) -> Int { clients * (rowsEach * 4 + 8) }

    static func forgetHighest() { try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs")) }

    private static func field(_ name: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return (line?.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
    }
}
