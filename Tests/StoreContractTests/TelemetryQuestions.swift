import Federation
import Storage

/// One call of the store of what was measured and logged.
enum TelemetryQuestion: Sendable {
    case putSeries([SeriesBlock], horizons: [Int: Int64])
    case series(tier: Int)
    case appendLogs([LogRecord], LogRing)
    case logs(LogQuery)

    func answer(_ store: any WholeStore) async throws -> String {
        switch self {
        case .putSeries(let blocks, let horizons): return "\(try await store.putSeries(blocks, horizons: horizons))"
        case .series(let tier): return "\(try await store.series(tier: tier))"
        case .appendLogs(let entries, let ring): return "\(try await store.appendLogs(entries, ring: ring))"
        case .logs(let query): return try await store.logs(query).inWords
        }
    }
}

extension Questions {
    mutating func telemetryQuestion() -> TelemetryQuestion {
        switch below(4) {
        case 0: return .putSeries((0...below(3)).map { _ in block() }, horizons: one(of: [[:], [below(3): Int64(below(6)) - 3]]))
        case 1: return .series(tier: below(3))
        case 2:
            let ring = LogRing(entriesMax: one(of: [0, 3, 10, 1000]), bytesMax: one(of: [0, 100, 400, 100_000]))
            return .appendLogs((0..<below(5)).map { _ in log() }, ring)
        default: return .logs(logQuery())
        }
    }

    private mutating func block() -> SeriesBlock {
        SeriesBlock(tenant: one(of: ["", tenant()]), series: client(), tier: below(3), number: Int64(below(6)) - 2, points: body())
    }
    private mutating func log() -> LogRecord {
        LogRecord(
            at: instant(), level: one(of: LogLevel.allCases), service: client(),
            message: one(of: ["", "failed \u{0} \" é", String(repeating: "x", count: 40)]),
            tenant: one(of: [nil, tenant()]), traceID: one(of: [nil, client()]), subject: one(of: [nil, id()]), fields: [client(): "v"])
    }
    private mutating func logQuery() -> LogQuery {
        var query = LogQuery(limit: one(of: [-1, 0, 1, 3, 1000, .max]))
        query.services = one(of: [nil, nil, [], [client(), client()]])
        let lowest = one(of: LogLevel.allCases)
        query.levels = lowest...one(of: LogLevel.allCases.filter { $0 >= lowest })
        query.tenant = one(of: [nil, nil, "", tenant()])
        query.traceID = one(of: [nil, nil, nil, client()])
        query.subject = one(of: [nil, nil, nil, id()])
        query.from = one(of: [nil, nil, Instant(milliseconds: instant().milliseconds - Int64(below(20)))])
        query.to = one(of: [nil, nil, Instant(milliseconds: instant().milliseconds - Int64(below(20)))])
        query.before = one(of: [nil, nil, Int64(below(40))])
        query.after = one(of: [nil, nil, Int64(below(40))])
        return query
    }
}

extension LogPage {
    /// Fields in order.
    fileprivate var inWords: String {
        let lines = entries.map { entry in
            "\(entry.number) \(entry.record.at.milliseconds) \(entry.record.level) \(entry.record.service) \(entry.record.message)"
                + " \(entry.record.tenant ?? "-") \(entry.record.traceID ?? "-") \(entry.record.subject ?? "-") \(entry.record.fields.sorted { $0.key < $1.key })"
        }
        return "\(lines) \(hasMore)"
    }
}
