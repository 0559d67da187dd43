// The file: "TNGRAM", a format byte, the order, the trained bytes, and for each order the number of contexts and for each of these the
// difference to the one before, how many bytes followed it less one, these bytes, their counts. Numbers are LEB128.

extension NGramModel {
    private static let magic = Array("TNGRAM".utf8) + [1, UInt8(order)]

    /// Equal models give equal bytes.
    package func encoded() -> [UInt8] {
        var out = Self.magic
        func write(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                out.append(UInt8(truncatingIfNeeded: value) | 0x80)
                value >>= 7
            }
            out.append(UInt8(value))
        }
        write(UInt64(trainedBytes))
        for level in levels {
            write(UInt64(level.contexts.count))
            var last: UInt32 = 0
            for (i, context) in level.contexts.enumerated() {
                let range = Int(level.starts[i])..<Int(level.starts[i + 1])
                write(UInt64(context - last))
                write(UInt64(range.count - 1))
                out += level.symbols[range]
                for count in level.counts[range] { write(UInt64(count)) }
                last = context
            }
        }
        return out
    }

    /// Nothing is allocated that the file has no bytes for.
    package init(decoding bytes: [UInt8]) throws(ByteLanguageError) {
        guard bytes.count <= ByteLanguageLimits.gramFileBytes else { throw .file("it has more than \(ByteLanguageLimits.gramFileBytes) bytes") }
        guard bytes.starts(with: Self.magic) else { throw .file("it does not begin as one") }
        var reader = NumberReader(bytes: bytes, at: Self.magic.count)
        let trained = try reader.number(1...UInt64(ByteLanguageLimits.trainingBytes))
        var levels: [Level] = []
        for length in 0..<Self.order {
            var level = Level()
            let contexts = try reader.number(1...(length == 0 ? 1 : UInt64(ByteLanguageLimits.grams)))
            let highest: UInt64 = (1 << (8 * UInt64(length))) - 1
            var last: UInt64 = 0
            for i in 0..<contexts {
                // Ascending: only the first may be 0.
                let step = try reader.number((i == 0 ? 0 : 1)...UInt64(UInt32.max))
                last += step
                guard last <= highest else { throw .file("a context has more than \(length) bytes") }
                let count = Int(try reader.number(0...255)) + 1
                let symbols = try reader.take(count)
                guard zip(symbols, symbols.dropFirst()).allSatisfy({ $0 < $1 }) else { throw .file("the bytes after a context are not in order") }
                guard level.symbols.count + count <= ByteLanguageLimits.grams else { throw .file("it has too many sequences") }
                level.contexts.append(UInt32(last))
                level.symbols += symbols
                for _ in 0..<count { level.counts.append(UInt32(try reader.number(1...trained))) }
                level.starts.append(UInt32(level.symbols.count))
            }
            levels.append(level)
        }
        guard reader.isAtEnd else { throw .file("something follows its end") }
        self.init(levels: levels, trainedBytes: Int(trained))
    }
}

private struct NumberReader {
    let bytes: [UInt8]
    var at: Int
    var isAtEnd: Bool { at == bytes.count }

    mutating func number(_ range: ClosedRange<UInt64>) throws(ByteLanguageError) -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while true {
            guard at < bytes.count else { throw .file("it ends too early") }
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 {
                guard byte != 0 || shift == 0 else { throw .file("a number is longer than it need be") }
                break
            }
            shift += 7
            guard shift <= 28 else { throw .file("a number is too large") }
        }
        guard range.contains(value) else { throw .file("a number is out of its range") }
        return value
    }

    mutating func take(_ count: Int) throws(ByteLanguageError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - at else { throw .file("it ends too early") }
        defer { at += count }
        return bytes[at..<(at + count)]
    }
}
