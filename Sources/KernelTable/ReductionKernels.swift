package protocol ReductionKernels {
    /// out[columns] = Σ over rows of x[rows,columns]
    func columnSums(_ x: F32, _ rows: Int, _ columns: Int, _ out: MF32)
    /// Σ x², summed in Double. *Bit-equal.*
    func sumOfSquares(_ x: F32, _ count: Int) -> Double
    /// max |x|; NaN is skipped, so ask `allFinite` first. *Bit-equal.*
    func maxAbs(_ x: F32, _ count: Int) -> Float
    /// No NaN and no infinity. *Bit-equal.*
    func allFinite(_ x: F32, _ count: Int) -> Bool
}
