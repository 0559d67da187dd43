/// Bits of bytes, the lowest of each byte first (RFC 1951 §3.1.1).
struct BitReader {
    private let bytes: ArraySlice<UInt8>
    private var next: Int
    /// The lowest `count` bits, at most 63, are held; those above are what comes next, and are read again, or 0.
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: ArraySlice<UInt8>) { (self.bytes, next) = (bytes, bytes.startIndex) }

    /// Afterwards 56 bits are held at least, or all that are left: more than a length and a distance take together.
    @inline(__always) mutating func fill() {
        if bytes.endIndex - next >= 8 {
            let offset = next - bytes.startIndex
            let word = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
            held |= word &<< UInt64(truncatingIfNeeded: count)
            next &+= (63 &- count) &>> 3
            count |= 56
            return
        }
        while count < 56, next < bytes.endIndex {
            held |= UInt64(bytes[next]) &<< UInt64(truncatingIfNeeded: count)
            next += 1
            count += 8
        }
    }

    /// The next `wanted` bits of those that are held, without taking them; 0 stands for those behind the end.
    @inline(__always) func ahead(_ wanted: Int) -> Int { Int(truncatingIfNeeded: held & (1 &<< UInt64(truncatingIfNeeded: wanted) &- 1)) }

    /// Takes bits of those that are held.
    @inline(__always) mutating func skip(_ wanted: Int) throws(InflateError) {
        guard wanted <= count else { throw .cutShort }
        held = held &>> UInt64(truncatingIfNeeded: wanted)
        count &-= wanted
    }

    /// Takes bits of those that are held.
    @inline(__always) mutating func takeHeld(_ wanted: Int) throws(InflateError) -> Int {
        let value = ahead(wanted)
        try skip(wanted)
        return value
    }

    /// - Parameter wanted: 0...32
    mutating func take(_ wanted: Int) throws(InflateError) -> Int {
        if count < wanted { fill() }
        return try takeHeld(wanted)
    }

    /// Leaves the byte that was begun, and gives back those that were read ahead.
    mutating func alignToByte() {
        next -= count / 8
        (held, count) = (0, 0)
    }

    /// Whole bytes, from the beginning of one.
    mutating func takeBytes(_ wanted: Int) throws(InflateError) -> ArraySlice<UInt8> {
        alignToByte()
        guard wanted <= bytes.endIndex - next else { throw .cutShort }
        defer { next += wanted }
        return bytes[next..<(next + wanted)]
    }

    /// How many bytes were taken, with the one that was begun.
    var taken: Int { next - count / 8 - bytes.startIndex }
}
