internal import Foundation
internal import SwiftASN1
internal import X509

/// What a server is reached by: a DNS name or an IP address.
package enum HostName: Sendable, Hashable, CustomStringConvertible {
    /// Lower-case ASCII, no trailing dot.
    case dns(String)
    /// 4 or 16 bytes in network order.
    case address([UInt8])

    /// - Throws: `TrustError.name` for everything else: wildcards, underscores, empty labels, an address with a typing
    ///   error (a last label of digits only is no host name, RFC 1123 §2.1).
    package init(_ text: String) throws(TrustError) {
        var text = text
        if text.hasPrefix("["), text.hasSuffix("]") {
            text = String(text.dropFirst().dropLast())
            guard text.contains(":") else { throw .name(text) }
        }
        if let bytes = Self.addressBytes(text) {
            self = .address(bytes)
            return
        }
        var name = text.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...Limits.hostNameBytesMax).contains(name.utf8.count), labels.allSatisfy(Self.isLabel),
            let last = labels.last, !last.utf8.allSatisfy(Self.isDigit)
        else { throw .name(text) }
        self = .dns(name)
    }

    private static func isDigit(_ c: UInt8) -> Bool { c >= 0x30 && c <= 0x39 }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...Limits.hostLabelBytesMax).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { c in isDigit(c) || (c >= 0x61 && c <= 0x7A) || c == 0x2D }
    }

    private static func addressBytes(_ text: String) -> [UInt8]? {
        // inet_pton would stop at a zero byte and take what stands before it.
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        if inet_pton(AF_INET, text, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
        var v6 = in6_addr()
        if inet_pton(AF_INET6, text, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
        return nil
    }

    /// Exact equality with one of a certificate's subject alternative names; a wildcard in the certificate matches
    /// nothing, and the common name is not looked at (RFC 9525 §6).
    func matches(_ name: GeneralName) -> Bool {
        switch (self, name) {
        case (.dns(let host), .dnsName(let pattern)):
            guard !pattern.contains("*"), case .dns(let own)? = try? HostName(pattern) else { return false }
            return own == host
        case (.address(let bytes), .ipAddress(let octets)): return Array(octets.bytes) == bytes
        default: return false
        }
    }

    var generalName: GeneralName {
        switch self {
        case .dns(let name): .dnsName(name)
        case .address(let bytes): .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
        }
    }

    /// What a resolver takes.
    package var dialForm: String { shown(generalName) }

    package var description: String { dialForm }

    /// As it stands in a URL: an IPv6 address in brackets.
    package var urlForm: String {
        if case .address(let bytes) = self, bytes.count == 16 { return "[\(dialForm)]" }
        return dialForm
    }

    /// What server name indication carries: host names only (RFC 6066 §3).
    package var serverName: String? {
        switch self {
        case .dns(let name): name
        case .address: nil
        }
    }
}

/// How a name of a certificate is shown.
func shown(_ name: GeneralName) -> String {
    switch name {
    case .dnsName(let name): return name
    case .ipAddress(let octets):
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let bytes = Array(octets.bytes)
        guard bytes.count == 4 || bytes.count == 16,
            inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil
        else { return "an address of \(bytes.count) bytes" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    case .uniformResourceIdentifier(let uri): return uri
    default: return "another kind of name"
    }
}
