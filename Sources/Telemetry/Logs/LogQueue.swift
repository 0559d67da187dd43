package import Storage
import Synchronization

/// Entries on their way to the store. Whoever logs is never made to wait: when the queue is full, the entry is dropped and
/// counted.
package final class LogQueue: Sendable {
    struct Waiting: Sendable {
        var entries: [LogRecord] = []
        var dropped: Int64 = 0
        /// Who is told that something has come.
        var keeper: AsyncStream<Void>.Continuation?
    }
    private let waiting = Mutex(Waiting())
    private let capacity: Int
    package init(capacity: Int? = nil) {
        self.capacity = capacity ?? Limits.waitingLogs
    }

    /// Says from now on when something has come: one call stands for all that nobody has answered. Only the last who asked is told.
    func listen() -> (arrivals: AsyncStream<Void>, end: AsyncStream<Void>.Continuation) {
        let (arrivals, keeper) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        waiting.withLock { $0.keeper = keeper }
        return (arrivals, keeper)
    }

    /// Secrets have been taken out.
    package func offer(_ entry: LogRecord) {
        let keeper = waiting.withLock { waiting -> AsyncStream<Void>.Continuation? in
            guard waiting.entries.count < capacity else {
                waiting.dropped = saturated(waiting.dropped, 1)
                return nil
            }
            waiting.entries.append(entry)
            return waiting.entries.count == 1 ? waiting.keeper : nil
        }
        keeper?.yield()
    }

    /// Everything that waits, and how many were dropped since the last call.
    package func take() -> (entries: [LogRecord], dropped: Int64) {
        waiting.withLock { waiting in
            let taken = (waiting.entries, waiting.dropped)
            (waiting.entries, waiting.dropped) = ([], 0)
            return taken
        }
    }

    /// Entries that the store did not take.
    func lost(_ count: Int) { waiting.withLock { $0.dropped = saturated($0.dropped, Int64(count)) } }
}
