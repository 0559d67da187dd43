internal import KernelTable
internal import Learning
internal import TensorKernels

/// Reads a text with the keys and values of what it has read already: each byte is computed once.
struct TransformerReader: ByteReader {
    private let model: ByteTransformer
    private let places: TransformerShape.Places
    private let kernels: KernelTable
    /// Symbols that were read, and the last of them.
    private var length = 0
    private var lately: [Int32] = []
    /// For each block [context, 2 · width]: key, value.
    private var cache: [[Float]]

    init(_ model: ByteTransformer, kernels: KernelTable? = nil) {
        self.model = model
        self.kernels = kernels ?? Kernels.active
        places = model.configuration.places
        cache = []
    }

    mutating func read(_ bytes: ArraySlice<UInt8>) -> [Float] {
        let c = model.configuration
        if cache.isEmpty { cache = [[Float]](repeating: [Float](repeating: 0, count: 2 * c.context * c.width), count: c.layers) }
        var symbols = bytes.map { Int32($0) }
        if length == 0 { symbols.insert(Int32(Symbol.boundary), at: 0) }
        precondition(!symbols.isEmpty && length + symbols.count <= c.context)
        return read(symbols)
    }

    private mutating func read(_ symbols: [Int32]) -> [Float] {
        let (c, d, rows) = (model.configuration, model.configuration.width, symbols.count)
        let all = length + rows
        let (size, hidden) = (d / c.heads, c.hidden)
        func room(_ count: Int) -> [Float] { [Float](repeating: 0, count: count) }
        var (x, n, qkv, mixed, before) = (room(rows * d), room(rows * d), room(rows * 3 * d), room(rows * d), room(rows * hidden))
        var (after, means, inverses, weights) = (room(rows * hidden), room(rows), room(rows), room(c.heads * rows * all))
        let widest = max(3 * d, hidden, Symbol.count, all)
        var scratch = room(kernels.sgemmScratchCount(rows, widest, widest))
        var logits = room(Symbol.count)
        let order = (length..<all).map { Int32($0) }
        model.parameters.withUnsafeBufferPointer { buffer in
            guard let p = buffer.baseAddress else { return }
            kernels.embeddingGather(p, symbols, rows, d, &x)
            if c.positions == .learned {
                kernels.embeddingGather(p + places.positions, order, rows, d, &n)
                kernels.axpy(&x, n, 1, rows * d)
            }
            for (place, gram) in zip(places.grams, c.gramLengths) {
                kernels.embeddingGather(p + place, c.gramRows(symbols[...], length: gram, after: lately[...]), rows, d, &n)
                kernels.axpy(&x, n, 1, rows * d)
            }
            for (i, at) in places.blocks.enumerated() {
                kernels.layerNorm(x, p + at.gain1, p + at.bias1, rows, d, TransformerShape.epsilon, &n, &means, &inverses)
                kernels.sgemm(rows, 3 * d, d, n, d, 1, p + at.qkv, 1, d, &qkv, 3 * d, false, &scratch)
                model.rotary?.turn(&qkv, rows, 3 * d, heads: 2 * c.heads, first: length, period: rows)
                for r in 0..<rows { cache[i].replaceSubrange((length + r) * 2 * d..<(length + r + 1) * 2 * d, with: qkv[(r * 3 + 1) * d..<(r * 3 + 3) * d]) }
                cache[i].withUnsafeBufferPointer { cached in
                    guard let keys = cached.baseAddress else { return }
                    kernels.sgemmBatched(c.heads, rows, all, size, qkv, size, 3 * d, 1, keys, size, 1, 2 * d, &weights, rows * all, all, false, &scratch)
                    kernels.causalSoftmax(&weights, c.heads, rows, all, 1 / Float(size).squareRoot())
                    kernels.sgemmBatched(c.heads, rows, size, all, weights, rows * all, all, 1, keys + d, size, 2 * d, 1, &mixed, size, d, false, &scratch)
                }
                kernels.sgemm(rows, d, d, mixed, d, 1, p + at.out, 1, d, &x, d, true, &scratch)
                kernels.layerNorm(x, p + at.gain2, p + at.bias2, rows, d, TransformerShape.epsilon, &n, &means, &inverses)
                kernels.sgemm(rows, hidden, d, n, d, 1, p + at.feedIn, 1, d, &before, hidden, false, &scratch)
                kernels.gelu(&after, before, rows * hidden)
                kernels.sgemm(rows, d, hidden, after, hidden, 1, p + at.feedOut, 1, hidden, &x, d, true, &scratch)
            }
            kernels.layerNorm(x, p + places.gain, p + places.bias, rows, d, TransformerShape.epsilon, &n, &means, &inverses)
            n.withUnsafeBufferPointer { normed in
                guard let start = normed.baseAddress else { return }
                kernels.sgemm(1, Symbol.count, d, start + (rows - 1) * d, d, 1, p, 1, d, &logits, Symbol.count, false, &scratch)
            }
        }
        length = all
        lately = Array((lately + symbols).suffix(c.longestGram - 1))
        return logits
    }
}
