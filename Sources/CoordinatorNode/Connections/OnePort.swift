import APIKit
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// HTTP/1.1 and WebSocket on one port: `Door` judges heads and upgrades, Hummingbird carries the rest.
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
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 2 << 10, maximum: Limits.readBytes))
            let connection = Connection(isSecure: isSecure, opening: Opening.current)
            let door = Door<Kind>(
                connections: gateway.open, times: gateway.times,
                admit: { [gateway] head, connection, loop in loop.makeFutureWithTask { await gateway.admit(head, connection) } },
                turnAway: gateway.turnAway, rejection: gateway.rejection, http: { [self] in http($0, logger) }, control: { .control($0, $1) })
            return Value(kind: try door.open(channel, connection), channel: channel, connection: connection)
        }
    }

    private func http(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Kind> {
        channel.eventLoop.makeCompletedFuture {
            try Door<Kind>.addHTTP(channel, isSecure: isSecure, idle: gateway.times.idle, logger)
            return .http(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(
                        backPressureStrategy: .init(lowWatermark: 1, highWatermark: Limits.readsAhead), isOutboundHalfClosureEnabled: true)))
        }
    }

    func handle(value: Value, logger: Logger) async {
        let kind: Kind
        do { kind = try await value.kind.get() } catch {
            logger.debug("connection ended before its first request", metadata: ["reason": "\(error)"])
            return value.channel.close(promise: nil)
        }
        await Connection.$current.withValue(value.connection) {
            switch kind {
            case .http(let channel):
                await withTaskExecutorPreference(LoopExecutor(channel.channel.eventLoop)) { await handleHTTP(asyncChannel: channel, logger: logger) }
            case .control(let link, let head): await gateway.serve(link, head, value.connection)
            }
        }
    }
}
