/// The cookie that stands for a sign-in. `__Host-` binds it to this host, over TLS, for every path (RFC 6265bis §4.1.3.2).
package enum Cookie {
    static let name = "__Host-tutti"
    /// 256 bits in hexadecimal.
    static let digits = 64
    private static let attributes = "; Path=/; Secure; HttpOnly; SameSite=Strict"

    /// The browser forgets it when it is closed; the server does not wait for that.
    package static func setting(_ value: String) -> String { "\(name)=\(value)\(attributes)" }
    package static let clearing = "\(name)=; Max-Age=0\(attributes)"

    /// nil: none that could be ours, or more than one.
    package static func value(in headers: [String]) -> String? {
        var found: String?
        for header in headers {
            for pair in header.split(separator: ";") {
                let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard sides.count == 2, sides[0].drop(while: { $0 == " " || $0 == "\t" }) == name else { continue }
                guard found == nil else { return nil }
                found = String(sides[1])
            }
        }
        guard let found, found.utf8.count == digits, found.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) else { return nil }
        return found
    }
}

/// A form as browsers send it (`application/x-www-form-urlencoded`). Strict: every field once, nothing half escaped.
package struct Form: Equatable {
    package private(set) var fields: [String: String] = [:]

    package init?(_ body: [UInt8]) {
        for field in body.split(separator: UInt8(ascii: "&")) {
            let sides = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard fields.count < Limits.formFields, sides.count == 2, let name = Self.decoded(sides[0]), let value = Self.decoded(sides[1]), fields[name] == nil
            else { return nil }
            fields[name] = value
        }
    }

    subscript(_ name: String) -> String { fields[name] ?? "" }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}

/// Whether a request was sent by a page of this server, as the browser says it. A program that is no browser can say what it likes, but
/// has no cookie of somebody else's to send along.
package enum Origin {
    /// - Parameters:
    ///   - site: `Sec-Fetch-Site`.
    ///   - origin: `Origin`. Pages with `no-referrer` send `null` with their own forms (Fetch §3.2), so that it counts only without `site`.
    ///   - own: `https://host:port` as the browser called this server, and as the operator says it is called.
    package static func isOwn(site: String?, origin: String?, own: [String]) -> Bool {
        if let site {
            guard site == "same-origin" else { return false }
            return origin.map { $0 == "null" || isOne($0, own) } ?? true
        }
        return origin.map { isOne($0, own) } ?? false
    }

    private static func isOne(_ origin: String, _ own: [String]) -> Bool {
        // A browser leaves the usual port out, where a Host header from elsewhere may have it.
        func plain(_ text: String) -> String {
            let lower = text.lowercased()
            return lower.hasSuffix(":443") ? String(lower.dropLast(4)) : lower
        }
        return own.contains { plain($0) == plain(origin) }
    }
}
