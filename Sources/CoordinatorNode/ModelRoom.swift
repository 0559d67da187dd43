import Compute
import CryptoSuite
import Federation
import FederationService
import Logging
import ModelServing
import PhiAPI
import Platform
import ServiceLifecycle
import Storage
import Trust
import TuttiConfiguration

/// The registry of models as a service: files are fetched, deployments brought on, and models of sessions that ended registered.
struct ModelRoom: Service {
    let registry: ModelRegistry
    let deployments: Deployments
    private let engine: FederationEngine
    private let log: Logger

    init(_ store: SQLiteStore, _ engine: FederationEngine, _ settings: CoordinatorSettings, _ client: GuardedClient, log: Logger) {
        var limits = RegistrySettings()
        limits.roots = settings.modelRoots
        limits.bytesMax = settings.modelMegabytes << 20
        registry = ModelRegistry(
            store: store, settings: limits, client: client, pool: ComputePool(threads: 1, name: "models"), suite: .system, random: .system, log: log
        ) { Instant.now }
        deployments = Deployments(registry, loading: nil, random: .system)
        (self.engine, self.log) = (engine, log)
    }

    var services: ModelServices { ModelServices(registry: registry, deployments: deployments) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await engine.registerModels() } catch {
                        log.warning("models of sessions are registered at the next start", metadata: ["cause": "\(error)"])
                    }
                }
                group.addTask { await registry.run() }
                group.addTask { await deployments.run() }
            }
        }
    }
}
