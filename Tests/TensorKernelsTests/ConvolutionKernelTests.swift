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

    /// Windows times weights, plus bias, from padded images: against the twin's windows in Double.
    @Test(arguments: tables, windows + [Shape(batch: 2, height: 5, width: 29, channels: 2, size: 3)])
    func aConvolutionFromPaddedImagesIsThatOfTheWindows(_ table: KernelTable, _ s: Shape) {
        var numbers = Numbers(24)
        let (x, reach, window) = (numbers.floats(s.count), s.size / 2, s.size * s.size * s.channels)
        let padded = padded(table, x, s)
        #expect(padded.count == s.batch * (s.height + 2 * reach) * (s.width + 2 * reach) * s.channels)
        let windows = windowsTwin(x, s)
        for outputs in [1, 3, 10, 16, 17, 32, 40, 70] where table.canConvolve(outputs) {
            let (weight, bias) = (numbers.floats(window * outputs), numbers.floats(outputs))
            let places = s.batch * s.height * s.width
            for rectifies in [false, true] {
                let y = unaligned([Float](repeating: .nan, count: places * outputs)) { y in
                    unaligned(padded) { x in
                        unaligned(weight) {
                            table.convolve(x, s.batch, s.height, s.width, s.channels, s.size, $0, outputs, bias, rectifies, y)
                        }
                    }
                }.values
                for i in 0..<(places * outputs) {
                    var expected = Double(bias[i % outputs])
                    for w in 0..<window { expected += Double(windows[i / outputs * window + w]) * Double(weight[w * outputs + i % outputs]) }
                    if rectifies { expected = max(expected, 0) }
                    guard abs(Double(y[i]) - expected) <= 4 * Double(window + 1) * 0x1p-24 else {
                        Issue.record("\(table.level) \(s) to \(outputs): [\(i)] is \(y[i]), not \(expected)")
                        return
                    }
                }
            }
        }
    }

    private func padded(_ table: KernelTable, _ x: [Float], _ s: Shape) -> [Float] {
        let reach = s.size / 2
        let count = s.batch * (s.height + 2 * reach) * (s.width + 2 * reach) * s.channels
        return unaligned([Float](repeating: .nan, count: count)) { out in
            unaligned(x) { table.pad($0, s.batch, s.height, s.width, s.channels, reach, out) }.result
        }.values
    }

    /// The gradients from chosen places alone, against the sums over windows in Double.
    @Test(
        arguments: tables,
        [(16, 5), (16, 3), (32, 3)].flatMap { channels, size in
            [Shape(batch: 3, height: 6, width: 4, channels: channels, size: size), Shape(batch: 1, height: 7, width: 5, channels: channels, size: size)]
        })
    func whatAPoolingChoseHasTheGradientsOfItsWindows(_ table: KernelTable, _ s: Shape) {
        guard table.canScatter(s.channels, s.size) else { return }
        var numbers = Numbers(25)
        let (outputs, window, places) = (5, s.size * s.size * s.channels, s.height * s.width)
        let (x, weight) = (numbers.floats(s.count), numbers.floats(outputs * window))
        let (padded, windows) = (padded(table, x, s), windowsTwin(x, s))
        let paddedWidth = s.width + s.size - 1
        let image = padded.count / s.batch
        let count = (s.height / 2) * (s.width / 2)
        let dy = numbers.floats(s.batch * count * outputs)
        var chosen = [Int32](repeating: 0, count: s.batch * count * outputs)
        _ = unaligned(numbers.floats(s.batch * places * outputs)) { full in
            withScratch(chosen.count) { table.maxPool(full, s.batch, s.height, s.width, outputs, 2, $0, &chosen) }
        }
        var (weightTwin, inputTwin) = ([Double](repeating: 0, count: weight.count), [Double](repeating: 0, count: padded.count))
        for i in chosen.indices {
            let (output, place) = (i % outputs, Int(chosen[i]) / outputs)
            let (b, py, px) = (place / places, place % places / s.width, place % s.width)
            for w in 0..<window {
                weightTwin[output * window + w] += Double(dy[i]) * Double(windows[place * window + w])
                let (ky, rest) = (w / (s.size * s.channels), w % (s.size * s.channels))
                let to = b * image + ((py + ky) * paddedWidth + px) * s.channels + rest
                inputTwin[to] += Double(dy[i]) * Double(weight[output * window + w])
            }
        }
        var dx: [Float] = []
        let dw = unaligned([Float](repeating: 0, count: weight.count)) { dw in
            for b in 0..<s.batch {
                var starts = [Int32](repeating: 0, count: count * outputs)
                let at = b * count * outputs
                chosen[at...].withUnsafeBufferPointer {
                    table.windowStarts($0.baseAddress!, count, outputs, b * places * outputs, s.width, s.channels, s.size, &starts)
                }
                let own = Array(dy[at..<(at + count * outputs)])
                _ = unaligned(Array(padded[(b * image)..<((b + 1) * image)])) {
                    table.chosenWeightGradient($0, paddedWidth, s.channels, s.size, own, starts, count, outputs, dw)
                }
                dx +=
                    unaligned([Float](repeating: 0, count: image)) {
                        table.chosenInputGradient(own, starts, count, outputs, weight, paddedWidth, s.channels, s.size, $0)
                    }.values
            }
        }.values
        for (found, expected) in zip(dw, weightTwin) { #expect(abs(Double(found) - expected) < 1e-5) }
        for (found, expected) in zip(dx, inputTwin) { #expect(abs(Double(found) - expected) < 1e-5) }
    }
}
