#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An interpolated, modified Kneser-Ney model of the next byte after up to four (Chen and Goodman 1999, "An empirical study of smoothing
/// techniques for language modeling", section 3). Below the highest order it counts what a sequence follows and not how often; under the
/// lowest stands the uniform distribution, so that no byte is impossible.
package struct NGramModel: ByteModel, Equatable {
    package static let order = 5

    /// N-grams of one order: the contexts ascending, and after each the bytes that followed, ascending.
    struct Level: Sendable, Equatable {
        /// The bytes before, the last one lowest.
        var contexts: [UInt32] = []
        /// Where the bytes of each context begin, and the end.
        var starts: [UInt32] = [0]
        var symbols: [UInt8] = []
        var counts: [UInt32] = []
        /// What is taken off a count of 1, 2, and 3 or more.
        var discounts: (one: Double, two: Double, more: Double) = (0, 0, 0)
        /// For each context the sum of its counts, and the share that the order below has.
        var totals: [Double] = []
        var shares: [Double] = []

        static func == (a: Level, b: Level) -> Bool {
            a.contexts == b.contexts && a.starts == b.starts && a.symbols == b.symbols && a.counts == b.counts
        }

        func discounted(_ count: UInt32) -> Double {
            Double(count) - (count == 1 ? discounts.one : count == 2 ? discounts.two : discounts.more)
        }

        /// The place of a context.
        func place(of context: UInt32) -> Int? {
            var (low, high) = (0, contexts.count)
            while low < high {
                let middle = (low + high) / 2
                if contexts[middle] < context { low = middle + 1 } else { high = middle }
            }
            return low < contexts.count && contexts[low] == context ? low : nil
        }

        /// Discounts, totals and shares, from the counts.
        mutating func complete() {
            var having = [0.0, 0.0, 0.0, 0.0, 0.0]
            for count in counts where count <= 4 { having[Int(count)] += 1 }
            // Without a single n-gram that occurs once, or twice, the estimate has no ground: half a count is what is usual.
            let y = having[1] > 0 && having[2] > 0 ? having[1] / (having[1] + 2 * having[2]) : 0
            func discount(_ k: Int) -> Double {
                guard y > 0, having[k] > 0, having[k + 1] > 0 else { return 0.5 }
                let d = Double(k) - Double(k + 1) * y * having[k + 1] / having[k]
                return min(max(d, 0.05), Double(k) - 0.05)
            }
            discounts = (discount(1), discount(2), discount(3))
            totals = []
            shares = []
            totals.reserveCapacity(contexts.count)
            shares.reserveCapacity(contexts.count)
            for i in contexts.indices {
                var (total, kept) = (0.0, 0.0)
                for j in Int(starts[i])..<Int(starts[i + 1]) {
                    total += Double(counts[j])
                    kept += discounted(counts[j])
                }
                totals.append(total)
                shares.append((total - kept) / total)
            }
        }
    }

    /// By the length of their contexts, 0 to 4.
    var levels: [Level]
    /// Of the text that was counted.
    package let trainedBytes: Int

    init(levels: [Level], trainedBytes: Int) {
        self.levels = levels
        self.trainedBytes = trainedBytes
        for i in self.levels.indices { self.levels[i].complete() }
    }

    /// It looks back four bytes, however long the text.
    package var contextBytes: Int { 4096 }
    /// How many n-grams it has.
    package var parameterCount: Int { levels.reduce(0) { $0 + $1.symbols.count } }
    package var memoryBytes: Int { levels.reduce(0) { $0 + 5 * $1.symbols.count + 24 * $1.contexts.count } }
    package func reader() -> any ByteReader { NGramReader(model: self) }

    /// Before a text stand four line feeds.
    package static let beginning: UInt32 = 0x0A0A_0A0A

    /// The distribution after four bytes: 256 numbers above 0 with the sum 1.
    package func distribution(after history: UInt32) -> [Double] {
        var p = [Double](repeating: 1.0 / 256, count: 256)
        for (length, level) in levels.enumerated() {
            guard let i = level.place(of: Self.context(history, length)) else { break }
            let (total, share) = (level.totals[i], level.shares[i])
            for symbol in p.indices { p[symbol] *= share }
            for j in Int(level.starts[i])..<Int(level.starts[i + 1]) { p[Int(level.symbols[j])] += level.discounted(level.counts[j]) / total }
        }
        return p
    }

    /// The same for one byte.
    package func probability(of symbol: UInt8, after history: UInt32) -> Double {
        var p = 1.0 / 256
        for (length, level) in levels.enumerated() {
            guard let i = level.place(of: Self.context(history, length)) else { break }
            p *= level.shares[i]
            var (low, high) = (Int(level.starts[i]), Int(level.starts[i + 1]))
            let end = high
            while low < high {
                let middle = (low + high) / 2
                if level.symbols[middle] < symbol { low = middle + 1 } else { high = middle }
            }
            if low < end, level.symbols[low] == symbol { p += level.discounted(level.counts[low]) / level.totals[i] }
        }
        return p
    }

    static func context(_ history: UInt32, _ length: Int) -> UInt32 { length == 4 ? history : history & ((1 << (8 * UInt32(length))) - 1) }

    /// Mean of −log₂ of what the model gives each byte of the text after those before it; 0 for none.
    package func bitsPerByte(_ text: [UInt8]) -> Double {
        var history = Self.beginning
        var bits = 0.0
        for byte in text {
            bits -= log2(probability(of: byte, after: history))
            history = history << 8 | UInt32(byte)
        }
        return text.isEmpty ? 0 : bits / Double(text.count)
    }
}

struct NGramReader: ByteReader {
    let model: NGramModel
    var history = NGramModel.beginning

    mutating func read(_ bytes: ArraySlice<UInt8>) -> [Float] {
        for byte in bytes.suffix(4) { history = history << 8 | UInt32(byte) }
        var logits = model.distribution(after: history).map { Float(log($0)) }
        // It counts bytes and knows no end.
        logits.append(-.infinity)
        return logits
    }
}
