package import APIKit

/// The path and query of a request, decoded once and strictly: nothing that decodes to a separator or a control
/// character gets through, so no two spellings of a path mean different things to different layers.
package struct RequestTarget: Sendable, Equatable {
    package var path: String
    package var query: [Item] = []

    package struct Item: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package init(_ target: String) throws(ServiceError) {
        guard target.utf8.count <= Limits.targetBytes else {
            throw .invalid(field: "path", issue: "is longer than \(Limits.targetBytes) bytes", provided: nil)
        }
        let parts = target.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let raw = parts.first, target.hasPrefix("/"),
            let path = Self.decode(raw, plusIsSpace: false, refusing: { $0 < 0x20 || $0 == 0x7F || $0 == 0x2F })
        else { throw .invalid(field: "path", issue: "is not a well-formed path", provided: nil) }
        guard !path.utf8.split(separator: UInt8(ascii: "/")).contains(where: { $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8) }) else {
            throw .invalid(field: "path", issue: "must not have '.' or '..' as a segment", provided: nil)
        }
        self.path = path
        guard parts.count == 2 else { return }
        for item in parts[1].split(separator: UInt8(ascii: "&")) {
            guard query.count < Limits.queryItems else {
                throw .invalid(field: "query", issue: "has more than \(Limits.queryItems) parameters", provided: nil)
            }
            let sides = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(sides[0], plusIsSpace: true, refusing: { $0 == 0 }),
                let value = Self.decode(sides.count == 2 ? sides[1] : Substring().utf8, plusIsSpace: true, refusing: { $0 == 0 })
            else { throw .invalid(field: "query", issue: "is not well-formed", provided: nil) }
            guard !query.contains(where: { $0.name == name }) else {
                throw .invalid(field: name, issue: "is given twice in the query", provided: nil)
            }
            query.append(Item(name: name, value: value))
        }
    }

    /// The path of a target that spells it as it is; nil: it has to be read with care.
    static func plain(_ target: String) -> String? {
        let path = beginning(target)
        let isWhole = path.utf8.count == target.utf8.count || target.utf8[path.utf8.endIndex] == UInt8(ascii: "?")
        return isWhole && path.utf8.first == UInt8(ascii: "/") && !path.utf8.contains(UInt8(ascii: ".")) ? path : nil
    }

    /// What a target that cannot be read still says of whose it is: its path, as far as it is spelt plainly.
    package static func beginning(_ target: String) -> String {
        String(target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "%") }) ?? "/"
    }

    /// Percent-decoding. nil for a malformed escape, for text that is not UTF-8, and when a decoded byte is refused.
    private static func decode(_ text: Substring.UTF8View, plusIsSpace: Bool, refusing: (UInt8) -> Bool) -> String? {
        // Most have nothing to decode.
        guard text.contains(where: { $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+") }) else { return String(Substring(text)) }
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else { return nil }
                let decoded = high << 4 | low
                if refusing(decoded) { return nil }
                bytes.append(decoded)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
