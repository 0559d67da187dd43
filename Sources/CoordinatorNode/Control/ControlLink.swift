import FederationService
import NIOCore
import NIOWebSocket
import Synchronization
import Wire

/// The coordinator's end of one control channel. Frames may be handed in from any thread; nobody waits for a client that
/// does not read: when too much is pending it loses its channel, comes back, and is told again what it missed.
final class ControlLink: ControlChannel {
    /// RFC 6455 §7.4.1.
    enum CloseCode: UInt16, Sendable {
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

    let messages: AsyncStream<ClientMessage>
    private let arrivals: AsyncStream<ClientMessage>.Continuation
    private let channel: any Channel
    private let closeTime: Duration
    private struct State {
        var pending = 0
        var isClosing = false
    }
    private let state = Mutex(State())

    /// - Parameter closeTime: how long the peer has to answer our goodbye.
    init(channel: any Channel, closeTime: Duration) {
        self.channel = channel
        self.closeTime = closeTime
        (messages, arrivals) = AsyncStream.makeStream(of: ClientMessage.self, bufferingPolicy: .bufferingOldest(Limits.waitingMessages))
    }

    func send(_ frame: [UInt8]) {
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
    func close() { close(.policy) }

    func refuse(_ refusal: Refusal) {
        if let frame = try? ControlCodec.encode(.refused(refusal)) { send(frame) }
        close(.policy)
    }

    /// Says goodbye once; the channel ends when the peer has answered, or soon after.
    func close(_ code: CloseCode) {
        let isFirst = state.withLock { state in
            defer { state.isClosing = true }
            return !state.isClosing
        }
        guard isFirst else { return }
        arrivals.finish()
        let channel = channel
        channel.writeAndFlush(
            WebSocketFrame(fin: true, opcode: .connectionClose, data: ByteBuffer(integer: code.rawValue)), promise: nil)
        channel.eventLoop.scheduleTask(in: TimeAmount(closeTime)) { channel.close(promise: nil) }
    }

    var isClosing: Bool { state.withLock { $0.isClosing } }

    // MARK: From the handler

    func deliver(_ message: ClientMessage) {
        if case .dropped = arrivals.yield(message) { close(.policy) }
    }

    func ended() {
        state.withLock { $0.isClosing = true }
        arrivals.finish()
    }
}
