internal import Learning
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A bad network between two programs of this machine: what arrives at its port goes on to another one late, in pieces, or not before a
/// partition is over, and connections break. It sees only bytes, as networks do.
package final class Forwarder: Sendable {
    /// What the network does now. It may change at any time.
    package struct Weather: Sendable {
        /// Seconds that a piece is under way, drawn anew for each. Pieces of one direction stay in order, as TCP has it.
        package var delay: ClosedRange<Double> = 0...0
        /// Bytes of a piece at most.
        package var piece = Int.max
        /// Nothing goes through in either direction, and nobody is told. It arrives when this is over.
        package var isParted = false
        package init() {}
    }

    private struct State {
        var weather = Weather()
        var random: SeededGenerator
        var server: (any Channel)?
        var port = 0
        var pipes: [ObjectIdentifier: NIOLoopBound<Pipe>] = [:]
    }

    private let state: Mutex<State>

    private init(seed: UInt64) { state = Mutex(State(random: SeededGenerator(seed: seed))) }

    /// - Parameter target: the port of the program behind it.
    package static func start(to target: Int, seed: UInt64 = 1) async throws -> Forwarder {
        let forwarder = Forwarder(seed: seed)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { near in forwarder.join(near, to: target) }
            .bind(host: "127.0.0.1", port: 0).get()
        forwarder.state.withLock { ($0.server, $0.port) = (server, server.localAddress?.port ?? 0) }
        return forwarder
    }

    package var port: Int { state.withLock { $0.port } }

    package var weather: Weather {
        get { state.withLock { $0.weather } }
        set {
            let pipes = state.withLock { state in
                state.weather = newValue
                return Array(state.pipes.values)
            }
            for pipe in pipes { pipe.eventLoop.execute { pipe.value.drain() } }
        }
    }

    /// Breaks every connection there is. Gives how many.
    @discardableResult
    package func breakAll() -> Int {
        let pipes = state.withLock { Array($0.pipes.values) }
        for pipe in pipes { pipe.eventLoop.execute { pipe.value.end() } }
        return pipes.count / 2
    }

    package func stop() async {
        breakAll()
        try? await state.withLock { $0.server }?.close()
    }

    // MARK: Connections

    private func join(_ near: any Channel, to target: Int) -> EventLoopFuture<Void> {
        // On one event loop, so that both ends see one order of things.
        ClientBootstrap(group: near.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: target)
            .flatMapThrowing { [self] far in
                for (from, to) in [(near, far), (far, near)] {
                    let pipe = Pipe(from: from, to: to, self)
                    try from.pipeline.syncOperations.addHandler(pipe)
                    state.withLock { $0.pipes[ObjectIdentifier(from)] = NIOLoopBound(pipe, eventLoop: from.eventLoop) }
                }
                // The near end is read from when this is over; the far one is there already.
                far.setOption(.autoRead, value: true).whenSuccess { far.read() }
            }
    }

    private func forget(_ channel: any Channel) { state.withLock { $0.pipes[ObjectIdentifier(channel)] = nil } }

    /// How long the next piece is under way.
    private func delay() -> TimeAmount {
        state.withLock { state in
            let range = state.weather.delay
            return .nanoseconds(Int64((range.lowerBound + state.random.uniform() * (range.upperBound - range.lowerBound)) * 1e9))
        }
    }

    /// One direction of one connection.
    private final class Pipe: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let from: any Channel
        private let to: any Channel
        private let forwarder: Forwarder
        /// Under way; nil: the end of the connection.
        private var pieces: [(due: NIODeadline, bytes: ByteBuffer?)] = []
        private var alarm: Scheduled<Void>?

        init(from: any Channel, to: any Channel, _ forwarder: Forwarder) {
            self.from = from
            self.to = to
            self.forwarder = forwarder
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var bytes = unwrapInboundIn(data)
            let size = max(1, forwarder.weather.piece)
            while let piece = bytes.readSlice(length: min(size, bytes.readableBytes)), piece.readableBytes > 0 { add(piece) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            forwarder.forget(from)
            add(nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func add(_ piece: ByteBuffer?) {
            let due = max(NIODeadline.now() + forwarder.delay(), pieces.last?.due ?? .distantPast)
            pieces.append((due, piece))
            if pieces.count == 1 { drain() }
        }

        func drain() {
            alarm?.cancel()
            guard !forwarder.weather.isParted else { return }
            while let first = pieces.first, first.due <= .now() {
                pieces.removeFirst()
                if let bytes = first.bytes { to.writeAndFlush(bytes, promise: nil) } else { to.close(promise: nil) }
            }
            guard let next = pieces.first else { return }
            alarm = to.eventLoop.assumeIsolated().scheduleTask(deadline: next.due) { self.drain() }
        }

        func end() {
            pieces = []
            alarm?.cancel()
            from.close(promise: nil)
            to.close(promise: nil)
        }
    }
}
