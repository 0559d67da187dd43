import Federation
import Storage
import Synchronization
import Telemetry

/// SplitMix64, so that a failure is found again by its seed.
struct Chance {
    private var state: UInt64
    init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    /// From 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
    mutating func one<Value>(of values: [Value]) -> Value { values[below(values.count)] }
}

/// A store of time series and logs that can be told to fail.
final class FailingStore: TelemetryStore {
    struct Content {
        var blocks: [String: SeriesBlock] = [:]
        var logs: [LogRecord] = []
        var events: [OutboxEvent] = []
        var alerts: [AlertRecord] = []
        var fails = false
        var writes = 0
    }
    let content = Mutex(Content())

    var fails: Bool {
        get { content.withLock { $0.fails } }
        set { content.withLock { $0.fails = newValue } }
    }

    var blockCount: Int { content.withLock { $0.blocks.count } }
    var written: [LogRecord] { content.withLock { $0.logs } }

    private func change(_ body: (inout Content) -> Void) throws(StorageError) {
        let isFull = content.withLock { content in
            if !content.fails {
                body(&content)
                content.writes += 1
            }
            return content.fails
        }
        if isFull { throw .full(path: "store") }
    }

    func alerts() async throws(StorageError) -> [AlertRecord] { content.withLock { $0.alerts } }

    func putSeries(_ blocks: [SeriesBlock], horizons: [Int: Int64], events: [OutboxEvent], alerts: [AlertRecord]?) async throws(StorageError) {
        try change { content in
            if let alerts { content.alerts = alerts }
            for block in blocks { content.blocks["\(block.tier)/\(block.number)/\(block.tenant)/\(block.series)"] = block }
            content.blocks = content.blocks.filter { $0.value.number >= horizons[$0.value.tier] ?? .min }
            content.events += events
        }
    }

    func series(tier: Int) async throws(StorageError) -> [SeriesBlock] {
        content.withLock { content in
            content.blocks.values.filter { $0.tier == tier }.sorted { ($0.number, $0.tenant, $0.series) < ($1.number, $1.tenant, $1.series) }
        }
    }

    func appendLogs(_ entries: [LogRecord], ring: LogRing) async throws(StorageError) { try change { $0.logs += entries } }

    func logs(_ query: LogQuery) async throws(StorageError) -> LogPage {
        LogPage(entries: content.withLock { $0.logs }.enumerated().map { .init(number: Int64($0.offset + 1), record: $0.element) }, hasMore: false)
    }
}

extension Instant {
    static func + (at: Instant, seconds: Int) -> Instant { Instant(milliseconds: at.milliseconds + Int64(seconds) * 1000) }
}

/// A whole hour.
let noon = Instant(milliseconds: 1_800_000_000_000)

/// Asks until it is so, for as long as a slow machine may need.
func eventually(_ isSo: () async -> Bool) async -> Bool {
    for _ in 0..<200_000 {
        if await isSo() { return true }
        await Task.yield()
    }
    return false
}
