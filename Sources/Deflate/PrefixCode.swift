/// A canonical Huffman code (RFC 1951 §3.2.2). Short codes are found in a table, the others by counting lengths: a table for all of them would
/// cost more to make than a small block costs to read.
struct PrefixCode {
    private static let tableBits = 10
    private static let longest = 15
    /// By the next ten bits: symbol · 16 + length; 0: the code is longer, or there is none.
    private var table = [UInt16](repeating: 0, count: 1 << tableBits)
    private var counts = [Int](repeating: 0, count: longest + 1)
    private var symbols: [UInt16]

    /// - Parameters:
    ///   - lengths: of each symbol's code, 0...15; 0: it has none.
    ///   - mayBeSingle: whether one code of one bit is taken, and none at all. All others must use up every bit pattern.
    /// - Throws: where codes of these lengths are ambiguous, or bits are left that mean nothing.
    init(lengths: ArraySlice<UInt8>, mayBeSingle: Bool) throws(InflateError) {
        for length in lengths { counts[Int(length)] += 1 }
        counts[0] = 0
        var left = 1
        for length in 1...Self.longest {
            left = 2 * left - counts[length]
            guard left >= 0 else { throw .malformed(.oversubscribed) }
        }
        let used = counts.reduce(0, +)
        guard left == 0 || (mayBeSingle && (used == 0 || (used == 1 && counts[1] == 1))) else { throw .malformed(.incomplete) }
        var (offsets, codes) = ([Int](repeating: 0, count: Self.longest + 2), [Int](repeating: 0, count: Self.longest + 2))
        for length in 1...Self.longest {
            offsets[length + 1] = offsets[length] + counts[length]
            codes[length + 1] = (codes[length] + counts[length]) << 1
        }
        symbols = [UInt16](repeating: 0, count: used)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let length = Int(length)
            symbols[offsets[length]] = UInt16(symbol)
            offsets[length] += 1
            if length <= Self.tableBits {
                // Codes come highest bit first.
                var (code, reversed) = (codes[length], 0)
                for _ in 0..<length {
                    reversed = reversed << 1 | code & 1
                    code >>= 1
                }
                for slot in stride(from: reversed, to: table.count, by: 1 << length) { table[slot] = UInt16(symbol << 4 | length) }
            }
            codes[length] += 1
        }
    }

    /// Takes it of the bits that are held.
    @inline(__always) func next(_ bits: inout BitReader) throws(InflateError) -> Int {
        let entry = Int(table[bits.ahead(Self.tableBits)])
        guard entry != 0 else { return try long(&bits) }
        try bits.skip(entry & 15)
        return entry >> 4
    }

    @inline(never) private func long(_ bits: inout BitReader) throws(InflateError) -> Int {
        let ahead = bits.ahead(Self.longest)
        var (code, first, index) = (0, 0, 0)
        for length in 1...Self.longest {
            code |= ahead >> (length - 1) & 1
            let count = counts[length]
            if code - count < first {
                try bits.skip(length)
                return Int(symbols[index + code - first])
            }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw .malformed(.code)
    }
}
