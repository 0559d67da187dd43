import NIOCore
import Synchronization

/// Ends a connection whose client takes nothing of an answer.
///
/// One timer serves all answers of a connection: to set one for each answer and to take it back again costs more than many an answer. It
/// goes on while there is something to watch when it fires, and is set again by the next answer after that.
final class WriteWatch: Sendable {
    private struct State {
        /// By when the write that is under way must have ended; nil: there is none.
        var deadline: NIODeadline?
        var isSet = false
    }
    private enum Next {
        case again(NIODeadline)
        case end, rest
    }
    private let state = Mutex(State())

    /// A write begins, and with it the end of the one before.
    func begins(_ channel: any Channel, within limit: Duration) {
        let deadline = NIODeadline.now() + TimeAmount(limit)
        let isSet = state.withLock { state in
            state.deadline = deadline
            defer { state.isSet = true }
            return state.isSet
        }
        if !isSet { set(channel, deadline) }
    }

    /// The answer is written, or failed.
    func ends() { state.withLock { $0.deadline = nil } }

    private func set(_ channel: any Channel, _ deadline: NIODeadline) {
        // A connection that has gone is not held by its timer.
        channel.eventLoop.scheduleTask(deadline: deadline) { [self, weak channel] in
            guard let channel else { return }
            switch next() {
            case .again(let deadline): set(channel, deadline)
            case .end: channel.close(promise: nil)
            case .rest: break
            }
        }
    }

    private func next() -> Next {
        state.withLock { state in
            guard let deadline = state.deadline else {
                state.isSet = false
                return .rest
            }
            return deadline <= .now() ? .end : .again(deadline)
        }
    }
}
