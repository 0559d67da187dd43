package import KernelTable
package import Learning

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

package struct TransformerTraining: Sendable, Equatable {
    package var steps: Int
    /// Windows of a step, and the bytes of each.
    package var batch: Int
    package var window: Int
    /// At its highest.
    package var learningRate: Double
    /// Steps of the schedule before the first of these, and all that it has: a part of a longer training goes on where the last one ended.
    package var firstStep: Int
    package var scheduleSteps: Int
    package var warmUpSteps: Int
    /// Steps of this part in which the rate grows to what the schedule has: Adam's state is new, and its first steps are as long in every
    /// direction.
    package var roundWarmUpSteps: Int
    package var adam: Adam
    /// The gradient's length is cut to it; 0: it is not.
    package var clipNorm: Double
    package var seed: UInt64

    package init(
        steps: Int, batch: Int, window: Int, learningRate: Double = 1e-3, firstStep: Int = 0, scheduleSteps: Int? = nil, warmUpSteps: Int = 0,
        roundWarmUpSteps: Int = 0, adam: Adam = Adam(beta2: 0.99), clipNorm: Double = 1, seed: UInt64
    ) {
        (self.steps, self.batch, self.window, self.learningRate) = (steps, batch, window, learningRate)
        (self.firstStep, self.scheduleSteps, self.warmUpSteps) = (firstStep, scheduleSteps ?? steps, warmUpSteps)
        self.roundWarmUpSteps = roundWarmUpSteps
        (self.adam, self.clipNorm, self.seed) = (adam, clipNorm, seed)
    }

    /// Why nothing can be trained so; nil when it can.
    package func problem(_ configuration: TransformerShape) -> ByteLanguageError? {
        guard (0...10_000_000).contains(steps) else { return .setting("steps", "must be 0 to 10000000") }
        guard (1...configuration.context).contains(window) else { return .setting("window", "must be 1 to the context, \(configuration.context)") }
        guard batch >= 1, batch <= Limits.stepBytes / window else {
            return .setting("batch", "must be 1 to \(Limits.stepBytes / window)")
        }
        guard learningRate > 0, learningRate <= 1 else { return .setting("learning_rate", "must be above 0 and at most 1") }
        guard clipNorm >= 0, clipNorm.isFinite else { return .setting("clip_norm", "must be at least 0") }
        guard firstStep >= 0, warmUpSteps >= 0, scheduleSteps >= 0, roundWarmUpSteps >= 0 else {
            return .setting("steps", "of the schedule must be at least 0")
        }
        if let fault = LocalOptimizer.adam(adam).fault { return .setting(fault.field, fault.issue) }
        return nil
    }

    /// Straight up to the learning rate, then half a cosine down to a tenth of it.
    func rate(_ step: Int) -> Double {
        (step < roundWarmUpSteps ? Double(step + 1) / Double(roundWarmUpSteps + 1) : 1) * scheduled(step + firstStep)
    }

    private func scheduled(_ step: Int) -> Double {
        if step < warmUpSteps { return learningRate * Double(step + 1) / Double(warmUpSteps + 1) }
        let share = min(1, Double(step - warmUpSteps) / Double(max(1, scheduleSteps - warmUpSteps)))
        return learningRate * (0.1 + 0.9 * (1 + cos(.pi * share)) / 2)
    }
}

/// A client's work: some steps of Adam on windows of its own text, from the parameters of the round. Copies share one workspace.
package struct TransformerTrainer {
    private let network: TransformerNetwork

    package init(configuration: TransformerShape, kernels: KernelTable? = nil) {
        network = TransformerNetwork(configuration: configuration, kernels: kernels)
    }

    /// Trains in place. The same seed gives the same bits on one kernel level. Adam's state begins at zero.
    ///
    /// - Parameter texts: windows are drawn from all of them, one behind the other, with the boundary behind each.
    /// - Returns: the mean loss of each step in nats per symbol, before the step, and how many symbols were said.
    package func train(
        parameters: inout [Float], texts: [[UInt8]], _ options: TransformerTraining, isCancelled: () -> Bool = { false }
    ) throws(ByteLanguageError) -> (losses: [Double], symbols: Int) {
        let configuration = network.configuration
        if let problem = options.problem(configuration) { throw problem }
        precondition(parameters.count == configuration.parameterCount)
        let windows = try TextWindows(texts, length: options.window)
        var generator = SeededGenerator(seed: options.seed)
        var gradient = [Float](repeating: 0, count: parameters.count)
        var (first, second) = (gradient, gradient)
        var powers = (1.0, 1.0)
        var (losses, symbols): ([Double], Int) = ([], 0)
        for step in 0..<options.steps {
            if isCancelled() { break }
            let drawn = windows.draw(options.batch, &generator)
            let total = network.gradient(parameters, windows: drawn, length: options.window, into: &gradient)
            let said = options.batch * options.window
            losses.append(total / Double(said))
            symbols += said
            let kernels = network.kernels
            if options.clipNorm > 0 {
                let norm = kernels.sumOfSquares(gradient, gradient.count).squareRoot()
                if norm > options.clipNorm { kernels.scale(&gradient, Float(options.clipNorm / norm), gradient.count) }
            }
            powers = (powers.0 * Double(options.adam.beta1), powers.1 * Double(options.adam.beta2))
            kernels.adamStep(
                &parameters, &first, &second, gradient, gradient.count, Float(options.rate(step)), options.adam.beta1, options.adam.beta2,
                options.adam.epsilon, 0, 1 - powers.0, 1 - powers.1)
        }
        return (losses, symbols)
    }
}

/// Texts as one row of symbols with the boundary behind each, out of which windows are cut.
struct TextWindows: Sendable {
    private let symbols: [Int32]
    private let length: Int

    /// - Throws: `text` where there is less than one window.
    init(_ texts: [[UInt8]], length: Int) throws(ByteLanguageError) {
        var symbols: [Int32] = []
        symbols.reserveCapacity(texts.reduce(0) { $0 + $1.count + 1 })
        for text in texts where !text.isEmpty {
            for byte in text { symbols.append(Int32(byte)) }
            symbols.append(Int32(Symbol.boundary))
        }
        guard symbols.count >= length else { throw .text("must have at least \(length) bytes for a window") }
        self.symbols = symbols
        self.length = length
    }

    /// `count` windows of the boundary and `length` symbols, wherever they begin: a prompt is read behind the boundary too.
    func draw(_ count: Int, _ generator: inout SeededGenerator) -> [Int32] {
        var drawn: [Int32] = []
        drawn.reserveCapacity(count * (length + 1))
        for _ in 0..<count {
            let start = generator.below(symbols.count - length + 1)
            drawn.append(Int32(Symbol.boundary))
            drawn += symbols[start..<(start + length)]
        }
        return drawn
    }
}
