import CryptoSuite
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import StrictJSON
import Synchronization
import Trust
import Wire

/// A coordinator that says what a test wants, over real TLS in this process: HTTP by `answer`, the control channel by
/// `talk`. It records what it was sent.
final class FakeCoordinator: Sendable {
    struct Request: Sendable, Equatable {
        var method: String
        var path: String
        var body: [UInt8]
        /// SHA-256 of the client's certificate; nil without one.
        var certificate: [UInt8]?
        var hasClientCertificate: Bool { certificate != nil }
    }

    enum Reply: Sendable {
        case json(Int, String, headers: [(String, String)] = [])
        case bytes([UInt8])
        /// Reads the request, and closes the connection without a word.
        case hangUp
        /// Reads the request, and never answers.
        case silence
    }

    typealias Answer = @Sendable (Request, FakeCoordinator) -> Reply
    typealias Talk = @Sendable (ClientMessage) -> [ServerMessage]

    struct State {
        var requests: [Request] = []
        var messages: [ClientMessage] = []
        var sockets: [any Channel] = []
        /// Control channels that were opened, over all time.
        var opened = 0
        var connections: [any Channel] = []
        var listener: (any Channel)?
    }

    let site: FakeSite
    private let state = Mutex(State())
    private let answer: Answer
    private let talk: Talk

    private init(_ site: FakeSite, _ answer: @escaping Answer, _ talk: @escaping Talk) {
        self.site = site
        self.answer = answer
        self.talk = talk
    }

