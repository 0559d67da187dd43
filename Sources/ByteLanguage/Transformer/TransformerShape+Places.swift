package import Learning

// What a layout computes: layer norms before attention and before the feed-forward part (Xiong et al. 2020, arXiv 2002.04745), GELU, no
// biases but those of the norms, and the embedding used again for the output. Rotary positions turn queries and keys by angles that grow
// with the position (Su et al. 2021, arXiv 2104.09864); learned ones are vectors that are added to the embedding. Sequences add an embedding
// to that of the symbol they end with, as in the Byte Latent Transformer (Pagnoni et al. 2024, arXiv 2412.09871, section 3.2.1). Matrices are
// [outputs, inputs]: y = x·Wᵀ, as in PyTorch. `attention.qkv` has the queries of all heads, then the keys, then the values.
extension TransformerShape {
    /// Why there is no such model; nil where there is.
    package var problem: ByteLanguageError? { fault.map { .setting($0.field, $0.issue) } }

    /// Of the sequences that have a table.
    var gramLengths: Range<Int> { 2..<max(2, longestGram + 1) }

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
