package import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL
import NIOWebSocket

/// The client's end of the control channel: binary WebSocket frames over mutual TLS.
package struct ControlSocket: Sendable {
    /// What the channel reports, in order. The last is `closed` or an error thrown by `run`.
    package enum Event: Sendable {
        /// `tls`: the version that was agreed on, as OpenSSL writes it.
        case opened(Sender, tls: String)
        case received([UInt8])
    }

    /// Sends frames of an open channel; usable from any task.
    package struct Sender: Sendable {
        fileprivate let writer: NIOAsyncChannelOutboundWriter<WebSocketFrame>
        private let masks = MaskKeys()

        fileprivate init(writer: NIOAsyncChannelOutboundWriter<WebSocketFrame>) { self.writer = writer }

        package func send(_ bytes: [UInt8]) async throws {
            try await write(.binary, ByteBuffer(bytes: bytes))
        }

        package func close() async {
            try? await write(.connectionClose, ByteBuffer(bytes: [0x03, 0xE8]))
            writer.finish()
        }

        fileprivate func write(_ opcode: WebSocketOpcode, _ data: ByteBuffer) async throws {
            try await writer.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: masks.next(), data: data))
        }
    }

    /// RFC 6455 §5.3 asks for an unpredictable key a frame.
    private struct MaskKeys { func next() -> WebSocketMaskingKey { .random() } }

    private enum Upgrade: Sendable {
        case open(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused(NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>)
    }

    let endpoint: CoordinatorEndpoint
    let tls: NIOSSLContext
    let group: any EventLoopGroup
    let limits: TimeLimits

    package init(endpoint: CoordinatorEndpoint, tls: NIOSSLContext, group: any EventLoopGroup, limits: TimeLimits) {
        self.endpoint = endpoint
        self.tls = tls
        self.group = group
        self.limits = limits
    }

    private struct Silence: Error, CustomStringConvertible {
        var description: String { "the coordinator is silent" }
    }

    /// Ends a channel on which nothing was heard, not even a pong.
    private final class SilenceGuard: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case .read? = event as? IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
            context.fireErrorCaught(Silence())
            context.close(promise: nil)
        }
    }

    /// Opens the channel, reports events until it is closed, and returns the close code if the coordinator gave one.
    package func run(path: String, _ report: @escaping @Sendable (Event) async -> Void) async throws(ClientNodeError) -> UInt16? {
        let upgrade: Upgrade
        do {
            upgrade = try await connect(path: path)
        } catch {
            throw ClientNodeError.connecting(to: endpoint, error)
        }
        switch upgrade {
        case .refused(let channel):
            throw await refusal(channel)
        case .open(let channel):
            do {
                return try await serve(channel, report)
            } catch {
                throw ClientNodeError(
                    .connection, "The control channel broke: \(error).", remedy: "It is opened again by itself.")
            }
        }
    }

    private func connect(path: String) async throws -> Upgrade {
        let (endpoint, tls, limits) = (endpoint, tls, limits)
        let future: EventLoopFuture<Upgrade> = try await ClientBootstrap(group: group)
            .connectTimeout(amount(limits.connectSeconds))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .connect(host: endpoint.host, port: endpoint.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = try NIOSSLClientHandler(context: tls, serverHostname: endpoint.serverName)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    let upgrader = NIOTypedWebSocketClientUpgrader<Upgrade>(maxFrameSize: Limits.controlFrameBytes) {
                        channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                NIOWebSocketFrameAggregator(
                                    minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 64,
                                    maxAccumulatedFrameSize: Limits.controlFrameBytes))
                            try channel.pipeline.syncOperations.addHandlers(
                                IdleStateHandler(readTimeout: amount(limits.silenceSeconds)), SilenceGuard())
                            return .open(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                        }
                    }
                    var headers = HTTPHeaders()
                    headers.add(name: "Host", value: endpoint.authority)
                    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: headers)
                    let configuration = NIOTypedHTTPClientUpgradeConfiguration<Upgrade>(
                        upgradeRequestHead: head, upgraders: [upgrader]
                    ) { channel in
                        channel.eventLoop.makeCompletedFuture {
                            .refused(try NIOAsyncChannel(wrappingChannelSynchronously: channel))
                        }
                    }
                    let upgraded = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                        configuration: .init(upgradeConfiguration: configuration))
                    // A handshake or an answer that never comes must not hold this node up.
                    Self.close(channel, after: limits.handshakeSeconds, unless: upgraded)
                    return upgraded
                }
            }
        return try await future.get()
    }

    private static func close(_ channel: any Channel, after seconds: Double, unless done: EventLoopFuture<some Any>) {
        let limit = channel.eventLoop.scheduleTask(in: amount(seconds)) { channel.close(promise: nil) }
        done.whenComplete { _ in limit.cancel() }
    }

    private func serve(
        _ channel: NIOAsyncChannel<WebSocketFrame, WebSocketFrame>, _ report: @escaping @Sendable (Event) async -> Void
    ) async throws -> UInt16? {
        let version = try await channel.channel.nioSSL_tlsVersion().get()
        return try await channel.executeThenClose { inbound, outbound in
            let sender = Sender(writer: outbound)
            let interval = limits.silenceSeconds / 3
            let pings = Task {
                while (try? await Task.sleep(for: .seconds(interval))) != nil { try? await sender.write(.ping, ByteBuffer()) }
            }
            defer { pings.cancel() }
            await report(.opened(sender, tls: name(of: version)))
            for try await frame in inbound {
                switch frame.opcode {
                case .binary:
                    var data = frame.unmaskedData
                    await report(.received(data.readBytes(length: data.readableBytes) ?? []))
                case .ping:
                    try await sender.write(.pong, frame.unmaskedData)
                case .connectionClose:
                    var data = frame.unmaskedData
                    let code = data.readInteger(as: UInt16.self)
                    try? await sender.write(.connectionClose, ByteBuffer(integer: code ?? 1000))
                    return code
                default:
                    continue
                }
            }
            return nil
        }
    }

    /// Reads the coordinator's answer to a refused upgrade, so that the reason reaches the user.
    private func refusal(_ channel: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>) async -> ClientNodeError {
        var status = 0
        var body = ByteBuffer()
        let whole = channel.channel
        let limit = whole.eventLoop.scheduleTask(in: amount(limits.handshakeSeconds)) { whole.close(promise: nil) }
        defer { limit.cancel() }
        do {
            (status, body) = try await channel.executeThenClose { inbound, _ in
                var status = 0
                var body = ByteBuffer()
                for try await part in inbound {
                    switch part {
                    case .head(let head): status = Int(head.status.code)
                    case .body(var chunk):
                        guard body.readableBytes + chunk.readableBytes <= Limits.replyBytes else { return (status, body) }
                        body.writeBuffer(&chunk)
                    case .end: return (status, body)
                    }
                }
                return (status, body)
            }
        } catch {
            return ClientNodeError(
                .connection, "The coordinator closed the connection while it refused the control channel: \(error).",
                remedy: "Look at the coordinator's log.")
        }
        return ClientNodeError.reply(status: status, body: Array(body.readableBytesView), what: "The control channel")
    }
}

private func amount(_ seconds: Double) -> TimeAmount { .nanoseconds(Int64(seconds * 1e9)) }

private func name(of version: TLSVersion?) -> String {
    switch version {
    case .tlsv13: "TLSv1.3"
    case .tlsv12: "TLSv1.2"
    case .tlsv11: "TLSv1.1"
    case .tlsv1: "TLSv1"
    default: "unknown"
    }
}
