package protocol ElementwiseKernels {
    /// y[rows,columns] += bias[columns]
    func addBias(_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int)
    /// y = max(y + bias, 0)
    func addBiasReLU(_ y: MF32, _ bias: F32, _ rows: Int, _ columns: Int)
    /// dy = 0 where y ≤ 0
    func reluBackward(_ dy: MF32, _ y: F32, _ count: Int)
    /// y += a·x
    func axpy(_ y: MF32, _ x: F32, _ a: Float, _ count: Int)
    /// y *= a
    func scale(_ y: MF32, _ a: Float, _ count: Int)
    /// out = a − b
    func subtract(_ out: MF32, _ a: F32, _ b: F32, _ count: Int)
}
