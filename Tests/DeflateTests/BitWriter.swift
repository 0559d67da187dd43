/// Makes streams bit by bit, also those that no encoder would.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var count = 0

    /// A number, its lowest bit first.
    mutating func put(_ value: Int, _ bits: Int) {
        for i in 0..<bits {
            if count % 8 == 0 { bytes.append(0) }
            bytes[count / 8] |= UInt8(value >> i & 1) << UInt8(count % 8)
            count += 1
        }
    }

    /// A code, its highest bit first.
    mutating func code(_ value: Int, _ bits: Int) { for i in (0..<bits).reversed() { put(value >> i & 1, 1) } }

    /// The head of a block with codes of its own, every length of 0...15 written with four bits, and no repeats.
    ///
    /// - Parameters:
    ///   - literals: code lengths by symbol, filled up with zeros to 257 at least.
    static func dynamic(literals: [Int: Int], distances: [Int], literalCount: Int = 257) -> BitWriter {
        var writer = BitWriter()
        writer.put(1, 1)
        writer.put(2, 2)
        writer.put(literalCount - 257, 5)
        writer.put(distances.count - 1, 5)
        writer.put(15, 4)
        // Symbols 16, 17 and 18 have no code; the other sixteen have four bits, so a code is its symbol.
        for i in 0..<19 { writer.put(i < 3 ? 0 : 4, 3) }
        for symbol in 0..<literalCount { writer.code(literals[symbol] ?? 0, 4) }
        for length in distances { writer.code(length, 4) }
        return writer
    }
}
