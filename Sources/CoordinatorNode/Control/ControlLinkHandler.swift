import Foundation
import NIOCore
import NIOWebSocket
import Wire

/// WebSocket's own rules (RFC 6455), on the event loop: masks, pings, closing, and time limits for a peer that is silent.
final class ControlLinkHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let link: ControlLink
    private let connection: Connection
    private let times: GatewayTimes
    private var isGreeted = false
    private var lastFrame = NIODeadline.now()
    private var hello: Scheduled<Void>?
    private var pings: RepeatedTask?
    private var end: Scheduled<Void>?

    init(link: ControlLink, connection: Connection, times: GatewayTimes) {
        self.link = link
        self.connection = connection
        self.times = times
    }

    func handlerAdded(context: ChannelHandlerContext) {
        lastFrame = .now()
        connection.isControl = true
        // The stop may have come while the upgrade was on its way.
        if connection.isQuiescing { return link.close(.goingAway) }
        hello = context.eventLoop.scheduleTask(in: TimeAmount(times.hello)) { [link, times] in
            link.refuse(Refusal(code: "hello", message: "no hello came within \(times.hello) of the upgrade"))
        }
        if let expires = connection.expires {
            // The client comes back with the certificate it was renewed to, or not at all.
            let left = TimeAmount.milliseconds(Int64(max(0, expires.timeIntervalSinceNow) * 1000))
            end = context.eventLoop.scheduleTask(in: left) { [link] in link.close(.policy) }
        }
        let interval = TimeAmount(times.ping)
        let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
        pings = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.handler.ping(bound.value.context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func stop() {
        hello?.cancel()
        pings?.cancel()
        end?.cancel()
        link.ended()
    }

    private func ping(_ context: ChannelHandlerContext) {
        if NIODeadline.now() - lastFrame > TimeAmount(times.silence) { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        lastFrame = .now()
        switch frame.opcode {
        case .binary: received(frame)
        case .ping:
            // A client that pings and does not read must not fill our memory; §5.5.3 asks only for the latest pong.
            guard context.channel.isWritable else { return }
            context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)), promise: nil)
        case .pong: return
        case .connectionClose: closed(frame, context)
        case .text: link.close(.unsupportedData)
        default: link.close(.protocolError)
        }
    }

    private func received(_ frame: WebSocketFrame) {
        guard !link.isClosing else { return }
        let bytes = Array(frame.unmaskedData.readableBytesView)
        guard isGreeted || bytes.count <= Limits.helloBytes else {
            return link.refuse(Refusal(code: "hello", message: "the first message must be a hello of at most \(Limits.helloBytes) bytes"))
        }
        do {
            let message = try ControlCodec.decodeClient(bytes)
            if case .hello = message {
                isGreeted = true
                hello?.cancel()
            }
            link.deliver(message)
        } catch {
            link.refuse(Refusal(code: "message", message: error.description))
        }
    }

    /// Answers the peer's goodbye, or takes its answer to ours.
    private func closed(_ frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        let channel = context.channel
        guard !link.isClosing else { return channel.close(promise: nil) }
        link.ended()
        var data = frame.unmaskedData
        let code = data.readInteger(as: UInt16.self) ?? ControlLink.CloseCode.normal.rawValue
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(integer: code))))
            .assumeIsolated().whenComplete { _ in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: link.close(.goingAway)
        case ChannelEvent.inputClosed: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    /// A frame that breaks the protocol is answered by NIO's own handler; anything else ends the channel here.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error is NIOWebSocketError { return }
        if error is NIOWebSocketFrameAggregator.Error { return link.close(.protocolError) }
        context.close(promise: nil)
    }
}

/// What every single frame must be, before fragments are put together: masked, because a client sends it (§5.1), and
/// without the bits of extensions, because none was agreed on (§5.2).
final class FrameRules: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    private let link: ControlLink

    init(link: ControlLink) { self.link = link }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else { return link.close(.protocolError) }
        context.fireChannelRead(data)
    }
}
