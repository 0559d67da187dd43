import KernelTable
import TensorKernels

/// Levels the processor does not have are left out; `levelsAreReported` says which.
let tables: [KernelTable] = Kernels.available.compactMap(Kernels.table)

/// A deterministic stream of test numbers (splitmix64).
struct Numbers {
    var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    /// In [−1, 1).
    mutating func float() -> Float { Float(next() >> 40) / 8_388_608 - 1 }
    mutating func floats(_ count: Int) -> [Float] { (0..<count).map { _ in float() } }
}

/// Sizes around every vector width, and some beyond the unrolled loops.
let sizes = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 257]

/// Runs `body` on a copy of `values` that starts one float off any alignment.
func unaligned<R>(_ values: [Float], _ body: (UnsafeMutablePointer<Float>) -> R) -> (result: R, values: [Float]) {
    var storage = [Float](repeating: .nan, count: values.count + 1)
    for (i, v) in values.enumerated() { storage[i + 1] = v }
    let result = storage.withUnsafeMutableBufferPointer { body($0.baseAddress! + 1) }
    return (result, Array(storage[1...]))
}
