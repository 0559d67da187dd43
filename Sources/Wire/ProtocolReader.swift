/// Reads fields of protocol buffers in the order in which `ProtocolWriter` writes them. Whoever asks for a field that is not the next one is
/// told that it has its default value; what is then left over at the end was written in another way, and is for the protocol buffers.
struct ProtocolReader {
    /// This is not in the form that is read here.
    struct Otherwise: Error {}

    private let bytes: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    var left: Int { bytes.count - at }

    /// - Throws: when not all was read.
    func finish() throws(Otherwise) { if left != 0 { throw Otherwise() } }

    /// The field and the kind of what comes next.
    mutating func tag() throws(Otherwise) -> UInt64 { try varint() }

    mutating func number(_ field: UInt8) throws(Otherwise) -> UInt64 { try take(field, 0) ? try varint() : 0 }

    mutating func whole(_ field: UInt8) throws(Otherwise) -> Int {
        guard let whole = UInt32(exactly: try number(field)) else { throw Otherwise() }
        return Int(whole)
    }

    mutating func numberIfPresent(_ field: UInt8) throws(Otherwise) -> UInt64? { try take(field, 0) ? try varint() : nil }

    mutating func flag(_ field: UInt8) throws(Otherwise) -> Bool {
        let value = try number(field)
        guard value <= 1 else { throw Otherwise() }
        return value == 1
    }

    mutating func fixed(_ field: UInt8) throws(Otherwise) -> UInt64 { try take(field, 1) ? try raw(UInt64.self) : 0 }

    mutating func double(_ field: UInt8) throws(Otherwise) -> Double { Double(bitPattern: try fixed(field)) }

    mutating func doubleIfPresent(_ field: UInt8) throws(Otherwise) -> Double? {
        try take(field, 1) ? Double(bitPattern: try raw(UInt64.self)) : nil
    }

    mutating func float(_ field: UInt8) throws(Otherwise) -> Float { Float(bitPattern: try take(field, 5) ? try raw(UInt32.self) : 0) }

    mutating func text(_ field: UInt8) throws(Otherwise) -> String { try textIfPresent(field) ?? "" }

    mutating func textIfPresent(_ field: UInt8) throws(Otherwise) -> String? {
        guard try take(field, 2) else { return nil }
        let part = try part()
        // Nearly all are; of what is ASCII nothing has to be validated.
        if part.allSatisfy({ $0 < 0x80 }) { return String(decoding: part, as: UTF8.self) }
        guard let text = String(validating: part, as: UTF8.self) else { throw Otherwise() }
        return text
    }

    mutating func data(_ field: UInt8) throws(Otherwise) -> [UInt8] { try take(field, 2) ? Array(try part()) : [] }

    mutating func messageIfPresent(_ field: UInt8) throws(Otherwise) -> ProtocolReader? { try take(field, 2) ? ProtocolReader(try part()) : nil }

    /// What stands behind its length.
    mutating func part() throws(Otherwise) -> UnsafeBufferPointer<UInt8> {
        let length = try varint()
        guard length <= UInt64(left) else { throw Otherwise() }
        let begin = at
        at += Int(length)
        return UnsafeBufferPointer(rebasing: bytes[begin..<at])
    }

    /// Fields of messages inside the envelope have tags of one byte: their numbers are below 16.
    private mutating func take(_ field: UInt8, _ kind: UInt8) throws(Otherwise) -> Bool {
        guard at < bytes.count, bytes[at] == field << 3 | kind else { return false }
        at += 1
        return true
    }

    /// At most five bytes long.
    private mutating func varint() throws(Otherwise) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard at < bytes.count else { throw Otherwise() }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Otherwise()
    }

    private mutating func raw<Number: FixedWidthInteger>(_ type: Number.Type) throws(Otherwise) -> Number {
        let size = MemoryLayout<Number>.size
        guard left >= size else { throw Otherwise() }
        var value = Number(0)
        for i in 0..<size { value |= Number(truncatingIfNeeded: bytes[at + i]) << Number(8 * i) }
        at += size
        return value
    }
}
