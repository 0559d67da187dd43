import ArgumentParser
import CommandKit
import Foundation
import KernelTable
import StrictJSON
import TensorKernels

struct ListSuites: ReportingCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The suites there are.")
    @Flag(help: "One JSON object on stdout.")
    var json = false
    func perform() async throws(CommandFailure) -> JSON {
        if !json {
            print("kernels     GFLOP/s and GB/s at every level beside the machine's measured limits")
            print("step        a step of training beside PyTorch's, a product beside OpenBLAS's")
            print("round       a federation on digits in one process beside NumPy; accuracies over ten seeds")
            print("strategies  FedAvg, FedProx, FedAdam, FedYogi, FedAdagrad, SCAFFOLD and FedNova on Synthetic(1, 1) and digits with stragglers")
            print("robustness  nine rules against ten attacks on digits, IID and Dirichlet(0.5): accuracy and the backdoor's success")
            print("simulation  how many federations in bad weather the simulator lives through in a second")
            print("virtual     thousands of clients in this process: updates a second and resident memory")
            print("aggregation whole aggregations beside memory and the peers, masks beside openssl")
            print("secagg      secure aggregation: milliseconds and bytes of clients and server, beside AES alone and Flower's SecAgg+")
            print("faults      kills of real processes, idle clients, overload: what is lost, and what a client costs")
            print("api         requests a second and latency of calls of a coordinator over TLS beside a bare route of Hummingbird")
            print("annealing   energies and seconds of the annealer on models with known optima, and beside dwave-samplers")
            print("language    bits per byte of text that was held out: xz, counts of sequences, and a model that was trained")
            print("compress    ratio and MB/s of zstd on updates and models of 38 KB to 10 MB")
        }
        return [
            "suites": [
                "kernels", "step", "aggregation", "round", "strategies", "robustness", "simulation", "virtual", "secagg", "faults", "api", "annealing",
                "language", "compress",
            ]
        ]
    }
}

