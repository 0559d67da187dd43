import KernelTable
import TensorKernels
import Testing

@Suite struct ConvolutionKernelTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var batch, height, width, channels, size: Int
        var testDescription: String { "\(batch)x\(height)x\(width)x\(channels), \(size)" }
        var count: Int { batch * height * width * channels }
    }
    static let windows = [
        Shape(batch: 1, height: 1, width: 1, channels: 1, size: 1), Shape(batch: 2, height: 4, width: 5, channels: 1, size: 3),
        Shape(batch: 1, height: 3, width: 2, channels: 3, size: 5), Shape(batch: 3, height: 6, width: 7, channels: 5, size: 3),
        Shape(batch: 2, height: 8, width: 8, channels: 16, size: 5), Shape(batch: 1, height: 2, width: 9, channels: 7, size: 7),
    ]
    static let pools = [
        Shape(batch: 1, height: 1, width: 1, channels: 1, size: 1), Shape(batch: 2, height: 4, width: 6, channels: 3, size: 2),
        Shape(batch: 1, height: 7, width: 5, channels: 9, size: 2), Shape(batch: 3, height: 6, width: 9, channels: 2, size: 3),
    ]

    private func windowsTwin(_ x: [Float], _ s: Shape) -> [Float] {
        var out: [Float] = []
        let reach = s.size / 2
        for b in 0..<s.batch {
            for py in 0..<s.height {
                for px in 0..<s.width {
                    for ky in 0..<s.size {
                        for kx in 0..<s.size {
                            for c in 0..<s.channels {
                                let (y, xx) = (py + ky - reach, px + kx - reach)
                                let isInside = y >= 0 && y < s.height && xx >= 0 && xx < s.width
                                out.append(isInside ? x[((b * s.height + y) * s.width + xx) * s.channels + c] : 0)
                            }
                        }
                    }
                }
            }
        }
        return out
    }

    @Test(arguments: tables, windows)
    func windowsAreLaidOut(_ table: KernelTable, _ s: Shape) {
        var numbers = Numbers(21)
        let x = numbers.floats(s.count)
        let expected = windowsTwin(x, s)
        let out = unaligned([Float](repeating: .nan, count: expected.count)) { patches in
            unaligned(x) { table.im2col($0, s.batch, s.height, s.width, s.channels, s.size, patches) }.result
        }.values
        #expect(bits(out) == bits(expected))
    }

    /// ⟨im2col(x), p⟩ = ⟨x, col2im(p)⟩, element by element in Double.
    @Test(arguments: tables, windows)
    func theWayBackIsTheAdjoint(_ table: KernelTable, _ s: Shape) {
        var numbers = Numbers(22)
        let p = numbers.floats(s.count * s.size * s.size)
        let out = unaligned([Float](repeating: .nan, count: s.count)) { x in
            unaligned(p) { table.col2im($0, s.batch, s.height, s.width, s.channels, s.size, x) }.result
        }.values
        for i in 0..<s.count {
            var unit = [Float](repeating: 0, count: s.count)
            unit[i] = 1
            let expected = zip(windowsTwin(unit, s), p).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            #expect(abs(Double(out[i]) - expected) < 1e-5)
        }
    }

    @Test(arguments: tables, pools)
    func poolingChoosesTheLargest(_ table: KernelTable, _ s: Shape) {
        var numbers = Numbers(23)
        // Few values, so that some are equal.
        let x = numbers.floats(s.count).map { ($0 * 4).rounded() }
        let (rows, columns) = (s.height / s.size, s.width / s.size)
        let count = s.batch * rows * columns * s.channels
        var chosen = [Int32](repeating: -1, count: count)
        let y = unaligned([Float](repeating: .nan, count: count)) { y in
            unaligned(x) { table.maxPool($0, s.batch, s.height, s.width, s.channels, s.size, y, &chosen) }.result
        }.values
        let dy = numbers.floats(count)
        let dx = unaligned([Float](repeating: .nan, count: s.count)) { table.maxPoolBackward(dy, chosen, count, $0, s.count) }.values
        var expected = [Float](repeating: 0, count: s.count)
        for i in 0..<count {
            let (c, column) = (i % s.channels, i / s.channels % columns)
            let (row, b) = (i / s.channels / columns % rows, i / s.channels / columns / rows)
            var places: [Int] = []
            for ky in 0..<s.size {
                for kx in 0..<s.size {
                    places.append(((b * s.height + row * s.size + ky) * s.width + column * s.size + kx) * s.channels + c)
                }
            }
            let best = places.map { x[$0] }.max()
            #expect(y[i] == best)
            #expect(Int(chosen[i]) == places.first { x[$0] == best })
            expected[Int(chosen[i])] = dy[i]
        }
        #expect(dx == expected)
    }
}
