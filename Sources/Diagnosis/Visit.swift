package import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
package import NIOSSL
package import Trust

/// One answer of a server over a connection of its own.
package struct Visit: Sendable {
    package var status: Int
    /// By the `Date` header.
    package var date: Date?
    package var body: [UInt8]

    /// Asks once with GET; nothing is followed and nothing tried again.
    /// - Throws: whatever ended the connection.
    package static func get(
        _ path: String, host: HostName, port: Int, tls: TLSConfiguration, bearer: String? = nil
    ) async throws -> Visit {
        let context = try NIOSSLContext(configuration: tls)
        let answer = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(Limits.connectSeconds))
            .connect(host: host.dialForm, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let done = channel.eventLoop.makePromise(of: Visit.self)
                    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
                    head.headers.add(name: "host", value: "\(host.urlForm):\(port)")
                    head.headers.add(name: "connection", value: "close")
                    if let bearer { head.headers.add(name: "authorization", value: "Bearer \(bearer)") }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: host.serverName))
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(Asking(head, done))
                    return done.futureResult
                }
            }
        return try await answer.get()
    }
}

private struct NoAnswer: Error, CustomStringConvertible {
    var description: String
}

private final class Asking: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    private let head: HTTPRequestHead
    private let done: EventLoopPromise<Visit>
    private var visit: Visit?
    private var isDone = false
    private var deadline: Scheduled<Void>?

    init(_ head: HTTPRequestHead, _ done: EventLoopPromise<Visit>) {
        self.head = head
        self.done = done
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Limits.answerSeconds)) {
            let (handler, context) = bound.value
            handler.end(.failure(NoAnswer(description: "there is no answer within \(Limits.answerSeconds) s")), context)
        }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            visit = Visit(status: Int(head.status.code), date: head.headers.first(name: "date").flatMap(httpDate), body: [])
        case .body(var part):
            visit?.body += part.readBytes(length: part.readableBytes) ?? []
            if visit?.body.count ?? 0 > Limits.answerBytes {
                end(.failure(NoAnswer(description: "the answer is longer than \(Limits.answerBytes) bytes")), context)
            }
        case .end:
            if let visit { end(.success(visit), context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }
    func channelInactive(context: ChannelHandlerContext) { closed(context) }
    func handlerRemoved(context: ChannelHandlerContext) { closed(context) }

    private func closed(_ context: ChannelHandlerContext) {
        end(.failure(NoAnswer(description: "it closed the connection before it had answered")), context)
    }

    private func end(_ result: Result<Visit, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        deadline?.cancel()
        done.completeWith(result)
        context.close(promise: nil)
    }
}
