package import Foundation
package import NIOCore
internal import NIOPosix
package import NIOSSL
internal import NIOTLS
internal import Synchronization

/// How a node that knows nothing but the pin learns the authority's certificate: one connection that sends nothing, whose
/// handshake proves that the server's chain ends at the pinned certificate. What goes over the wire afterwards (the
/// one-use token) goes over an ordinary connection that trusts this authority only (`clientTLS`).
package struct PinnedBootstrap: Sendable {
    package let pin: AuthorityPin

    package init(pin: String) throws(TrustError) { self.pin = try AuthorityPin(pin) }

    /// Connects, verifies, closes.
    /// - Parameters:
    ///   - host: a host name or an IP address; the server's certificate must be for it.
    ///   - postQuantumOnly: as in `clientTLS`.
    ///   - timeoutSeconds: for the connection, and again for the handshake.
    /// - Returns: the authority's certificate in PEM.
    package func authorityPEM(
        host: String, port: Int, group: any EventLoopGroup, now: Date = Date(), postQuantumOnly: Bool = true,
        timeoutSeconds: Double = Limits.bootstrapSeconds
    ) async throws(TrustError) -> String {
        let name = try HostName(host)
        let endpoint = "\(name.urlForm):\(port)"
        guard (1...65_535).contains(port) else { throw .connection(endpoint: endpoint, problem: "there is no port \(port)") }
        precondition(timeoutSeconds > 0 && timeoutSeconds <= Limits.bootstrapSecondsMax, "a timeout is 0 to 600 seconds")
        let timeout = TimeAmount.nanoseconds(Int64(timeoutSeconds * 1e9))
        let finding = Finding()
        do {
            let context = try NIOSSLContext(configuration: Self.configuration(postQuantumOnly: postQuantumOnly))
            let verify = makeVerificationCallback(host: name, now: now) { finding.set($0) }
            let handshake = try await ClientBootstrap(group: group)
                .connectTimeout(timeout)
                .connect(host: name.dialForm, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(
                            context: context, serverHostname: name.serverName, customVerificationCallback: verify)
                        let done = channel.eventLoop.makePromise(of: Void.self)
                        try channel.pipeline.syncOperations.addHandlers(tls, HandshakeEnd(done, timeout))
                        return done.futureResult
                    }
                }
            try await handshake.get()
        } catch {
            // NIOSSL says only that verification failed; the finding says why.
            if case .failure(let reason)? = finding.value { throw reason }
            throw .connection(endpoint: endpoint, problem: connectionProblem(error))
        }
        switch finding.value {
        case .success(let pem)?: return pem
        case .failure(let reason)?: throw reason
        case nil: throw .connection(endpoint: endpoint, problem: "the server showed no certificate")
        }
    }

    /// NIOSSL's own verification is replaced, not added to: the callback decides alone, by `AuthorityPin`'s rules.
    /// - Parameter report: what was found, before the handshake goes on.
    package func makeVerificationCallback(
        host: HostName, now: Date, report: @escaping @Sendable (Result<String, TrustError>) -> Void
    ) -> @Sendable ([NIOSSLCertificate], EventLoopPromise<NIOSSLVerificationResult>) -> Void {
        let pin = pin
        return { chain, verdict in
            do throws(TrustError) {
                var presented: [[UInt8]] = []
                for certificate in chain {
                    do { presented.append(try certificate.toDERBytes()) } catch {
                        throw .serverCertificate(host: host.description, problem: "its chain cannot be read")
                    }
                }
                report(.success(try pin.authorityPEM(presented: presented, host: host, now: now)))
                verdict.succeed(.certificateVerified)
            } catch {
                report(.failure(error))
                verdict.succeed(.failed)
            }
        }
    }

    /// For a connection with `makeVerificationCallback`.
    package static func configuration(postQuantumOnly: Bool = true) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv13
        configuration.curves = postQuantumOnly ? [.x25519_MLKEM768] : [.x25519_MLKEM768, .x25519]
        return configuration
    }
}

/// What the callback found, on its way from the event loop to the caller.
private final class Finding: Sendable {
    private let stored = Mutex<Result<String, TrustError>?>(nil)
    func set(_ result: Result<String, TrustError>) { stored.withLock { $0 = result } }
    var value: Result<String, TrustError>? { stored.withLock { $0 } }
}

/// Waits for the end of the handshake, not only for the chain's verdict: the server's proof that it holds the leaf's key
/// comes after it. Then closes the connection.
private final class HandshakeEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private struct TooSlow: Error, CustomStringConvertible {
        var timeout: TimeAmount
        var description: String { "no handshake within \(Double(timeout.nanoseconds) / 1e9) seconds" }
    }
    private struct Closed: Error, CustomStringConvertible {
        var description: String { "the server closed it during the handshake" }
    }

    private let done: EventLoopPromise<Void>
    private let timeout: TimeAmount
    private var isDone = false
    private var deadline: Scheduled<Void>?

    init(_ done: EventLoopPromise<Void>, _ timeout: TimeAmount) {
        self.done = done
        self.timeout = timeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: timeout) {
            let (handler, context) = bound.value
            handler.end(.failure(TooSlow(timeout: handler.timeout)), context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { end(.success(()), context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

    func channelInactive(context: ChannelHandlerContext) { end(.failure(Closed()), context) }

    /// Also when the channel never became active.
    func handlerRemoved(context: ChannelHandlerContext) { end(.failure(Closed()), context) }

    private func end(_ result: Result<Void, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        deadline?.cancel()
        done.completeWith(result)
        context.close(promise: nil)
    }
}
