import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL
import NIOWebSocket
import ServiceLifecycle
import Trust

/// Who is at the other end of a connection. Read once a connection; every request of it runs inside.
enum Connection {
    @TaskLocal static var peer: PeerIdentity?
}

typealias FrameChannel = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

/// What the gateway decides about a request to open a control channel.
enum Admission: Sendable {
    case open
    case refused(status: HTTPResponseStatus, headers: HTTPHeaders, body: [UInt8])
}

/// HTTP/1.1 and WebSocket on one TLS port. NIO's typed upgrader decides which of the two a connection is.
struct OnePortChannel: HTTPChannelHandler {
    enum Kind: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case control(FrameChannel, HTTPRequestHead)
    }
    struct Value: ServerChildChannelValue {
        let kind: EventLoopFuture<Kind>
        let channel: any Channel
    }
    private struct Refused: Error {}

    let responder: HTTPChannelHandler.Responder
    let admit: @Sendable (HTTPRequestHead, PeerIdentity?) async -> Admission
    let serve: @Sendable (FrameChannel, HTTPRequestHead, PeerIdentity?) async -> Void

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let upgrader = NIOTypedWebSocketServerUpgrader<Kind>(
                maxFrameSize: Limits.controlFrameBytes,
                shouldUpgrade: { channel, head in
                    let peer = Self.peer(channel)
                    let promise = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                    promise.completeWithTask {
                        switch await admit(head, peer) {
                        case .open: return [:]
                        case .refused(let status, let headers, let body):
                            // The upgrader would leave the client without an answer.
                            try await Self.answer(channel, status, headers, body)
                            throw Refused()
                        }
                    }
                    return promise.futureResult
                },
                upgradePipelineHandler: { channel, head in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOWebSocketFrameAggregator(
                                minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: Limits.controlFragments,
                                maxAccumulatedFrameSize: Limits.controlFrameBytes))
                        return .control(try FrameChannel(wrappingChannelSynchronously: channel), head)
                    }
                })
            let configuration = NIOTypedHTTPServerUpgradeConfiguration<Kind>(
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: true))
                        try channel.pipeline.syncOperations.addHandler(
                            HTTPConnectionStateHandler(idleTimeout: .seconds(Limits.idleSeconds), logger: logger))
                        return .http(
                            try NIOAsyncChannel(
                                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
                    }
                })
            var pipeline = NIOUpgradableHTTPServerPipelineConfiguration(upgradeConfiguration: configuration)
            pipeline.enablePipelining = false
            pipeline.enableErrorHandling = true
            pipeline.enableResponseHeaderValidation = true
            let kind = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(configuration: pipeline)
            // A handshake, or a first request, that never comes must not hold a connection.
            let limit = channel.eventLoop.scheduleTask(in: .seconds(Limits.handshakeSeconds)) { channel.close(promise: nil) }
            kind.whenComplete { _ in limit.cancel() }
            return Value(kind: kind, channel: channel)
        }
    }

    func handle(value: Value, logger: Logger) async {
        do {
            let kind = try await value.kind.get()
            let peer = try await value.channel.eventLoop.submit { Self.peer(value.channel) }.get()
            switch kind {
            case .http(let channel):
                await Connection.$peer.withValue(peer) { await handleHTTP(asyncChannel: channel, logger: logger) }
            case .control(let channel, let head): await serve(channel, head, peer)
            }
        } catch {
            logger.debug("connection ended before its first request", metadata: ["reason": "\(error)"])
            try? await value.channel.close()
        }
    }

    /// On the channel's event loop, after the handshake.
    private static func peer(_ channel: any Channel) -> PeerIdentity? {
        guard let certificate = try? channel.pipeline.syncOperations.nioSSL_peerCertificate(), let der = try? certificate.toDERBytes() else {
            return nil
        }
        return PeerIdentity(certificateDER: der)
    }

    private static func answer(_ channel: any Channel, _ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: [UInt8]) async throws {
        var headers = headers
        headers.replaceOrAdd(name: "content-length", value: "\(body.count)")
        headers.replaceOrAdd(name: "connection", value: "close")
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
        try await channel.close()
    }
}
