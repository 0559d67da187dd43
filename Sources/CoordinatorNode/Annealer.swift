import Compute
import Federation
import Logging
import Platform
import QuantumService
import ServiceLifecycle
import Storage
import Trust
import TuttiConfiguration

/// The annealer as a service: its leases end when their time is over. Its threads are its own.
struct Annealer: Service {
    let leases: Leases
    let pool: SolverPool

    init(_ store: SQLiteStore, _ tenants: Tenants, _ settings: CoordinatorSettings, log: Logger) {
        leases = Leases(
            store: store, tenants: tenants, capacity: settings.qubits, clock: .system { Instant.now }, random: .system, log: log)
        pool = SolverPool(threads: settings.threads)
    }

    func run() async throws { await cancelWhenGracefulShutdown { await leases.run() } }
}
