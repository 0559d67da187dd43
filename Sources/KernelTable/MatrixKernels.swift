/// Products of matrices. An operand stored transposed is read through its strides; one of the two should be 1. The
/// result overlaps neither operand. Any m, n, k ≥ 0. Rounding may differ between levels.
package protocol MatrixKernels {
    /// C[m,n] = A[m,k]·B[k,n], or += with `accumulate`. `scratch`: `sgemmScratchCount(m, n, k)` floats.
    func sgemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int, _ columnStrideB: Int,
        _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32)
    /// C = A·B + bias[n] for every row, and then max(C, 0) with `rectifies`: a linear layer in one pass.
    /// `scratch`: `sgemmScratchCount(m, n, k)` floats.
    func linear(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int, _ columnStrideB: Int,
        _ c: MF32, _ rowStrideC: Int, _ bias: F32, _ rectifies: Bool, _ scratch: MF32)
    /// `sgdStep` of w[m,n] and its velocity v, both of one row stride, by the gradient A·B, which is never written to
    /// memory. `scratch`: `sgemmStepScratchCount(m, n, k)` floats.
    func sgemmStep(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int, _ columnStrideB: Int,
        _ w: MF32, _ v: MF32, _ rowStride: Int, _ learningRate: Float, _ momentum: Float, _ weightDecay: Float, _ scratch: MF32)
    /// `batch` products as of `sgemm`, each operand `batchStride` floats after the one before: one head of attention after
    /// the other. `scratch`: `sgemmScratchCount(m, n, k)` floats.
    func sgemmBatched(
        _ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ batchStrideA: Int, _ rowStrideA: Int, _ columnStrideA: Int,
        _ b: F32, _ batchStrideB: Int, _ rowStrideB: Int, _ columnStrideB: Int, _ c: MF32, _ batchStrideC: Int, _ rowStrideC: Int,
        _ accumulate: Bool, _ scratch: MF32)
    /// Grows with each of its arguments.
    func sgemmScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int
    /// Grows with each of its arguments.
    func sgemmStepScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int
}
