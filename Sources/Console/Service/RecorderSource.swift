package import APIKit
internal import Federation
package import Telemetry

/// The recorder's alerts as the console's page wants to see them. The only file here that knows it.
package struct RecorderSource: AlertsSource {
    private let recorder: Recorder

    package init(_ recorder: Recorder) { self.recorder = recorder }

    package func alerts(now: Int64) async throws(ServiceError) -> AlertsModel {
        AlertsModel(await recorder.board(at: Instant(milliseconds: now)))
    }
}

extension AlertsModel {
    package init(_ board: AlertBoard) {
        var limits: [String: AlertLimit] = [:]
        for line in board.rules { limits[line.rule.id] = AlertLimit(line.rule) }
        func rows(_ alerts: some Sequence<Alert>) -> [AlertRow] { alerts.map { AlertRow($0, limits[$0.rule]) } }
        let (firing, pending) = (Set(board.firing.map(\.rule)), Set(board.pending.map(\.rule)))
        self.init(
            grade: board.grade.rawValue, firing: rows(board.firing), pending: rows(board.pending), over: rows(board.resolved.reversed()),
            rules: board.rules.map { line in
                AlertRuleRow(line, firing.contains(line.rule.id) ? .firing : pending.contains(line.rule.id) ? .pending : .quiet)
            })
    }
}

extension AlertRow {
    fileprivate init(_ alert: Alert, _ limit: AlertLimit?) {
        self.init(
            rule: alert.rule, title: alert.title, severity: alert.severity.rawValue, subject: alert.subject, since: alert.since.milliseconds,
            value: alert.value, limit: limit, text: alert.text, action: alert.action)
        (firedAt, endedAt) = (alert.firedAt?.milliseconds, alert.resolvedAt?.milliseconds)
    }
}

extension AlertRuleRow {
    fileprivate init(_ line: AlertBoard.Line, _ standing: Standing) {
        let rule = line.rule
        self.init(
            id: rule.id, title: rule.title, severity: rule.severity.rawValue, reads: rule.measure.words, value: line.value, limit: AlertLimit(rule),
            holdSeconds: rule.holdSeconds, clearSeconds: rule.clearSeconds, countMin: rule.countMin, action: rule.action, standing: standing)
    }
}

extension AlertLimit {
    fileprivate init(_ rule: AlertRule) {
        self.init(threshold: rule.threshold, clearsAt: rule.clearsAt, isFloor: rule.side == .below, unit: rule.measure.unit)
    }
}

extension AlertMeasure {
    /// What is read, by the names of docs/telemetry.md.
    fileprivate var words: String {
        switch self {
        case .value(let series, let aggregate, let window): "\(aggregate.words) of \(series.words) in \(Self.span(window))"
        case .share(let part, let whole, let window), .shareOfSums(let part, let whole, let window):
            "share of \(part.words) among all \(whole.words) in \(Self.span(window))"
        case .failedLogins: "failed logins of one address in \(Self.span(Double(FailedLogins.windowSeconds)))"
        case .services(let window): "whether a service has answered in \(Self.span(window)) (1: it has)"
        }
    }

    fileprivate var unit: String {
        switch self {
        case .share, .shareOfSums: return "%"
        case .failedLogins, .services: return ""
        case .value(let series, let aggregate, _):
            if aggregate == .count { return "" }
            if series.metric.hasSuffix("_percent") { return "%" }
            if series.metric.hasSuffix("_seconds") { return "s" }
            if series.metric.hasSuffix("_bytes") { return "bytes" }
            return series.metric == SeriesName.certificateDays ? "days" : ""
        }
    }

    private static func span(_ seconds: Double) -> String {
        if seconds >= 3600 { return "\(Words.short(seconds / 3600)) h" }
        return seconds >= 60 ? "\(Words.short(seconds / 60)) min" : "\(Words.short(seconds)) s"
    }
}

extension Aggregate {
    fileprivate var words: String {
        switch self {
        case .average: "average"
        case .min: "smallest"
        case .max: "largest"
        case .sum: "sum"
        case .count: "number"
        case .ratePerSecond: "growth a second"
        case .countPerSecond: "number a second"
        case .quantile(let q): "p\(Words.short(q * 100))"
        }
    }
}

extension SeriesSelector {
    fileprivate var words: String {
        labels.isEmpty ? metric : "\(metric) (\(labels.map { "\($0.name) \($0.value)" }.joined(separator: ", ")))"
    }
}
