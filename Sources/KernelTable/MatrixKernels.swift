/// Products of matrices.
package protocol MatrixKernels {
    /// C[m,n] = A[m,k]·B[k,n], or += with `accumulate`; any m, n, k ≥ 0. An operand stored transposed is read through
    /// its strides; one of the two should be 1. C overlaps neither. `scratch`: `sgemmScratchCount(m, n, k)` floats.
    func sgemm(
        _ m: Int, _ n: Int, _ k: Int, _ a: F32, _ rowStrideA: Int, _ columnStrideA: Int, _ b: F32, _ rowStrideB: Int, _ columnStrideB: Int,
        _ c: MF32, _ rowStrideC: Int, _ accumulate: Bool, _ scratch: MF32)
    func sgemmScratchCount(_ m: Int, _ n: Int, _ k: Int) -> Int
}
