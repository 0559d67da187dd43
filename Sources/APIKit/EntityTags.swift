/// An `If-None-Match` header: `*`, or a list of entity tags (RFC 9110 §13.1.2). Weak tags count as their strong form.
package enum EntityTags: Sendable, Equatable {
    case any
    case tags([String])

    /// nil for a header that is not well-formed; it is then as if it were not there.
    package init?(_ header: String) {
        let text = header.trimmingSpaces
        if text == "*" {
            self = .any
            return
        }
        var tags: [String] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            if rest.hasPrefix("W/") { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\""), tags.count < Limits.entityTags else { return nil }
            tags.append(String(rest[rest.index(after: rest.startIndex)..<end]))
            rest = Substring(rest[rest.index(after: end)...].trimmingSpaces)
            if rest.isEmpty { break }
            guard rest.first == "," else { return nil }
            rest = Substring(rest.dropFirst().trimmingSpaces)
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }

    /// - Parameter tag: without its quotes.
    package func contains(_ tag: String) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains(tag)
        }
    }
}

extension StringProtocol {
    /// Without spaces and tabs at its ends.
    var trimmingSpaces: String {
        // Bytes: neither is a part of another character, and every call with credentials comes by here.
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        let bytes = Array(utf8)
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
