internal import Federation
import Foundation
internal import GRDB

extension SQLiteStore: TelemetryStore {
    private static let alertsName = "alerts"

    package func putSeries(
        _ blocks: [SeriesBlock], horizons: [Int: Int64], events: [OutboxEvent], alerts: [AlertRecord]?
    ) async throws(StorageError) {
        guard !blocks.isEmpty || !horizons.isEmpty || !events.isEmpty || alerts != nil else { return }
        try await commits.write { [rows] database in
            for block in blocks {
                try rows.put(
                    ["tenant": block.tenant, "tier": block.tier, "number": block.number, "series": block.series, "points": Data(block.points)],
                    into: .seriesBlock, database)
            }
            for (tier, horizon) in horizons.sorted(by: { $0.key < $1.key }) {
                try database.cachedStatement(sql: "DELETE FROM series_block WHERE tier = ? AND number < ?").execute(arguments: [tier, horizon])
            }
            for event in events { try rows.enqueue(event, database) }
            if let alerts {
                try rows.put(["name": Self.alertsName, "value": String(decoding: try encode(alerts), as: UTF8.self)], into: .fact, database)
            }
        }
    }

    package func alerts() async throws(StorageError) -> [AlertRecord] {
        try await commits.read { [rows] database in
            try rows.fetchOne(.fact, database, where: "name = ?", [Self.alertsName])?.textRecord([AlertRecord].self, "value") ?? []
        }
    }

    package func series(tier: Int) async throws(StorageError) -> [SeriesBlock] {
        try await commits.read { [rows] database in
            try rows.fetch(.seriesBlock, database, where: "tier = ? ORDER BY number, tenant, series", [tier]).map { row in
                SeriesBlock(
                    tenant: try row.text("tenant"), series: try row.text("series"), tier: tier, number: try row.number("number"),
                    points: Data.fromDatabaseValue(row.value("points")).map { [UInt8]($0) } ?? [])
            }
        }
    }

    package func appendLogs(_ entries: [LogRecord], ring: LogRing) async throws(StorageError) {
        guard !entries.isEmpty else { return }
        try await commits.write { [rows] database in
            // The newest is never given up, so that the largest number is the last one given.
            var number = try Int64.fetchOne(database, sql: "SELECT max(number) FROM log_entry") ?? 0
            for entry in entries {
                number += 1
                try rows.insert(
                    [
                        "number": number, "tenant": entry.tenant ?? "", "at_ms": entry.at.milliseconds, "level": entry.level.rawValue,
                        "service": entry.service, "trace": entry.traceID, "subject": entry.subject, "bytes": entry.bytes, "record": try encode(entry),
                    ], into: .logEntry, database)
            }
            try database.cachedStatement(sql: "DELETE FROM log_entry WHERE number <= ?").execute(arguments: [number - Int64(max(1, ring.entriesMax))])
            let tooMuch = try Int64.fetchOne(
                database,
                sql: """
                    SELECT max(number) FROM (SELECT number, sum(bytes) OVER (ORDER BY number DESC) AS total FROM log_entry)
                    WHERE total > ? AND number < ?
                    """, arguments: [ring.bytesMax, number])
            if let tooMuch {
                try database.cachedStatement(sql: "DELETE FROM log_entry WHERE number <= ?").execute(arguments: [tooMuch])
            }
        }
    }

    package func logs(_ query: LogQuery) async throws(StorageError) -> LogPage {
        let limit = min(max(0, query.limit), LogQuery.limitMax)
        var (conditions, arguments) = (["level BETWEEN ? AND ?"], StatementArguments([query.levels.lowerBound.rawValue, query.levels.upperBound.rawValue]))
        func need(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        need("tenant = ?", query.tenant)
        need("trace = ?", query.traceID)
        need("subject = ?", query.subject)
        need("at_ms >= ?", query.from?.milliseconds)
        need("at_ms < ?", query.to?.milliseconds)
        need("number < ?", query.before)
        need("number > ?", query.after)
        if let services = query.services {
            conditions.append("service IN (SELECT value FROM json_each(?))")
            arguments += [String(decoding: (try? encode(services.sorted())) ?? Data("[]".utf8), as: UTF8.self)]
        }
        arguments += [limit + 1]
        let text = conditions.joined(separator: " AND ") + " ORDER BY number \(query.after == nil ? "DESC" : "ASC") LIMIT ?"
        return try await commits.read { [rows, arguments] database in
            let found = try rows.fetch(.logEntry, database, where: text, arguments).map {
                LogPage.Entry(number: try $0.number("number"), record: try $0.record(LogRecord.self))
            }
            return LogPage(entries: Array(found.prefix(limit)), hasMore: found.count > limit)
        }
    }
}
