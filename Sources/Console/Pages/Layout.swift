/// What is around every page.
package struct Frame {
    /// An entry of the navigation.
    package struct Entry: Equatable {
        var title: String
        var link: Link
        package init(title: String, link: Link) { (self.title, self.link) = (title, link) }
    }
    var entries: [Entry]
    /// Title of the entry that the page belongs to.
    var current: String?
    var tenant: String
    /// Of the form that signs out.
    var csrf: String

    package init(entries: [Entry], current: String?, tenant: String, csrf: String) {
        (self.entries, self.current, self.tenant, self.csrf) = (entries, current, tenant, csrf)
    }
}

/// A page without its frame.
package struct PageContent: Sendable {
    /// Without the product's name.
    package var title: String
    package var main: HTML
    /// Whether the page asks for itself again every two seconds; parts with `data-part` are then replaced where they differ.
    package var isLive: Bool
    package init(title: String, isLive: Bool = false, @HTMLBuilder _ main: () -> HTML) {
        (self.title, self.isLive) = (title, isLive)
        self.main = main()
    }
}

extension PageContent {
    /// - Parameter frame: nil: nobody is signed in.
    package func document(_ frame: Frame?) -> [UInt8] {
        HTML.document(
            HTML(.html, [.of(.lang, "en")]) {
                HTML(.head) {
                    HTML(.meta, [.of(.charset, "utf-8")])
                    HTML(.meta, [.of(.name, "viewport"), .of(.content, "width=device-width, initial-scale=1")])
                    HTML(.meta, [.of(.name, "color-scheme"), .of(.content, "light dark")])
                    HTML(.title) { "\(title) · Tutti" }
                    HTML(.link, [.of(.rel, "icon"), .of(.type, "image/svg+xml"), .href(.icon)])
                    HTML(.link, [.of(.rel, "stylesheet"), .href(.stylesheet)])
                    if isLive { HTML(.script, [.src(.script), .flag(.defer)]) }
                }
                HTML(.body) {
                    HTML(.a, [.class("skip"), .href(Link(place: "main"))]) { "Skip to the content" }
                    HTML(.header, [.class("top")]) {
                        HTML(.a, [.class("brand"), .href(.overview)]) {
                            HTML.mark
                            HTML(.span) { "Tutti" }
                        }
                        if let frame { bar(frame) }
                    }
                    HTML(.main, [.id("main"), .of(.tabindex, "-1")] + (isLive ? [.data("live", "")] : [])) { main }
                }
            })
    }

    private func bar(_ frame: Frame) -> HTML {
        HTML(.nav, [.aria("label", "Console")]) {
            HTML(.ul) {
                for entry in frame.entries {
                    HTML(.li) { HTML(.a, [.href(entry.link)] + (entry.title == frame.current ? [.aria("current", "page")] : [])) { entry.title } }
                }
            }
        }
            + HTML(.div, [.class("who")]) {
                if isLive {
                    // Shown and filled by the script, which alone knows.
                    HTML(.span, [.id("live-state"), .class("live-state"), .flag(.hidden)])
                }
                HTML(.span, [.class("tenant")]) {
                    HTML(.span, [.class("unseen")]) { "Tenant " }
                    HTML(.bdi) { frame.tenant }
                }
                HTML(.form, [.of(.method, "post"), .action(.signOut)]) {
                    HTML.csrf(frame.csrf)
                    HTML(.button, [.of(.type, "submit"), .class("quiet")]) { "Sign out" }
                }
            }
    }
}

extension Link {
    package static let overview = Link()
    package static let nodes = Link("console", "nodes")
    static let signIn = Link("console", "sign-in")
    static let signOut = Link("console", "sign-out")
    static let stylesheet = Link("console", "console.css")
    static let script = Link("console", "console.js")
    static let icon = Link("console", "icon.svg")
    static func session(_ id: String, after: Int? = nil) -> Link {
        Link("console", "sessions", id, query: after.map { [("after", "\($0)")] } ?? [])
    }
    static func stop(_ session: String) -> Link { Link("console", "sessions", session, "stop") }
    static func page(_ page: Int) -> Link { Link(query: page > 1 ? [("page", "\(page)")] : []) }
}

extension HTML {
    static func csrf(_ token: String) -> HTML { HTML(.input, [.of(.type, "hidden"), .of(.name, "csrf"), .of(.value, token)]) }

    /// Four voices and what they come to.
    static var mark: HTML {
        HTML(.svg, [.class("mark"), .of(.viewBox, "0 0 24 24"), .of(.width, "24"), .of(.height, "24"), .aria("hidden", "true")]) {
            for y in [4, 9, 15, 20] { HTML(.path, [.class("voice"), .of(.d, "M2 \(y)C9 \(y) 10 12 15 12"), .of(.fill, "none")]) }
            HTML(.circle, [.class("voice-end"), .of(.cx, "18.5"), .of(.cy, "12"), .of(.r, "3.5")])
        }
    }

    static func badge(_ words: String, _ kind: String) -> HTML { HTML(.span, [.class("badge \(kind)")]) { words } }

    /// A number with its name, in a list of such.
    static func figure(_ name: String, _ value: String, _ beside: String) -> HTML {
        HTML(.div) {
            HTML(.dt) { name }
            HTML(.dd) {
                HTML(.strong) { value }
                if !beside.isEmpty { HTML(.small) { beside } }
            }
        }
    }

    /// A table that scrolls inside its own frame where it is too wide, with the keyboard too.
    static func table(_ id: String, caption: HTML, label: String, head: [HTML], body: [HTML]) -> HTML {
        HTML(.div, [.class("scroll"), .id(id), .of(.role, "region"), .aria("label", label), .of(.tabindex, "0")]) {
            HTML(.table) {
                HTML(.caption) { HTML(.span) { caption } }
                HTML(.thead) { HTML(.tr) { head } }
                HTML(.tbody) { body }
            }
        }
    }

    static func column(_ title: String, _ names: String = "", hint: String? = nil) -> HTML {
        HTML(.th, [.of(.scope, "col")] + (names.isEmpty ? [] : [.class(names)]) + (hint.map { [.of(.title, $0)] } ?? [])) { title }
    }
    static func cell(_ text: String, _ names: String = "") -> HTML { HTML(.td, names.isEmpty ? [] : [.class(names)]) { text } }
}