    static func start(_ site: FakeSite, port: Int = 0, talk: @escaping Talk = { _ in [] }, answer: @escaping Answer) async throws -> FakeCoordinator {
        let fake = FakeCoordinator(site, answer, talk)
        let context = try NIOSSLContext(configuration: try site.serverTLS())
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    fake.state.withLock { $0.connections.append(channel) }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLServerHandler(context: context))
                    let http = HTTPHandler(fake)
                    let name = "http"
                    let upgrader = NIOWebSocketServerUpgrader(
                        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture {
                                fake.state.withLock { state in
                                    state.sockets.append(channel)
                                    state.opened += 1
                                }
                                channel.closeFuture.whenComplete { _ in fake.state.withLock { $0.sockets.removeAll { $0 === channel } } }
                                try channel.pipeline.syncOperations.addHandler(SocketHandler(fake))
                            }
                        })
                    try pipeline.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in context.pipeline.removeHandler(name: name, promise: nil) }
                        ))
                    try pipeline.addHandler(http, name: name)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        fake.state.withLock { $0.listener = listener }
        return fake
    }

    /// Open control channels, and how many there ever were.
    var sockets: (now: Int, ever: Int) { state.withLock { ($0.sockets.count, $0.opened) } }
    var port: Int { state.withLock { $0.listener?.localAddress?.port ?? 0 } }
    var requests: [Request] { state.withLock { $0.requests } }
    var messages: [ClientMessage] { state.withLock { $0.messages } }

    func requests(_ method: String, _ end: String) -> [Request] {
        requests.filter { $0.method == method && ($0.path.split(separator: "?").first.map { $0.hasSuffix(end) } ?? false) }
    }

    /// Goes away at once, as a killed process does.
    func stop() async {
        let channels = state.withLock { state in
            defer { (state.connections, state.sockets) = ([], []) }
            return [state.listener].compactMap { $0 } + state.connections
        }
        for channel in channels { try? await channel.close() }
    }

    /// Over every open control channel.
    func tell(_ message: ServerMessage) {
        for channel in state.withLock({ $0.sockets }) { send(message, channel) }
    }

    private func send(_ message: ServerMessage, _ channel: any Channel) {
        guard let bytes = try? ControlCodec.encode(message) else { preconditionFailure("the test's own message cannot be sent") }
        let data = channel.allocator.buffer(bytes: bytes)
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .binary, data: data), promise: nil)
    }

    // MARK: Handlers

    private final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let fake: FakeCoordinator
        private var head: HTTPRequestHead?
        private var body: [UInt8] = []

        init(_ fake: FakeCoordinator) { self.fake = fake }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): (self.head, body) = (head, [])
            case .body(let chunk): body += chunk.readableBytesView
            case .end:
                guard let head else { return }
                let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
                let der = try? certificate?.toDERBytes()
                let request = Request(method: head.method.rawValue, path: head.uri, body: body, certificate: der.map { CryptoSuite.system.sha256($0) })
                fake.state.withLock { $0.requests.append(request) }
                switch fake.answer(request, fake) {
                case .hangUp: context.close(promise: nil)
                case .silence: break
                case .json(let status, let text, let headers): write(context, status, Array(text.utf8), [("content-type", "application/json")] + headers)
                case .bytes(let bytes): write(context, 200, bytes, [])
                }
            }
        }

        private func write(_ context: ChannelHandlerContext, _ status: Int, _ bytes: [UInt8], _ extra: [(String, String)]) {
            var headers = HTTPHeaders(extra)
            headers.add(name: "content-length", value: "\(bytes.count)")
            context.write(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: bytes)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class SocketHandler: ChannelInboundHandler {
        typealias InboundIn = WebSocketFrame
        typealias OutboundOut = WebSocketFrame
        private let fake: FakeCoordinator

        init(_ fake: FakeCoordinator) { self.fake = fake }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let frame = unwrapInboundIn(data)
            switch frame.opcode {
            case .binary:
                var content = frame.unmaskedData
                guard let message = try? ControlCodec.decodeClient(content.readBytes(length: content.readableBytes) ?? []) else { return }
                fake.state.withLock { $0.messages.append(message) }
                for reply in fake.talk(message) { fake.send(reply, context.channel) }
            case .connectionClose: context.close(promise: nil)
            default: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// An authority, a server certificate and enrolled nodes' folders, below one temporary folder.
final class FakeSite: Sendable {
    let folder: String
    private let authority: CertificateAuthority
    private let server: (certificatePEM: String, keyPEM: String)

    init() throws {
        folder = NSTemporaryDirectory() + "tutti-node-" + UUID().uuidString
        authority = try CertificateAuthority(commonName: "Test CA", now: Date(timeIntervalSinceNow: -86_400), lifetime: 2 * 86_400)
        server = try authority.issueServer(names: ["localhost", "127.0.0.1"], now: Date(), lifetime: 3600)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func serverTLS() throws -> TLSConfiguration {
        try Trust.serverTLS(
            certificatePEM: server.certificatePEM, keyPEM: server.keyPEM, authorityPEM: authority.certificatePEM, strictPostQuantum: false)
    }

    /// The answer to a renewal of `name`'s certificate.
    func renewal(_ request: FakeCoordinator.Request, _ name: String, lifeSeconds: Double) -> FakeCoordinator.Reply {
        guard let csr = (try? JSON(parsing: request.body))?["csr"]?.text,
            let issued = try? authority.issueClient(
                certificateRequestPEM: csr, tenant: "default", client: name, now: Date(), lifetime: lifeSeconds)
        else { return .json(400, "{}") }
        let reply: JSON = [
            "tenant": "default", "client_id": .string(name), "certificate": .string(issued.pem), "ca_certificate": .string(authority.certificatePEM),
        ]
        return .json(201, reply.encodedText)
    }

    /// Digest of the authorities, as replies to nodes have it.
    var bundle: String { hexadecimal(Authorities(authority).bundleDigest) }

    /// A certificate that began `ageSeconds` ago and lives for `lifeSeconds`.
    func node(_ name: String, ageSeconds: Double = 0, lifeSeconds: Double = 3600) throws -> (certificatePEM: String, authorityPEM: String, keyPEM: String) {
        let key = NodeKey()
        let issued = try authority.issueClient(
            certificateRequestPEM: try key.certificateRequestPEM(commonName: "x"), tenant: "default", client: name,
            now: Date(timeIntervalSinceNow: -ageSeconds), lifetime: lifeSeconds)
        return (issued.pem, authority.certificatePEM, key.pem)
    }
}
