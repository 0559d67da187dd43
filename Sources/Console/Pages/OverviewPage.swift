/// Every session of the tenant, newest first.
package enum OverviewPage {
    package static func content(_ model: OverviewModel) -> PageContent {
        PageContent(title: "Sessions", isLive: true) {
            HTML(.h1) { "Sessions" }
            HTML(.p, [.id("news"), .of(.role, "status"), .class("unseen")]) { news(model) }
            HTML(.div, [.id("sessions"), .data("part", "")]) {
                if model.sessions.isEmpty {
                    HTML(.p, [.class("empty")]) { model.page == 1 ? "There are no sessions yet." : "There are no older sessions." }
                    if model.page == 1 {
                        HTML(.p) {
                            "The command line makes one: "
                            HTML(.code) { "tutti-coordinator session create session.json --data DIR" }
                        }
                    }
                } else {
                    HTML.table(
                        "sessions-table", caption: HTML("Newest first. Accuracy and loss are those of the model that the session gives away now."),
                        label: "Sessions", head: head, body: model.sessions.map(row))
                }
            }
            pages(model)
        }
    }

    private static func news(_ model: OverviewModel) -> String {
        let open = model.sessions.filter { $0.progress.isOpen }
        return "\(Words.count(open.count, "open session")) on this page."
    }

    private static var head: [HTML] {
        [
            .column("Session"), .column("State"), .column("Round", "number"), .column("Accuracy", "number"), .column("Loss", "number wide"),
            .column("ε", "number", hint: "What the member that lost most has lost, of what it may lose"),
            .column("Clients", "number", hint: "Connected or heard of, of all that joined"), .column("Created", "wide"),
        ]
    }

    private static func row(_ session: SessionStanding) -> HTML {
        HTML(.tr) {
            HTML(.th, [.of(.scope, "row")]) {
                HTML(.a, [.href(.session(session.id)), .id("session-\(session.id)"), .class("id")]) { HTML(.bdi) { session.id } }
                HTML(.small) { "\(Self.plain(session.algorithm)), \(Self.plain(session.rule))" }
            }
            HTML(.td) { HTML.badge(session.progress.words, session.progress.kind) }
            HTML(.td, [.class("number")]) {
                "\(session.round) / \(session.rounds)"
                HTML(
                    .progress,
                    [.of(.max, "\(max(1, session.rounds))"), .of(.value, "\(min(session.round, session.rounds))"), .aria("label", "Rounds done")])
            }
            HTML.cell(Words.accuracy(session.accuracy), "number")
            HTML.cell(Words.loss(session.loss), "number wide")
            HTML.cell(Self.epsilon(session), "number")
            HTML.cell(session.progress.isOpen ? "\(session.activeClients) / \(session.clients)" : "\(session.clients)", "number")
            HTML(.td, [.class("wide")]) { Words.time(session.createdAt) }
        }
    }

    static func epsilon(_ session: SessionStanding) -> String {
        guard let budget = session.epsilonBudget else { return Words.unknown }
        return "\(Words.epsilon(session.epsilon)) / \(Words.epsilon(budget))"
    }

    /// `federated_averaging` as words.
    static func plain(_ name: String) -> String { name.split(separator: "_").joined(separator: " ") }

    private static func pages(_ model: OverviewModel) -> HTML {
        guard model.page > 1 || model.hasOlder else { return .empty }
        return HTML(.nav, [.class("pages"), .aria("label", "Pages of sessions")]) {
            if model.page > 1 { HTML(.a, [.href(.page(model.page - 1))]) { "Newer sessions" } }
            if model.hasOlder { HTML(.a, [.href(.page(model.page + 1))]) { "Older sessions" } }
        }
    }
}
