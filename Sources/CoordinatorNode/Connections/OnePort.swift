import APIKit
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// HTTP/1.1 and WebSocket on one port: `RequestGate` judges heads and upgrades, NIO's typed upgrader does the WebSocket
/// handshake, Hummingbird carries the rest.
struct OnePortChannel: HTTPChannelHandler {
    enum Kind: Sendable {
        case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
        case control(ControlLink, HTTPRequestHead)
    }
    struct Value: ServerChildChannelValue {
        let kind: EventLoopFuture<Kind>
        let channel: any Channel
        let connection: Connection
    }

    let isSecure: Bool
    let gateway: Gateway
    let responder: HTTPChannelHandler.Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            try channel.syncOptions?.setOption(.maxMessagesPerRead, value: 1)
            try channel.syncOptions?.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 4 << 10, maximum: Limits.readBytes))
            let connection = Connection(isSecure: isSecure)
            var limits = NIOHTTPDecoderLimitConfiguration()
            limits.maxHeaderFieldSize = Limits.headerFieldBytes
            limits.maxHeaderListSize = Limits.headerListBytes
            limits.maxHeaderFieldCount = Limits.headerFields
            let encoder = HTTPResponseEncoder()
            let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
            let gate = RequestGate(connection: connection, times: gateway.times, admit: gateway.admit, rejection: gateway.rejection)
            let upgrade = NIOTypedHTTPServerUpgradeHandler(
                httpEncoder: encoder, extraHTTPHandlers: [decoder, gate],
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration<Kind>(
                    upgraders: [upgrader(connection)], notUpgradingCompletionHandler: { [self] in http($0, logger) }))
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, gate, upgrade])
            return Value(kind: upgrade.upgradeResultFuture, channel: channel, connection: connection)
        }
    }

    private func http(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Kind> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPServerCodec(secure: isSecure))
            try channel.pipeline.syncOperations.addHandler(HTTPConnectionStateHandler(idleTimeout: gateway.times.idle, logger: logger))
            return .http(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(
                        backPressureStrategy: .init(lowWatermark: 1, highWatermark: Limits.readsAhead), isOutboundHalfClosureEnabled: true)))
        }
    }

    private func upgrader(_ connection: Connection) -> NIOTypedWebSocketServerUpgrader<Kind> {
        NIOTypedWebSocketServerUpgrader<Kind>(
            maxFrameSize: Limits.controlFrameBytes,
            // The gate has decided already.
            shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
            upgradePipelineHandler: { [times = gateway.times] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    let link = ControlLink(channel: channel, closeTime: times.close)
                    try channel.pipeline.syncOperations.addHandlers([
                        FrameRules(link: link),
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: Limits.controlFragments,
                            maxAccumulatedFrameSize: Limits.controlFrameBytes),
                        ControlLinkHandler(link: link, connection: connection, times: times),
                    ])
                    return .control(link, head)
                }
            })
    }

    func handle(value: Value, logger: Logger) async {
        let kind: Kind
        do { kind = try await value.kind.get() } catch {
            logger.debug("connection ended before its first request", metadata: ["reason": "\(error)"])
            return value.channel.close(promise: nil)
        }
        await Connection.$current.withValue(value.connection) {
            switch kind {
            case .http(let channel): await handleHTTP(asyncChannel: channel, logger: logger)
            case .control(let link, let head): await gateway.serve(link, head, value.connection)
            }
        }
    }
}
