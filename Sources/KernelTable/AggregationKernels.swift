/// What combines updates. All of it is bit-equal: a model's hash must not depend on the coordinator's processor.
package protocol AggregationKernels {
    /// acc[count] += Σ over n rows of rne(Double(row)·factor), right where |value·factor| < 2^51. `peaks[n]` are raised to
    /// the largest |value| of each row, as bits: see `largestMagnitude`. *Bit-equal.*
    func accumulateFixedPoint(
        _ acc: UnsafeMutablePointer<Int64>, _ rows: F32Rows, _ factors: UnsafePointer<Double>, _ n: Int, _ count: Int,
        _ peaks: UnsafeMutablePointer<UInt32>)
    /// The bits of the largest |x|, 0 of none; from 0x7F80_0000 on where one is infinite or NaN. *Bit-equal.*
    func largestMagnitude(_ x: F32, _ count: Int) -> UInt32
    /// out = Float(Double(acc)/divisor). *Bit-equal.*
    func finishFixedPoint(_ out: MF32, _ acc: UnsafePointer<Int64>, _ count: Int, _ divisor: Double)
    /// Coordinate-wise mean of what is left when the `trim` smallest and largest of n values are cut off
    /// (Yin et al. 2018, arXiv 1803.01498). 0 ≤ trim, 2·trim < n, n ≥ 1. Does not depend on the order of the rows, which
    /// are finite; up to 16 rows it overflows where the survivors' sum does. `scratch`: `sortScratchCount(n)` floats.
    /// Returns the bits of the largest |value| of all rows, as `largestMagnitude` does: where one is infinite or NaN, what
    /// was written is worth nothing. *Bit-equal.*
    @discardableResult
    func trimmedMean(_ rows: F32Rows, _ n: Int, _ trim: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32
    /// Coordinate-wise median; the mean of the middle two for even n. Does not depend on the order of the rows. Returns the
    /// same as `trimmedMean`. *Bit-equal.*
    @discardableResult
    func median(_ rows: F32Rows, _ n: Int, _ out: MF32, _ count: Int, _ scratch: MF32) -> UInt32
    func sortScratchCount(_ n: Int) -> Int
    /// words[count] += x, or −= x, modulo 2^32. *Bit-equal.*
    func addWords(_ words: UnsafeMutablePointer<UInt32>, _ x: UnsafePointer<UInt32>, _ count: Int, _ subtract: Bool)
    /// distances[i·n + j] += Σ (row i − row j)² for i < j, in Double; the rest is left alone or grows by 0. Off by at most
    /// (count/256 + 40)·2⁻⁵³ of itself, so equal rows have the distance 0. `scratch`: `distanceScratchCount(n)` floats.
    /// Counts up to 256, and rows in parts of 256, give the same bits as the whole. *Bit-equal.*
    func addSquaredDistances(_ distances: UnsafeMutablePointer<Double>, _ rows: F32Rows, _ n: Int, _ count: Int, _ scratch: MF32)
    func distanceScratchCount(_ n: Int) -> Int
    /// out[count]: the place of x between −clip and clip as a whole number 0 … 2^bits − 1, rounded up with the probability
    /// of its fraction: where fraction·2^32 exceeds the random 32 bits. Nothing is NaN, clip > 0, 1 ≤ bits ≤ 32. Returns how
    /// many were beyond the clip and count as its edge. *Bit-equal.*
    func quantise(
        _ out: UnsafeMutablePointer<UInt32>, _ x: F32, _ random: UnsafePointer<UInt32>, _ count: Int, _ clip: Float, _ bits: Int
    ) -> Int
    /// out[count]: the place of scale·x between −clip and clip in steps of `step`, as a whole number 0 … `steps` < 2^32, rounded
    /// as by `quantise`. Nothing is NaN, clip > 0, step > 0. The squares of what the numbers stand for are added to
    /// squares[16], that of number j to j mod 16: a vector may come in parts of a multiple of 16. Returns how many were beyond
    /// the clip. *Bit-equal.*
    func encode(
        _ out: UnsafeMutablePointer<UInt32>, _ x: F32, _ random: UnsafePointer<UInt32>, _ count: Int, _ scale: Double, _ clip: Double,
        _ step: Double, _ steps: Double, _ squares: UnsafeMutablePointer<Double>
    ) -> Int
    /// out[count]: the mean of `summands` numbers whose quantised sum is given. *Bit-equal.*
    func dequantise(_ out: MF32, _ sums: UnsafePointer<UInt32>, _ count: Int, _ clip: Float, _ bits: Int, _ summands: Int)
}
