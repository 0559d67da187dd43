/// Reads from the front; nil beyond the end, and nothing is moved then.
struct ByteCursor {
    private let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, position) = (bytes, bytes.startIndex) }

    var left: Int { bytes.endIndex - position }
    var rest: ArraySlice<UInt8> { bytes[position...] }

    func peek() -> UInt8? { left > 0 ? bytes[position] : nil }

    mutating func byte() -> UInt8? {
        guard left > 0 else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= left else { return nil }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func take(_ count: UInt64?) -> ArraySlice<UInt8>? { count.flatMap { Int(exactly: $0) }.flatMap { take($0) } }

    /// - Parameter width: up to 8 bytes.
    mutating func little(_ width: Int) -> UInt64? {
        guard let bytes = take(width) else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Without its line feed; at most `lineBytes`.
    mutating func line() -> ArraySlice<UInt8>? {
        let window = bytes[position..<min(bytes.endIndex, position + ScanLimits.lineBytes)]
        guard let end = window.firstIndex(of: 0x0A) else { return nil }
        defer { position = end + 1 }
        return bytes[position..<end]
    }

    /// A number of protobuf, up to ten bytes.
    mutating func varint() -> UInt64? {
        var (value, at): (UInt64, Int) = (0, position)
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard at < bytes.endIndex else { return nil }
            let byte = bytes[at]
            at += 1
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                position = at
                return value
            }
        }
        return nil
    }
}

/// `width` bytes at `offset`, little-endian; nil outside.
func little(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ width: Int) -> UInt64? {
    guard offset >= bytes.startIndex, width <= bytes.endIndex - offset else { return nil }
    return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
