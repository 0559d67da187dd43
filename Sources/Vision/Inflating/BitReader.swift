/// Bits of bytes, the lowest of each byte first (RFC 1951 §3.1.1).
struct BitReader {
    private let bytes: [UInt8]
    private var next: Int
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: [UInt8], from start: Int) { (self.bytes, next) = (bytes, start) }

    private mutating func fill() {
        while count <= 56, next < bytes.count {
            held |= UInt64(bytes[next]) << UInt64(count)
            next += 1
            count += 8
        }
    }

    /// The next `wanted` bits, without taking them; 0 stands for those behind the end.
    mutating func peek(_ wanted: Int) -> Int {
        if count < wanted { fill() }
        return Int(held & ((1 << UInt64(wanted)) - 1))
    }

    /// - Parameter wanted: 0...16
    mutating func skip(_ wanted: Int) throws(ImageError) {
        if count < wanted { fill() }
        guard count >= wanted else { throw .cutShort }
        held >>= UInt64(wanted)
        count -= wanted
    }

    mutating func take(_ wanted: Int) throws(ImageError) -> Int {
        let value = peek(wanted)
        try skip(wanted)
        return value
    }

    mutating func alignToByte() throws(ImageError) { try skip(count % 8) }

    /// Nothing is left but bits of the byte that was begun.
    var isAtEnd: Bool { next == bytes.count && count < 8 }
}

extension ImageError {
    static let cutShort = ImageError.damaged("its compressed data are cut short")
}
