internal import Foundation
internal import Learning
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import Trust

/// Clients that are connected and ask: each has a TLS connection that stays open, and asks one thing at a time on it. Closed loop: a
/// fixed number of them, each asking again when it has its answer. Open loop: questions come when they come (Poisson), whether the
/// others were answered or not.
package struct Arrivals: Sendable {
    package enum Pattern: Sendable {
        case closed(workers: Int)
        case open(perSecond: Double)
    }

    /// What became of the questions whose fate fell into the measured time.
    package struct Outcome: Sendable {
        package var seconds = 0.0
        /// Answered with success, and how long after they came.
        package var served: [Double] = []
        /// Answered with 503.
        package var shed = 0
        /// The connection ended without an answer.
        package var refused = 0
        /// No answer in `patienceSeconds`.
        package var late = 0
        /// All connections were waiting for answers when it came: it was never asked.
        package var unasked = 0
        package var other = 0

        package var perSecond: Double { Double(served.count) / max(seconds, 1e-9) }
        package func milliseconds(_ quantile: Double) -> Double {
            let sorted = served.sorted()
            return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * quantile))] * 1000
        }
    }

    package static let patienceSeconds = 5.0
    /// Fewer than a coordinator lets one address open at a time.
    private static let opening = 32
    private let host: String
    private let port: Int
    private let tls: NIOSSLContext
    private let request: ByteBuffer

    /// - Parameters:
    ///   - path: what they all ask for, with GET.
    ///   - token: who may.
    package init(host: String, port: Int, authorityPEM: String, path: String, token: String) throws {
        self.host = host
        self.port = port
        tls = try NIOSSLContext(configuration: try clientTLS(authorityPEM: authorityPEM))
        request = ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: \(host):\(port)\r\nAuthorization: Bearer \(token)\r\n\r\n")
    }

    /// - Parameters:
    ///   - connections: that are open before anything is measured.
    ///   - warmUp: seconds that are not counted.
    ///   - seconds: that are counted.
    package func run(_ pattern: Pattern, connections: Int, warmUp: Double, seconds: Double, seed: UInt64) async throws -> Outcome {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let fleet = Fleet(self, pattern, loop: loop, seconds: seconds, random: SeededGenerator(seed: seed))
        for first in stride(from: 0, to: connections, by: Self.opening) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in first..<min(connections, first + Self.opening) { group.addTask { try await connect(to: fleet, loop).get() } }
                try await group.waitForAll()
            }
        }
        return try await loop.flatSubmit { fleet.run(warmUp: warmUp) }.get()
    }

    private func connect(to fleet: Fleet, _ loop: any EventLoop) -> EventLoopFuture<Void> {
        let ready = loop.makePromise(of: Void.self)
        ClientBootstrap(group: loop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        try NIOSSLClientHandler(context: tls, serverHostname: nil), Asker(request: request, fleet: fleet, ready: ready))
                }
            }
            .connect(host: host, port: port).cascadeFailure(to: ready)
        return ready.futureResult
    }

    /// All of it runs on one event loop.
    private final class Fleet: @unchecked Sendable {
        private let arrivals: Arrivals
        private let pattern: Pattern
        private let loop: any EventLoop
        private let seconds: Double
        private var random: SeededGenerator
        private var idle: [Asker] = []
        private var outcome = Outcome()
        private var from = NIODeadline.distantFuture
        private var end = NIODeadline.distantFuture
        private var next = NIODeadline.distantFuture

        init(_ arrivals: Arrivals, _ pattern: Pattern, loop: any EventLoop, seconds: Double, random: SeededGenerator) {
            (self.arrivals, self.pattern, self.loop, self.seconds, self.random) = (arrivals, pattern, loop, seconds, random)
            outcome.seconds = seconds
        }

        func run(warmUp: Double) -> EventLoopFuture<Outcome> {
            from = .now() + .nanoseconds(Int64(warmUp * 1e9))
            end = from + .nanoseconds(Int64(seconds * 1e9))
            switch pattern {
            case .closed(let workers): for _ in 0..<min(workers, idle.count) { idle.removeLast().ask(at: .now()) }
            case .open:
                next = .now()
                come()
            }
            return loop.scheduleTask(deadline: end) { self.outcome }.futureResult
        }

        /// Everybody whose time it is, and the appointment of the next.
        private func come() {
            guard case .open(let rate) = pattern else { return }
            while next <= .now(), next < end {
                if let asker = idle.popLast() { asker.ask(at: next) } else if next >= from { outcome.unasked += 1 }
                next = next + .nanoseconds(Int64(-log(1 - random.uniform()) / rate * 1e9))
            }
            if next < end { loop.scheduleTask(deadline: next) { self.come() } }
        }

        func isFree(_ asker: Asker) {
            // Before the end is known, connections are only being opened.
            if case .closed = pattern, end != .distantFuture { asker.ask(at: .now()) } else { idle.append(asker) }
        }

        /// Another takes its place.
        func hasLeft(_ asker: Asker) {
            idle.removeAll { $0 === asker }
            if end != .distantFuture, NIODeadline.now() < end { _ = arrivals.connect(to: self, loop) }
        }

        func note(_ began: NIODeadline, _ status: Int?) {
            let now = NIODeadline.now()
            guard now >= from, now < end else { return }
            switch status {
            case .some(200..<300): outcome.served.append(Double((now - began).nanoseconds) / 1e9)
            case 503: outcome.shed += 1
            case nil: outcome.refused += 1
            case -1: outcome.late += 1
            default: outcome.other += 1
            }
        }
    }

    /// One connection: asks, reads the answer to its end, and is free again.
    private final class Asker: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let request: ByteBuffer
        private let fleet: Fleet
        private let ready: EventLoopPromise<Void>
        private var context: ChannelHandlerContext?
        private var began: NIODeadline?
        private var limit: Scheduled<Void>?
        private var head: [UInt8] = []
        /// Of the body, once the head is there.
        private var left: Int?

        init(request: ByteBuffer, fleet: Fleet, ready: EventLoopPromise<Void>) {
            (self.request, self.fleet, self.ready) = (request, fleet, ready)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case TLSUserEvent.handshakeCompleted = event {
                self.context = context
                // A connection that has not asked anything is one that is opening, and the coordinator lets few of these in.
                ask(at: .now())
            }
            context.fireUserInboundEventTriggered(event)
        }

        func ask(at began: NIODeadline) {
            guard let context else { return }
            self.began = began
            limit = context.eventLoop.assumeIsolated().scheduleTask(deadline: began + .nanoseconds(Int64(Arrivals.patienceSeconds * 1e9))) { [self] in
                done(-1)
                context.close(promise: nil)
            }
            context.writeAndFlush(wrapOutboundOut(request), promise: nil)
        }

        private func done(_ status: Int?) {
            guard let began else { return }
            limit?.cancel()
            (self.began, left, head) = (nil, nil, [])
            fleet.note(began, status)
            if status != nil { ready.succeed() }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            guard began != nil else { return }
            if left == nil {
                head += bytes.readableBytesView
                guard let end = head.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
                let text = String(decoding: head[..<end.lowerBound], as: UTF8.self).lowercased()
                let length = text.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }?.dropFirst(15)
                left = (length.flatMap { Int($0.trimmingCharacters(in: .whitespaces)) } ?? 0) - (head.count - end.upperBound)
            } else {
                left! -= bytes.readableBytes
                bytes.clear()
            }
            guard left! <= 0 else { return }
            // "HTTP/1.1 200"
            done(head.count >= 12 ? Int(String(decoding: head[9..<12], as: UTF8.self)) ?? 0 : 0)
            fleet.isFree(self)
        }

        func channelInactive(context: ChannelHandlerContext) {
            done(nil)
            self.context = nil
            ready.fail(ChannelError.eof)
            fleet.hasLeft(self)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
