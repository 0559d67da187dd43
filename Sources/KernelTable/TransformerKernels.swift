/// What a transformer needs besides products. Matrices are dense and row-major.
package protocol TransformerKernels {
    /// y = (x − mean)/√(variance + epsilon)·gain + bias, row by row over its `columns` (Ba et al. 2016, arXiv 1607.06450;
    /// the variance is that of the row itself, divided by `columns`). `means` and `inverses`, 1/√(…), of each row are kept
    /// for the way back.
    func layerNorm(
        _ x: F32, _ gain: F32, _ bias: F32, _ rows: Int, _ columns: Int, _ epsilon: Float, _ y: MF32, _ means: MF32, _ inverses: MF32)
    /// dx, and += into the gradients of gain and bias. `dx` may be `dy`.
    func layerNormBackward(
        _ dy: F32, _ x: F32, _ gain: F32, _ means: F32, _ inverses: F32, _ rows: Int, _ columns: Int, _ dx: MF32, _ dGain: MF32, _ dBias: MF32)
    /// out[i,·] = table[indices[i],·]. *Bit-equal.*
    func embeddingGather(_ table: F32, _ indices: Indices, _ count: Int, _ columns: Int, _ out: MF32)
    /// table[indices[i],·] += rows[i,·], in ascending i. *Bit-equal.*
    func embeddingScatterAdd(_ rows: F32, _ indices: Indices, _ count: Int, _ columns: Int, _ table: MF32)
    /// In place, for each of `batch` matrices [rows, columns], columns ≥ rows: row i becomes the softmax of `factor` times
    /// its first columns − rows + i + 1 elements, and 0 behind them: what comes later is not seen.
    func causalSoftmax(_ x: MF32, _ batch: Int, _ rows: Int, _ columns: Int, _ factor: Float)
    /// In place: dy becomes factor·y·(dy − Σ dy·y), the gradient before the softmax y of each row.
    func softmaxBackward(_ dy: MF32, _ y: F32, _ rows: Int, _ columns: Int, _ factor: Float)
    /// out = GELU(x) in its tanh form (Hendrycks and Gimpel 2016, arXiv 1606.08415): x·σ(2u) with u = √(2/π)·(x + 0.044715·x³).
    /// `out` may be `x`.
    func gelu(_ out: MF32, _ x: F32, _ count: Int)
    /// dy *= GELU′(x)
    func geluBackward(_ dy: MF32, _ x: F32, _ count: Int)
}
