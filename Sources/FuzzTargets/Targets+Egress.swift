internal import Foundation
internal import Platform

extension FuzzTarget {
    static let platform = [egress, accessToken, auditExport, telemetry, requests]

    private static let open = EgressPolicy(allowsLoopback: false)
    private static let local = EgressPolicy(allowsLoopback: true)

    static let egress = FuzzTarget(
        "egress", feeds: "URLs and addresses that the coordinator is asked to connect to", maximumBytes: 512, share: 0.5,
        words: [
            "https://", "http://", "@", "#", "[", "]", "::ffff:", "64:ff9b::", "2002:", "127.0.0.1", "0x7f", "0177", "2130706433", "169.254.169.254",
            "localhost",
            ".localhost", ":443", ":8443", "%00", "%2e", "\\", "/../", "?", "0", "1.", ".", "fe80::1%eth0", "::1", "xn--", "10.0.0.0/8", "/96",
        ],
        seeds: {
            [
                Seed("name", "https://hooks.example.org/tutti?x=1"), Seed("port", "https://hooks.example.org:8443/"), Seed("v4", "https://93.184.215.14/"),
                Seed("v6", "https://[2606:2800:21f::1]/a"), Seed("mapped", "https://[::ffff:93.184.215.14]/"), Seed("nat64", "https://[64:ff9b::5db8:d70e]/"),
                Seed("mapped-loopback", "https://[::ffff:7f00:1]/"), Seed("nat64-private", "https://[64:ff9b::10.0.0.1]/"),
                Seed("decimal", "https://2130706433/"), Seed("hexadecimal", "https://0x7f.0.0.1/"), Seed("octal", "https://0177.0.0.01/"),
                Seed("short", "https://127.1/"), Seed("dot", "https://127.0.0.1./"), Seed("localhost", "http://localhost:9000/hook"),
                Seed("user", "https://a@169.254.169.254/"), Seed("block", "10.0.0.0/8"), Seed("domain", ".example.org"),
            ]
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            try addresses(text)
            do throws(EgressError) { _ = try EgressPolicy.Allowance(text) } catch { try expectShort(error, atMost: 1000) }
            for policy in [open, local] {
                let url: EgressURL
                do throws(EgressError) { url = try policy.check(text) } catch {
                    try expectShort(error, atMost: 1000)
                    continue
                }
                try accepted(url, staysHere: policy.allowsLoopback)
                try expect(try policy.check(text) == url, "it is read in two ways")
                try expect(try policy.check("\(url.scheme.rawValue)://\(url.authority)\(url.target)") == url, "what was read is written as another URL")
            }
        })

    /// What is told apart from the product's own tables: the system's reading of the host, and a list of what is nobody's on the internet.
    private static func accepted(_ url: EgressURL, staysHere: Bool) throws {
        let host = url.hostText
        try expect(url.target.hasPrefix("/") && !url.target.utf8.contains { $0 <= 0x20 || $0 >= 0x7F }, "a target that breaks a line")
        try expect(!host.utf8.contains { $0 <= 0x20 || $0 >= 0x7F } && !host.contains("@") && !host.contains("/"), "a host that is none")
        let isHere = staysHere && (host == "localhost" || host.hasSuffix(".localhost"))
        if isHere { return }
        guard let read = system(host) else {
            guard case .name = url.host else { throw FuzzFailure("the system reads no address in \(host)") }
            return try expect(url.scheme == .https, "a name without TLS")
        }
        guard case .address = url.host else { throw FuzzFailure("\(host) is taken for a name, and the system reads an address in it") }
        if staysHere, isLoopback(read) { return }
        try expect(url.scheme == .https && [443, 8443].contains(url.port), "another scheme or port than is allowed")
        try expect(isPublic(read), "\(host) is no public address")
    }

    /// The bytes of an address, however the system lets it be written; nil: it is a name.
    private static func system(_ host: String) -> [UInt8]? {
        var v6 = in6_addr()
        if inet_pton(AF_INET6, host, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
        var v4 = in_addr()
        if inet_aton(host, &v4) != 0 { return withUnsafeBytes(of: v4) { Array($0) } }
        return nil
    }

    private static func isLoopback(_ address: [UInt8]) -> Bool {
        if address.count == 4 { return address[0] == 127 }
        return address == [UInt8](repeating: 0, count: 15) + [1] || carried(address).map(isLoopback) ?? false
    }

    /// The IPv4 address in ::ffff:0:0/96 and 64:ff9b::/96.
    private static func carried(_ address: [UInt8]) -> [UInt8]? {
        let zeros = [UInt8](repeating: 0, count: 8)
        guard address.starts(with: zeros + [0, 0, 0xFF, 0xFF]) || address.starts(with: [0, 0x64, 0xFF, 0x9B] + zeros) else { return nil }
        return Array(address.suffix(4))
    }

    private static func isPublic(_ address: [UInt8]) -> Bool {
        guard address.count == 4 else {
            if let carried = carried(address) { return isPublic(carried) }
            let groups = stride(from: 0, to: 16, by: 2).map { Int(address[$0]) << 8 | Int(address[$0 + 1]) }
            switch (groups[0], groups[1]) {
            case (0x2001, 0..<0x200), (0x2001, 0xDB8), (0x2002, _), (0x3FFF, 0..<0x1000): return false
            default: return groups[0] >> 13 == 1
            }
        }
        switch (address[0], address[1], address[2], address[3]) {
        case (0, _, _, _), (10, _, _, _), (127, _, _, _), (224..., _, _, _): return false
        case (100, 64..<128, _, _), (169, 254, _, _), (172, 16..<32, _, _), (192, 168, _, _), (198, 18...19, _, _): return false
        case (192, 0, 0, _), (192, 0, 2, _), (192, 88, 99, _), (198, 51, 100, _), (203, 0, 113, _), (168, 63, 129, 16): return false
        default: return true
        }
    }

    private static func addresses(_ text: String) throws {
        // The C functions read to the first zero byte.
        guard !text.utf8.contains(0) else { return try expect(IPAddress(text) == nil, "an address with a zero byte") }
        var (v4, v6) = (in_addr(), in6_addr())
        let (isV4, isV6) = (inet_pton(AF_INET, text, &v4) == 1, inet_pton(AF_INET6, text, &v6) == 1)
        guard let address = IPAddress(text) else { return try expect(!isV4 && !isV6, "an address that the system reads is none here") }
        try expect(IPAddress(address.description) == address, "an address is read back as another")
        switch address {
        case .v4(let number): try expect(isV4 && number == UInt32(bigEndian: v4.s_addr), "the system reads another IPv4 address")
        case .v6(let high, let low):
            let bytes = withUnsafeBytes(of: v6) { Array($0) }
            func half(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
            try expect(isV6 && high == half(bytes[..<8]) && low == half(bytes[8...]), "the system reads another IPv6 address")
        }
        if let block = AddressBlock(text) { try expect(block.contains(address), "a block without its own address") }
    }
}
