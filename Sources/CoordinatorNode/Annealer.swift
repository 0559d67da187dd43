import EnterpriseAPI
import Federation
import Foundation
import Logging
import Platform
import QuantumService
import Receipts
import ServiceLifecycle
import Storage
import Trust
import TuttiConfiguration

/// The annealer as a service: its leases end when their time is over, and it is measured once a day. Its threads are its own.
struct Annealer: Service {
    let leases: Leases
    let pool: SolverPool
    let benchmark: AnnealerBenchmark
    let optimizer: QuantumOptimizer

    init(_ store: SQLiteStore, _ tenants: Tenants, _ settings: CoordinatorSettings, log: Logger) {
        let clock = JobClock.system { Instant.now }
        leases = Leases(store: store, tenants: tenants, capacity: settings.qubits, clock: clock, random: .system, log: log)
        pool = SolverPool(threads: settings.threads)
        benchmark = AnnealerBenchmark(
            store: store, pool: pool, version: Product.version, processor: Self.processor, cores: ProcessInfo.processInfo.activeProcessorCount,
            hours: settings.benchmarkHours, clock: clock, random: .system, log: log)
        optimizer = QuantumOptimizer(
            leases: leases, store: store, artifacts: Artifacts(store: store, suite: .system, log: log), pool: pool, random: .system)
    }

    var tools: AnnealerTools { AnnealerTools(benchmark: benchmark, optimizer: optimizer) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            async let leasing: Void = leases.run()
            async let measuring: Void = benchmark.run()
            _ = await (leasing, measuring)
        }
    }

    /// As Linux names it.
    private static var processor: String? {
        let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n")
        return lines?.first { $0.hasPrefix("model name") }?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces)
    }
}
