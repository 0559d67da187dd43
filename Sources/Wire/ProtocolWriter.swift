/// Writes fields of protocol buffers (protobuf.dev/programming-guides/encoding) in the order in which it is called. As in proto3, what has
/// its default value is left out; what has to be said all the same has a function of its own.
struct ProtocolWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func number(_ field: UInt8, _ value: UInt64) {
        if value != 0 { present(field, value) }
    }

    mutating func number(_ field: UInt8, clamping value: Int) { number(field, UInt64(UInt32(clamping: value))) }

    /// Also where it is 0.
    mutating func present(_ field: UInt8, _ value: UInt64) {
        tag(field, .number)
        varint(value)
    }

    mutating func fixed(_ field: UInt8, _ value: UInt64) {
        guard value != 0 else { return }
        tag(field, .eight)
        append(value)
    }

    mutating func double(_ field: UInt8, _ value: Double) { fixed(field, value.bitPattern) }

    /// Also where it is 0.
    mutating func present(_ field: UInt8, _ value: Double) {
        tag(field, .eight)
        append(value.bitPattern)
    }

    mutating func float(_ field: UInt8, _ value: Float) {
        guard value.bitPattern != 0 else { return }
        tag(field, .four)
        append(value.bitPattern)
    }

    mutating func text(_ field: UInt8, _ value: String) {
        if !value.isEmpty { present(field, value) }
    }

    /// Also where it is empty.
    mutating func present(_ field: UInt8, _ value: String) {
        tag(field, .part)
        var value = value
        value.withUTF8 { text in
            varint(UInt64(text.count))
            bytes.append(contentsOf: text)
        }
    }

    mutating func data(_ field: UInt8, _ value: [UInt8]) {
        guard !value.isEmpty else { return }
        tag(field, .part)
        varint(UInt64(value.count))
        bytes += value
    }

    /// A message within this one; also where it is empty.
    mutating func message(_ field: UInt8, _ write: (inout ProtocolWriter) -> Void) {
        tag(field, .part)
        let length = bytes.count
        // Nearly all are shorter than what one byte can say.
        bytes.append(0)
        write(&self)
        var rest = bytes.count - length - 1
        var at = length
        while rest >= 0x80 {
            bytes[at] = UInt8(truncatingIfNeeded: rest) | 0x80
            rest >>= 7
            at += 1
            bytes.insert(0, at: at)
        }
        bytes[at] = UInt8(rest)
    }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private enum Kind: UInt64 { case number = 0, eight = 1, part = 2, four = 5 }

    private mutating func tag(_ field: UInt8, _ kind: Kind) { varint(UInt64(field) << 3 | kind.rawValue) }

    private mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
