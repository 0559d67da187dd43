package import Federation
package import Storage

/// Brings log entries to the store: what comes while one transaction is being synced shares the next.
package struct LogKeeper: Sendable {
    /// 20,000 entries or 16 MiB of text, whichever is less.
    package static let ring = LogRing(entriesMax: 20_000, bytesMax: 16 << 20)

    private let queue: LogQueue
    private let arrivals: AsyncStream<Void>
    private let end: AsyncStream<Void>.Continuation
    private let store: any TelemetryStore
    private let ring: LogRing
    private let metrics: Metrics
    private let now: @Sendable () -> Instant

    package init(queue: LogQueue, store: any TelemetryStore, metrics: Metrics, ring: LogRing = LogKeeper.ring, now: @escaping @Sendable () -> Instant) {
        self.queue = queue
        (arrivals, end) = queue.listen()
        self.store = store
        self.metrics = metrics
        self.ring = ring
        self.now = now
    }

    /// Until the task is cancelled or `stop` is called; then what still waits is written.
    package func run() async {
        await flush()
        for await _ in arrivals { await flush() }
        await flush()
    }

    package func stop() { end.finish() }

    /// Writes what waits. What the store does not take is dropped and counted; the next entries say so.
    package func flush() async {
        let taken = queue.take()
        var entries = taken.entries
        if taken.dropped > 0 {
            metrics.add(TelemetryMetric.logsDropped, [], Double(taken.dropped))
            entries.append(
                LogRecord(
                    at: now(), level: .warning, service: "telemetry", message: "log entries were dropped: they came faster than they could be stored",
                    fields: ["count": "\(taken.dropped)"]))
        }
        for start in stride(from: 0, to: entries.count, by: Limits.logBatch) {
            let batch = Array(entries[start..<min(entries.count, start + Limits.logBatch)])
            // Logged it would come back here.
            do { try await store.appendLogs(batch, ring: ring) } catch { queue.lost(batch.count) }
        }
    }
}
