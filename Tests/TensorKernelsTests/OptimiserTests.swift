import KernelTable
import TensorKernels
import Testing

@Suite struct OptimiserTests {
    /// Rates of Adam's usual size, with and without a penalty, at the first step and at a late one.
    private struct Setting {
        var rate, beta1, beta2, epsilon, decay: Float
        var step: Int

        func correction(_ beta: Float) -> Double {
            var power = 1.0
            for _ in 0..<step { power *= Double(beta) }
            return 1 - power
        }
    }

    private let settings = [
        Setting(rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0, step: 1),
        Setting(rate: 0.05, beta1: 0.8, beta2: 0.99, epsilon: 1e-3, decay: 0.01, step: 1000),
    ]

    /// Numbers below 1 with a handful of roundings each: a few 2⁻²⁴ of what is added. The step itself is below
    /// rate·10 in magnitude, and relative roundings of 2⁻²⁰ cover its division and root.
    @Test(arguments: tables)
    func adamStepMatchesItsTwin(_ table: KernelTable) {
        var numbers = Numbers(23)
        for setting in settings {
            for n in sizes {
                let (w, m, g) = (numbers.floats(n), numbers.floats(n), numbers.floats(n))
                let v = numbers.floats(n).map { $0 * $0 }
                let (after, mean, square) = stepped(table, setting, w, m, v, g)
                for i in 0..<n {
                    let gradient = Double(g[i]) + Double(setting.decay) * Double(w[i])
                    let (beta1, beta2) = (Double(setting.beta1), Double(setting.beta2))
                    let expectedMean = beta1 * Double(m[i]) + (1 - beta1) * gradient
                    let expectedSquare = beta2 * Double(v[i]) + (1 - beta2) * gradient * gradient
                    let root = (expectedSquare / setting.correction(setting.beta2)).squareRoot() + Double(setting.epsilon)
                    let move = Double(setting.rate) * expectedMean / setting.correction(setting.beta1) / root
                    #expect(abs(Double(mean[i]) - expectedMean) <= 0x1p-22)
                    #expect(abs(Double(square[i]) - expectedSquare) <= 0x1p-22)
                    #expect(abs(Double(after[i]) - (Double(w[i]) - move)) <= 0x1p-23 + abs(move) * 0x1p-18, "\(table.level)")
                }
            }
        }
    }

    @Test(arguments: tables)
    func thePositionOfAnElementDoesNotChangeItsStep(_ table: KernelTable) {
        var numbers = Numbers(29)
        let (w, m, g) = (numbers.floats(40), numbers.floats(40), numbers.floats(40))
        let v = numbers.floats(40).map { $0 * $0 }
        let whole = stepped(table, settings[1], w, m, v, g).w
        for split in [1, 3, 7, 9, 17, 39] {
            let parts = [0..<split, split..<40].flatMap {
                stepped(table, settings[1], Array(w[$0]), Array(m[$0]), Array(v[$0]), Array(g[$0])).w
            }
            #expect(bits(parts) == bits(whole), "\(table.level)")
        }
    }

    private func stepped(
        _ table: KernelTable, _ setting: Setting, _ w: [Float], _ m: [Float], _ v: [Float], _ g: [Float]
    ) -> (w: [Float], m: [Float], v: [Float]) {
        let count = w.count
        var (mean, square): ([Float], [Float]) = ([], [])
        let after = unaligned(w) { w in
            mean =
                unaligned(m) { m in
                    square =
                        unaligned(v) { v in
                            unaligned(g) { g in
                                table.adamStep(
                                    w, m, v, g, count, setting.rate, setting.beta1, setting.beta2, setting.epsilon, setting.decay,
                                    setting.correction(setting.beta1), setting.correction(setting.beta2))
                            }
                        }.values
                }.values
        }.values
        return (after, mean, square)
    }
}
