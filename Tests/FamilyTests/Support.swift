import APIKit
import AisembleAPI
import Compute
import CryptoSuite
import EnterpriseAPI
import Federation
import FederationService
import Foundation
import KeyVault
import Logging
import ModelServing
import OpenAIAPI
import OpenInferenceAPI
import PhiAPI
import Platform
import QuantumService
import Storage
import StrictJSON
import Synchronization
import Telemetry
import Trust
import TrustStreamAPI

/// Says who calls, whatever the request is.
struct Known: Authenticator {
    var caller: Caller
    func caller(of request: APIRequest) async throws(ServiceError) -> Caller { caller }
}

func request(_ method: String, _ path: String, body: String = "", type: String = "application/json", headers: [(name: String, value: String)] = [])
    -> APIRequest
{
    var request = APIRequest(
        method: method, path: path, body: RequestBody(Array(body.utf8)), requestID: "req-1", nowMilliseconds: 1_758_506_403_000,
        baseURL: "https://localhost:8443", socketBaseURL: "wss://localhost:8443")
    request.headers = headers
    if !body.isEmpty { request.headers.append((name: "content-type", value: type)) }
    request.remoteAddress = "192.0.2.7"
    return request
}

extension APIReply {
    var json: JSON { if case .json(let json) = body { json } else { .null } }
}

/// Loads whatever it is asked for, in name.
final class NotedLoading: ModelLoading {
    private let ids = Mutex<[String]>([])
    var loaded: [String] { ids.withLock { $0 } }
    func load(_ model: ServableModel) async throws { ids.withLock { $0.append(model.id) } }
    func unload(_ model: ServableModel) async throws { ids.withLock { $0.removeAll { $0 == model.id } } }
}

/// The three families over stores in memory.
struct World {
    static let now = Instant(milliseconds: 1_758_506_403_000)
    static let quick = ScryptCost(rounds: 1024, blockSize: 8, parallelism: 1)
    let identity: Identity
    let tenants: Tenants
    let webhooks: Webhooks
    let vault: KeyVault
    let jobs: JobQueue
    let leases: Leases
    /// No models before a test puts some on it.
    let shelf = ModelShelf()
    let models: ModelRuntime
    let openInference: Family
    let registry: ModelRegistry
    let loading = NotedLoading()
    let gates: ServiceGates
    let followers: LogFollowers
    let isDraining = Flag()
    let store: MemoryStore
    let metrics = Metrics(help: [:])
    /// Nothing was looked at before its first tick.
    let recorder: Recorder
    let families: [(name: String, family: Family, document: String, count: Int)]
    /// What v4 stands on, over the same stores.
    let engine: FederationEngine
    let truststream: Family
    /// What OpenAI's clients ask, over the same models as v2.
    let openAI: Family
    let admin = Principal.platform(id: "admin")
    private static let pool = ComputePool(threads: 1, name: "tests")
    private static let authority = Result { try CertificateAuthority(commonName: "tests", now: Date(), lifetime: 86_400) }

