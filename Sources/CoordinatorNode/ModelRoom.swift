import Compute
import CryptoSuite
import Federation
import FederationService
import Logging
import ModelServing
import ONNX
import PhiAPI
import Platform
import ServiceLifecycle
import Storage
import Telemetry
import Trust
import TuttiConfiguration
import Vision

/// Models as a service: files are fetched, deployments brought on, models of sessions that ended registered, and what is loaded answers.
struct ModelRoom: Service {
    let source: RegistryModelSource
    let runtime: ModelRuntime
    let inference: InferenceDesk
    let upstreams: Upstreams?
    private let registry: ModelRegistry
    private let deployments: Deployments
    private let engine: FederationEngine
    private let log: Logger

    init(
        _ store: SQLiteStore, _ engine: FederationEngine, _ settings: CoordinatorSettings, _ client: GuardedClient, _ metrics: Metrics, log: Logger
    ) throws(CoordinatorError) {
        upstreams = try UpstreamRoom.open(settings, metrics)
        var limits = RegistrySettings()
        limits.roots = settings.modelRoots
        limits.bytesMax = settings.modelMegabytes << 20
        if let file = settings.objectStoresFile { limits.objectStores = try ObjectStores(file: file) }
        registry = ModelRegistry(
            store: store, settings: limits, client: client, pool: ComputePool(threads: 1, name: "models"), suite: .system, random: .system, log: log
        ) { Instant.now }
        source = RegistryModelSource(registry)
        runtime = ModelRuntime(
            source: source, upstreams: upstreams,
            settings: RuntimeSettings(memoryBytes: settings.modelMemoryMegabytes.map { $0 << 20 }, threads: settings.threads),
            decoders: ModelDecoders().adding(.onnx) { try ONNXModel(decoding: $0) }, metrics: metrics,
            told: ModelEvents(store: store, suite: .system, log: log, now: { Instant.now }).tell)
        deployments = Deployments(registry, loading: DeployedModels(runtime: runtime), random: .system)
        inference = InferenceDesk(
            runtime: runtime, artifacts: Artifacts(store: store, suite: .system, log: log),
            deployments: UpstreamDeployments(upstreams: upstreams, deployments: deployments))
        (self.engine, self.log) = (engine, log)
    }

    /// What does the jobs of models.
    func runners(
        _ store: SQLiteStore, _ gates: ServiceGates, language: LanguageModels, texts: TextService, vision: VisionService
    ) -> [any JobRunner] {
        let artifacts = Artifacts(store: store, suite: .system, log: log)
        let evaluation = EvaluationRunner(source: source, runtime: runtime, artifacts: artifacts, sources: registry.sources) { Instant.now }
        let batches = BatchRunner.all(
            runtime: runtime, language: language, texts: texts, vision: vision, artifacts: artifacts, sources: registry.sources, now: { Instant.now })
        let gated = batches.map { batch -> any JobRunner in
            GatedService(rawValue: "\(batch.service ?? "")_service").map { GatedRunner(batch, gates, $0) } ?? batch
        }
        return gated + [evaluation]
    }

    /// What the services do when they are stopped and started.
    static func hook(_ gates: ServiceGates, language: LanguageModels, texts: TextService, vision: VisionService) {
        gates.hook(.llm, ServiceHooks(release: { language.forget() }, answers: { (try? await language.list(tenant: "")) != nil }))
        gates.hook(.vision, ServiceHooks(release: { await vision.forget() }))
        gates.hook(.nlp, ServiceHooks(answers: { (try? await texts.analyse("A word.", [.language], language: nil)) != nil }))
    }

    func services(followers: LogFollowers, checks: @escaping ModelServices.PlatformChecks) -> ModelServices {
        ModelServices(registry: registry, deployments: deployments, followers: followers, checks: checks)
    }
    /// Digits in pictures, by models that sessions have made, and what models of other servers see.
    var vision: VisionService {
        VisionService(models: DigitsModels(source), detectors: upstreams?.detectors ?? [], classifiers: upstreams?.classifiers ?? [])
    }

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
                group.addTask { await upstreams?.run() }
            }
        }
    }
}

/// Models of deployments are loaded by the coordinator itself.
private struct DeployedModels: ModelLoading {
    let runtime: ModelRuntime
    private static let actor = "coordinator"

    func load(_ model: ServableModel) async throws { try await runtime.loadNow(model.id, tenant: model.tenant, actor: Self.actor) }
    func unload(_ model: ServableModel) async throws { _ = try await runtime.unload(model.id, tenant: model.tenant, actor: Self.actor) }
}
