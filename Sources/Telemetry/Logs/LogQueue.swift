package import Storage
import Synchronization

/// Entries on their way to the store. Whoever logs is never made to wait: when the queue is full, the entry is dropped and
/// counted.
package final class LogQueue: Sendable {
    struct Waiting: Sendable {
        var entries: [LogRecord] = []
        var dropped: Int64 = 0
    }
    private let waiting = Mutex(Waiting())
    private let capacity: Int
    /// Something has come. One call stands for all that nobody has answered.
    let arrivals: AsyncStream<Void>
    private let arrive: AsyncStream<Void>.Continuation

    package init(capacity: Int? = nil) {
        self.capacity = capacity ?? Limits.waitingLogs
        (arrivals, arrive) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Secrets have been taken out.
    package func offer(_ entry: LogRecord) {
        let isFirst = waiting.withLock { waiting in
            guard waiting.entries.count < capacity else {
                waiting.dropped = saturated(waiting.dropped, 1)
                return false
            }
            waiting.entries.append(entry)
            return waiting.entries.count == 1
        }
        if isFirst { arrive.yield() }
    }

    /// Everything that waits, and how many were dropped since the last call.
    func take() -> Waiting {
        waiting.withLock { waiting in
            let taken = waiting
            waiting = Waiting()
            return taken
        }
    }

    /// Entries that the store did not take.
    func lost(_ count: Int) { waiting.withLock { $0.dropped = saturated($0.dropped, Int64(count)) } }

    /// `arrivals` ends.
    func close() { arrive.finish() }
}
