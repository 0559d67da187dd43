internal import APIKit
internal import CoordinatorNode
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import NIOHTTPTypes

extension FuzzTarget {
    static let http = FuzzTarget(
        "http", feeds: "a connection's bytes: HTTP/1.1, the upgrade and what follows it", maximumBytes: 2048,
        words: [
            "\r\n", "\r\n\r\n", "GET ", "POST ", " HTTP/1.1\r\n", "Host: h\r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Connection: close\r\n",
            "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n",
            "0\r\n\r\n", "Expect: 100-continue\r\n",
            "/api/v4/federated-learning/sessions/s/socket",
        ],
        seeds: {
            let path = "/api/v4/federated-learning/sessions/s"
            let upgrade =
                "GET \(path)/socket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            return [
                Seed("get", "\u{0}GET \(path)/weights?round=1 HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\nIf-None-Match: \"a\"\r\n\r\n"),
                Seed("post", "\u{1}POST \(path)/join HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"),
                Seed("chunked", "\u{2}POST \(path)/join HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
                Seed("pipelined", "\u{0}GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /v4 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
                Seed("upgrade", Array(("\u{1}" + upgrade).utf8) + [0x82, 0x81, 1, 2, 3, 4, 5]), Seed("upgrade-slowly", "\u{9}" + upgrade),
                Seed("old", "\u{0}GET / HTTP/1.0\r\n\r\n"),
                Seed("upgrade-elsewhere", "\u{1}" + upgrade.replacing("/socket", with: "/weights")),
            ]
        },
        check: { bytes in
            var input = Input(bytes)
            let options = input.byte()
            let (channel, watched) = (EmbeddedChannel(), Watched())
            defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
            let isSecure = options & 1 == 1
            let door = Door<Void>(
                times: GatewayTimes(), admit: { head, _, loop in loop.makeSucceededFuture(judge(head)) }, rejection: { refusal($0, $1) },
                http: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try Door<Void>.addHTTP(
                            channel, isSecure: isSecure, idle: .seconds(75), Logger(label: "fuzz", factory: { _ in SwiftLogNoOpLogHandler() }))
                        try channel.pipeline.syncOperations.addHandler(Answering(watched))
                    }
                }, control: { _, _ in watched.isUpgraded = true })
            _ = try door.open(channel, Connection(isSecure: isSecure))
            _ = channel.connect(to: try SocketAddress(unixDomainSocketPath: "/fuzz"))
            // In pieces of 1 to 64 bytes, or all at once.
            let piece = options & 0xF8 == 0 ? max(1, input.rest.count) : 1 + (options >> 3) * 2
            var rest = input.rest
            while !rest.isEmpty {
                // What a handler makes of the bytes is looked at below; an error at the pipeline's end is how some connections end.
                _ = try? channel.writeInbound(ByteBuffer(bytes: rest.prefix(piece)))
                rest = rest.dropFirst(piece)
            }
            if let failure = watched.failure { throw failure }
            var replies = 0
            while let out = try? channel.readOutbound(as: ByteBuffer.self) { if out.readableBytesView.starts(with: "HTTP/1.".utf8) { replies += 1 } }
            try expect(replies <= watched.requests + 1, "\(replies) replies to \(watched.requests) requests")
            channel.embeddedEventLoop.advanceTime(by: .minutes(10))
            try expect(!channel.isActive || watched.isTaken, "a connection that stays open for nothing")
        })

    /// What the gateway asks of an upgrade before it asks who calls.
    private static func judge(_ head: HTTPRequestHead) -> Admission {
        do throws(ServiceError) {
            let target = try RequestTarget(head.uri)
            guard head.headers[canonicalForm: "upgrade"].map({ $0.lowercased() }) == ["websocket"] else { throw .notFound("nothing else is spoken here") }
            guard SessionPath(target.path, bases: ["/api/v4", "/v4"])?.isControl == true else { throw .notFound("there is no WebSocket at this path") }
            try head.checkWebSocketHandshake()
            return .open
        } catch { return .refused(refusal(error, nil)) }
    }

    private static func refusal(_ error: ServiceError, _ status: Int?) -> Rejection {
        Rejection(status: status ?? 400, headers: ["content-type": "text/plain"], body: Array("\(error)".utf8))
    }
}

/// What went through a connection.
private final class Watched: @unchecked Sendable {
    var requests = 0
    var isUpgraded = false
    var isTaken: Bool { requests > 0 || isUpgraded }
    var failure: FuzzFailure?
}

/// Stands where the gateway stands, and answers everything with nothing.
private final class Answering: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart
    private let watched: Watched

    init(_ watched: Watched) { self.watched = watched }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            watched.requests += 1
            do { try FuzzTarget.expectTarget(try RequestTarget(head.path ?? "/")) } catch { watched.failure = watched.failure ?? (error as? FuzzFailure) }
        case .body: return
        case .end:
            context.write(wrapOutboundOut(.head(HTTPResponse(status: .ok, headerFields: [.contentLength: "0"]))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
