/// As databases compare names, byte by byte: Swift takes two spellings of one letter for the same.
func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

/// A primary key whose order and equality are those of the bytes, as in a database, and not those of Unicode.
struct MemoryKey: Hashable, Comparable {
    private var bytes: [UInt8] = []

    init(_ parts: any MemoryKeyPart...) {
        for part in parts { part.append(to: &bytes) }
    }

    static func < (a: MemoryKey, b: MemoryKey) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
}

protocol MemoryKeyPart {
    func append(to bytes: inout [UInt8])
}

extension String: MemoryKeyPart {
    func append(to bytes: inout [UInt8]) { Array(utf8).append(to: &bytes) }
}

extension [UInt8]: MemoryKeyPart {
    /// Ends with two zeros; a zero inside is followed by a one, so that a prefix comes first.
    func append(to bytes: inout [UInt8]) {
        for byte in self {
            bytes.append(byte)
            if byte == 0 { bytes.append(1) }
        }
        bytes += [0, 0]
    }
}

extension Int: MemoryKeyPart {
    func append(to bytes: inout [UInt8]) { Int64(self).append(to: &bytes) }
}

extension Int64: MemoryKeyPart {
    func append(to bytes: inout [UInt8]) {
        let ordered = UInt64(bitPattern: self) ^ (1 << 63)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(truncatingIfNeeded: ordered >> UInt64(shift))) }
    }
}

extension Dictionary where Key == MemoryKey {
    /// Values in the order of their keys.
    var inOrder: [Value] { keys.sorted().compactMap { self[$0] } }
}
