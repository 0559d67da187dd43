import KernelTable
import TensorKernels
import Testing

@Suite struct EncodeTests {
    /// The twin, one number after the other; its squares are added up in one row.
    private func twin(_ x: [Float], _ random: [UInt32], _ scale: Double, _ clip: Double, _ steps: Double) -> (words: [UInt32], saturated: Int, squares: Double)
    {
        let step = 2 * clip / steps
        var (words, saturated, squares) = ([UInt32](), 0, 0.0)
        for (x, draw) in zip(x, random) {
            let value = Double(x) * scale
            if abs(value) > clip { saturated += 1 }
            let place = min(max((min(max(value, -clip), clip) + clip) / step, 0), steps)
            let below = place.rounded(.down)
            let level = min(below + (Double(draw) * 0x1p-32 < place - below ? 1 : 0), steps)
            words.append(UInt32(level))
            squares += (level * step - clip) * (level * step - clip)
        }
        return (words, saturated, squares)
    }

    @Test(arguments: tables)
    func everyLevelIsTheTwinToTheBit(_ table: KernelTable) {
        var numbers = Numbers(61)
        for bits in [1, 2, 8, 16, 31, 32] {
            let steps = Double(UInt64(1) << UInt64(bits) - 1)
            for (clip, scale) in [(0.25, 1.0), (1, 0.37), (3.7, 1e-3), (1e-20, 1e-21), (1e20, 3)] {
                for count in [0, 1, 7, 16, 53, 160] {
                    let x = (0..<count).map { i in numbers.float() * Float(clip / scale) * (i % 3 == 0 ? 2 : 1) }
                    let random = (0..<count).map { i -> UInt32 in i % 5 == 0 ? 0 : i % 5 == 1 ? .max : UInt32(truncatingIfNeeded: numbers.next()) }
                    let expected = twin(x, random, scale, clip, steps)
                    var (words, squares) = ([UInt32](repeating: 77, count: count + 1), [Double](repeating: 0, count: 16))
                    func encode(_ table: KernelTable) -> Int {
                        unaligned(x) { table.encode(&words, $0, random, count, scale, clip, 2 * clip / steps, steps, &squares) }.result
                    }
                    #expect(encode(table) == expected.saturated)
                    #expect(words.removeLast() == 77, "written beyond the buffer")
                    #expect(words == expected.words, "\(table.level), \(bits) bits, clip \(clip)")
                    #expect(abs(squares.reduce(0, +) - expected.squares) <= expected.squares * 1e-13)
                    // The sums of squares decide what is drawn again, so they are the same at all levels.
                    let here = squares.map(\.bitPattern)
                    squares = [Double](repeating: 0, count: 16)
                    words.append(77)
                    _ = encode(tables[0])
                    #expect(squares.map(\.bitPattern) == here)
                }
            }
        }
    }
}
