internal import Federation
import Synchronization

extension MemoryStore: TelemetryStore {
    package func putSeries(
        _ blocks: [SeriesBlock], horizons: [Int: Int64], events: [OutboxEvent], alerts: [AlertRecord]?
    ) async throws(StorageError) {
        tables.withLock { tables in
            for block in blocks { tables.seriesBlocks[MemoryKey(block.tier, block.number, block.tenant, block.series)] = block }
            tables.seriesBlocks = tables.seriesBlocks.filter { $0.value.number >= horizons[$0.value.tier] ?? .min }
            for event in events { tables.enqueue(event, suite) }
            if let alerts { tables.alerts = alerts }
        }
    }

    package func alerts() async throws(StorageError) -> [AlertRecord] { tables.withLock { $0.alerts } }

    package func series(tier: Int) async throws(StorageError) -> [SeriesBlock] {
        tables.withLock { tables in tables.seriesBlocks.inOrder.filter { $0.tier == tier } }
    }

    package func appendLogs(_ entries: [LogRecord], ring: LogRing) async throws(StorageError) {
        tables.withLock { tables in
            for entry in entries { tables.logs.append(LogPage.Entry(number: (tables.logs.last?.number ?? 0) + 1, record: entry)) }
            tables.logs = Array(tables.logs.suffix(max(1, ring.entriesMax)))
            var (kept, bytes) = (0, 0)
            for entry in tables.logs.reversed() {
                bytes += entry.record.bytes
                guard kept == 0 || bytes <= ring.bytesMax else { break }
                kept += 1
            }
            tables.logs = Array(tables.logs.suffix(kept))
        }
    }

    package func logs(_ query: LogQuery) async throws(StorageError) -> LogPage {
        let limit = min(max(0, query.limit), LogQuery.limitMax)
        let found = tables.withLock { tables in tables.logs.filter { query.finds($0) } }
        let ordered = query.after == nil ? found.reversed() : found
        return LogPage(entries: Array(ordered.prefix(limit)), hasMore: ordered.count > limit)
    }
}

extension LogQuery {
    fileprivate func finds(_ entry: LogPage.Entry) -> Bool {
        let record = entry.record
        func fits(_ wanted: String?, _ found: String?) -> Bool {
            guard let wanted else { return true }
            return found.map { same($0, wanted) } ?? false
        }
        guard levels.contains(record.level), fits(tenant, record.tenant ?? ""), fits(traceID, record.traceID), fits(subject, record.subject) else {
            return false
        }
        guard services.map({ $0.contains { same($0, record.service) } }) ?? true else { return false }
        guard from.map({ record.at >= $0 }) ?? true, to.map({ record.at < $0 }) ?? true else { return false }
        return (before.map { entry.number < $0 } ?? true) && (after.map { entry.number > $0 } ?? true)
    }
}
