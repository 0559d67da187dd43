import APIKit
import Compute
package import TuttiConfiguration
import CryptoSuite
import Federation
import FederationService
import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import NIOPosix
import Platform
import ServiceLifecycle
import UnixSignals
import Storage
import Telemetry
import TrustStreamAPI
import Trust

/// A running coordinator: opens the folder, goes on with its sessions, serves until it is told to stop.
package struct Coordinator: Sendable {
    private let folder: CoordinatorFolder
    private let settings: CoordinatorSettings
    private let log: Logger

    package init(folder: CoordinatorFolder, settings: CoordinatorSettings, log: Logger) {
        self.folder = folder
        self.settings = settings
        self.log = log
    }

    /// - Parameter started: called with the bound address once requests are served.
    package func run(started: @escaping @Sendable (_ host: String, _ port: Int) -> Void) async throws {
        let store = try SQLiteStore(folder: folder.path, suite: .system)
        let authority = try folder.authority()
        let server = try folder.serverCertificate()
        let metrics = Metrics(help: [
            "tutti_rounds_total": "Closed attempts by outcome.", "tutti_updates_total": "Updates by outcome.",
            "tutti_bytes_total": "Bytes of models and updates by direction.", "tutti_round_seconds": "Duration of committed rounds.",
            "tutti_update_seconds": "From the end of an update's body to its receipt.", "tutti_http_request_seconds": "Duration of requests by operation.",
        ])
        let engine = FederationEngine(
            around: Surroundings(
                sessions: store, blobs: store, pool: ComputePool(threads: settings.threads, name: "compute"), metrics: metrics, log: log,
                now: { Instant.now }), identities: store, authority: authority, random: .system)
        let resumed = try await engine.resume()
        if resumed > 0 { log.notice("sessions go on", metadata: ["count": "\(resumed)"]) }

        let readiness = Readiness()
        let gateway = Gateway(
            families: [TrustStream.family(engine, authorityPin: authority.pin)], identity: Identity(store: store), engine: engine, metrics: metrics,
            readiness: readiness, publicURL: settings.publicURL, log: log)
        let tls = try serverTLS(
            certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM,
            strictPostQuantum: settings.strictPostQuantum)
        let builder = HTTPServerBuilder { responder in
            try TLSChannel(OnePortChannel(responder: responder, admit: gateway.admit, serve: gateway.serve), configuration: TLSChannelConfiguration(tlsConfiguration: tls))
        }
        let runPath = folder.runPath
        let application = Application(
            responder: GatewayResponder(gateway: gateway, isPlain: false), server: builder,
            configuration: .init(address: .hostname(settings.listen.host, port: settings.listen.port), serverName: "tutti"),
            onServerRunning: { channel in
                let host = channel.localAddress?.ipAddress ?? settings.listen.host
                let port = channel.localAddress?.port ?? settings.listen.port
                try? Data("{\"host\":\"\(host)\",\"port\":\(port),\"pid\":\(getpid())}\n".utf8).write(to: URL(fileURLWithPath: runPath), options: .atomic)
                readiness.isReady = true
                started(host, port)
            }, logger: log)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [.init(service: application)]
        if let local = settings.localListen {
            services.append(
                .init(
                    service: Application(
                        responder: GatewayResponder(gateway: gateway, isPlain: true), server: .http1(),
                        configuration: .init(address: .hostname(local.host, port: local.port), serverName: "tutti"), logger: log)))
        }
        var group = ServiceGroupConfiguration(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: log)
        group.maximumGracefulShutdownDuration = .seconds(10)
        try await ServiceGroup(configuration: group).run()
        try? FileManager.default.removeItem(atPath: runPath)
    }
}

/// Hummingbird's view of the gateway.
private struct GatewayResponder: HTTPResponder {
    typealias Context = BasicRequestContext
    let gateway: Gateway
    let isPlain: Bool

    func respond(to request: Request, context: Context) async throws -> Response {
        await gateway.respond(request, peer: Connection.peer, isPlain: isPlain)
    }
}
