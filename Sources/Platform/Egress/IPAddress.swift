/// An IPv4 or IPv6 address as a number.
package enum IPAddress: Sendable, Hashable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// Strict: four decimal numbers without leading zeros, or RFC 4291 §2.2. Zone ids, brackets and blanks are no part of an
    /// address.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        if let number = Self.dotted(bytes[...]) {
            self = .v4(number)
        } else if let groups = Self.groups(bytes) {
            func half(_ part: ArraySlice<UInt16>) -> UInt64 { part.reduce(0) { $0 << 16 | UInt64($1) } }
            self = .v6(high: half(groups[..<4]), low: half(groups[4...]))
        } else {
            return nil
        }
    }

    private static func dotted(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), part.count == 1 || part.first != 0x30 else { return nil }
            let value = part.reduce(0) { $0 * 10 + UInt32($1 - 0x30) }
            guard value < 256 else { return nil }
            number = number << 8 | value
        }
        return number
    }

    private static func groups(_ bytes: [UInt8]) -> [UInt16]? {
        guard (2...45).contains(bytes.count) else { return nil }
        let colon = UInt8(ascii: ":")
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == colon && bytes[$0 + 1] == colon }) else {
            let all = run(bytes[...], isLast: true)
            return all?.count == 8 ? all : nil
        }
        guard let front = run(bytes[..<gap], isLast: false), let back = run(bytes[(gap + 2)...], isLast: true), front.count + back.count <= 7 else {
            return nil
        }
        return front + [UInt16](repeating: 0, count: 8 - front.count - back.count) + back
    }

    /// Groups between colons; the last two may be written as an IPv4 address.
    private static func run(_ bytes: ArraySlice<UInt8>, isLast: Bool) -> [UInt16]? {
        guard !bytes.isEmpty else { return [] }
        var groups: [UInt16] = []
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if isLast, index == parts.count - 1, let number = dotted(part) {
                groups += [UInt16(number >> 16), UInt16(number & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.count), let text = String(validating: part, as: UTF8.self), !text.hasPrefix("+"), !text.hasPrefix("-"),
                let value = UInt16(text, radix: 16)
            else { return nil }
            groups.append(value)
        }
        return groups.count <= 8 ? groups : nil
    }
}

extension IPAddress: CustomStringConvertible {
    private var groups: [UInt16] {
        switch self {
        case .v4: []
        case .v6(let high, let low):
            [high, low].flatMap { half in [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: half >> UInt64($0)) } }
        }
    }

    /// As RFC 5952 writes it.
    package var description: String {
        if case .v4(let number) = self { return [24, 16, 8, 0].map { "\(number >> UInt32($0) & 255)" }.joined(separator: ".") }
        let groups = self.groups
        // The longest run of two zeros or more is left out, the first of equals.
        var gap = 0..<0
        var start = 0
        for index in 0...8 where index == 8 || groups[index] != 0 {
            if index - start > max(1, gap.count) { gap = start..<index }
            start = index + 1
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        return gap.isEmpty ? text(groups[...]) : text(groups[..<gap.lowerBound]) + "::" + text(groups[gap.upperBound...])
    }
}

/// A block of addresses in CIDR notation.
package struct AddressBlock: Sendable, Hashable, CustomStringConvertible {
    private let first: IPAddress
    private let bits: Int

    /// `10.0.0.0/8`, `fd00::/8`; an address alone is a block of one.
    /// - Returns: nil also when bits behind the prefix are set: that is somebody's mistake.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        let width = if case .v4 = address { 32 } else { 128 }
        var bits = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(parts[1]), number <= width else { return nil }
            bits = number
        }
        guard Self.masked(address, bits) == address else { return nil }
        (first, self.bits) = (address, bits)
    }

    package func contains(_ address: IPAddress) -> Bool { Self.masked(address, bits) == first }

    /// - Returns: the address with the bits behind the prefix cleared. Of the other family it is never equal.
    private static func masked(_ address: IPAddress, _ bits: Int) -> IPAddress {
        func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : bits >= 64 ? .max : ~(.max >> UInt64(bits)) }
        switch address {
        case .v4(let number): return .v4(bits >= 32 ? number : UInt32(truncatingIfNeeded: UInt64(number) & (mask(bits + 32))))
        case .v6(let high, let low): return .v6(high: high & mask(bits), low: low & mask(bits - 64))
        }
    }

    package var description: String { "\(first)/\(bits)" }
}
