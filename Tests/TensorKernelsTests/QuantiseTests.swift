import KernelTable
import TensorKernels
import Testing

@Suite struct QuantiseTests {
    /// The twin: floor, then up where the fraction exceeds the draw.
    private func twin(_ x: Float, _ draw: UInt32, _ clip: Float, _ bits: Int) -> UInt32 {
        let top = Double(UInt64(1) << UInt64(bits) - 1)
        let scaled = min((Double(min(max(x, -clip), clip)) + Double(clip)) * (top / (2 * Double(clip))), top)
        let whole = scaled.rounded(.down)
        return UInt32(whole) + ((scaled - whole) * 0x1p32 > Double(draw) ? 1 : 0)
    }

    private func quantised(_ table: KernelTable, _ x: [Float], _ random: [UInt32], _ clip: Float, _ bits: Int) -> (words: [UInt32], saturated: Int) {
        var words = [UInt32](repeating: 77, count: x.count + 1)
        let saturated = unaligned(x) { table.quantise(&words, $0, random, x.count, clip, bits) }.result
        #expect(words.removeLast() == 77, "written beyond the buffer")
        return (words, saturated)
    }

    @Test(arguments: tables)
    func everyLevelIsTheTwin(_ table: KernelTable) {
        var numbers = Numbers(41)
        for bits in [1, 2, 8, 15, 16, 24, 31, 32] {
            for clip in [0.25, 1, 3.7, 1e-20, 1e20] as [Float] {
                for count in [0, 1, 7, 16, 53] {
                    let x = (0..<count).map { i -> Float in
                        switch i % 7 {
                        case 0: clip
                        case 1: -clip
                        case 2: 2 * clip
                        case 3: -1.0001 * clip
                        case 4: 0
                        default: numbers.float() * clip
                        }
                    }
                    let random = (0..<count).map { i -> UInt32 in i % 5 == 0 ? 0 : i % 5 == 1 ? .max : UInt32(truncatingIfNeeded: numbers.next()) }
                    let result = quantised(table, x, random, clip, bits)
                    #expect(result.words == zip(x, random).map { twin($0, $1, clip, bits) }, "\(table.level), \(bits) bits, clip \(clip)")
                    #expect(result.saturated == x.filter { abs($0) > clip }.count)
                    if bits < 32 { #expect(result.words.allSatisfy { $0 < 1 << UInt32(bits) }) }
                }
            }
        }
    }

    /// The edges of the clip are the lowest and the highest number, whatever the draw, and go back to themselves.
    @Test(arguments: tables)
    func theEdgesAreExact(_ table: KernelTable) {
        let clip: Float = 1.7
        let x = [Float](repeating: -clip, count: 9) + [Float](repeating: clip, count: 9)
        for bits in [1, 8, 16, 32] {
            let top = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(bits) - 1)
            for draw in [0, 1, UInt32.max] {
                let words = quantised(table, x, [UInt32](repeating: draw, count: 18), clip, bits).words
                #expect(words == [UInt32](repeating: 0, count: 9) + [UInt32](repeating: top, count: 9))
                let back = unaligned([Float](repeating: .nan, count: 18)) { table.dequantise($0, words, 18, clip, bits, 1) }.values
                #expect(back == x)
            }
        }
    }

    /// The chance of the upper neighbour is the fraction, to within 2^-32: counted over draws that are spread evenly.
    @Test(arguments: tables)
    func evenDrawsGiveTheExactExpectation(_ table: KernelTable) {
        let draws = (0..<4096).map { UInt32($0) << 20 }
        for (x, bits) in [(0.3, 8), (-0.77, 12), (0.001, 16), (0.999, 20)] as [(Float, Int)] {
            let words = quantised(table, [Float](repeating: x, count: 4096), draws, 1, bits).words
            let exact = (Double(x) + 1) * Double(1 << bits - 1) / 2
            let mean = words.reduce(0.0) { $0 + Double($1) } / 4096
            #expect(abs(mean - exact) <= 1.0 / 4096, "\(x) in \(bits) bits: \(mean) for \(exact)")
            #expect(Set(words).isSubset(of: [UInt32(exact.rounded(.down)), UInt32(exact.rounded(.down)) + 1]))
        }
    }

    /// With random draws the mean of N comes out within five standard deviations, at most 0.5/√N each.
    @Test(arguments: tables)
    func randomDrawsAreUnbiased(_ table: KernelTable) {
        var numbers = Numbers(43)
        let count = 40_000
        for x in [0.123456, -0.5, 0.987, -0.001] as [Float] {
            let random = (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
            let words = quantised(table, [Float](repeating: x, count: count), random, 1, 8).words
            let exact = (Double(x) + 1) * 255 / 2
            let mean = words.reduce(0.0) { $0 + Double($1) } / Double(count)
            #expect(abs(mean - exact) <= 5 * 0.5 / Double(count).squareRoot(), "\(x): \(mean) for \(exact)")
        }
    }

    /// A sum of n quantised vectors goes back to their mean, to within a step.
    @Test(arguments: tables)
    func aSumGoesBackToTheMean(_ table: KernelTable) {
        var numbers = Numbers(47)
        let (n, count, bits) = (10, 61, 16)
        var sums = [UInt32](repeating: 0, count: count)
        var means = [Double](repeating: 0, count: count)
        for _ in 0..<n {
            let x = numbers.floats(count)
            let words = quantised(table, x, (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }, 1, bits).words
            for j in 0..<count {
                sums[j] += words[j]
                means[j] += Double(x[j]) / Double(n)
            }
        }
        let back = unaligned([Float](repeating: .nan, count: count)) { table.dequantise($0, sums, count, 1, bits, n) }.values
        for j in 0..<count {
            #expect(abs(Double(back[j]) - means[j]) <= 2.0 / 65535 + 1e-7)
            #expect(back[j] == Float(Double(sums[j]) * (2 / (65535 * Double(n))) - 1), "\(table.level)")
        }
    }

    @Test(arguments: tables)
    func wordsAreAddedAndTakenOff(_ table: KernelTable) {
        var numbers = Numbers(53)
        for count in sizes {
            let (a, b) = (
                (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }, (0..<count).map { _ in UInt32(truncatingIfNeeded: numbers.next()) }
            )
            var sum = a
            table.addWords(&sum, b, count, false)
            #expect(sum == zip(a, b).map { $0 &+ $1 })
            table.addWords(&sum, b, count, true)
            #expect(sum == a)
        }
    }
}
