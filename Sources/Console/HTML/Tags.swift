/// Every element that pages are made of. None holds a script or a style of its own.
package enum Tag: String, Sendable {
    case html, head, meta, link, title, body, header, nav, main, footer, section, h1, h2, h3, p, a, ul, ol, li, dl, dt, dd, div, span, strong, small, code
    case bdi, time, form, label, input, button, progress, table, caption, thead, tbody, tr, th, td
    /// An element with `src` and nothing in it: its content would be text, and is never given.
    case script
    case svg, g, path, line, rect, circle, text, desc

    var isVoid: Bool { self == .meta || self == .link || self == .input }
}

/// An attribute of the lists below: no event handlers, no styles, and links only to this server.
package struct Attribute: Sendable {
    package enum Name: String, Sendable {
        case id, lang, charset, name, content, rel, type, role, hidden, tabindex, scope, datetime, title, value, max, method, autocomplete, required
        case maxlength, autofocus, width, height, viewBox, d, x, y, x1, x2, y1, y2, cx, cy, r, rx, fill, colspan, spellcheck, autocapitalize
        case `class`, `for`, `defer`
        case textAnchor = "text-anchor"
    }
    let name: String
    let value: String?

    private init(_ name: String, _ value: String?) { (self.name, self.value) = (name, value) }

    package static func of(_ name: Name, _ value: String) -> Attribute { Attribute(name.rawValue, value) }
    package static func flag(_ name: Name) -> Attribute { Attribute(name.rawValue, nil) }
    package static func aria(_ name: StaticString, _ value: String) -> Attribute { Attribute("aria-\(name)", value) }
    package static func data(_ name: StaticString, _ value: String) -> Attribute { Attribute("data-\(name)", value) }
    package static func href(_ link: Link) -> Attribute { Attribute("href", link.text) }
    package static func src(_ link: Link) -> Attribute { Attribute("src", link.text) }
    package static func action(_ link: Link) -> Attribute { Attribute("action", link.text) }

    /// Shorthands for what is used most.
    package static func `class`(_ names: String) -> Attribute { .of(.class, names) }
    package static func id(_ id: String) -> Attribute { .of(.id, id) }
}

/// A path of this server, or a place in the same page. Built from segments that are percent-encoded, so that none of them can become
/// a scheme, a host or another path.
package struct Link: Sendable, Equatable {
    package let text: String

    /// `/a/b`; without segments `/`.
    package init(_ segments: String..., query: [(String, String)] = []) {
        var text = "/" + segments.map(Self.encoded).joined(separator: "/")
        if !query.isEmpty { text += "?" + query.map { "\(Self.encoded($0))=\(Self.encoded($1))" }.joined(separator: "&") }
        self.text = text
    }

    /// `#id`.
    package init(place id: String) { text = "#" + Self.encoded(id) }

    private static func encoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return out
    }
}
