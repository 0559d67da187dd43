import APIKit
package import NIOCore
package import NIOHTTP1

/// What becomes of a request to open a control channel.
package enum Admission: Sendable {
    case open
    case refused(Rejection)
}

/// A complete answer, written without the HTTP side.
package struct Rejection: Sendable {
    package var status: Int
    /// Without the length of the body, and without what becomes of the connection.
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }
}

/// Whether this peer may upgrade; on the event loop.
package typealias Admit = @Sendable (HTTPRequestHead, Connection, any EventLoop) -> EventLoopFuture<Admission>

/// What a request is told for which there is no room; nil: there is, and the connection keeps it, or it is not for here to say. On the
/// event loop.
package typealias TurnAway = @Sendable (HTTPRequestHead, Connection) -> Rejection?

/// Stands between the HTTP parser and everything that answers requests, as long as the connection speaks HTTP.
///
/// NIO's upgrader answers a refused upgrade with silence, and its HTTP library answers a broken head without an envelope,
/// sometimes twice. So an upgrade goes on only when it will succeed, every other one and every head that cannot be read
/// is answered here, and a connection whose handshake or first head does not come is ended.
final class RequestGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        /// No head yet. Exits: deciding, passing, ended.
        case waiting
        /// An upgrade is being judged; what follows its head is held, and nothing more is read. Exits: passing, ended.
        case deciding(held: [HTTPServerRequestPart])
        /// Requests go through, or after an upgrade frames around us. Exits: ended.
        case passing
        /// Answered for the last time; nothing more is read.
        case ended
    }
    /// The rest of a request cannot be read. Not an `HTTPParserError`, which the HTTP side would answer by itself.
    private struct Broken: Error {}

    private var state = State.waiting
    private var unanswered = 0
    private var isReadHeld = false
    /// A request has gone through: from here on the HTTP side watches over the connection.
    private var hasPassed = false
    /// The rest of a request that was turned away is thrown away.
    private var isSkipping = false
    private var deadline: Scheduled<Void>?
    private let connection: Connection
    private let open: OpenConnections
    private let times: GatewayTimes
    private let admit: Admit
    private let turnAway: TurnAway
    private let rejection: @Sendable (_ error: ServiceError, _ status: Int?) -> Rejection

    /// - Parameters:
    ///   - open: where the connection is found once it is known whose it is.
    ///   - admit: whether this peer may upgrade, asked for every attempt over TLS.
    ///   - turnAway: asked for requests without a body, on a connection that has been answered before and stays open.
    ///   - rejection: an error in its envelope; `status` nil: the error's own.
    init(
        connection: Connection, open: OpenConnections, times: GatewayTimes, admit: @escaping Admit, turnAway: @escaping TurnAway,
        rejection: @escaping @Sendable (ServiceError, Int?) -> Rejection
    ) {
        self.connection = connection
        self.open = open
        self.times = times
        self.admit = admit
        self.turnAway = turnAway
        self.rejection = rejection
    }

    func handlerAdded(context: ChannelHandlerContext) { closeAfter(times.firstHead, context) }

    func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        state = .ended
        connection.room = nil
        context.fireChannelInactive()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .waiting:
            guard case .head(let head) = unwrapInboundIn(data) else { return }
            deadline?.cancel()
            connection.begins()
            connection.identify(context.channel, in: open)
            begin(head, context)
        case .deciding(let held): state = .deciding(held: held + [unwrapInboundIn(data)])
        case .passing:
            let part = unwrapInboundIn(data)
            guard case .head(let head) = part else {
                if case .end = part, isSkipping { return isSkipping = false }
                return context.fireChannelRead(data)
            }
            if connection.isSecure, head.headers.contains(name: "upgrade") {
                return object(.invalid(field: "Upgrade", issue: "must be in the first request of a connection", provided: nil), nil, context)
            }
            pass(head, context)
        case .ended: return
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard connection.isSecure, head.headers.contains(name: "upgrade") else {
            state = .passing
            return pass(head, context)
        }
        state = .deciding(held: [])
        admit(head, connection, context.eventLoop).assumeIsolated().whenSuccess { admission in self.decided(admission, head, context) }
    }

    private func decided(_ admission: Admission, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // The connection may have gone while the decision was made.
        guard case .deciding(let held) = state else { return }
        state = .passing
        // First: after an upgrade this handler is no longer there to do it.
        if isReadHeld { context.read() }
        isReadHeld = false
        switch admission {
        case .open:
            context.fireChannelRead(wrapInboundOut(.head(head)))
            for part in held { context.fireChannelRead(wrapInboundOut(part)) }
            context.fireChannelReadComplete()
        case .refused(let rejection): answer(rejection, context)
        }
    }

    private func pass(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // RFC 9112 §3.2: which host is meant must be said once, and only once.
        let hosts = head.headers["host"].count
        guard hosts == 1 || (hosts == 0 && head.version != .http1_1) else {
            return object(.invalid(field: "Host", issue: "must be given once", provided: nil), nil, context)
        }
        // Here rather than where requests are answered: what turning away costs is lost for those who are served.
        if hasPassed, unanswered == 0, head.isKeepAlive, head.method != .HEAD, !head.hasBody, let rejection = turnAway(head, connection) {
            isSkipping = true
            return write(rejection, closes: false, context)
        }
        hasPassed = true
        unanswered += 1
        context.fireChannelRead(wrapInboundOut(.head(head.normalised)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
    }

    func read(context: ChannelHandlerContext) {
        if case .deciding = state { isReadHeld = true } else { context.read() }
    }

    // MARK: Refusing

    /// The head of a request is not acceptable. With an earlier one still being answered, only the end is left.
    private func object(_ error: ServiceError, _ status: Int?, _ context: ChannelHandlerContext) {
        guard unanswered == 0 else {
            state = .ended
            return context.fireErrorCaught(Broken())
        }
        answer(rejection(error, status), context)
    }

    private func answer(_ rejection: Rejection, _ context: ChannelHandlerContext) {
        state = .ended
        write(rejection, closes: true, context)
        // What still arrives is thrown away for a moment: closing over unread bytes would take the answer with it.
        context.close(mode: .output, promise: nil)
        closeAfter(times.linger, context)
    }

    private func write(_ rejection: Rejection, closes: Bool, _ context: ChannelHandlerContext) {
        var headers = rejection.headers
        headers.add(name: "content-length", value: "\(rejection.body.count)")
        if closes { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: rejection.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: rejection.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func closeAfter(_ limit: Duration, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(limit)) { [channel = context.channel] in channel.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (event, state) {
        case (is ChannelShouldQuiesceEvent, .waiting), (is ChannelShouldQuiesceEvent, .ended), (ChannelEvent.inputClosed, .ended):
            context.close(promise: nil)
        case (is ChannelShouldQuiesceEvent, _):
            connection.isQuiescing = true
            context.fireUserInboundEventTriggered(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let problem = error as? HTTPParserError else {
            if case .passing = state { return context.fireErrorCaught(error) }
            return context.close(promise: nil)
        }
        switch state {
        case .waiting, .passing:
            if case .passing = state, unanswered > 0 { return context.fireErrorCaught(Broken()) }
            guard problem == .headerOverflow else {
                return object(.invalid(field: "request", issue: "is not well-formed HTTP/1.1", provided: nil), nil, context)
            }
            object(
                .invalid(
                    field: "headers", issue: "must be at most \(Limits.headerFields) fields of at most \(Limits.headerListBytes) bytes together", provided: nil),
                431, context)
        case .deciding: context.close(promise: nil)
        case .ended: return
        }
    }
}

extension HTTPRequestHead {
    fileprivate var hasBody: Bool { headers.contains(name: "transfer-encoding") || headers["content-length"].contains { $0 != "0" } }

    /// As the HTTP side takes it: one spelling of `Connection: close`, which HTTP/1.0 means without saying it, and no
    /// upgrade. After an `Upgrade` the parser reads nothing more, so that the connection must end with this request.
    fileprivate var normalised: HTTPRequestHead {
        let asksToClose = headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
        guard asksToClose || version != .http1_1 || headers.contains(name: "upgrade") else { return self }
        var head = self
        head.headers.remove(name: "upgrade")
        head.headers.replaceOrAdd(name: "connection", value: "close")
        return head
    }
}
