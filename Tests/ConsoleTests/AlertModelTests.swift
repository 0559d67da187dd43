import Console
import Federation
import Telemetry
import Testing

/// From the rules of a coordinator to what is shown of them.
struct AlertModelTests {
    private static let noon = Instant(milliseconds: Samples.start)

    private func board(_ book: AlertBook, _ value: Double? = nil) -> AlertBoard {
        AlertBoard(
            grade: HealthGrade(worst: book.worst), firing: book.firing, pending: book.pending, resolved: book.resolved,
            rules: AlertRule.usual.map { AlertBoard.Line(rule: $0, value: value) })
    }

    @Test func everyUsualRuleIsSaidInWords() {
        let rules = Dictionary(uniqueKeysWithValues: AlertsModel(board(AlertBook(rules: AlertRule.usual))).rules.map { ($0.id, $0) })
        #expect(rules.count == AlertRule.usual.count)
        #expect(rules["http.error_rate"]?.reads == "share of http.request_seconds (status 5xx) among all http.request_seconds in 5 min")
        #expect(rules["http.latency_p99"]?.reads == "p99 of http.request_seconds in 5 min" && rules["http.latency_p99"]?.limit.unit == "s")
        #expect(rules["system.disk_full"]?.reads == "average of system.disk_percent in 1 min" && rules["system.disk_full"]?.limit.unit == "%")
        #expect(rules["auth.failed_logins"]?.reads == "failed logins of one address in 5 min" && rules["auth.failed_logins"]?.limit.unit == "")
        #expect(rules["certificate.ending"]?.limit == AlertLimit(threshold: 7, clearsAt: 8, isFloor: true, unit: "days"))
        #expect(rules["jobs.failing"]?.reads == "share of jobs.finished (outcome failed) among all jobs.finished in 1 h")
        #expect(rules.values.allSatisfy { $0.standing == .quiet && $0.value == nil && !$0.action.isEmpty })
        let page = AlertsPage.content(AlertsModel(board(AlertBook(rules: AlertRule.usual)))).main.text
        for rule in AlertRule.usual { #expect(page.contains(rule.id) && page.contains(rule.title.replacing("'", with: "&#39;")), "\(rule.id)") }
    }

    @Test func alertsGoFromPendingToFiringToOver() {
        var book = AlertBook(rules: AlertRule.usual)
        func read(_ percent: Double, _ seconds: Double) -> AlertsModel {
            _ = book.evaluate(at: Self.noon.adding(seconds: seconds)) { $0.id == "system.disk_filling" ? [AlertReading(value: percent, count: 6)] : [] }
            return AlertsModel(board(book, percent))
        }
        func standing(_ model: AlertsModel) -> AlertRuleRow.Standing? { model.rules.first { $0.id == "system.disk_filling" }?.standing }
        let pending = read(92, 0)
        #expect(pending.pending.map(\.rule) == ["system.disk_filling"] && pending.firing.isEmpty && standing(pending) == .pending)
        let firing = read(93, 60)
        #expect(firing.firing.map(\.value) == [93] && firing.firing.map(\.since) == [Samples.start] && standing(firing) == .firing)
        #expect(firing.firing.first?.limit?.threshold == 90 && firing.grade == "good")
        #expect(firing.firing.first?.firedAt == Samples.start + 60_000)
        _ = read(10, 70)
        let over = read(10, 140)
        #expect(over.firing.isEmpty && over.over.map(\.rule) == ["system.disk_filling"] && standing(over) == .quiet && over.grade == "excellent")
        #expect(over.over.first?.endedAt == Samples.start + 140_000)
    }
}
