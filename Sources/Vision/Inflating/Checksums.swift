/// RFC 1950 §9.
struct Adler32 {
    private static let prime: UInt32 = 65_521
    private var (a, b): (UInt32, UInt32) = (1, 0)

    var value: UInt32 { b << 16 | a }

    mutating func add(_ bytes: ArraySlice<UInt8>) {
        var start = bytes.startIndex
        // So many bytes cannot make 32 bits overflow.
        while start < bytes.endIndex {
            let end = min(start + 5552, bytes.endIndex)
            for i in start..<end {
                a += UInt32(bytes[i])
                b += a
            }
            a %= Self.prime
            b %= Self.prime
            start = end
        }
    }
}

/// PNG, third edition, Annex D.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        table.withUnsafeBufferPointer { table in
            var crc: UInt32 = 0xFFFF_FFFF
            for byte in bytes { crc = table[Int((crc ^ UInt32(byte)) & 0xFF)] ^ (crc >> 8) }
            return crc ^ 0xFFFF_FFFF
        }
    }
}
