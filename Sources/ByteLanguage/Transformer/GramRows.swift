internal import Learning

extension TransformerShape {
    /// For each symbol the row of the table of sequences of `length`: the last `length` symbols as digits of a number in base 257, times
    /// 2⁶⁴/φ, its highest bits (Knuth, The Art of Computer Programming 3, section 6.4). Before a text stand boundaries.
    ///
    /// - Parameter before: what stands before the symbols, at least `length` − 1 of them or the whole beginning of the text.
    func gramRows(_ symbols: ArraySlice<Int32>, length: Int, after before: ArraySlice<Int32> = []) -> [Int32] {
        let shift = UInt64(64 - gramRows.trailingZeroBitCount)
        // Of the number only the last digits count: the highest one that is left is taken off.
        var highest: UInt64 = 1
        for _ in 1..<length { highest *= UInt64(Symbol.count) }
        var number: UInt64 = 0
        func push(_ symbol: Int32) { number = number % highest * UInt64(Symbol.count) + UInt64(symbol) }
        for _ in 0..<length { push(Int32(Symbol.boundary)) }
        for symbol in before.suffix(length - 1) { push(symbol) }
        return symbols.map { symbol in
            push(symbol)
            return Int32(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> shift)
        }
    }
}
