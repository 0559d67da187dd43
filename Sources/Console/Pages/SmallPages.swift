package enum SignInPage {
    /// - Parameter problem: why the last try failed. The key itself is never repeated.
    package static func content(problem: String? = nil) -> PageContent {
        PageContent(title: "Sign in") {
            HTML(.div, [.class("sign-in card")]) {
                HTML(.h1) { "Sign in" }
                if let problem { HTML(.p, [.of(.role, "alert"), .class("problem"), .id("problem")]) { problem } }
                HTML(.form, [.of(.method, "post"), .action(.signIn)]) {
                    // Keepers of passwords want a name to keep the key under.
                    HTML(
                        .input,
                        [.of(.type, "text"), .of(.name, "username"), .of(.autocomplete, "username"), .of(.value, "administrator"), .flag(.hidden)])
                    HTML(.label, [.of(.for, "key")]) { "Administrator’s key" }
                    HTML(
                        .input,
                        [
                            .id("key"), .of(.name, "key"), .of(.type, "password"), .of(.autocomplete, "current-password"), .flag(.required), .flag(.autofocus),
                            .of(.maxlength, "\(Limits.keyBytes)"), .of(.spellcheck, "false"), .of(.autocapitalize, "none"),
                            .aria("describedby", problem == nil ? "key-hint" : "problem key-hint"),
                        ] + (problem == nil ? [] : [.aria("invalid", "true")]))
                    HTML(.p, [.id("key-hint"), .class("muted")]) {
                        "It begins with "
                        HTML(.code) { "tk_live_" }
                        " and lies in "
                        HTML(.code) { "admin.key" }
                        " in the coordinator’s folder. It is sent once, over TLS, and kept nowhere."
                    }
                    HTML(.button, [.of(.type, "submit")]) { "Sign in" }
                }
            }
        }
    }
}

/// Asks once more, for a session that is stopped does not go on.
package enum StopPage {
    package static func content(_ session: SessionStanding, csrf: String) -> PageContent {
        PageContent(title: "Stop \(session.id.prefix(18))") {
            HTML(.p, [.class("trail")]) { HTML(.a, [.href(.session(session.id))]) { HTML(.bdi) { session.id } } }
            HTML(.h1) { "Stop this session?" }
            if session.progress.isOpen {
                HTML(.p) {
                    "It is \(session.progress.words), in round \(session.round) of \(session.rounds), with \(Words.count(session.clients, "client")). "
                    "A session that was stopped does not go on; the model of its last committed round stands."
                }
                HTML(.form, [.of(.method, "post"), .action(.stop(session.id)), .class("row")]) {
                    HTML.csrf(csrf)
                    HTML(.button, [.of(.type, "submit"), .class("danger")]) { "Stop the session" }
                    HTML(.a, [.href(.session(session.id)), .class("button quiet")]) { "Leave it running" }
                }
            } else {
                HTML(.p) { "It is \(session.progress.words) already." }
            }
        }
    }
}

package enum NodesPage {
    /// - Parameters:
    ///   - nodes: by name.
    ///   - now: milliseconds since 1970.
    package static func content(_ nodes: [NodeRow], now: Int64) -> PageContent {
        PageContent(title: "Nodes") {
            HTML(.h1) { "Nodes" }
            if nodes.isEmpty {
                HTML(.p, [.class("empty")]) { "No node is enrolled." }
                HTML(.p) {
                    "A token for one is made with "
                    HTML(.code) { "tutti-coordinator token create --name NAME --data DIR" }
                }
            } else {
                HTML.table(
                    "nodes-table", caption: HTML(caption(nodes)), label: "Nodes",
                    head: [.column("Node"), .column("State"), .column("Certificate ends"), .column("Enrolled", "wide")],
                    body: nodes.prefix(Limits.nodesShown).map { row($0, now) })
            }
        }
    }

    private static func caption(_ nodes: [NodeRow]) -> String {
        let revoked = nodes.count { $0.revokedAt != nil }
        let part = nodes.count > Limits.nodesShown ? " The first \(Limits.nodesShown) are shown." : ""
        return
            "\(Words.count(nodes.count, "node")) by name, of which \(revoked) \(revoked == 1 ? "is" : "are") revoked.\(part) Nodes renew their certificates themselves."
    }

    private static func row(_ node: NodeRow, _ now: Int64) -> HTML {
        HTML(.tr) {
            HTML(.th, [.of(.scope, "row")]) { HTML(.bdi) { node.name } }
            HTML(.td) {
                if let revoked = node.revokedAt {
                    HTML.badge("revoked", "bad")
                    HTML(.small) {
                        " "
                        Words.time(revoked)
                    }
                } else if node.certificateEndsAt <= now {
                    HTML.badge("certificate has ended", "warn")
                } else {
                    HTML.badge("enrolled", "good")
                }
            }
            HTML(.td) { Words.time(node.certificateEndsAt) }
            HTML(.td, [.class("wide")]) { Words.time(node.enrolledAt) }
        }
    }
}

package enum ErrorPage {
    package static func content(title: String, words: String, requestID: String) -> PageContent {
        PageContent(title: title) {
            HTML(.div, [.class("card narrow")]) {
                HTML(.h1) { title }
                HTML(.p) { words }
                HTML(.p, [.class("muted")]) {
                    "Request "
                    HTML(.code) { requestID }
                }
                HTML(.p) { HTML(.a, [.href(.overview)]) { "To the sessions" } }
            }
        }
    }
}
