package import Learning

/// The shape of a byte-level transformer: layer norms before attention and before the feed-forward part (Xiong et al. 2020,
/// arXiv 2002.04745), GELU, no biases but those of the norms, and the embedding used again for the output.
package struct TransformerConfiguration: Sendable, Equatable {
    /// How a model knows where a symbol stands.
    package enum Positions: String, Sendable {
        /// A vector for each position is added to the embedding.
        case learned
        /// Queries and keys are turned by angles that grow with the position (Su et al. 2021, arXiv 2104.09864).
        case rotary
    }

    package var layers: Int
    package var width: Int
    package var heads: Int
    /// Of the feed-forward part.
    package var hidden: Int
    /// Symbols at most: the boundary before a text, and its bytes.
    package var context: Int
    package var positions: Positions
    /// Of each sequence of 2 to so many symbols that ends with a symbol an embedding is added to the symbol's, as in the Byte Latent
    /// Transformer (Pagnoni et al. 2024, arXiv 2412.09871, section 3.2.1); 1 for none.
    package var longestGram: Int
    /// Rows of the table of each length, a power of two; sequences share rows by their hash. 0 where there are no tables.
    package var gramRows: Int

    package init(
        layers: Int, width: Int, heads: Int, hidden: Int, context: Int, positions: Positions = .learned, longestGram: Int = 1, gramRows: Int = 0
    ) {
        (self.layers, self.width, self.heads, self.hidden, self.context) = (layers, width, heads, hidden, context)
        (self.positions, self.longestGram, self.gramRows) = (positions, longestGram, gramRows)
    }

    /// Why there is no such model; nil where there is.
    package var problem: ByteLanguageError? {
        let ranges = [
            ("layers", layers, 1...ByteLanguageLimits.layers), ("width", width, 1...ByteLanguageLimits.width),
            ("heads", heads, 1...ByteLanguageLimits.heads), ("hidden", hidden, 1...ByteLanguageLimits.hidden),
            ("context", context, 2...ByteLanguageLimits.context),
            ("longest_gram", longestGram, 1...ByteLanguageLimits.longestGram), ("gram_rows", gramRows, 0...ByteLanguageLimits.gramRows),
        ]
        for (name, value, range) in ranges where !range.contains(value) {
            return .setting(name, "must be \(range.lowerBound) to \(range.upperBound), not \(value)")
        }
        guard width % heads == 0 else { return .setting("width", "must be a multiple of heads, which is \(heads)") }
        guard positions == .learned || width / heads % 2 == 0 else { return .setting("width", "must be an even multiple of heads for rotary positions") }
        guard longestGram == 1 ? gramRows == 0 : gramRows >= 2 && gramRows.nonzeroBitCount == 1 else {
            return .setting("gram_rows", longestGram == 1 ? "must be 0 without sequences" : "must be a power of two, and at least 2")
        }
        guard parameterCount <= ByteLanguageLimits.parameters else {
            return .setting("width", "makes \(parameterCount) parameters; at most \(ByteLanguageLimits.parameters) are taken")
        }
        return nil
    }

    /// Matrices are [outputs, inputs]: y = x·Wᵀ, as in PyTorch. `attention.qkv` has the queries of all heads, then the keys, then the values.
    package var parameterLayout: [TensorShape] {
        func shape(_ name: String, _ dimensions: Int...) -> TensorShape { TensorShape(name: name, dimensions: dimensions) }
        var shapes = [shape("embedding.weight", Symbol.count, width)]
        if positions == .learned { shapes.append(shape("positions.weight", context, width)) }
        for length in gramLengths { shapes.append(shape("grams.\(length).weight", gramRows, width)) }
        for i in 0..<layers {
            shapes += [
                shape("blocks.\(i).norm1.weight", width), shape("blocks.\(i).norm1.bias", width), shape("blocks.\(i).attention.qkv.weight", 3 * width, width),
                shape("blocks.\(i).attention.out.weight", width, width), shape("blocks.\(i).norm2.weight", width), shape("blocks.\(i).norm2.bias", width),
                shape("blocks.\(i).feed.in.weight", hidden, width), shape("blocks.\(i).feed.out.weight", width, hidden),
            ]
        }
        return shapes + [shape("norm.weight", width), shape("norm.bias", width)]
    }

    /// Of the sequences that have a table.
    var gramLengths: Range<Int> { 2..<(longestGram + 1) }

    package var parameterCount: Int {
        width * (Symbol.count + (positions == .learned ? context : 0) + (longestGram - 1) * gramRows + 2) + layers
            * (4 * width + 4 * width * width + 2 * width * hidden)
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

    /// Where each tensor begins among the parameters.
    struct Places {
        struct Block { var gain1 = 0, bias1 = 0, qkv = 0, out = 0, gain2 = 0, bias2 = 0, feedIn = 0, feedOut = 0 }
        var positions = 0
        /// By length, from 2 on.
        var grams: [Int] = []
        var blocks: [Block] = []
        var gain = 0
        var bias = 0
    }

    var places: Places {
        var places = Places()
        var next = Symbol.count * width
        func take(_ count: Int) -> Int {
            defer { next += count }
            return next
        }
        if positions == .learned { places.positions = take(context * width) }
        for _ in gramLengths { places.grams.append(take(gramRows * width)) }
        for _ in 0..<layers {
            places.blocks.append(
                Places.Block(
                    gain1: take(width), bias1: take(width), qkv: take(3 * width * width), out: take(width * width), gain2: take(width),
                    bias2: take(width), feedIn: take(hidden * width), feedOut: take(width * hidden)))
        }
        (places.gain, places.bias) = (take(width), take(width))
        return places
    }

    static let epsilon: Float = 1e-5
}
