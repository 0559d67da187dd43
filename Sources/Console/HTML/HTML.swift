/// Markup. The only way for text to get into it is to be escaped: there is no initialiser that takes markup, elements and
/// attributes have names from closed lists, and among these none runs a script, carries a style or leads to another server.
package struct HTML: Sendable, Equatable {
    private var markup: [UInt8]

    private init(markup: [UInt8]) { self.markup = markup }

    package static let empty = HTML(markup: [])

    /// A text, as text.
    package init(_ text: String) { markup = Self.escaped(text) }

    /// - Parameters:
    ///   - attributes: in this order.
    ///   - content: left out for elements that have none.
    package init(_ tag: Tag, _ attributes: [Attribute] = [], @HTMLBuilder _ content: () -> HTML = { .empty }) {
        markup = Array("<\(tag.rawValue)".utf8)
        for attribute in attributes {
            markup.append(UInt8(ascii: " "))
            markup += attribute.name.utf8
            guard let value = attribute.value else { continue }
            markup += "=\"".utf8
            markup += Self.escaped(value)
            markup.append(UInt8(ascii: "\""))
        }
        markup.append(UInt8(ascii: ">"))
        guard !tag.isVoid else { return }
        markup += content().markup
        markup += "</\(tag.rawValue)>".utf8
    }

    /// A whole page.
    package static func document(_ html: HTML) -> [UInt8] { Array("<!doctype html>\n".utf8) + html.markup + [0x0A] }

    package var text: String { String(decoding: markup, as: UTF8.self) }

    package static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }

    static func joined(_ parts: [HTML]) -> HTML {
        var markup: [UInt8] = []
        markup.reserveCapacity(parts.reduce(0) { $0 + $1.markup.count })
        for part in parts { markup += part.markup }
        return HTML(markup: markup)
    }

    /// For content and for values in double quotes. What no page may hold (controls), and what turns the direction of the text
    /// around it, is shown as U+FFFD.
    private static func escaped(_ text: String) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;".utf8
            case "<": out += "&lt;".utf8
            case ">": out += "&gt;".utf8
            case "\"": out += "&quot;".utf8
            case "'": out += "&#39;".utf8
            case _ where isUnfit(scalar): out += "\u{FFFD}".utf8
            default: out += String(Character(scalar)).utf8
            }
        }
        return out
    }

    private static func isUnfit(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: false
        case 0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF: true
        case let value: value & 0xFFFE == 0xFFFE
        }
    }
}

/// Elements one after the other, texts among them.
@resultBuilder package enum HTMLBuilder {
    package static func buildExpression(_ text: String) -> HTML { HTML(text) }
    package static func buildExpression(_ html: HTML) -> HTML { html }
    package static func buildExpression(_ html: [HTML]) -> HTML { .joined(html) }
    package static func buildBlock(_ parts: HTML...) -> HTML { .joined(parts) }
    package static func buildOptional(_ part: HTML?) -> HTML { part ?? .empty }
    package static func buildEither(first: HTML) -> HTML { first }
    package static func buildEither(second: HTML) -> HTML { second }
    package static func buildArray(_ parts: [HTML]) -> HTML { .joined(parts) }
}
