import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Something that listens where a coordinator should.
struct FakeServer {
    /// What `/readyz` and every other path are answered.
    struct Answer: Sendable {
        var status = 200
        var body = #"{"status":"serving"}"#
        /// What the clock of this server says beside the real one.
        var clockOffset = 0.0
    }

    private let channel: any Channel
    var port: Int { channel.localAddress?.port ?? 0 }

    /// Speaks HTTP over TLS as long as `work` runs.
    static func https<Value>(_ configuration: TLSConfiguration, _ answer: Answer = Answer(), _ work: (Int) async throws -> Value) async throws -> Value {
        let context = try NIOSSLContext(configuration: configuration)
        return try await running(work) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                try channel.pipeline.syncOperations.addHandler(Answering(answer))
            }
        }
    }

    /// Says `words` to whatever comes; without words it says nothing.
    static func plain<Value>(_ words: String?, _ work: (Int) async throws -> Value) async throws -> Value {
        try await running(work) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Saying(words)) }
        }
    }

    private static func running<Value>(
        _ work: (Int) async throws -> Value, _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> Value {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer(prepare)
            .bind(host: "127.0.0.1", port: 0).get()
        let server = FakeServer(channel: channel)
        let result: Result<Value, any Error>
        do { result = .success(try await work(server.port)) } catch { result = .failure(error) }
        try? await channel.close()
        return try result.get()
    }

    /// A port that nobody listens on.
    static func closedPort() async throws -> Int { try await plain(nil) { $0 } }
}

private final class Answering: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    private let answer: FakeServer.Answer
    init(_ answer: FakeServer.Answer) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let words = DateFormatter()
        words.locale = Locale(identifier: "en_US_POSIX")
        words.timeZone = .gmt
        words.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
        head.headers.add(name: "date", value: words.string(from: Date() + answer.clockOffset))
        head.headers.add(name: "content-length", value: "\(answer.body.utf8.count)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: answer.body)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class Saying: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let words: String?
    init(_ words: String?) { self.words = words }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let words else { return }
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: words))).whenComplete { _ in channel.close(promise: nil) }
    }
}
