/// One session: figures, charts, rounds, members, and what the server can see of it.
package enum SessionPage {
    package static func content(_ model: SessionModel) -> PageContent {
        let session = model.standing
        return PageContent(title: title(session), isLive: session.progress.isOpen && !model.hasLater) {
            HTML(.p, [.class("trail")]) { HTML(.a, [.href(.overview)]) { "Sessions" } }
            HTML(.h1, [.class("id")]) { HTML(.bdi) { session.id } }
            HTML(.p, [.id("news"), .of(.role, "status"), .class("unseen")]) { news(model) }
            HTML(.div, [.id("standing"), .data("part", "")]) { standing(model) }
            HTML(.section, [.aria("labelledby", "charts-title")]) {
                HTML(.h2, [.id("charts-title")]) { "Round by round" }
                HTML(.div, [.id("charts"), .class("charts"), .data("part", "")]) { SessionCharts(model).figures }
            }
            HTML(.section, [.aria("labelledby", "rounds-title")]) {
                HTML(.h2, [.id("rounds-title")]) { "Rounds" }
                HTML(.div, [.id("rounds"), .data("part", "")]) { RoundsTable.content(model) }
            }
            HTML(.section, [.aria("labelledby", "members-title")]) {
                HTML(.h2, [.id("members-title")]) { "Clients" }
                HTML(.div, [.id("members"), .data("part", "")]) { MembersTable.content(model) }
            }
            HTML(.section, [.aria("labelledby", "sight-title")]) {
                HTML(.h2, [.id("sight-title")]) { "What the server can see" }
                HTML(.div, [.id("sight"), .data("part", "")]) { sight(model.protection) }
            }
            HTML(.div, [.id("ending"), .data("part", "")]) {
                if session.progress.isOpen {
                    HTML(.p) { HTML(.a, [.class("button danger"), .id("stop"), .href(.stop(session.id))]) { "Stop this session…" } }
                }
            }
        }
    }

    private static func title(_ session: SessionStanding) -> String {
        "\(session.round)/\(session.rounds) \(session.progress.words) · \(session.id.prefix(18))"
    }

    /// What is said aloud when it changes.
    private static func news(_ model: SessionModel) -> String {
        let session = model.standing
        guard session.progress.isOpen else { return "The session is \(session.progress.words)." }
        guard let last = model.rows.last else { return "The session is \(session.progress.words)." }
        switch last.ending {
        case .committed:
            let accuracy = last.accuracy.map { ", accuracy \(Words.accuracy($0))" } ?? ""
            return "Round \(last.round) of \(session.rounds) is done\(accuracy), loss \(last.loss.map { Words.loss($0) } ?? "unknown")."
        case .unchanged: return "Round \(last.round) of \(session.rounds) left the model as it was."
        case .aborted: return "Attempt \(last.attempt) at round \(last.round) was aborted."
        }
    }

    @HTMLBuilder private static func standing(_ model: SessionModel) -> HTML {
        let session = model.standing
        HTML(.p, [.class("lead")]) {
            HTML.badge(session.progress.words, session.progress.kind)
            HTML(.span) { "\(OverviewPage.plain(session.algorithm)), \(OverviewPage.plain(session.rule))" }
            HTML(.span, [.class("muted")]) {
                "created "
                Words.time(session.createdAt)
            }
        }
        if let reason = session.reason { HTML(.p) { HTML(.bdi) { reason } } }
        if !model.waits.isEmpty {
            HTML(.ul, [.class("waits")]) {
                for wait in model.waits {
                    HTML(.li) {
                        HTML(.strong) { "Waiting for \(OverviewPage.plain(wait.what)): \(wait.have) of \(wait.asked). " }
                        HTML(.bdi) { wait.fix }
                    }
                }
            }
        }
        HTML(.dl, [.class("figures")]) {
            HTML.figure("Round", "\(session.round)", "of \(session.rounds)")
            if session.isText {
                HTML.figure("Bits per byte", Words.bitsPerByte(session.loss), "")
            } else {
                HTML.figure("Accuracy", Words.accuracy(session.accuracy), "")
            }
            HTML.figure("Loss", Words.loss(session.loss), "")
            HTML.figure("ε spent", session.epsilonBudget == nil ? Words.unknown : Words.epsilon(session.epsilon), budget(session))
            HTML.figure(
                "Clients", session.progress.isOpen ? "\(session.activeClients)" : "\(session.clients)",
                session.progress.isOpen ? "of \(session.clients) here" : "took part")
            HTML.figure("MB up / down", "\(Words.megabytes(sum(model, \.bytesUp))) / \(Words.megabytes(sum(model, \.bytesDown)))", window(model))
        }
    }

    private static func budget(_ session: SessionStanding) -> String { session.epsilonBudget.map { "of \(Words.epsilon($0))" } ?? "no differential privacy" }

    private static func window(_ model: SessionModel) -> String { model.hasEarlier || model.hasLater ? "in the rounds below" : "" }

    /// What would not fit is not added.
    private static func sum(_ model: SessionModel, _ bytes: KeyPath<RoundRow, Int64>) -> Int64 {
        model.rows.reduce(0) { total, row in
            let (sum, overflow) = total.addingReportingOverflow(row[keyPath: bytes])
            return overflow ? total : sum
        }
    }

    @HTMLBuilder private static func sight(_ protection: Protection) -> HTML {
        HTML.table(
            "sight-table",
            caption: HTML("By this session's settings, and as far as the programs do what they should. The threat model has the whole of it."),
            label: "What the server can see", head: [.column("What"), .column("Seen"), .column("Why")],
            body: Sight.all(protection).map { sight in
                HTML(.tr) {
                    HTML(.th, [.of(.scope, "row")]) { sight.what }
                    HTML(.td) { HTML.badge(sight.answer.rawValue, "seen-\(sight.answer.rawValue)") }
                    HTML(.td, [.class("prose")]) { sight.why }
                }
            })
    }
}
