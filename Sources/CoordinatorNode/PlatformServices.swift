import Federation
import FederationService
import Logging
import ModelServing
import PhiAPI
import Platform
import QuantumService
import ServiceLifecycle
import Storage
import Telemetry
import Trust
import TuttiConfiguration

/// What the families beside federated learning stand on.
struct PlatformServices: Sendable {
    let identity: Identity
    let tenants: Tenants
    let quotas: Quotas
    let jobs: JobQueue
    let annealer: Annealer
    let models: ModelRoom
    let gates: ServiceGates
    var probes: TenantProbes?
    private let log: Logger

    static func open(
        _ store: SQLiteStore, _ engine: FederationEngine, _ folder: CoordinatorFolder, _ settings: CoordinatorSettings, _ metrics: Metrics,
        _ client: GuardedClient,
        log: Logger
    ) async throws -> PlatformServices {
        let tenants: Tenants
        do { tenants = try await Tenants.open(store: store, random: .system, now: .now) } catch {
            guard case .storage(let cause) = error else { throw error }
            throw cause
        }
        let tokens: TokenIssuer
        do throws(TrustError) { tokens = try TokenIssuer(file: folder.signingKeysPath, random: .system, now: .now) } catch {
            guard case .file = error else { throw error }
            throw CoordinatorError(.integrity, error.message, remedy: "The coordinator does not start with signing keys that it cannot read.")
        }
        let annealer = Annealer(store, tenants, settings, log: log)
        let gates = try await ServiceGates.open(store) { Instant.now }
        return PlatformServices(
            identity: Identity(
                store: store, tokens: tokens,
                crossFamily: Set(settings.crossFamily.compactMap(APIFamily.init(rawValue:)))), tenants: tenants,
            quotas: try await Quotas.open(store: store, now: .now),
            jobs: try await JobService.queue(store, engine, annealer, gates, metrics: metrics, log: log),
            annealer: annealer, models: try ModelRoom(store, engine, settings, client, metrics, log: log), gates: gates, log: log)
    }

    /// In the order in which they start; they stop in the opposite one.
    var services: [any Service] { [annealer, models, JobService(queue: jobs), QuotaService(quotas: quotas, log: log)] + (probes.map { [$0] } ?? []) }
}

/// Writes the windows of counted calls, and once more at the end.
private struct QuotaService: Service {
    let quotas: Quotas
    let log: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown { await quotas.run { log.error("windows of calls are not written", metadata: ["reason": "\($0)"]) } }
    }
}
