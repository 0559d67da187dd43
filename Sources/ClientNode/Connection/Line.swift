import AsyncHTTPClient
import Foundation
import NIOCore
import NIOSSL
import Synchronization

/// What connections are opened with under one certificate. When the certificate is replaced, what is under way ends on it
/// and everything new begins on the next.
final class Line: Sendable {
    private struct State {
        var users = 0
        var isRetired = false
        var isShut = false
    }
    private let state = Mutex(State())
    let http: HTTPClient
    let sockets: ControlSocket

    init(endpoint: CoordinatorEndpoint, tls: TLSConfiguration, group: any EventLoopGroup, limits: TimeLimits) throws(ClientNodeError) {
        do {
            sockets = ControlSocket(endpoint: endpoint, tls: try NIOSSLContext(configuration: tls), group: group, limits: limits)
        } catch {
            throw ClientNodeError(
                .authentication, "The certificate or key of this node is not usable: \(error).",
                remedy: "Enrol again with a new token.")
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        configuration.timeout.connect = .nanoseconds(Int64(limits.connectSeconds * 1e9))
        configuration.timeout.read = .nanoseconds(Int64(limits.readSeconds * 1e9))
        // When to try again is decided above, in one place.
        configuration.connectionPool.retryConnectionEstablishment = false
        // A node does one thing at a time; beside it stands its control socket. Idle connections of a thousand nodes cost memory.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1
        http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Runs a request that keeps the line open as long as it takes.
    func use<Value>(_ work: (HTTPClient) async throws -> Value) async throws -> Value {
        state.withLock { $0.users += 1 }
        let result: Result<Value, any Error>
        do { result = .success(try await work(http)) } catch { result = .failure(error) }
        let isLast = state.withLock { state in
            state.users -= 1
            return state.users == 0 && state.isRetired
        }
        if isLast { await shutdown() }
        return try result.get()
    }

    /// No request begins here any more; it is shut down after the last.
    func retire() async {
        let isIdle = state.withLock { state in
            state.isRetired = true
            return state.users == 0
        }
        if isIdle { await shutdown() }
    }

    func shutdown() async {
        let isFirst = state.withLock { state in
            defer { state.isShut = true }
            return !state.isShut
        }
        if isFirst { try? await http.shutdown() }
    }
}
