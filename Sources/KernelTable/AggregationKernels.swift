/// What combines updates. All of it is bit-equal: a model's hash must not depend on the coordinator's processor.
package protocol AggregationKernels {
    /// acc += rne(Double(x)·factor). The caller guarantees |x·factor| < 2^51. *Bit-equal.*
    func accumulateFixedPoint(_ acc: UnsafeMutablePointer<Int64>, _ x: F32, _ count: Int, _ factor: Double)
    /// out = Float(Double(acc)/divisor). *Bit-equal.*
    func finishFixedPoint(_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double)
    /// Coordinate-wise mean of what is left when the `trim` smallest and largest of n values are cut off
    /// (Yin et al. 2018, arXiv 1803.01498). 0 ≤ trim, 2·trim < n, n ≥ 1. Does not depend on the order of the rows, which
    /// are finite; overflows where the survivors' sum does. `scratch`: `sortScratchCount(n)` floats. *Bit-equal.*
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32)
    /// Coordinate-wise median; the mean of the middle two for even n. Does not depend on the order of the rows.
    /// *Bit-equal.*
    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32)
    func sortScratchCount(_ n: Int) -> Int
}
