import FederationService
package import NIOCore
import NIOWebSocket
import Synchronization
package import Wire

/// The coordinator's end of one control channel. Frames may be handed in from any thread; nobody waits for a client that
/// does not read: when too much is pending it loses its channel, comes back, and is told again what it missed.
package final class ControlLink: ControlChannel {
    /// RFC 6455 §7.4.1.
    package enum CloseCode: UInt16, Sendable {
        case normal = 1000
        /// The coordinator stops; come back.
        case goingAway = 1001
        case protocolError = 1002
        /// A text frame.
        case unsupportedData = 1003
        /// Refused (a `Refusal` says why), revoked, or replaced by another channel of the same client.
        case policy = 1008
        /// The client does not read what it is sent; come back.
        case tooSlow = 1013
    }

    /// Takes a message, and nil once, when the channel has ended. Never called twice at a time.
    package typealias Receiver = @Sendable (ClientMessage?) async -> Void

    private let channel: any Channel
    private let closeTime: Duration
    private struct State {
        /// Bytes on their way to the client.
        var pending = 0
        /// Nothing more is taken from the client.
        var isClosing = false
        /// Messages that the receiver has not had yet.
        var arrivals: [ClientMessage] = []
        /// nil before the channel is served, and after its end.
        var receiver: Receiver?
        var isWorking = false
    }
    private let state = Mutex(State())

    /// - Parameter closeTime: how long the peer has to answer our goodbye.
    init(channel: any Channel, closeTime: Duration) {
        self.channel = channel
        self.closeTime = closeTime
    }

    /// Puts the handlers of a control channel behind those that read and write its frames, on the channel's event loop.
    package static func open(_ channel: any Channel, _ connection: Connection, _ times: GatewayTimes) throws -> ControlLink {
        let link = ControlLink(channel: channel, closeTime: times.close)
        try channel.pipeline.syncOperations.addHandlers([
            FrameRules(link: link),
            NIOWebSocketFrameAggregator(
                minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: Limits.controlFragments, maxAccumulatedFrameSize: Limits.controlFrameBytes),
            ControlLinkHandler(link: link, connection: connection, times: times),
        ])
        return link
    }

    package func send(_ frame: [UInt8]) {
        let isOver = state.withLock { state in
            state.pending += frame.count
            return state.pending > Limits.pendingControlBytes
        }
        guard !isOver else { return close(.tooSlow) }
        let promise = channel.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { [weak self] _ in self?.state.withLock { $0.pending -= frame.count } }
        channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .binary, data: ByteBuffer(bytes: frame)), promise: promise)
    }

    /// The service gives the channel up: the client is revoked, or has opened another.
    package func close() { close(.policy) }

    func refuse(_ refusal: Refusal) {
        if let frame = try? ControlCodec.encode(.refused(refusal)) { send(frame) }
        close(.policy)
    }

    /// Says goodbye once; the channel ends when the peer has answered, or soon after.
    package func close(_ code: CloseCode) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        work()
        let channel = channel
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(integer: code.rawValue)), promise: nil)
        channel.eventLoop.scheduleTask(in: TimeAmount(closeTime)) { channel.close(promise: nil) }
    }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    // MARK: What arrives

    /// Hands every message to `receiver`, also those that came before. There is a task only while there is something to hand on:
    /// thousands of clients that wait cost no memory for it.
    func serve(_ receiver: @escaping Receiver) {
        state.withLock { $0.receiver = receiver }
        work()
    }

    func deliver(_ message: ClientMessage) {
        let isTooMuch = state.withLock { state in
            guard !state.isClosing else { return false }
            guard state.arrivals.count < Limits.waitingMessages else { return true }
            state.arrivals.append(message)
            return false
        }
        if isTooMuch { close(.policy) } else { work() }
    }

    func ended() {
        state.withLock { $0.isClosing = true }
        work()
    }

    private func work() {
        let starts = state.withLock { state in
            guard state.receiver != nil, !state.isWorking, state.isClosing || !state.arrivals.isEmpty else { return false }
            state.isWorking = true
            return true
        }
        guard starts else { return }
        Task { while let (receiver, message) = next() { await receiver(message) } }
    }

    private func next() -> (Receiver, ClientMessage?)? {
        state.withLock { state in
            guard let receiver = state.receiver, state.isClosing || !state.arrivals.isEmpty else {
                state.isWorking = false
                return nil
            }
            if !state.arrivals.isEmpty { return (receiver, state.arrivals.removeFirst()) }
            state.receiver = nil
            return (receiver, nil)
        }
    }
}
