/// What fires now, what is about to, what is over, and the rules.
package enum AlertsPage {
    package static func content(_ model: AlertsModel) -> PageContent {
        PageContent(title: title(model), isLive: true) {
            HTML(.h1) { "Alerts" }
            HTML(.p, [.id("news"), .of(.role, "status"), .class("unseen")]) { news(model) }
            HTML(.div, [.id("standing"), .data("part", "")]) {
                HTML(.p, [.class("lead")]) {
                    HTML.badge(model.grade, kind(grade: model.grade))
                    HTML(.span) { lead(model) }
                }
            }
            HTML(.section, [.aria("labelledby", "firing-title")]) {
                HTML(.h2, [.id("firing-title")]) { "Firing now" }
                HTML(.div, [.id("firing"), .data("part", "")]) { open(model) }
            }
            HTML(.section, [.aria("labelledby", "rules-title")]) {
                HTML(.h2, [.id("rules-title")]) { "Rules" }
                HTML(.div, [.id("rules"), .data("part", "")]) { rules(model) }
            }
            HTML(.section, [.aria("labelledby", "over-title")]) {
                HTML(.h2, [.id("over-title")]) { "Over" }
                HTML(.div, [.id("over"), .data("part", "")]) { over(model) }
            }
        }
    }

    private static func title(_ model: AlertsModel) -> String { model.firing.isEmpty ? "Alerts" : "(\(model.firing.count)) Alerts" }

    private static func news(_ model: AlertsModel) -> String {
        guard let first = model.firing.first else { return "No alert fires." }
        return "\(Words.count(model.firing.count, "alert")) firing: \(first.title)\(model.firing.count > 1 ? " and others" : "")."
    }

    private static func lead(_ model: AlertsModel) -> String {
        let pending = model.pending.isEmpty ? "" : " \(Words.count(model.pending.count, "rule")) may soon."
        if model.firing.isEmpty { return "Nothing fires.\(pending)" }
        return "\(Words.count(model.firing.count, "alert fires", "alerts fire")).\(pending)"
    }

    private static func kind(grade: String) -> String {
        switch grade {
        case "excellent", "good": "good"
        case "degraded": "warn"
        default: "bad"
        }
    }

    private static func kind(severity: String) -> String {
        switch severity {
        case "critical", "high": "bad"
        case "warning": "warn"
        default: "plain"
        }
    }

    @HTMLBuilder private static func open(_ model: AlertsModel) -> HTML {
        let all = model.firing.map { ($0, true) } + model.pending.map { ($0, false) }
        if all.isEmpty {
            HTML(.p, [.class("empty")]) { "No rule reads a number beyond its threshold." }
        } else {
            HTML.table(
                "firing-table", caption: HTML(caption("The most severe first. What is pending fires when it stays.", all.count)), label: "Alerts that fire",
                head: [
                    .column("Alert"), .column("State"), .column("Since"), .column("Value now", "number"), .column("Fires", "number"),
                    .column("What it is, and what to do"),
                ],
                body: all.prefix(Limits.alertsShown).map { alert, isFiring in
                    HTML(.tr) {
                        name(alert)
                        HTML(.td) {
                            HTML.badge(isFiring ? alert.severity : "pending", isFiring ? kind(severity: alert.severity) : "idle")
                        }
                        HTML(.td) { Words.time(alert.since) }
                        HTML.cell(alert.limit?.words(alert.value) ?? Words.short(alert.value), "number")
                        HTML.cell(alert.limit?.fires ?? Words.unknown, "number")
                        HTML(.td, [.class("prose")]) {
                            HTML(.bdi) { alert.text }
                            HTML(.small) { alert.action }
                        }
                    }
                })
        }
    }

    private static func caption(_ words: String, _ count: Int) -> String {
        count > Limits.alertsShown ? "\(words) The first \(Limits.alertsShown) of \(count) are shown." : words
    }

    private static func name(_ alert: AlertRow) -> HTML {
        HTML(.th, [.of(.scope, "row")]) {
            alert.title
            if let subject = alert.subject { HTML(.small) { HTML(.bdi) { subject } } }
            HTML(.small, [.class("id")]) { alert.rule }
        }
    }

    private static func rules(_ model: AlertsModel) -> HTML {
        HTML.table(
            "rules-table",
            caption: HTML(
                "Each is looked at every ten seconds. It fires when its number stays beyond the threshold, and is over when it stays behind where it clears."
            ),
            label: "Rules",
            head: [
                .column("Rule"), .column("State"), .column("Reads"), .column("Now", "number"), .column("Fires", "number"), .column("Clears", "number"),
                .column("What to do then", "wide"),
            ],
            body: model.rules.map { rule in
                HTML(.tr) {
                    HTML(.th, [.of(.scope, "row")]) {
                        rule.title
                        HTML(.small) { rule.severity }
                        HTML(.small, [.class("id")]) { rule.id }
                    }
                    HTML(.td) { HTML.badge(rule.standing.rawValue, badge(rule)) }
                    HTML(.td, [.class("prose")]) {
                        rule.reads
                        if rule.countMin > 1 { HTML(.small) { "with \(rule.countMin) of them or more" } }
                    }
                    HTML.cell(rule.limit.words(rule.value), "number")
                    HTML(.td, [.class("number")]) {
                        rule.limit.fires
                        HTML(.small) { rule.holdSeconds > 0 ? "for \(Words.short(rule.holdSeconds)) s" : "at once" }
                    }
                    HTML(.td, [.class("number")]) {
                        "\(rule.limit.isFloor ? "≥" : "≤") \(rule.limit.words(rule.limit.clearsAt))"
                        HTML(.small) { "for \(Words.short(rule.clearSeconds)) s" }
                    }
                    HTML(.td, [.class("prose wide")]) { rule.action }
                }
            })
    }

    private static func badge(_ rule: AlertRuleRow) -> String {
        switch rule.standing {
        case .quiet: "good"
        case .pending: "idle"
        case .firing: kind(severity: rule.severity)
        }
    }

    @HTMLBuilder private static func over(_ model: AlertsModel) -> HTML {
        if model.over.isEmpty {
            HTML(.p, [.class("empty")]) { "No alert has ended since the coordinator began." }
        } else {
            HTML.table(
                "over-table",
                caption: HTML(caption("The newest first, since the coordinator began. What comes again is another alert.", model.over.count)),
                label: "Alerts that are over",
                head: [
                    .column("Alert"), .column("Severity"), .column("Fired"), .column("Over"), .column("Last value", "number wide"), .column("What it was"),
                ],
                body: model.over.prefix(Limits.alertsShown).map { alert in
                    HTML(.tr) {
                        name(alert)
                        HTML(.td) { alert.severity }
                        HTML(.td) { Words.time(alert.firedAt) }
                        HTML(.td) { Words.time(alert.endedAt) }
                        HTML.cell(alert.limit?.words(alert.value) ?? Words.short(alert.value), "number wide")
                        HTML(.td, [.class("prose")]) { HTML(.bdi) { alert.text } }
                    }
                })
        }
    }
}
