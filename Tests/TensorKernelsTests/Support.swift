import KernelTable
import TensorKernels
import Testing

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

/// NaN with a payload of its own: a kernel that reads it spoils its result, one that writes there is seen.
private let guardBits: UInt32 = 0x7FC0_BEEF
private let guardCount = 32

/// Runs `body` on a copy of `values` that starts one float off any alignment, with guards before and behind: reading
/// beyond the values gives NaN, writing beyond them is recorded as an issue.
func unaligned<R>(
    _ values: [Float], at location: SourceLocation = #_sourceLocation, _ body: (UnsafeMutablePointer<Float>) -> R
) -> (result: R, values: [Float]) {
    let poison = [Float](repeating: Float(bitPattern: guardBits), count: guardCount + 1)
    var storage = poison + values + poison
    let result = storage.withUnsafeMutableBufferPointer { body($0.baseAddress! + poison.count) }
    let end = poison.count + values.count
    let isWhole = (storage[..<poison.count] + storage[end...]).allSatisfy { $0.bitPattern == guardBits }
    if !isWhole { Issue.record("written beyond the buffer", sourceLocation: location) }
    return (result, Array(storage[poison.count..<end]))
}

/// Scratch memory of exactly `count` floats, full of NaN.
func withScratch<R>(
    _ count: Int, at location: SourceLocation = #_sourceLocation, _ body: (UnsafeMutablePointer<Float>) -> R
) -> R {
    unaligned([Float](repeating: .nan, count: count), at: location, body).result
}

/// The bits, so that −0 differs from 0 and NaN equals itself.
func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }
