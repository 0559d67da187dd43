/// RFC 1950 §9.
package struct Adler32: Sendable {
    private static let prime: UInt32 = 65_521
    private var (a, b): (UInt32, UInt32) = (1, 0)

    package init() {}

    package var value: UInt32 { b << 16 | a }

    package mutating func add(_ bytes: ArraySlice<UInt8>) {
        var start = bytes.startIndex
        // So many bytes cannot make 32 bits overflow.
        while start < bytes.endIndex {
            let end = min(start + 5552, bytes.endIndex)
            for i in start..<end {
                a &+= UInt32(bytes[i])
                b &+= a
            }
            a %= Self.prime
            b %= Self.prime
            start = end
        }
    }
}

/// The CRC-32 of zip, gzip and PNG (RFC 1952 §8).
package struct CRC32: Sendable {
    /// Four tables: a byte's effect when none, one, two or three more bytes follow it (Kounavis and Berry 2005).
    private static let tables: [UInt32] = {
        var tables: [UInt32] = (0..<256).map { (byte: UInt32) -> UInt32 in
            (0..<8).reduce(byte) { (crc: UInt32, _) -> UInt32 in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
        }
        for i in 0..<768 {
            let before = tables[i]
            tables.append((before >> 8) ^ tables[Int(before & 0xFF)])
        }
        return tables
    }()
    private var crc: UInt32 = 0xFFFF_FFFF

    package init() {}

    package var value: UInt32 { crc ^ 0xFFFF_FFFF }

    package mutating func add(_ bytes: ArraySlice<UInt8>) {
        let tables = Self.tables
        var (crc, at) = (crc, bytes.startIndex)
        while bytes.endIndex - at >= 4 {
            let (low, high) = (UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8, UInt32(bytes[at + 2]) | UInt32(bytes[at + 3]) << 8)
            let word = crc ^ (low | high << 16)
            let first = tables[768 + Int(word & 0xFF)] ^ tables[512 + Int(word >> 8 & 0xFF)]
            crc = first ^ tables[256 + Int(word >> 16 & 0xFF)] ^ tables[Int(word >> 24)]
            at += 4
        }
        for byte in bytes[at...] { crc = tables[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
        self.crc = crc
    }

    package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = CRC32()
        crc.add(bytes)
        return crc.value
    }
}
