/// Reads the fields of one protobuf message, which lies in `at..<end` of a file.
///
/// Strict: groups, varints of more than 64 bits, lengths beyond the message and known fields of another wire type are errors.
/// Nothing is allocated by a length that was not compared with the bytes that are there.
/// Source: protobuf.dev, "Encoding".
struct ProtobufReader {
    enum Wire: Int { case varint, fixed64, bytes, groupStart, groupEnd, fixed32 }
    struct Field {
        var number: Int
        var wire: Wire
        /// Of its tag.
        var at: Int
    }

    let bytes: [UInt8]
    private(set) var at: Int
    let end: Int
    /// What is read, in errors.
    let message: String

    init(_ bytes: [UInt8], _ range: Range<Int>, _ message: String) {
        (self.bytes, at, end, self.message) = (bytes, range.lowerBound, range.upperBound, message)
    }

    func malformed(_ problem: String, at: Int? = nil) -> ONNXError { .malformed(at: at ?? self.at, what: message, problem: problem) }

    /// The next field; nil at the message's end. Its value must be read or skipped before the next call.
    mutating func next() throws(ONNXError) -> Field? {
        guard at < end else { return nil }
        let start = at
        let tag = try rawVarint()
        guard tag >> 3 >= 1, tag >> 3 < 1 << 29 else { throw malformed("has a field of the number \(tag >> 3)", at: start) }
        guard let wire = Wire(rawValue: Int(tag & 7)) else { throw malformed("has a field of an unknown wire type", at: start) }
        if wire == .groupStart || wire == .groupEnd { throw malformed("has a group, which ONNX has not", at: start) }
        return Field(number: Int(tag >> 3), wire: wire, at: start)
    }

    mutating func skip(_ field: Field) throws(ONNXError) {
        switch field.wire {
        case .varint: _ = try rawVarint()
        case .fixed64: try advance(8)
        case .fixed32: try advance(4)
        case .bytes, .groupStart, .groupEnd: _ = try range(field)
        }
    }

    mutating func int64(_ field: Field) throws(ONNXError) -> Int64 {
        try expect(.varint, field)
        return Int64(bitPattern: try rawVarint())
    }

    mutating func float(_ field: Field) throws(ONNXError) -> Float {
        try expect(.fixed32, field)
        let start = at
        try advance(4)
        return Float(bitPattern: word(start, UInt32.self))
    }

    /// Where the contents of a field with a length lie.
    mutating func range(_ field: Field) throws(ONNXError) -> Range<Int> {
        try expect(.bytes, field)
        let start = at
        let length = try rawVarint()
        guard length <= UInt64(end - at) else { throw malformed("has a field \(field.number) that is longer than the message", at: start) }
        let range = at..<at + Int(length)
        at = range.upperBound
        return range
    }

    mutating func text(_ field: Field, atMost limit: Int = Limits.nameBytes) throws(ONNXError) -> String {
        let range = try range(field)
        guard range.count <= limit else { throw .tooLarge(what: "bytes in field \(field.number) of \(message) at byte \(field.at)", limit: limit) }
        guard let text = String(validating: bytes[range], as: UTF8.self) else { throw malformed("has a field \(field.number) that is not UTF-8", at: field.at) }
        return text
    }

    /// A message within this one.
    mutating func message(_ field: Field, _ name: String) throws(ONNXError) -> ProtobufReader { ProtobufReader(bytes, try range(field), name) }

    /// Numbers of a repeated field, packed or one.
    mutating func append(_ field: Field, to numbers: inout [Int64], atMost limit: Int = Limits.elements) throws(ONNXError) {
        guard field.wire == .bytes else { return numbers.append(try int64(field)) }
        var inner = ProtobufReader(bytes, try range(field), message)
        while inner.at < inner.end {
            guard numbers.count < limit else { throw .tooLarge(what: "numbers in field \(field.number) of \(message)", limit: limit) }
            numbers.append(Int64(bitPattern: try inner.rawVarint()))
        }
    }

    mutating func append(_ field: Field, to numbers: inout [Float]) throws(ONNXError) {
        guard field.wire == .bytes else { return numbers.append(try float(field)) }
        let range = try range(field)
        guard range.count % 4 == 0 else { throw malformed("has floats that end within one", at: field.at) }
        numbers.append(contentsOf: Self.words(bytes, range) { Float(bitPattern: UInt32(littleEndian: $0)) })
    }

    mutating func append(_ field: Field, to numbers: inout [Double]) throws(ONNXError) {
        if field.wire == .fixed64 {
            let start = at
            try advance(8)
            return numbers.append(Double(bitPattern: word(start, UInt64.self)))
        }
        let range = try range(field)
        guard range.count % 8 == 0 else { throw malformed("has doubles that end within one", at: field.at) }
        numbers.append(contentsOf: Self.words(bytes, range) { Double(bitPattern: UInt64(littleEndian: $0)) })
    }

    /// The numbers that lie in `range`, whose length is a multiple of the word's.
    static func words<Word: FixedWidthInteger, Number>(_ bytes: [UInt8], _ range: Range<Int>, _ number: (Word) -> Number) -> [Number] {
        let size = MemoryLayout<Word>.size
        return bytes.withUnsafeBytes { raw in
            [Number](unsafeUninitializedCapacity: range.count / size) { buffer, count in
                for index in 0..<range.count / size {
                    buffer.initializeElement(at: index, to: number(raw.loadUnaligned(fromByteOffset: range.lowerBound + index * size, as: Word.self)))
                }
                count = range.count / size
            }
        }
    }

    private func expect(_ wire: Wire, _ field: Field) throws(ONNXError) {
        if field.wire != wire { throw malformed("has a field \(field.number) of another wire type", at: field.at) }
    }

    private func word<Word: FixedWidthInteger>(_ start: Int, _: Word.Type) -> Word {
        bytes.withUnsafeBytes { Word(littleEndian: $0.loadUnaligned(fromByteOffset: start, as: Word.self)) }
    }

    private mutating func advance(_ count: Int) throws(ONNXError) {
        guard end - at >= count else { throw malformed("ends within a number") }
        at += count
    }

    private mutating func rawVarint() throws(ONNXError) -> UInt64 {
        let start = at
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while at < end {
            let byte = bytes[at]
            at += 1
            if shift == 63, byte > 1 { throw malformed("has a number of more than 64 bits", at: start) }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
            shift += 7
        }
        throw malformed("ends within a number", at: start)
    }
}
