import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
package import Trust

/// What is found at an address, before anything is trusted.
package enum ServerSight: Sendable, Equatable {
    case unknownHost
    case closed
    case unreachable(String)
    /// It takes the connection and says nothing.
    case silent
    /// What answers does not speak TLS.
    case notTLS
    /// It speaks nothing newer than TLS 1.2.
    case oldTLS
    /// TLS 1.3 was begun and not agreed upon.
    case refused(String)
    /// DER, the server's own certificate first.
    case shown([[UInt8]])

    /// Connects, shakes hands without a certificate of its own, sends nothing, closes.
    package static func look(_ host: HostName, port: Int) async -> ServerSight {
        let sight = await shake(host, port, old: false)
        guard case .refused = sight, case .shown = await shake(host, port, old: true) else { return sight }
        return .oldTLS
    }

    private static func shake(_ host: HostName, _ port: Int, old: Bool) async -> ServerSight {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = old ? .tlsv1 : .tlsv13
        configuration.maximumTLSVersion = old ? .tlsv12 : nil
        // What is at the other end is what is asked here; whether it is good is judged by whoever asks.
        configuration.certificateVerification = .noHostnameVerification
        if !old { configuration.curves = [.x25519_MLKEM768, .x25519] }
        let seen = Seen()
        do {
            let context = try NIOSSLContext(configuration: configuration)
            let ended = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(Limits.connectSeconds))
                .connect(host: host.dialForm, port: port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let tls = try NIOSSLClientHandler(
                            context: context, serverHostname: host.serverName,
                            customVerificationCallback: { chain, verdict in
                                seen.chain(chain.compactMap { try? $0.toDERBytes() })
                                verdict.succeed(.certificateVerified)
                            })
                        let done = channel.eventLoop.makePromise(of: ServerSight.self)
                        try channel.pipeline.syncOperations.addHandlers(FirstBytes(seen), tls, Ending(done, seen))
                        return done.futureResult
                    }
                }
            return try await ended.get()
        } catch { return unconnected(error) }
    }

    private static func unconnected(_ error: any Error) -> ServerSight {
        func isRefusal(_ error: any Error) -> Bool { (error as? IOError)?.errnoCode == ECONNREFUSED }
        switch error {
        case let error as NIOConnectionError:
            if error.connectionErrors.isEmpty { return .unknownHost }
            if error.connectionErrors.allSatisfy({ isRefusal($0.error) }) { return .closed }
            return .unreachable(connectionProblem(error))
        case ChannelError.connectTimeout: return .unreachable("there is no answer within \(Limits.connectSeconds) s")
        default: return isRefusal(error) ? .closed : .unreachable(connectionProblem(error))
        }
    }
}

/// What goes past on the event loop.
private final class Seen: Sendable {
    private let state = Mutex((chain: [[UInt8]](), firstByte: UInt8?.none))
    func chain(_ chain: [[UInt8]]) { state.withLock { $0.chain = chain } }
    func byte(_ byte: UInt8) { state.withLock { if $0.firstByte == nil { $0.firstByte = byte } } }
    var chain: [[UInt8]] { state.withLock { $0.chain } }
    var firstByte: UInt8? { state.withLock { $0.firstByte } }
}

/// Whether the other side begins as TLS does: every record begins with its type, 20 to 24 (RFC 8446 §5.1).
private final class FirstBytes: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let seen: Seen
    init(_ seen: Seen) { self.seen = seen }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if let byte = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) { seen.byte(byte) }
        context.fireChannelRead(data)
    }
}

/// Waits for the end of the handshake, whatever it is, and closes.
private final class Ending: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let done: EventLoopPromise<ServerSight>
    private let seen: Seen
    private var isDone = false
    private var deadline: Scheduled<Void>?

    init(_ done: EventLoopPromise<ServerSight>, _ seen: Seen) {
        self.done = done
        self.seen = seen
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Limits.handshakeSeconds)) {
            let (handler, context) = bound.value
            handler.end(nil, context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { end(.shown(seen.chain), context) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.refused(connectionProblem(error)), context) }
    func channelInactive(context: ChannelHandlerContext) { end(.refused("it closed the connection"), context) }
    func handlerRemoved(context: ChannelHandlerContext) { end(.refused("it closed the connection"), context) }

    /// - Parameter sight: nil: the time is over.
    private func end(_ sight: ServerSight?, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        deadline?.cancel()
        switch (sight, seen.firstByte) {
        case (.shown?, _): done.succeed(sight ?? .silent)
        case (_, nil): done.succeed(.silent)
        case (_, let byte?) where !(20...24).contains(byte): done.succeed(.notTLS)
        default: done.succeed(sight ?? .refused("the handshake took longer than \(Limits.handshakeSeconds) s"))
        }
        context.close(promise: nil)
    }
}