    init(
        vision: VisionService = VisionService(reader: nil), language source: (any ModelSource)? = nil, upstreams: Upstreams? = nil,
        prices: PriceTable = .unpriced
    ) async throws {
        let store = MemoryStore(suite: .system)
        self.store = store
        let log = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        identity = Identity(
            store: store, tokens: TokenIssuer(keys: SigningKeys(.system, now: Self.now), random: .system), passwordCost: Self.quick)
        tenants = try await Tenants.open(store: store, random: .system, now: Self.now)
        let queue = JobQueue(
            store: store, artifacts: Artifacts(store: store, suite: .system, log: log), clock: .system { Self.now }, random: .system, log: log)
        try await queue.open()
        jobs = queue
        leases = Leases(store: store, tenants: tenants, capacity: 2000, clock: .system { Self.now }, random: .system, log: log)
        // A full disk where the tests run is no matter of theirs.
        let rules = AlertRule.usual.filter { !$0.id.hasPrefix("system.") }
        recorder = Recorder(
            metrics: metrics, store: store, system: SystemProbe(folder: "/"), rules: rules, log: log,
            startedAt: Self.now.adding(seconds: -(7 * 86_400 + 14 * 3600 + 32 * 60)))
        let operations = Operations(recorder: recorder, metrics: metrics, store: store, version: "1.2.3")
        let secrets = SecretStore(masters: MasterKeys(random: .system), table: StoredTenantKeys(store: store) { Self.now }, random: .system) { _ in }
        webhooks = Webhooks(store: store, secrets: secrets, policy: EgressPolicy(allowsLoopback: false), random: .system)
        let metrics = metrics
        vault = KeyVault(store: store, secrets: secrets, random: .system, token: .software) { event in
            switch event {
            case .generated(_, let seconds, let tenant): metrics.observe(TelemetryMetric.vaultKeySeconds, [("tenant", tenant)], seconds: seconds)
            case .used(_, let tenant): metrics.add(TelemetryMetric.vaultOperations, [("tenant", tenant)])
            }
        }
        var limits = RuntimeSettings(memoryBytes: 1 << 20)
        limits.fetchPollSeconds = 0.01
        models = ModelRuntime(
            source: shelf, upstreams: upstreams, settings: limits, metrics: metrics,
            told: ModelEvents(store: store, suite: .system, log: log, now: { Self.now }).tell)
        openInference = OpenInference.family(models, version: "1.2.3")
        registry = ModelRegistry(store: store, client: nil, pool: Self.pool, suite: .system, random: .system, log: log) { Self.now }
        var times = LogFollowers.Times()
        (times.lookSeconds, times.heartbeatSeconds, times.lifeSeconds) = (0.01, 0.02, 600)
        let draining = isDraining
        followers = LogFollowers(times: times) { draining.isOn }
        let deployments = Deployments(registry, loading: loading, random: .system)
        let services = ModelServices(registry: registry, deployments: deployments, followers: followers)
        let desk = InferenceDesk(
            runtime: models, artifacts: Artifacts(store: store, suite: .system, log: log), deployments: PlacedOrShelved(placed: deployments, models: models))
        let language = LanguageModels(source: source, upstreams: upstreams, prices: prices)
        gates = try await ServiceGates.open(store) { Self.now }
        openAI = OpenAI.family(language)
        families = [
            ("enterprise", Enterprise.family(identity, tenants, store, recorder, webhooks: webhooks, leases: leases, use: store), Documents.enterprise, 22),
            (
                "aisemble", Aisemble.family(identity, queue, operations, webhooks: webhooks, models: models, vision: vision, language: language, gates: gates),
                Documents.aisemble, 22
            ),
            ("phi", Phi.family(identity, models: services, inference: desk), Documents.phi, 8),
        ]
        let around = Surroundings(
            sessions: store, blobs: store, pool: Self.pool, metrics: metrics, log: log, now: { Self.now }, halt: { _ in })
        engine = FederationEngine(around: around, identities: store, authority: try Self.authority.get(), random: .system)
        let tenants = tenants
        truststream = TrustStream.family(engine, identity: identity, vault: vault, recorder: recorder) { () async throws(ServiceError) in
            try await everyTenant(tenants)
        }
    }

    /// All four, with the names of their descriptions.
    var described: [(name: String, family: Family)] { families.map { ($0.name, $0.family) } + [("truststream", truststream)] }

    var enterprise: Family { families[0].family }
    var aisemble: Family { families[1].family }
    var phi: Family { families[2].family }

    func call(_ family: Family, _ request: APIRequest, as caller: Caller? = nil) async -> APIReply {
        await family.respond(to: request, authenticator: Known(caller: caller ?? .principal(admin))).reply
    }

    /// Somebody of a tenant with these scopes.
    func principal(_ tenant: String, _ scopes: Set<Scope>) -> Caller {
        .principal(Principal(id: "u1", kind: .user, tenant: tenant, scopes: scopes, audiences: Set(APIFamily.allCases)))
    }
}

/// Off, until somebody turns it on.
final class Flag: Sendable {
    private let value = Mutex(false)
    var isOn: Bool { value.withLock { $0 } }
    func turnOn() { value.withLock { $0 = true } }
}

/// What was deployed, and the models of the shelf as deployments of themselves.
private struct PlacedOrShelved: DeploymentSource {
    let placed: Deployments
    let models: ModelRuntime

    func model(of deployment: String, tenant: String) async throws(ModelFailure) -> String {
        do { return try await placed.model(of: deployment, tenant: tenant) } catch {
            guard case .notFound = error else { throw error }
            return try await ModelsAsDeployments(models).model(of: deployment, tenant: tenant)
        }
    }

    func latest(tenant: String) async throws(ModelFailure) -> String? { try await ModelsAsDeployments(models).latest(tenant: tenant) }
}
