internal import StrictJSON

/// An absolute http or https URL in the narrow form in which there are no two opinions about its host.
package struct EgressURL: Sendable, Equatable {
    package enum Scheme: String, Sendable { case https, http }
    package enum Host: Sendable, Equatable {
        case name(String)
        case address(IPAddress)
    }

    package let scheme: Scheme
    /// A name in lower case.
    package let host: Host
    package let port: Int
    /// Path and query as they were written, beginning with a slash.
    package let target: String

    /// As the `Host` header has it: without the scheme's own port.
    package var authority: String {
        let host =
            switch self.host {
            case .name(let name): name
            case .address(let address): if case .v6 = address { "[\(address)]" } else { "\(address)" }
            }
        return port == Self.port(of: scheme) ? host : "\(host):\(port)"
    }

    private static func port(of scheme: Scheme) -> Int { scheme == .https ? 443 : 80 }

    /// - Throws: `url`. Nothing is normalised but the case of scheme and host; what another reader might understand otherwise is
    ///   refused.
    package init(_ text: String) throws(EgressError) {
        guard text.utf8.count <= EgressLimits.urlBytesMax else { throw .url(problem: "it is longer than \(EgressLimits.urlBytesMax) bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .url(problem: "it has blanks or letters that are not ASCII; write the host in punycode and the rest percent-encoded")
        }
        guard !text.utf8.contains(where: { [UInt8](#"\<>"^`{|}"#.utf8).contains($0) }) else { throw .url(problem: "it has characters that no URL has") }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[1].hasPrefix("//") else { throw .url(problem: "it does not begin with https://") }
        guard let scheme = Scheme(rawValue: parts[0].lowercased()) else {
            throw .url(problem: "its scheme is '\(parts[0].clipped(20))' and not https")
        }
        let rest = parts[1].dropFirst(2)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let behind = rest[authority.endIndex...]
        guard !behind.contains("#") else { throw .url(problem: "it has a fragment, which is never sent") }
        guard !authority.contains("@") else { throw .url(problem: "it has a user or a password in front of its host") }
        let (host, port) = try Self.hostAndPort(authority)
        self.scheme = scheme
        self.host = try Self.host(host)
        self.port = port ?? Self.port(of: scheme)
        target = behind.hasPrefix("/") ? String(behind) : "/" + behind
    }

    private static func hostAndPort(_ authority: Substring) throws(EgressError) -> (Substring, Int?) {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .url(problem: "its host has no closing bracket") }
            host = authority[...end]
            let after = authority[authority.index(after: end)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw .url(problem: "its port does not follow a colon") }
            port = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            (host, port) = (authority[..<colon], authority[authority.index(after: colon)...])
        }
        guard let port else { return (host, nil) }
        guard (1...5).contains(port.utf8.count), port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), (1...65_535).contains(number)
        else { throw .url(problem: "its port is not a number from 1 to 65535") }
        return (host, number)
    }

    private static func host(_ text: Substring) throws(EgressError) -> Host {
        if text.hasPrefix("[") {
            let inside = text.dropFirst().dropLast()
            guard !inside.contains("%") else { throw .url(problem: "its address has a zone, which means something on one machine only") }
            guard let address = IPAddress(inside), case .v6 = address else { throw .url(problem: "its host in brackets is no IPv6 address") }
            return .address(address)
        }
        if let address = IPAddress(text) { return .address(address) }
        // WHATWG URL §3.5, "ends in a number": resolvers read such names as addresses, in decimal, hexadecimal or octal, and with
        // fewer parts than four.
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let last = labels.last?.isEmpty == true ? labels.dropLast().last : labels.last
        if let last, let first = last.utf8.first, first >= 0x30, first <= 0x39, isNumber(last) {
            throw .url(problem: "its host is an address in another form than four decimal numbers without leading zeros")
        }
        try check(name: text, labels)
        return .name(text.lowercased())
    }

    /// Whether a certificate with these names is for a host's name, in lower case. A star stands for one label, the first one
    /// (RFC 9525 §6.3).
    package static func isName(_ name: String, in names: [String]) -> Bool {
        let parent = name.drop { $0 != "." }
        return names.contains { other in
            let other = other.lowercased()
            return other == name || (other.hasPrefix("*.") && !parent.isEmpty && other.dropFirst() == parent)
        }
    }

    private static func isNumber(_ label: Substring) -> Bool {
        let lower = label.lowercased()
        if lower.hasPrefix("0x") { return lower.dropFirst(2).utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) } }
        return lower.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    /// RFC 1123 §2.1, with underscores, which are in use. A dot at the end is refused: it makes one host out of two names.
    private static func check(name: Substring, _ labels: [Substring]) throws(EgressError) {
        guard !name.isEmpty else { throw .url(problem: "it has no host") }
        guard name.utf8.count <= EgressLimits.hostBytesMax else { throw .url(problem: "its host is longer than \(EgressLimits.hostBytesMax) bytes") }
        for label in labels {
            let isGood = label.utf8.allSatisfy { c in
                (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x5A) || (c >= 0x61 && c <= 0x7A) || c == UInt8(ascii: "-") || c == UInt8(ascii: "_")
            }
            guard (1...63).contains(label.utf8.count), isGood, !label.hasPrefix("-"), !label.hasSuffix("-") else {
                throw .url(problem: "'\(name.clipped(80))' is no host name")
            }
        }
    }
}
