package import KernelTable
package import Learning
internal import TensorKernels

/// Forward and backward pass over a batch of windows of equal length, in one workspace that grows to the largest batch.
package final class TransformerNetwork {
    package let configuration: TransformerShape
    package let kernels: KernelTable
    private let places: TransformerShape.Places
    private var capacity = (batch: 0, length: 0)
    private var arena = UnsafeMutablePointer<Float>.allocate(capacity: 1)
    private var (symbols, labels, order): ([Int32], [Int32], [Int32]) = ([], [], [])
    /// For each length of sequences the rows of its table.
    private var grams: [[Int32]] = []
    private let rotary: Rotary?
    /// So many rows of a matrix of attention at once: columns that none of them may see are not computed.
    private static let strip = 64

    /// What one block keeps for the way back. `stream` is what it reads, `middle` what its feed-forward part reads.
    private struct Kept {
        var stream, norm1, mean1, inverse1, qkv, weights, mixed, middle, norm2, mean2, inverse2, before, after: MF32
    }
    private var kept: [Kept] = []
    private var last, normed, mean, inverse, logits, delta, other, wide, deltaWeights, scratch: MF32

    package init(configuration: TransformerShape, kernels: KernelTable? = nil) {
        precondition(configuration.problem == nil)
        self.configuration = configuration
        self.kernels = kernels ?? Kernels.active
        places = configuration.places
        rotary = configuration.positions == .rotary ? Rotary(configuration) : nil
        let none = arena
        (last, normed, mean, inverse, logits) = (none, none, none, none, none)
        (delta, other, wide, deltaWeights, scratch) = (none, none, none, none, none)
    }

    deinit { arena.deallocate() }

    private func reserve(_ batch: Int, _ length: Int) {
        guard batch > capacity.batch || length > capacity.length else { return }
        capacity = (max(batch, capacity.batch), max(length, capacity.length))
        let c = configuration
        let (rows, d) = (capacity.batch * capacity.length, c.width)
        let squares = capacity.batch * c.heads * capacity.length * capacity.length
        let wider = max(3 * d, c.hidden)
        let most = max(wider, Symbol.count)
        let scratchCount =
            [(rows, most, most), (most, most, rows), (capacity.length, max(capacity.length, d), max(capacity.length, d))]
            .map { kernels.sgemmScratchCount($0.0, $0.1, $0.2) }.max() ?? 1
        let block = rows * (8 * d + 4 + 2 * c.hidden) + squares
        let count = c.layers * block + rows * (4 * d + 2 + Symbol.count + wider) + squares + scratchCount
        arena.deallocate()
        arena = .allocate(capacity: count)
        arena.initialize(repeating: 0, count: count)
        var next = arena
        func take(_ count: Int) -> MF32 {
            defer { next += count }
            return next
        }
        kept = (0..<c.layers).map { _ in
            Kept(
                stream: take(rows * d), norm1: take(rows * d), mean1: take(rows), inverse1: take(rows), qkv: take(rows * 3 * d), weights: take(squares),
                mixed: take(rows * d), middle: take(rows * d), norm2: take(rows * d), mean2: take(rows), inverse2: take(rows),
                before: take(rows * c.hidden), after: take(rows * c.hidden))
        }
        (last, normed, mean, inverse) = (take(rows * d), take(rows * d), take(rows), take(rows))
        (logits, delta, other, wide) = (take(rows * Symbol.count), take(rows * d), take(rows * d), take(rows * wider))
        (deltaWeights, scratch) = (take(squares), take(scratchCount))
    }

    /// y[rows, outputs] = or += x[rows, inputs]·Wᵀ
    private func multiply(_ x: F32, _ w: F32, _ rows: Int, _ inputs: Int, _ outputs: Int, _ y: MF32, adds: Bool = false) {
        kernels.sgemm(rows, outputs, inputs, x, inputs, 1, w, 1, inputs, y, outputs, adds, scratch)
    }

    /// dx = dy·W and dW = dyᵀ·x
    private func multiplyBack(_ dy: F32, _ x: F32, _ w: F32, _ rows: Int, _ inputs: Int, _ outputs: Int, _ dx: MF32, _ dw: MF32) {
        kernels.sgemm(outputs, inputs, rows, dy, 1, outputs, x, inputs, 1, dw, inputs, false, scratch)
        kernels.sgemm(rows, inputs, outputs, dy, outputs, 1, w, inputs, 1, dx, inputs, false, scratch)
    }

    /// The logits after each symbol, [batch · length, symbols], in the workspace.
    /// - Parameter windows: `batch` windows of `length` symbols, one after the other.
    private func forward(_ p: F32, _ windows: [Int32], _ batch: Int, _ length: Int) -> MF32 {
        let (c, d, rows) = (configuration, configuration.width, batch * length)
        reserve(batch, length)
        symbols = windows
        if order.count != rows || order.last != Int32(length - 1) { order = (0..<rows).map { Int32($0 % length) } }
        grams = c.gramLengths.map { gram in
            (0..<batch).flatMap { c.gramRows(windows[($0 * length)..<(($0 + 1) * length)], length: gram) }
        }
        var x = kept.first?.stream ?? last
        kernels.embeddingGather(p, symbols, rows, d, x)
        if c.positions == .learned {
            kernels.embeddingGather(p + places.positions, order, rows, d, delta)
            kernels.axpy(x, delta, 1, rows * d)
        }
        for (place, indices) in zip(places.grams, grams) {
            kernels.embeddingGather(p + place, indices, rows, d, delta)
            kernels.axpy(x, delta, 1, rows * d)
        }
        for (i, (k, at)) in zip(kept, places.blocks).enumerated() {
            kernels.layerNorm(x, p + at.gain1, p + at.bias1, rows, d, TransformerShape.epsilon, k.norm1, k.mean1, k.inverse1)
            multiply(k.norm1, p + at.qkv, rows, d, 3 * d, k.qkv)
            attend(k, batch, length)
            k.middle.update(from: x, count: rows * d)
            multiply(k.mixed, p + at.out, rows, d, d, k.middle, adds: true)
            kernels.layerNorm(k.middle, p + at.gain2, p + at.bias2, rows, d, TransformerShape.epsilon, k.norm2, k.mean2, k.inverse2)
            multiply(k.norm2, p + at.feedIn, rows, d, c.hidden, k.before)
            kernels.gelu(k.after, k.before, rows * c.hidden)
            x = i + 1 < kept.count ? kept[i + 1].stream : last
            x.update(from: k.middle, count: rows * d)
            multiply(k.after, p + at.feedOut, rows, c.hidden, d, x, adds: true)
        }
        kernels.layerNorm(x, p + places.gain, p + places.bias, rows, d, TransformerShape.epsilon, normed, mean, inverse)
        multiply(normed, p, rows, d, Symbol.count, logits)
        return logits
    }

    /// The parts of the matrices of attention of one window, strip by strip: the first row, how many there are, how many columns they
    /// see, and where their weights begin.
    private func strips(_ length: Int) -> [(first: Int, rows: Int, columns: Int, at: Int)] {
        var at = 0
        return stride(from: 0, to: length, by: Self.strip).map { first in
            let rows = min(Self.strip, length - first)
            defer { at += configuration.heads * rows * (first + rows) }
            return (first, rows, first + rows, at)
        }
    }

    /// mixed = softmax(q·kᵀ/√size)·v, head by head; of later symbols nothing is seen.
    private func attend(_ k: Kept, _ batch: Int, _ length: Int) {
        let (d, heads) = (configuration.width, configuration.heads)
        let (size, square, strips) = (d / heads, heads * length * length, strips(length))
        rotary?.turn(k.qkv, batch * length, 3 * d, heads: 2 * heads, period: length)
        for b in 0..<batch {
            let (qkv, mixed) = (k.qkv + b * length * 3 * d, k.mixed + b * length * d)
            for (first, m, n, at) in strips {
                let w = k.weights + b * square + at
                kernels.sgemmBatched(
                    heads, m, n, size, qkv + first * 3 * d, size, 3 * d, 1, qkv + d, size, 1, 3 * d, w, m * n, n, false, scratch)
                kernels.causalSoftmax(w, heads, m, n, 1 / Float(size).squareRoot())
                kernels.sgemmBatched(heads, m, size, n, w, m * n, n, 1, qkv + 2 * d, size, 3 * d, 1, mixed + first * d, size, d, false, scratch)
            }
        }
    }

    /// From the gradient of `mixed` that of `qkv`, in `wide`.
    private func attendBack(_ k: Kept, _ dMixed: F32, _ batch: Int, _ length: Int) {
        let (d, heads) = (configuration.width, configuration.heads)
        let (size, square, strips) = (d / heads, heads * length * length, strips(length))
        // Keys and values gather what every strip says of them.
        wide.update(repeating: 0, count: batch * length * 3 * d)
        for b in 0..<batch {
            let (qkv, dqkv, dw) = (k.qkv + b * length * 3 * d, wide + b * length * 3 * d, deltaWeights)
            for (first, m, n, at) in strips {
                let (w, dm) = (k.weights + b * square + at, dMixed + (b * length + first) * d)
                let (q, dq) = (qkv + first * 3 * d, dqkv + first * 3 * d)
                // dv = weightsᵀ·dm; dweights = dm·vᵀ
                kernels.sgemmBatched(heads, n, size, m, w, m * n, 1, n, dm, size, d, 1, dqkv + 2 * d, size, 3 * d, true, scratch)
                kernels.sgemmBatched(heads, m, n, size, dm, size, d, 1, qkv + 2 * d, size, 1, 3 * d, dw, m * n, n, false, scratch)
                kernels.softmaxBackward(dw, w, heads * m, n, 1 / Float(size).squareRoot())
                // dq = dscores·k; dk = dscoresᵀ·q
                kernels.sgemmBatched(heads, m, size, n, dw, m * n, n, 1, qkv + d, size, 3 * d, 1, dq, size, 3 * d, false, scratch)
                kernels.sgemmBatched(heads, n, size, m, dw, m * n, 1, n, q, size, 3 * d, 1, dqkv + d, size, 3 * d, true, scratch)
            }
        }
        rotary?.turn(wide, batch * length, 3 * d, heads: 2 * heads, period: length, back: true)
    }

    /// The cross-entropy of the symbols after each, summed, in nats.
    /// - Parameters:
    ///   - windows: `length` + 1 symbols each: all but the last are read, all but the first are to be said.
    ///   - scored: of the last so many of each window; of all without it.
    package func loss(_ p: UnsafePointer<Float>, windows: [Int32], length: Int, scored: Int? = nil) -> Double {
        let batch = split(windows, length)
        let rows = batch * length
        let logits = forward(p, symbols, batch, length)
        guard let scored, scored < length else { return kernels.softmaxCrossEntropy(logits, labels, rows, Symbol.count, 1 / Float(rows)) }
        return labels.withUnsafeBufferPointer { labels in
            guard let labels = labels.baseAddress else { return 0 }
            return (0..<batch).reduce(0) { sum, b in
                let at = (b + 1) * length - scored
                return sum + kernels.softmaxCrossEntropy(logits + at * Symbol.count, labels + at, scored, Symbol.count, 1)
            }
        }
    }

    private func split(_ windows: [Int32], _ length: Int) -> Int {
        precondition(length >= 1 && length <= configuration.context && windows.count % (length + 1) == 0 && !windows.isEmpty)
        precondition(windows.allSatisfy { 0 <= $0 && $0 < Symbol.count })
        let batch = windows.count / (length + 1)
        symbols = (0..<batch).flatMap { windows[($0 * (length + 1))..<(($0 + 1) * (length + 1) - 1)] }
        labels = (0..<batch).flatMap { windows[($0 * (length + 1) + 1)..<(($0 + 1) * (length + 1))] }
        return batch
    }

    /// The same, and the gradient of its mean.
    package func gradient(_ p: UnsafePointer<Float>, windows: [Int32], length: Int, into g: UnsafeMutablePointer<Float>) -> Double {
        let total = loss(p, windows: windows, length: length)
        let (c, d) = (configuration, configuration.width)
        let batch = windows.count / (length + 1)
        let rows = batch * length
        g.update(repeating: 0, count: c.parameterCount)
        multiplyBack(logits, normed, p, rows, d, Symbol.count, other, g)
        kernels.layerNormBackward(other, last, p + places.gain, mean, inverse, rows, d, delta, g + places.gain, g + places.bias)
        // `delta` is the gradient of the residual stream, from here down to the embedding.
        for (k, at) in zip(kept, places.blocks).reversed() {
            multiplyBack(delta, k.after, p + at.feedOut, rows, c.hidden, d, wide, g + at.feedOut)
            kernels.geluBackward(wide, k.before, rows * c.hidden)
            multiplyBack(wide, k.norm2, p + at.feedIn, rows, d, c.hidden, other, g + at.feedIn)
            kernels.layerNormBackward(other, k.middle, p + at.gain2, k.mean2, k.inverse2, rows, d, other, g + at.gain2, g + at.bias2)
            kernels.axpy(delta, other, 1, rows * d)
            multiplyBack(delta, k.mixed, p + at.out, rows, d, d, other, g + at.out)
            attendBack(k, other, batch, length)
            multiplyBack(wide, k.norm1, p + at.qkv, rows, d, 3 * d, other, g + at.qkv)
            kernels.layerNormBackward(other, k.stream, p + at.gain1, k.mean1, k.inverse1, rows, d, other, g + at.gain1, g + at.bias1)
            kernels.axpy(delta, other, 1, rows * d)
        }
        kernels.embeddingScatterAdd(delta, symbols, rows, d, g)
        if c.positions == .learned { kernels.embeddingScatterAdd(delta, order, rows, d, g + places.positions) }
        for (place, indices) in zip(places.grams, grams) { kernels.embeddingScatterAdd(delta, indices, rows, d, g + place) }
        return total
    }
}
