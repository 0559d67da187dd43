/// The sizes of a byte-level transformer; what it computes is `ByteLanguage`'s, which has the sources. A byte is a token, and a symbol
/// more stands before and behind a text.
package struct TransformerShape: Sendable, Equatable, Codable {
    /// How a model knows where a symbol stands: by a vector of each position, or by angles.
    package enum Positions: String, Sendable, Codable, CaseIterable { case learned, rotary }

    package var layers: Int
    package var width: Int
    package var heads: Int
    /// Of the feed-forward part.
    package var hidden: Int
    /// Symbols at most: the boundary before a text, and its bytes.
    package var context: Int
    package var positions: Positions
    /// Sequences of 2 to so many symbols have an embedding of their own; 1: none has.
    package var longestGram: Int
    /// Rows of the table of each length, a power of two; 0 without sequences.
    package var gramRows: Int

    /// The 256 bytes and the boundary.
    package static let symbols = 257

    package init(
        layers: Int = 4, width: Int = 128, heads: Int = 4, hidden: Int = 512, context: Int = 128, positions: Positions = .learned, longestGram: Int = 1,
        gramRows: Int = 0
    ) {
        (self.layers, self.width, self.heads, self.hidden, self.context) = (layers, width, heads, hidden, context)
        (self.positions, self.longestGram, self.gramRows) = (positions, longestGram, gramRows)
    }

    /// Why there is no such model, and the field that says so; nil where there is.
    package var fault: (field: String, issue: String)? {
        let ranges = [
            ("layers", layers, 1...Limits.blocks), ("width", width, 1...Limits.blockWidth), ("heads", heads, 1...Limits.heads),
            ("hidden", hidden, 1...Limits.blockHidden), ("context", context, 2...Limits.context),
            ("longest_gram", longestGram, 1...Limits.longestGram), ("gram_rows", gramRows, 0...Limits.gramRows),
        ]
        for (field, value, range) in ranges where !range.contains(value) {
            return (field, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        guard width % heads == 0 else { return ("width", "must be a multiple of heads, which is \(heads)") }
        guard positions == .learned || width / heads % 2 == 0 else { return ("width", "must be an even multiple of heads for rotary positions") }
        guard longestGram == 1 ? gramRows == 0 : gramRows >= 2 && gramRows.nonzeroBitCount == 1 else {
            return ("gram_rows", longestGram == 1 ? "must be 0 without sequences: give longest_gram" : "must be a power of two, and at least 2")
        }
        guard parameterCount <= Limits.languageParameters else {
            return ("width", "makes \(parameterCount) parameters; at most \(Limits.languageParameters) are taken: lower width, hidden or layers")
        }
        guard workspace(batch: 1, window: context) <= Limits.languageWorkspace else {
            return ("context", "makes a pass that takes more than 2 GiB: lower context, heads or layers")
        }
        return nil
    }

    /// Numbers that are kept of a pass over so many windows of so many bytes: what each block needs on the way back, and the squares of attention.
    package func workspace(batch: Int, window: Int) -> Int {
        let (rows, squares) = (batch * window, batch * heads * window * window)
        return (layers + 1) * (rows * (8 * width + 4 + 2 * hidden) + squares) + rows * (Self.symbols + 3 * width + hidden)
    }

    package var parameterCount: Int {
        width * (Self.symbols + (positions == .learned ? context : 0) + (longestGram - 1) * gramRows + 2) + layers
            * (4 * width + 4 * width * width + 2 * width * hidden)
    }

    /// The tensors of a model's file, in the order of its parameters.
    package var parameterLayout: [TensorShape] {
        func shape(_ name: String, _ dimensions: Int...) -> TensorShape { TensorShape(name: name, dimensions: dimensions) }
        var shapes = [shape("embedding.weight", Self.symbols, width)]
        if positions == .learned { shapes.append(shape("positions.weight", context, width)) }
        for length in 2..<(max(1, longestGram) + 1) { shapes.append(shape("grams.\(length).weight", gramRows, width)) }
        for i in 0..<layers {
            shapes += [
                shape("blocks.\(i).norm1.weight", width), shape("blocks.\(i).norm1.bias", width), shape("blocks.\(i).attention.qkv.weight", 3 * width, width),
                shape("blocks.\(i).attention.out.weight", width, width), shape("blocks.\(i).norm2.weight", width), shape("blocks.\(i).norm2.bias", width),
                shape("blocks.\(i).feed.in.weight", hidden, width), shape("blocks.\(i).feed.out.weight", width, hidden),
            ]
        }
        return shapes + [shape("norm.weight", width), shape("norm.bias", width)]
    }

    /// Normal with deviation 0.02, and with 0.02/√(2·layers) where a matrix adds to the residual stream (Radford et al. 2019, section 2.3);
    /// gains 1 and biases 0.
    package func initialParameters(seed: UInt64) -> [Float] {
        var generator = SeededGenerator(seed: derivedSeed(seed, "initial parameters"))
        var parameters: [Float] = []
        parameters.reserveCapacity(parameterCount)
        for shape in parameterLayout {
            if shape.dimensions.count == 1 {
                parameters += [Float](repeating: shape.name.hasSuffix("bias") ? 0 : 1, count: shape.count)
                continue
            }
            let adds = shape.name.hasSuffix("attention.out.weight") || shape.name.hasSuffix("feed.out.weight")
            let deviation = adds ? 0.02 / Double(2 * layers).squareRoot() : 0.02
            for _ in 0..<shape.count { parameters.append(Float(generator.normal() * deviation)) }
        }
        return parameters
    }
}

extension ModelSpec {
    /// A byte-level transformer: a model for text.
    package init(transformer: TransformerShape) {
        self.init(kind: .byteTransformer, layers: [])
        self.transformer = transformer
    }
}
