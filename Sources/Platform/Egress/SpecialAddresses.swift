/// Addresses that are not somebody's on the public internet, by the IANA special-purpose registries (RFC 6890 and what has been
/// entered since), and the few public ones at which clouds serve secrets.
enum SpecialAddresses {
    struct Range: Sendable {
        var block: AddressBlock
        var name: String
        /// No operator means these when he allows a block or a host.
        var isNever = false
    }

    private static func range(_ text: String, _ name: String, never: Bool = false) -> Range {
        guard let block = AddressBlock(text) else { preconditionFailure("\(text) is no block") }
        return Range(block: block, name: name, isNever: never)
    }

    /// The narrower before the wider.
    static let ranges: [Range] = [
        range("0.0.0.0/32", "unspecified", never: true), range("0.0.0.0/8", "this network", never: true),
        range("10.0.0.0/8", "private"), range("100.100.100.200/32", "cloud metadata", never: true),
        range("100.64.0.0/10", "shared by carriers (CGNAT)"), range("127.0.0.0/8", "loopback"),
        range("168.63.129.16/32", "cloud metadata", never: true), range("169.254.169.254/32", "cloud metadata", never: true),
        range("169.254.0.0/16", "link-local"), range("172.16.0.0/12", "private"), range("192.0.0.192/32", "cloud metadata", never: true),
        range("192.0.0.0/24", "of IETF protocols"), range("192.0.2.0/24", "documentation"), range("192.88.99.0/24", "6to4 relay"),
        range("192.168.0.0/16", "private"), range("198.18.0.0/15", "benchmarking"), range("198.51.100.0/24", "documentation"),
        range("203.0.113.0/24", "documentation"), range("224.0.0.0/4", "multicast", never: true),
        range("255.255.255.255/32", "broadcast", never: true), range("240.0.0.0/4", "reserved", never: true),

        range("::/128", "unspecified", never: true), range("::1/128", "loopback"),
        range("::/96", "IPv4-compatible", never: true), range("::ffff:0:0:0/96", "IPv4-translated", never: true),
        range("64:ff9b:1::/48", "local NAT64"), range("100::/64", "discard", never: true), range("100:0:0:1::/64", "dummy", never: true),
        range("2001::/32", "Teredo", never: true), range("2001:db8::/32", "documentation"), range("2001::/23", "of IETF protocols"),
        range("2002::/16", "6to4", never: true), range("3fff::/20", "documentation"), range("5f00::/16", "segment routing"),
        range("fd00:ec2::254/128", "cloud metadata", never: true), range("fd20:ce::254/128", "cloud metadata", never: true),
        range("fc00::/7", "unique local"), range("fe80::/10", "link-local"), range("fec0::/10", "site-local"),
        range("ff00::/8", "multicast", never: true),
    ]

    /// All of IPv6 that has been given to anybody on the internet.
    private static let globalUnicast = range("2000::/3", "global unicast").block
    private static let unassigned = range("::/0", "outside global unicast")

    /// The range that keeps an address from being somebody's on the internet; nil: it is.
    static func range(of address: IPAddress) -> Range? {
        if let embedded = address.embedded { return range(of: embedded) }
        if let found = ranges.first(where: { $0.block.contains(address) }) { return found }
        if case .v6 = address, !globalUnicast.contains(address) { return unassigned }
        return nil
    }
}

extension IPAddress {
    private static let carriers = ["::ffff:0:0/96", "64:ff9b::/96"].compactMap { AddressBlock($0) }

    /// The IPv4 address that packets to this one are sent to: IPv4-mapped (RFC 4291 §2.5.5.2) and the well-known prefix of NAT64
    /// (RFC 6052 §2.1). Other embeddings are refused as a whole.
    var embedded: IPAddress? {
        guard case .v6(_, let low) = self, Self.carriers.contains(where: { $0.contains(self) }) else { return nil }
        return .v4(UInt32(truncatingIfNeeded: low))
    }

    var isLoopback: Bool {
        switch self {
        case .v4(let number): number >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1 || embedded?.isLoopback == true
        }
    }
}
