import APIKit
import AisembleAPI
import Compute
import CryptoSuite
import EnterpriseAPI
import Federation
import FederationService
import Foundation
import HummingbirdCore
import KeyVault
package import Logging
import ModelServing
import NIOCore
import NIOPosix
import NIOSSL
import OpenAIAPI
import OpenInferenceAPI
import PhiAPI
import Platform
import Receipts
import ServiceLifecycle
import Storage
import Telemetry
import Trust
import TrustStreamAPI
package import TuttiConfiguration
package import UnixSignals

/// A running coordinator: opens the folder, goes on with its sessions, serves until it is told to stop.
package struct Coordinator: Sendable {
    private let folder: CoordinatorFolder
    private let settings: CoordinatorSettings
    private let times: GatewayTimes
    private let lives: CertificateLives
    private let log: Logger
    private let logs: LogQueue
    private static let metricsHelp = [
        "tutti_rounds_total": "Closed attempts by outcome.", "tutti_round_seconds": "Duration of committed rounds.",
        "tutti_updates_total": "Updates by outcome.", "tutti_update_seconds": "From the end of an update's body to its receipt.",
        "tutti_bytes_total": "Bytes of models and updates by direction.", "tutti_connections": "Open connections.",
        "tutti_connections_refused_total": "Connections closed at once, by the limit that was reached.",
        "tutti_requests_under_way": "Requests that are being answered.",
        "tutti_requests_shed_total": "Requests told to come again because too many were under way, by what they are worth.",
        Outgoing.attempts: "Attempts to deliver a webhook, by what became of the delivery.",
        Gateway.latency: "From a request's head to the end of its answer, by operation and status.",
        TelemetryMetric.tenantRequests: "From a request's head to the end of its answer, by tenant and status.",
        TelemetryMetric.tenantBytes: "Bytes of requests' and answers' bodies, by tenant and direction.",
        TelemetryMetric.vaultOperations: "What was done with keys of vaults, by operation and tenant.",
        TelemetryMetric.vaultKeySeconds: "Making a key of a vault, by algorithm and tenant.",
        TelemetryMetric.jobs: "Finished jobs by outcome.", TelemetryMetric.logsDropped: "Log entries that were not stored.",
        TelemetryMetric.probesUnanswered: "Probes that were not answered within ten seconds.",
        RequestView.aiSemble.requests: "Total number of requests", RequestView.aiSemble.durations: "Request duration in seconds",
    ].merging(ModelMetric.help) { own, _ in own }.merging(UpstreamMetric.help) { own, _ in own }

    package init(
        folder: CoordinatorFolder, settings: CoordinatorSettings, log: Logger, times: GatewayTimes = GatewayTimes(),
        lives: CertificateLives = CertificateLives()
    ) {
        self.lives = lives
        self.folder = folder
        self.settings = settings
        self.log = log
        self.times = times
        logs = LogQueue()
    }

    /// - Parameter log: is stored, too.
    package init(
        folder: CoordinatorFolder, settings: CoordinatorSettings, log: NodeLog, times: GatewayTimes = GatewayTimes(),
        lives: CertificateLives = CertificateLives()
    ) {
        (self.folder, self.settings, self.times, self.lives) = (folder, settings, times, lives)
        (self.log, logs) = (log.logger, log.queue)
    }

    /// Serves until a signal in `signals`, or the graceful shutdown of the surrounding service group; then drains: no new
    /// connection, control channels are told to come back, requests under way are finished within `GatewayTimes.drain`.
    /// Sessions need nothing: whatever was acknowledged is durable already.
    ///
    /// - Parameter started: called once with the bound address, when requests are served.
    /// - Throws: `CoordinatorError`.
    package func run(
        signals: [UnixSignal] = [.sigterm, .sigint], started: @escaping @Sendable (_ host: String, _ port: Int) -> Void
    ) async throws {
        // A typing error is told at the start and not on the first bill.
        _ = try folder.prices()
        let store: SQLiteStore
        // First: a folder that another coordinator serves is left alone.
        do { store = try SQLiteStore(folder: folder.path, suite: .system, creates: false) } catch { throw CoordinatorError(opening: folder.path, error) }
        let end: Result<Void, any Error>
        do { end = .success(try await serve(store, signals, started)) } catch { end = .failure(error) }
        // Not left to whoever holds it last: who waits for the end may open the folder.
        await store.close()
        try end.get()
    }

    private func serve(_ store: SQLiteStore, _ signals: [UnixSignal], _ started: @escaping @Sendable (String, Int) -> Void) async throws {
        let services: [ServiceGroupConfiguration.ServiceConfiguration]
        let authorities: FolderAuthorities
        let metrics = Metrics(help: Self.metricsHelp, views: [.aiSemble])
        let keeper = LogKeeper(queue: logs, store: store, metrics: metrics, now: { Instant.now })
        do {
            authorities = try FolderAuthorities(folder: folder, lives: lives, strictPostQuantum: settings.strictPostQuantum, log: log)
            let recorder = try await recorder(store, metrics)
            // What stands first ends last.
            let telemetry: [any Service] = [LogKeeping(keeper: keeper), Recording(recorder: recorder)]
            services = try await telemetry.map { .init(service: $0) } + listeners(store, authorities, recorder, metrics, started)
        } catch { throw CoordinatorError(opening: folder.path, error) }
        let keeping = Task { await authorities.keep() }
        defer { keeping.cancel() }
        var group = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: signals, logger: log)
        group.maximumGracefulShutdownDuration = times.drain
        defer { folder.clearRun() }
        do { try await ServiceGroup(configuration: group).run() } catch let error as CoordinatorError { throw error } catch {
            throw CoordinatorError(.failed, "The coordinator ended with an error: \(error).", remedy: "See its log; nothing that was acknowledged is lost.")
        }
        log.notice("stopped")
        await keeper.flush()
    }

    /// Goes on with what was measured before.
    private func recorder(_ store: SQLiteStore, _ metrics: Metrics) async throws -> Recorder {
        let recorder = Recorder(metrics: metrics, store: store, system: SystemProbe(folder: folder.path), log: log, startedAt: Instant.now)
        try await recorder.restore()
        await recorder.add(.certificate(folder))
        await recorder.tell(AlertEvents.events)
        return recorder
    }

    private func listeners(
        _ store: SQLiteStore, _ authorities: FolderAuthorities, _ recorder: Recorder, _ metrics: Metrics, _ started: @escaping @Sendable (String, Int) -> Void
    ) async throws -> [ServiceGroupConfiguration.ServiceConfiguration] {
        let readiness = Readiness()
        let outgoing = try await Outgoing(folder, settings, store, metrics, log)
        let (gateway, platform) = try await gateway(store, authorities, readiness, recorder, metrics, outgoing)
        let limit = ConnectionLimit(
            total: settings.maximumConnections, perAddress: settings.maximumConnectionsPerAddress, opening: times.opening, metrics: metrics, log: log)
        // The TLS side says where the coordinator is, and for that waits for the plain one to be bound.
        let (localPorts, localPort) = AsyncStream.makeStream(of: Int?.self)
        if settings.localListen == nil { localPort.yield(nil) }
        let secure = try server(gateway, limit, settings.listen, authorities.contexts) { [folder, settings] channel in
            let host = channel.localAddress?.ipAddress ?? settings.listen.host
            let port = channel.localAddress?.port ?? settings.listen.port
            gateway.address.bind(host: host, port: port)
            let local = await localPorts.first { _ in true } ?? nil
            // The other listener could not be had: the coordinator is ending.
            guard !Task.isCancelled else { return }
            folder.writeRun(url: gateway.address.url, host: host, port: port, localPort: local)
            readiness.serve()
            gateway.log.notice("serving", metadata: ["url": "\(gateway.address.url)"])
            started(host, port)
        }
        let drain: @Sendable () -> Void = { readiness.drain() }
        // Services stop from the last to the first: nothing new comes when the sender does.
        var services: [any Service] = [Listening(server: secure, address: settings.listen, key: "server.listen", onStop: drain)]
        if let local = settings.localListen {
            let plain = try server(gateway, limit, local, nil) { localPort.yield($0.localAddress?.port) }
            services.append(Listening(server: plain, address: local, key: "server.local_listen", onStop: drain))
        }
        // Services stop in the opposite order: those behind the listeners when nothing is asked for any more.
        return ([outgoing] + platform.services + services).map { .init(service: $0) }
    }

    private func gateway(
        _ store: SQLiteStore, _ authorities: FolderAuthorities, _ readiness: Readiness, _ recorder: Recorder, _ metrics: Metrics, _ outgoing: Outgoing
    ) async throws -> (Gateway, PlatformServices) {
        let open = OpenConnections()
        let history = try await store.history()
        let engine = FederationEngine(
            around: Surroundings(
                sessions: store, blobs: store, pool: ComputePool(threads: settings.threads, name: "compute"),
                crew: CrewThreads(workers: settings.threads, name: "aggregation").crew, metrics: metrics, log: log,
                history: history, models: store, now: { Instant.now }),
            identities: store, authorities: authorities, random: .system,
            groupFloorMin: settings.profile == .prod ? SecureAggregationSpec.usualFloor : SecureAggregationSpec.trialFloor,
            certificateSeconds: lives.node ?? Double(settings.nodeCertificateHours) * 3600, connections: open)
        let resumed = try await engine.resume()
        if resumed > 0 { log.notice("sessions go on", metadata: ["count": "\(resumed)"]) }
        var platform = try await PlatformServices.open(store, engine, folder, settings, metrics, outgoing.client, log: log)
        await recorder.add(.coordinator(platform.jobs))
        let tenants = platform.tenants
        let patrol = AuditPatrol(store: store) { try? await everyTenant(tenants) }
        await recorder.add(.audit(patrol))
        let checks = PlatformChecks(folder: folder, settings: settings, store: store, patrol: patrol)
        let models = platform.models.services(followers: LogFollowers { readiness.phase == .draining }) { await checks.look(tenant: $0) }
        let operations = Operations(recorder: recorder, metrics: metrics, store: store, version: Product.version) { store.connections }
        let admission = QuotaAdmission(quotas: platform.quotas, tenants: platform.tenants)
        let addresses = AddressLimiter(perSecond: settings.openRequestsPerAddress)
        let terms = TenantTerms(prices: try folder.prices(), qubits: settings.qubits)
        let repetition = Repetition(IdempotentCalls()) { CryptoSuite.system.sha256($0) }
        let enterprise = Enterprise.family(
            platform.identity, platform.tenants, store, recorder, webhooks: outgoing.webhooks, leases: platform.annealer.leases, terms: terms, use: store,
            annealing: platform.annealer.tools)
        platform.probes = TenantProbes(tenants: platform.tenants, store: store, recorder: recorder, family: enterprise)
        let identity = platform.identity
        // Without a module of PKCS #11 a trial gets a token of software that says so, a service gets none.
        let token = outgoing.token.map(KeyToken.module) ?? (settings.profile == .local ? .software : .none)
        let vault = KeyVault(store: store, secrets: outgoing.secrets, random: .system, token: token) { event in
            switch event {
            case .generated(let algorithm, let seconds, let tenant):
                metrics.observe(TelemetryMetric.vaultKeySeconds, [("algorithm", algorithm.rawValue), ("tenant", tenant)], seconds: seconds)
            case .used(let operation, let tenant): metrics.add(TelemetryMetric.vaultOperations, [("operation", operation), ("tenant", tenant)])
            }
        }
        let trustStream = TrustStream.family(engine, identity: identity, vault: vault, recorder: recorder) { () async throws(ServiceError) in
            try await everyTenant(tenants)
        }
        let failed = FailedLoginFeed(recorder: recorder)
        let language = LanguageModels(source: platform.models.source, upstreams: platform.models.upstreams, prices: try folder.prices())
        let (texts, vision) = (TextService(), platform.models.vision)
        let gates = platform.gates
        for runner in platform.models.runners(store, gates, language: language, texts: texts, vision: vision) { await platform.jobs.register(runner) }
        ModelRoom.hook(gates, language: language, texts: texts, vision: vision)
        let gateway = Gateway(
            families: [
                trustStream, enterprise.gated(by: gates) { $0.path.hasPrefix("/quantum/") ? .annealer : nil },
                Aisemble.family(
                    platform.identity, platform.jobs, operations, webhooks: outgoing.webhooks, models: platform.models.runtime,
                    texts: texts, vision: vision, language: language, gates: gates
                ).gated(by: gates, Aisemble.gate),
                OpenAI.family(language).gated(by: gates) { $0.operation.hasPrefix("openapi") ? nil : .llm },
                OpenInference.family(platform.models.runtime, version: Product.version),
                Phi.family(platform.identity, models: models, inference: platform.models.inference, loginFailed: failed.note(_:)),
            ].map { $0.counted(by: admission, once: repetition).limited(by: addresses) } + [
                consoleFamily(engine, platform.identity, platform.jobs, recorder, store, log, loginFailed: failed.note(address:)).limited(by: addresses)
            ],
            sessions: trustStream,
            system: SystemFamily.family(readiness: readiness, metrics: metrics, errors: trustStream).limited(by: addresses),
            authenticator: CallerAuthenticator(identity: platform.identity, tenants: platform.tenants, engine: engine, loginFailed: failed.note(_:)),
            engine: engine, open: open,
            metrics: metrics,
            address: ServerAddress(publicURL: settings.publicURL, host: settings.listen.host, port: settings.listen.port),
            requests: RequestLimit(places: settings.maximumRequests, metrics: metrics),
            bodies: BodyMemory(limitBytes: settings.bodyMemoryMegabytes << 20), times: times,
            random: .system, log: log)
        return (gateway, platform)
    }

    /// - Parameter contexts: nil: plain HTTP.
    private func server(
        _ gateway: Gateway, _ limit: ConnectionLimit, _ address: (host: String, port: Int), _ contexts: ServerContexts?,
        _ running: @escaping @Sendable (any Channel) async -> Void
    ) throws -> any Service {
        let builder = HTTPServerBuilder { responder in
            let port = OnePortChannel(isSecure: contexts != nil, gateway: gateway, responder: responder)
            guard let contexts else { return LimitedChannel(base: port, limit: limit) }
            return LimitedChannel(base: RotatingTLSChannel(base: port, contexts: contexts), limit: limit)
        }
        return try builder.buildServer(
            configuration: ServerConfiguration(address: .hostname(address.host, port: address.port), backlog: Limits.backlog),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: log,
            responder: { request, writer, channel in try await gateway.respond(request, writer, channel) }, onServerRunning: running)
    }
}
