internal import APIKit
internal import Platform
internal import Storage
internal import StrictJSON

/// As the document writes levels.
private enum LevelWord: String, ChoiceValue {
    case trace = "TRACE"
    case debug = "DEBUG"
    case info = "INFO"
    case notice = "NOTICE"
    case warning = "WARNING"
    case error = "ERROR"
    case critical = "CRITICAL"

    init(_ level: LogLevel) {
        self =
            switch level {
            case .trace: .trace
            case .debug: .debug
            case .info: .info
            case .notice: .notice
            case .warning: .warning
            case .error: .error
            case .critical: .critical
            }
    }
}

private struct LogLine: Described {
    static let name = "LogEntry"
    var at: Timestamp
    var level: LevelWord
    var service: String
    var message: String
    var trace: String?
    var details: [String: String?]
    static let fields = [
        FieldOf<LogLine>("timestamp", \.at, .stored), FieldOf("level", \.level, .stored), FieldOf("service", \.service, .stored),
        FieldOf("message", \.message, .stored, "secrets were taken out before it was stored"),
        FieldOf("trace_id", \.trace, .stored, "the request that led to it"),
        FieldOf("details", \.details, .stored, "the entry's fields; model and error_code are always there"),
    ]

    /// What only the operator is shown: errors of the machinery may name files, and other tenants' things.
    private static let ofOperators: Set = ["cause"]

    init(_ record: LogRecord, isWhole: Bool) {
        at = Timestamp(record.at)
        level = LevelWord(record.level)
        service = record.service
        message = record.message
        trace = record.traceID
        details = ["model": String?.none, "error_code": record.fields["code"]]
        for (name, value) in record.fields where isWhole || !Self.ofOperators.contains(name) { details.updateValue(value, forKey: name) }
    }
}

private struct LogPageView: Described {
    static let name = "LogPage"
    var limit: Int
    var hasMore: Bool
    var cursor: String?
    static let fields = [
        FieldOf<LogPageView>("limit", \.limit, .request), FieldOf("has_more", \.hasMore, .counted),
        FieldOf("next_cursor", \.cursor, .generated, "as cursor of the next call; null: this was all"),
    ]
}

private struct LogsView: Described {
    static let name = "Logs"
    var logs: [LogLine]
    var page: LogPageView
    static let fields = [FieldOf<LogsView>("logs", \.logs, .stored, "the newest first"), FieldOf("pagination", \.page, .counted)]
}

extension Aisemble {
    private static let levels: [LogLevel] = [.debug, .info, .warning, .error, .critical]
    private static let serviceBytes = 1...128

    static func logs(_ operations: Operations) -> [Endpoint] {
        [
            Endpoint(
                "GET", "/ops/logs", "ops.logs", .scope(.ops), "The tenant's log, newest first; a platform administrator's is everybody's.",
                query: [
                    .query("service", String.self, Bounds(count: serviceBytes), note: "only its entries; llm, vision and nlp mean llm_service and so on"),
                    .query("level", String.self, note: "\(levels.map(\.name).joined(separator: ", ")), in any case: this level and above"),
                    .query("limit", Int.self, Bounds(range: 1...Double(LogQuery.limitMax)), usual: 100, note: "how many"),
                    .query("cursor", String.self, note: "next_cursor of the page before"),
                ], gives: LogsView.self
            ) { request throws(ServiceError) in
                var query = LogQuery(limit: try request.wholeQuery("limit", 1...LogQuery.limitMax) ?? 100)
                query.tenant = try request.reach()
                let isPlatform = try request.principal().isPlatform
                query.services = try service(request).map { [$0] }
                if let level = try level(request) { query.levels = level ... .critical }
                query.before = try cursor(request)
                let page: LogPage
                do throws(StorageError) { page = try await operations.store.logs(query) } catch { throw ServiceError(error) }
                return LogsView(
                    logs: page.entries.map { LogLine($0.record, isWhole: isPlatform) },
                    page: LogPageView(limit: query.limit, hasMore: page.hasMore, cursor: page.cursor.map(text(cursor:))))
            }
        ]
    }

    /// Services of the log are no closed list: what nobody is called has no entries.
    private static func service(_ request: APIRequest) throws(ServiceError) -> String? {
        guard let name = request.query("service") else { return nil }
        guard serviceBytes.contains(name.utf8.count) else {
            throw .invalid(field: "service", issue: "must be a name of \(serviceBytes.lowerBound) to \(serviceBytes.upperBound) bytes", provided: .string(name))
        }
        return ServiceName(name)?.rawValue ?? name
    }

    private static func level(_ request: APIRequest) throws(ServiceError) -> LogLevel? {
        guard let name = request.query("level") else { return nil }
        guard let level = LogLevel(name: name), levels.contains(level) else {
            throw .invalid(field: "level", issue: "must be one of \(levels.map(\.name).joined(separator: ", "))", provided: .string(name))
        }
        return level
    }

    private static func cursor(_ request: APIRequest) throws(ServiceError) -> Int64? {
        guard let given = request.query("cursor") else { return nil }
        guard let number = Int64(given.dropFirst(), radix: 36), text(cursor: number) == given else {
            throw .invalid(field: "cursor", issue: "must be the next_cursor of another page; leave it out to begin with the newest", provided: .string(given))
        }
        return number
    }

    private static func text(cursor number: Int64) -> String { "l" + String(number, radix: 36) }
}
