/// Probes of the machine's limits.
package protocol ProbeKernels {
    /// Dependent chains of multiply-adds that fill the units; returns the number of floating-point operations done.
    func peakMultiplyAdd(_ iterations: Int, _ sink: MF32) -> Int
    /// Reads every element once.
    func readSum(_ x: F32, _ count: Int) -> Float
}
