extension NGramModel {
    /// Counts a text. Time and memory grow with its length, which is at most `ByteLanguageLimits.trainingBytes`.
    /// - Throws: `text` for one that is empty or longer.
    package init(training text: [UInt8]) throws(ByteLanguageError) {
        guard (1...ByteLanguageLimits.trainingBytes).contains(text.count) else {
            throw .text("must have 1 to \(ByteLanguageLimits.trainingBytes) bytes, not \(text.count)")
        }
        var history = Self.beginning
        var grams: [UInt64] = []
        grams.reserveCapacity(text.count)
        for byte in text {
            grams.append(UInt64(history) << 8 | UInt64(byte))
            history = history << 8 | UInt32(byte)
        }
        var levels = [Level](repeating: Level(), count: Self.order)
        for length in stride(from: Self.order - 1, through: 0, by: -1) {
            sort(&grams, bytes: length + 1)
            levels[length] = Level(sorted: grams)
            // Of each different sequence once, and without its first byte: what is counted next is what a sequence follows.
            var shorter: [UInt64] = []
            shorter.reserveCapacity(levels[length].symbols.count)
            let mask: UInt64 = (1 << (8 * UInt64(length))) - 1
            var last: UInt64?
            for gram in grams where gram != last {
                shorter.append(gram & mask)
                last = gram
            }
            grams = shorter
        }
        self.init(levels: levels, trainedBytes: text.count)
    }
}

extension NGramModel.Level {
    /// Sequences in ascending order, each as often as it was counted.
    init(sorted grams: [UInt64]) {
        self.init()
        var last: UInt64?
        for gram in grams {
            if gram == last {
                counts[counts.count - 1] += 1
                continue
            }
            last = gram
            let context = UInt32(truncatingIfNeeded: gram >> 8)
            if contexts.last != context || contexts.isEmpty {
                if !contexts.isEmpty { starts.append(UInt32(symbols.count)) }
                contexts.append(context)
            }
            symbols.append(UInt8(truncatingIfNeeded: gram))
            counts.append(1)
        }
        if !contexts.isEmpty { starts.append(UInt32(symbols.count)) }
    }
}

/// Ascending, by the lowest `bytes` bytes, one after the other: every key has as many.
private func sort(_ keys: inout [UInt64], bytes: Int) {
    var other = keys
    for place in 0..<bytes {
        let shift = UInt64(8 * place)
        var next = [Int](repeating: 0, count: 257)
        for key in keys { next[Int(key >> shift & 0xFF) + 1] += 1 }
        for i in 1...256 { next[i] += next[i - 1] }
        for key in keys {
            let digit = Int(key >> shift & 0xFF)
            other[next[digit]] = key
            next[digit] += 1
        }
        swap(&keys, &other)
    }
}
