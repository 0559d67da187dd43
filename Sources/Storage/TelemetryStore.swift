package import Federation

/// What a coordinator measures and logs. Nobody has to answer for it, so nothing of it is in the audit table.
package protocol TelemetryStore: Sendable {
    /// One transaction: puts blocks in the place of those with the same key, and gives up what lies before a tier's horizon.
    /// - Parameters:
    ///   - horizons: by tier, the first block that is kept.
    ///   - events: what webhooks are told of the alerts that these numbers fired.
    ///   - alerts: all that fire now and those that were over last, in the place of what was there; nil: as they were.
    func putSeries(_ blocks: [SeriesBlock], horizons: [Int: Int64], events: [OutboxEvent], alerts: [AlertRecord]?) async throws(StorageError)
    /// In the order in which they were put.
    func alerts() async throws(StorageError) -> [AlertRecord]
    /// By number, tenant and series.
    func series(tier: Int) async throws(StorageError) -> [SeriesBlock]
    /// One transaction: adds entries, and gives up the oldest where there are more than the ring holds.
    func appendLogs(_ entries: [LogRecord], ring: LogRing) async throws(StorageError)
    /// The newest first, or with `after` the oldest.
    func logs(_ query: LogQuery) async throws(StorageError) -> LogPage
}

extension TelemetryStore {
    package func putSeries(_ blocks: [SeriesBlock], horizons: [Int: Int64], events: [OutboxEvent] = []) async throws(StorageError) {
        try await putSeries(blocks, horizons: horizons, events: events, alerts: nil)
    }
}

/// A block of points of one time series at one tier, as bytes.
package struct SeriesBlock: Sendable, Equatable {
    /// Empty: the platform's.
    package var tenant: String
    package var series: String
    package var tier: Int
    /// The time of its first point, counted in blocks since 1970.
    package var number: Int64
    package var points: [UInt8]
    package init(tenant: String, series: String, tier: Int, number: Int64, points: [UInt8]) {
        self.tenant = tenant
        self.series = series
        self.tier = tier
        self.number = number
        self.points = points
    }
}

/// An alert that has fired.
package struct AlertRecord: Sendable, Equatable, Codable {
    package var rule: String
    package var subject: String?
    package var since: Instant
    package var firedAt: Instant
    /// nil: it fires.
    package var resolvedAt: Instant?
    package var value: Double
    package var text: String
    package init(rule: String, subject: String?, since: Instant, firedAt: Instant, resolvedAt: Instant?, value: Double, text: String) {
        (self.rule, self.subject, self.since, self.firedAt, self.resolvedAt) = (rule, subject, since, firedAt, resolvedAt)
        (self.value, self.text) = (value, text)
    }
}

package enum LogLevel: Int, Sendable, Codable, CaseIterable, Comparable {
    case trace, debug, info, notice, warning, error, critical

    package var name: String { "\(self)" }

    /// Letters of either case.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = level
    }

    package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// One line of the log. Whoever writes it has taken secrets out.
package struct LogRecord: Sendable, Equatable, Codable {
    package var at: Instant
    package var level: LogLevel
    package var service: String
    package var message: String
    /// nil: nobody's in particular.
    package var tenant: String?
    /// Of the request that led to it.
    package var traceID: String?
    /// What it is about: the identifier of a job, a deployment, a session.
    package var subject: String?
    package var fields: [String: String]
    package init(
        at: Instant, level: LogLevel, service: String, message: String, tenant: String? = nil, traceID: String? = nil, subject: String? = nil,
        fields: [String: String] = [:]
    ) {
        self.at = at
        self.level = level
        self.service = service
        self.message = message
        self.tenant = tenant
        self.traceID = traceID
        self.subject = subject
        self.fields = fields
    }

    /// Of its texts.
    package var bytes: Int {
        let names = [tenant, traceID, subject].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
        return service.utf8.count + message.utf8.count + names + fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }
}

/// How much of the log is kept. The newest entry always is.
package struct LogRing: Sendable, Equatable {
    package var entriesMax: Int
    /// Of the entries' texts.
    package var bytesMax: Int
    package init(entriesMax: Int, bytesMax: Int) {
        self.entriesMax = entriesMax
        self.bytesMax = bytesMax
    }
}

package struct LogQuery: Sendable, Equatable {
    /// nil: all.
    package var services: Set<String>?
    package var levels: ClosedRange<LogLevel> = .trace ... .critical
    /// nil: everybody's and nobody's.
    package var tenant: String?
    package var traceID: String?
    package var subject: String?
    package var from: Instant?
    /// Up to, not including.
    package var to: Instant?
    /// Numbers below this one: the cursor of the page before.
    package var before: Int64?
    /// Numbers above this one, the oldest first: to follow the log.
    package var after: Int64?
    /// At most `LogQuery.limitMax`.
    package var limit: Int
    package static let limitMax = 1000
    package init(limit: Int = 100) { self.limit = limit }
}

package struct LogPage: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// Rises from entry to entry and is never given again.
        package var number: Int64
        package var record: LogRecord
        package init(number: Int64, record: LogRecord) {
            self.number = number
            self.record = record
        }
    }
    package var entries: [Entry]
    /// Whether there are more that the same query finds, with the last entry's number as `before` or `after`.
    package var hasMore: Bool
    package init(entries: [Entry], hasMore: Bool) {
        self.entries = entries
        self.hasMore = hasMore
    }

    /// nil: this was all.
    package var cursor: Int64? { hasMore ? entries.last?.number : nil }
}

/// Connections to a database at a moment.
package struct ConnectionUse: Sendable, Equatable {
    package var active: Int
    package var idle: Int
    package var max: Int
    package init(active: Int, idle: Int, max: Int) {
        self.active = active
        self.idle = idle
        self.max = max
    }
}
