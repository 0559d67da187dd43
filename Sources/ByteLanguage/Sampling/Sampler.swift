internal import Learning

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Chooses one symbol after the other.
package struct Sampler: Sendable {
    private let options: SamplingOptions
    private var generator: SeededGenerator
    /// How often each symbol was chosen.
    private var counts = [Int](repeating: 0, count: Symbol.count)

    package init(_ options: SamplingOptions) {
        self.options = options
        generator = SeededGenerator(seed: derivedSeed(options.seed, "sampling"))
    }

    /// - Parameters:
    ///   - logits: `Symbol.count` of them.
    ///   - allowed: at least one symbol is.
    package mutating func choose(_ logits: [Float], _ allowed: (Int) -> Bool) -> Int {
        let symbols = (0..<Symbol.count).filter(allowed)
        let scores = penalised(logits)
        let symbol = options.temperature == 0 ? Self.best(symbols, scores) : drawn(symbols, scores)
        counts[symbol] += 1
        return symbol
    }

    /// OpenAI's formula: μ[j] − c[j]·frequency_penalty − (c[j] > 0)·presence_penalty, c[j] being how often j was sampled so far.
    package func penalised(_ logits: [Float]) -> [Double] {
        zip(logits, counts).map { logit, count in
            Double(logit) - Double(count) * options.frequencyPenalty - (count > 0 ? options.presencePenalty : 0)
        }
    }

    /// The first of the largest. What is no number is the smallest.
    private static func best(_ symbols: [Int], _ scores: [Double]) -> Int {
        var best = symbols[0]
        for symbol in symbols where scores[symbol] > scores[best] || scores[best].isNaN { best = symbol }
        return best
    }

    private mutating func drawn(_ symbols: [Int], _ scores: [Double]) -> Int {
        let highest = scores[Self.best(symbols, scores)]
        // Nothing has a finite score: there is nothing to draw by.
        guard highest.isFinite else { return Self.best(symbols, scores) }
        // Taken from the highest first: a small temperature must not make infinities of them.
        var weighted = symbols.map { (symbol: $0, weight: exp((scores[$0] - highest) / options.temperature)) }.filter { $0.weight > 0 }
        var total = weighted.reduce(0) { $0 + $1.weight }
        if options.topP < 1 {
            weighted.sort { ($1.weight, $0.symbol) < ($0.weight, $1.symbol) }
            var (sum, kept) = (0.0, 0)
            while kept < weighted.count, kept == 0 || sum < options.topP * total {
                sum += weighted[kept].weight
                kept += 1
            }
            weighted.removeLast(weighted.count - kept)
            total = sum
        }
        var mark = generator.uniform() * total
        for (symbol, weight) in weighted {
            mark -= weight
            if mark < 0 { return symbol }
        }
        return weighted[weighted.count - 1].symbol
    }
}
