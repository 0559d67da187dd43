import Federation
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Platform
import Synchronization
import Trust

/// An HTTP server on the loopback that notes what it gets and answers as it is told.
final class WebhookReceiver: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]
        /// Of TLS.
        var serverName: String?
    }
    struct Answer: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        /// false: it never answers.
        var isGiven = true
    }

    private let noted = Mutex<[Request]>([])
    private let answer: @Sendable (_ number: Int) -> Answer
    private let port = Mutex(0)
    private let arrivals: AsyncStream<Int>
    private let arrived: AsyncStream<Int>.Continuation

    private init(_ answer: @escaping @Sendable (Int) -> Answer) {
        self.answer = answer
        (arrivals, arrived) = AsyncStream.makeStream(of: Int.self)
    }

    var requests: [Request] { noted.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port.withLock { $0 })/hook" }
    var boundPort: Int { port.withLock { $0 } }

    /// Returns when so many requests have come.
    func wait(for count: Int) async {
        if requests.count >= count { return }
        for await number in arrivals where number >= count { return }
    }

    fileprivate func respond(_ request: Request) -> Answer {
        let number = noted.withLock { noted in
            noted.append(request)
            return noted.count
        }
        arrived.yield(number)
        return answer(number)
    }

    /// - Parameters:
    ///   - tls: nil: plain HTTP.
    ///   - answer: to the request with this number, from 1.
    static func with<Value>(
        host: String = "127.0.0.1", port: Int = 0, tls: (certificatePEM: String, keyPEM: String)? = nil,
        answer: @escaping @Sendable (Int) -> Answer = { _ in Answer() }, _ body: (WebhookReceiver) async throws -> Value
    ) async throws -> Value {
        let receiver = WebhookReceiver(answer)
        let configuration = try tls.map {
            TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array($0.certificatePEM.utf8)).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array($0.keyPEM.utf8), format: .pem)))
        }
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = ReceiverHandler(receiver)
                    if var configuration {
                        configuration.sslContextCallback = { [name = handler.serverName] values, promise in
                            name.withLock { $0 = values.serverHostname }
                            promise.succeed(.noChanges)
                        }
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: NIOSSLContext(configuration: configuration)))
                    }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: host, port: port).get()
        receiver.port.withLock { $0 = channel.localAddress?.port ?? 0 }
        do {
            let value = try await body(receiver)
            try await channel.close()
            return value
        } catch {
            try? await channel.close()
            throw error
        }
    }
}

/// Read and written by one event loop, but for the name.
private final class ReceiverHandler: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    final class Name: Sendable {
        private let value = Mutex<String?>(nil)
        func withLock<Result: Sendable>(_ body: (inout sending String?) -> sending Result) -> Result { value.withLock(body) }
    }

    let serverName = Name()
    private let receiver: WebhookReceiver
    private var request = WebhookReceiver.Request(method: "", target: "", headers: [:], body: [])

    init(_ receiver: WebhookReceiver) { self.receiver = receiver }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            request = .init(
                method: head.method.rawValue, target: head.uri,
                headers: Dictionary(head.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $0 + "," + $1 }), body: [],
                serverName: serverName.withLock { $0 })
        case .body(let buffer): request.body += Array(buffer.readableBytesView)
        case .end:
            let answer = receiver.respond(request)
            guard answer.isGiven else { return }
            var headers = HTTPHeaders(answer.headers)
            headers.replaceOrAdd(name: "Content-Length", value: "\(answer.body.count)")
            let head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            if !answer.body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Answers as it is told, and counts how often it is asked.
final class ScriptedResolver: HostResolver {
    private let asked = Mutex(0)
    private let script: @Sendable (Int) -> [String]
    init(_ script: @escaping @Sendable (_ number: Int) -> [String]) { self.script = script }
    var count: Int { asked.withLock { $0 } }

    func addresses(of host: String) async throws(EgressError) -> [IPAddress] {
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        return script(number).compactMap { IPAddress($0) }
    }
}

/// A clock that is set.
final class WebhookClock: Sendable {
    private let instant = Mutex(Instant(milliseconds: 1_750_000_000_000))
    var now: Instant {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }
}
