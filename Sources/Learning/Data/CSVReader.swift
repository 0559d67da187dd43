/// Lines and fields of a CSV file as ranges of its bytes: a file has many numbers, and a String for each would take
/// longer than the training.
struct CSVReader {
    struct Field {
        var range: Range<Int>
        /// It was quoted and holds doubled quotes.
        var hasEscapes = false
    }

    let bytes: [UInt8]
    /// Of the current line, from 1; empty lines count.
    private(set) var line = 0
    private(set) var fields: [Field] = []
    private var at = 0

    init(_ bytes: [UInt8]) throws(DatasetError) {
        self.bytes = bytes
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { throw .notText(line: 1) }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    /// Goes to the next line that is not empty; false at the end.
    mutating func next() throws(DatasetError) -> Bool {
        while at < bytes.count {
            let start = at
            while at < bytes.count && bytes[at] != 0x0A { at += 1 }
            let content = trimmed(start..<at)
            let length = at - start
            at += 1
            line += 1
            guard length <= Limits.csvLineBytes else { throw .lineTooLong(line: line) }
            if content.isEmpty { continue }
            try split(content)
            return true
        }
        return false
    }

    private mutating func split(_ content: Range<Int>) throws(DatasetError) {
        fields.removeAll(keepingCapacity: true)
        var start = content.lowerBound
        while true {
            var i = start
            while i < content.upperBound && isBlank(bytes[i]) { i += 1 }
            if i < content.upperBound && bytes[i] == UInt8(ascii: "\"") {
                let (field, end) = try quoted(from: i, to: content.upperBound)
                fields.append(field)
                i = end
            } else {
                i = start
                while i < content.upperBound && bytes[i] != UInt8(ascii: ",") { i += 1 }
                fields.append(Field(range: trimmed(start..<i)))
            }
            if i >= content.upperBound { return }
            start = i + 1
        }
    }

    /// A field that begins with the quote at `start`; `end` is where its comma stands, or the line ends.
    private func quoted(from start: Int, to limit: Int) throws(DatasetError) -> (field: Field, end: Int) {
        var field = Field(range: start..<start)
        var i = start + 1
        while i < limit {
            if bytes[i] != UInt8(ascii: "\"") {
                i += 1
            } else if i + 1 < limit && bytes[i + 1] == UInt8(ascii: "\"") {
                field.hasEscapes = true
                i += 2
            } else {
                field.range = (start + 1)..<i
                i += 1
                while i < limit && isBlank(bytes[i]) { i += 1 }
                guard i == limit || bytes[i] == UInt8(ascii: ",") else { throw .quote(line: line, column: fields.count) }
                return (field, i)
            }
        }
        throw .quote(line: line, column: fields.count)
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (lower, upper) = (range.lowerBound, range.upperBound)
        while lower < upper && isBlank(bytes[upper - 1]) { upper -= 1 }
        while lower < upper && isBlank(bytes[lower]) { lower += 1 }
        return lower..<upper
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    // MARK: Values

    func text(_ field: Field) throws(DatasetError) -> String {
        guard let text = String(validating: bytes[field.range], as: UTF8.self) else { throw .notText(line: line) }
        guard field.hasEscapes else { return text }
        var (out, skip) = ("", false)
        for c in text.unicodeScalars {
            if c == "\"" {
                skip.toggle()
                if skip { continue }
            }
            out.unicodeScalars.append(c)
        }
        return out
    }

    func texts() throws(DatasetError) -> [String] {
        var texts: [String] = []
        for field in fields { texts.append(try text(field)) }
        return texts
    }

    func number(_ field: Field) -> Float? { parseNumber(bytes, field.range) }

    /// The words other programs write where a value is missing.
    func isMissing(_ field: Field) -> Bool {
        if field.range.isEmpty { return true }
        guard field.range.count <= 4 else { return false }
        let lower = bytes[field.range].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        return ["na", "n/a", "nan", "null", "none", "?"].contains { lower.elementsEqual($0.utf8) }
    }
}

/// A finite decimal number; nil for anything else, also for the hexadecimal, infinite and NaN forms that Swift reads.
func parseNumber(_ text: String) -> Float? {
    let bytes = Array(text.utf8)
    return parseNumber(bytes, bytes.indices)
}

private func parseNumber(_ bytes: [UInt8], _ range: Range<Int>) -> Float? {
    var i = range.lowerBound
    let end = range.upperBound
    func digit() -> UInt64? {
        guard i < end, (0x30...0x39).contains(bytes[i]) else { return nil }
        return UInt64(bytes[i] - 0x30)
    }
    var isNegative = false
    if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") {
        isNegative = bytes[i] == UInt8(ascii: "-")
        i += 1
    }
    var (mantissa, digits, exponent, isShort) = (UInt64(0), 0, 0, true)
    while let d = digit() {
        if mantissa < 1 << 56 { mantissa = mantissa * 10 + d } else { isShort = false }
        digits += 1
        i += 1
    }
    if i < end && bytes[i] == UInt8(ascii: ".") {
        i += 1
        while let d = digit() {
            if mantissa < 1 << 56 { mantissa = mantissa * 10 + d } else { isShort = false }
            digits += 1
            exponent -= 1
            i += 1
        }
    }
    guard digits > 0 else { return nil }
    if i < end && bytes[i] | 0x20 == UInt8(ascii: "e") {
        isShort = false
        i += 1
        if i < end, bytes[i] == UInt8(ascii: "-") || bytes[i] == UInt8(ascii: "+") { i += 1 }
        guard digit() != nil else { return nil }
        while digit() != nil { i += 1 }
    }
    guard i == end else { return nil }
    // Both operands are exact, so the one division rounds correctly (Clinger 1990).
    if isShort && mantissa <= 1 << 24 && exponent >= -10 {
        let value = Float(mantissa) / powersOfTen[-exponent]
        return isNegative ? -value : value
    }
    guard let value = Float(String(decoding: bytes[range], as: UTF8.self)), value.isFinite else { return nil }
    return value
}

private let powersOfTen: [Float] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
