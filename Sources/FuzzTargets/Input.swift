/// An input whose first bytes choose among options; the rest is what is decoded.
struct Input {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// 0 to 255; 0 when nothing is left.
    mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

    mutating func choice<Value>(_ values: [Value]) -> Value { values[byte() % values.count] }

    /// Two bytes of length, then so many bytes, or what there is.
    mutating func part() -> [UInt8] {
        let count = min(byte() | byte() << 8, rest.count)
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    var bytes: [UInt8] { Array(rest) }
    var text: String { String(decoding: rest, as: UTF8.self) }

    /// As `part` reads it.
    static func part(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count & 255), UInt8(bytes.count >> 8)] + bytes }
}
