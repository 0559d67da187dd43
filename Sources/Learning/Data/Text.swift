// Text as a data set: pieces of bytes. There are no features and no classes; what is to be said is the next byte.
extension DataSchema {
    /// Of every text: a symbol goes in, and all symbols can come out.
    package static let text = DataSchema(inputs: 1, outputs: TransformerShape.symbols, scale: .none, task: .language)
}

extension Dataset {
    /// Files as pieces of at most `Limits.textPieceBytes`, each ending with a line where there is one; pieces are what is dealt out.
    ///
    /// - Throws: `noText` when there is not one byte.
    package init(files: [[UInt8]]) throws(DatasetError) {
        let pieces = files.flatMap(Self.pieces)
        guard !pieces.isEmpty else { throw .noText }
        self.init(texts: pieces)
    }

    private static func pieces(_ file: [UInt8]) -> [[UInt8]] {
        var (pieces, start): ([[UInt8]], Int) = ([], 0)
        while start < file.count {
            var end = min(start + Limits.textPieceBytes, file.count)
            if end < file.count, let line = file[start..<end].lastIndex(of: UInt8(ascii: "\n")) { end = line + 1 }
            pieces.append(Array(file[start..<end]))
            start = end
        }
        return pieces
    }

    /// Which part of the whole a piece lies in: neighbours are alike, as rows of a class are.
    func textClasses(for scheme: Partition) -> (labels: [Int32], outputs: Int) {
        let parts: Int
        switch scheme {
        case .iid: parts = 1
        case .dirichlet: parts = min(Limits.targetParts, max(1, rows))
        case .shards: parts = max(1, rows)
        }
        return ((0..<rows).map { Int32($0 * parts / max(1, rows)) }, parts)
    }

    /// What a client trains on and what it judges by: the ends of its pieces, a twentieth of each, and less of long texts. The same
    /// in every round, since what was once trained on is no judge.
    package var heldOut: (training: [[UInt8]], judging: [[UInt8]]) {
        let whole = Double(max(1, samples))
        let share = min(Double(Limits.heldOutTextPercent) / 100, Double(Limits.heldOutTextBytes) / whole)
        var parts: (training: [[UInt8]], judging: [[UInt8]]) = ([], [])
        for text in texts {
            let cut = text.count - Int(Double(text.count) * share)
            parts.training.append(Array(text[..<cut]))
            if cut < text.count { parts.judging.append(Array(text[cut...])) }
        }
        return parts
    }
}

/// How good a language model is on a text.
package struct LanguageMeasures: Sendable, Equatable {
    package var bytes: Int
    /// Mean of −ln of what the model gives each byte; 0 without bytes.
    package var nats: Double

    package init(bytes: Int, nats: Double) { (self.bytes, self.nats) = (bytes, nats) }

    package var bitsPerByte: Double { Self.bits(nats) }

    /// Nats as bits.
    package static func bits(_ nats: Double) -> Double { nats / 0.693_147_180_559_945_3 }
}