struct RunSuite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run a suite.")
    @Argument(help: "kernels, step, aggregation, round, strategies, robustness, simulation, virtual, secagg, faults, api, annealing, language or compress.")
    var suite: String
    @Option(help: "Write the result to this file.")
    var json: String?
    @Option(help: "The digits file for 'round', 'strategies', 'robustness', 'virtual' and 'compress'.")
    var data = "benchmarks/data/digits.csv"
    @Option(help: "How many clients 'virtual' has, 100 to 100000.")
    var clients = 10_000
    @Option(help: "How many times 'faults' kills; 0: not at all. (default: 200, and 0 with --idle or --overload alone)")
    var kills: Int?
    @Option(help: "What the moments of the kills, and whom they hit, are drawn from.")
    var seed: UInt64 = 1
    @Option(help: "How many clients 'faults' lets idle; 0: none. (default: 5000, and 0 with --kills or --overload alone)")
    var idle: Int?
    @Flag(help: "Let 'faults' overrun a coordinator, too. Its clients need a processor that makes handshakes five times as fast as the coordinator's.")
    var overload = false
    @Option(help: "Write the curves of 'strategies', or the table of 'robustness', to this file, as SVG.")
    var plot: String?

    @Option(help: "A graph of the Gset that 'annealing' cuts in 5 s, too.")
    var gset: String?
    @Option(help: "The best known cut of that graph, where the suite does not know it.")
    var bestCut: Double?
    @Option(help: "Threads of 'annealing' on models with known optima.")
    var threads = 2

    @Option(help: "The model of 'language'.")
    var model: String?
    @Option(help: "The text of 'language' that nothing was trained on: a file, or a folder of *.txt.")
    var heldOut: String?
    @Option(help: "The text that it was trained on, a folder 'held-out' in it left out.")
    var training: String?

    func run() async throws {
        do {
            let rows: [BenchRow]
            switch suite {
            case "kernels": rows = KernelsSuite.run { say($0) }
            case "aggregation": rows = try AggregationSuite.run { say($0) }
            case "step": rows = StepSuite.run { say($0) }
            case "round": rows = try RoundSuite.run(data: data) { say($0) }
            case "strategies": rows = try StrategiesSuite.run(data: data, plot: plot) { say($0) }
            case "robustness": rows = try RobustnessSuite.run(data: data, plot: plot) { say($0) }
            case "simulation": rows = SimulationSuite.run { say($0) }
            case "virtual":
                guard (100...100_000).contains(clients) else {
                    throw CommandFailure(.usage, "--clients is \(clients).", remedy: "Give 100 to 100000.")
                }
                rows = try VirtualSuite.run(data: data, clients: clients) { say($0) }
            case "secagg": rows = try SecAggSuite.run { say($0) }
            case "faults":
                let isWhole = kills == nil && idle == nil && !overload
                let (kills, idle) = (kills ?? (isWhole ? 200 : 0), idle ?? (isWhole ? 5000 : 0))
                guard (0...1_000_000).contains(kills), (0...100_000).contains(idle) else {
                    throw CommandFailure(.usage, "--kills is \(kills), --idle \(idle).", remedy: "Give at most 1000000 kills and 100000 idle clients.")
                }
                rows = try await FaultsSuite.run(data: data, kills: kills, seed: seed, idle: idle, overload: overload) { say($0) }
            case "api": rows = try APISuite.run { say($0) }
            case "annealing":
                guard (1...1024).contains(threads) else { throw CommandFailure(.usage, "--threads is \(threads).", remedy: "Give 1 to 1024.") }
                rows = try AnnealingSuite.run(gset: gset, best: bestCut, threads: threads) { say($0) }
            case "language":
                guard let model, let heldOut else {
                    throw CommandFailure(.usage, "'language' needs a model and a text.", remedy: "Give --model FILE and --held-out FOLDER.")
                }
                rows = try LanguageSuite.run(model: model, heldOut: heldOut, training: training) { say($0) }
            case "compress": rows = try CompressionSuite.run(data: data) { say($0) }
            default: throw CommandFailure(.usage, "There is no suite '\(suite)'.", remedy: "See 'tutti-bench list'.")
            }
            for row in rows { print(text(row)) }
            if let json {
                let result: JSON = [
                    "suite": .string(suite), "version": "0.1.0", "machine": machine(), "rows": .array(rows.map(\.json)),
                ]
                do { try Data(result.encoded()).write(to: URL(fileURLWithPath: json)) } catch {
                    throw CommandFailure(.configuration, "\(json) cannot be written: \(error)")
                }
            }
        } catch let failure as CommandFailure {
            say("error: \(failure.message)\n  \(failure.remedy)")
            throw ExitCode(failure.status.rawValue)
        }
    }

    private func text(_ row: BenchRow) -> String {
        func pad(_ s: String, _ n: Int) -> String { s + String(repeating: " ", count: max(0, n - s.count)) }
        var line = pad(row.name, 52) + pad(RoundTable.fixed(row.value, 3), 12) + pad(row.unit, 9)
        if let ratio = row.ratio { line += "\(RoundTable.fixed(ratio, 3))x \(row.beside ?? "")" }
        if let most = row.most { line += "  at most \(RoundTable.fixed(most, most < 10 ? 2 : 0)) \(row.holds == true ? "met" : "MISSED")" }
        if let goal = row.goal { line += "  goal \(goal) \(row.holds == true ? "met" : "MISSED")" }
        return line
    }

    private func machine() -> JSON {
        let cpu = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n").first { $0.hasPrefix("model name") }
            .map { String($0.split(separator: ":").last ?? "").trimmingCharacters(in: .whitespaces) }
        return [
            "cpu": JSON(cpu), "cores": JSON(ProcessInfo.processInfo.activeProcessorCount), "kernel_level": .string("\(Kernels.active.level)"),
            "memory_bytes": .integer(Int64(clamping: ProcessInfo.processInfo.physicalMemory)),
        ]
    }
}

struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "compare", abstract: "Two results side by side; exits 1 when the second misses a goal.")
    @Argument(help: "A result file.")
    var before: String
    @Argument(help: "Another one.")
    var after: String

    func run() async throws {
        do {
            let (a, b) = (try load(before), try load(after))
            var missed = 0
            for row in b {
                guard let name = row["name"]?.text, let value = row["value"]?.double else { continue }
                let old = a.first { $0["name"]?.text == name }?["value"]?.double
                let ratio = old.map { RoundTable.fixed(value / $0, 3) + "x" } ?? "new"
                if row["holds"]?.truth == false { missed += 1 }
                print(
                    "\(name)  \(old.map { RoundTable.fixed($0, 3) } ?? "-")  \(RoundTable.fixed(value, 3)) \(row["unit"]?.text ?? "")  \(ratio)\(row["holds"]?.truth == false ? "  goal missed" : "")"
                )
            }
            if missed > 0 { throw CommandFailure(.failed, "\(missed) goals are missed in \(after).") }
        } catch let failure as CommandFailure {
            say("error: \(failure.message)")
            throw ExitCode(failure.status.rawValue)
        }
    }

    private func load(_ path: String) throws(CommandFailure) -> [JSON] {
        guard let data = FileManager.default.contents(atPath: path), let json = try? JSON(parsing: [UInt8](data)), let rows = json["rows"]?.elements else {
            throw CommandFailure(.configuration, "\(path) is no result of 'tutti-bench run'.")
        }
        return rows
    }
}
