import KernelTable

extension KernelsSuite {
    /// How an operand of a product lies in memory.
    private enum Form: String {
        case plain = "", transposedA = ".at", transposedB = ".bt"
    }

    static func products(_ table: KernelTable) -> [Case] {
        let goal: Double? = table.level == .baseline ? nil : productGoal
        let longGoal: Double? = table.level == .baseline ? nil : convolutionGoal
        var cases = [128, 256, 512, 1024].map { product(table, $0, $0, $0, .plain, goal: goal) }
        // A batch of 32 through a 64-128-10 network, and then a 784-256-128-10 network: forward, gradients of the weights,
        // gradient of a hidden layer.
        let network: [(Int, Int, Int, Form)] = [
            (32, 128, 64, .transposedB), (32, 10, 128, .transposedB), (128, 64, 32, .transposedA), (10, 128, 32, .transposedA),
            (32, 128, 10, .plain), (32, 10, 64, .plain), (32, 256, 784, .transposedB), (32, 128, 256, .transposedB),
            (256, 784, 32, .transposedA), (128, 256, 32, .transposedA), (32, 256, 128, .plain), (64, 64, 64, .plain),
            (64, 64, 64, .transposedB),
        ]
        // Convolutions over the windows of 28x28 and of 14x14 images: forward, gradients of the weights and of the windows.
        let convolutions: [(Int, Int, Int, Form)] = [
            (6272, 64, 288, .plain), (288, 64, 6272, .transposedA), (6272, 288, 64, .plain), (784, 16, 25, .plain),
            (196, 32, 400, .plain), (400, 32, 196, .transposedA),
        ]
        for (m, n, k, form) in network { cases.append(product(table, m, n, k, form, goal: nil)) }
        for (m, n, k, form) in convolutions {
            let isLong = m == 6272 || k == 6272
            cases.append(product(table, m, n, k, form, goal: isLong ? longGoal : nil))
        }
        return cases + [step(table, 256, 784, 32), heads(table, 16, 64, 64, 64)]
    }

    private static func product(_ table: KernelTable, _ m: Int, _ n: Int, _ k: Int, _ form: Form, goal: Double?) -> Case {
        let (a, b, c) = (Field(m * k), Field(k * n), Field(m * n))
        let scratch = Field(table.sgemmScratchCount(m, n, k))
        let (rowA, columnA) = form == .transposedA ? (1, m) : (k, 1)
        let (rowB, columnB) = form == .transposedB ? (1, k) : (n, 1)
        return rate(table, "sgemm", "\(m)x\(n)x\(k)\(form.rawValue)", m * n * k, goal: goal) {
            table.sgemm(m, n, k, a.base, rowA, columnA, b.base, rowB, columnB, c.base, n, false, scratch.base)
        }
    }

    /// The gradient of a layer's weights and the step it makes.
    private static func step(_ table: KernelTable, _ m: Int, _ n: Int, _ k: Int) -> Case {
        let (a, b, w, v) = (Field(m * k), Field(k * n), Field(m * n), Field(m * n))
        let scratch = Field(table.sgemmStepScratchCount(m, n, k))
        return rate(table, "sgemm_step", "\(m)x\(n)x\(k).at", m * n * k) {
            table.sgemmStep(m, n, k, a.base, 1, m, b.base, n, 1, w.base, v.base, n, 1e-6, 0.9, 1e-4, scratch.base)
        }
    }

    /// Queries times keys of all heads of a sequence, which lie side by side.
    private static func heads(_ table: KernelTable, _ count: Int, _ m: Int, _ n: Int, _ k: Int) -> Case {
        let (a, b, c) = (Field(count * m * k), Field(count * n * k), Field(count * m * n))
        let scratch = Field(table.sgemmScratchCount(m, n, k))
        return rate(table, "sgemm_batched", "\(count)x\(m)x\(n)x\(k).bt", count * m * n * k) {
            table.sgemmBatched(
                count, m, n, k, a.base, k, count * k, 1, b.base, k, 1, count * k, c.base, m * n, n, false, scratch.base)
        }
    }

    private static func rate(
        _ table: KernelTable, _ kernel: String, _ shape: String, _ products: Int, goal: Double? = nil, _ run: @escaping () -> Void
    ) -> Case {
        Case(
            name: "kernels.\(kernel).gflops.\(table.level).\(shape)", unit: "GFLOP/s", amount: 2e-9 * Double(products),
            beside: "\(peakName).\(table.level)", goal: goal, run: run)
    }
}
