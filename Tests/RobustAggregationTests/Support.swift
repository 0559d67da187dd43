import KernelTable
import RobustAggregation
import TensorKernels

/// A linear congruential generator: the same numbers on every machine.
struct Numbers {
    var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state >> 16
    }
    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }
    /// In [−1, 1).
    mutating func unit() -> Float { Float(Int32(truncatingIfNeeded: next())) * 0x1p-31 }
    mutating func shuffled<T>(_ values: [T]) -> [T] {
        var values = values
        for i in stride(from: values.count - 1, to: 0, by: -1) { values.swapAt(i, next(below: i + 1)) }
        return values
    }
}

/// What breaks careless arithmetic: ties, both zeros, numbers at both ends of the range, and ordinary ones between.
func awkward(_ numbers: inout Numbers, huge: Float = 1e30) -> Float {
    switch numbers.next(below: 12) {
    case 0: 0
    case 1: -0.0
    case 2: 1
    case 3: -1
    case 4: huge
    case 5: -huge
    case 6: Float.leastNonzeroMagnitude
    case 7: -2000 * Float.leastNonzeroMagnitude
    case 8: numbers.unit() * 1e-20
    case 9: Float(numbers.next(below: 3))
    default: numbers.unit()
    }
}

func awkwardUpdates(_ n: Int, _ dimension: Int, seed: UInt64, huge: Float = 1e30) -> [[Float]] {
    var numbers = Numbers(seed)
    return (0..<n).map { _ in (0..<dimension).map { _ in awkward(&numbers, huge: huge) } }
}

func run(
    _ rule: AggregationRule, _ updates: [[Float]], _ weights: [Int64]? = nil, kernels: KernelTable? = nil, tile: Int = 4096, names: [String] = []
) throws -> [Float] {
    try aggregate(
        rule, try MemoryUpdates(updates, names: names), weights: weights ?? updates.map { _ in 1 }, maxAbs: updates.map { $0.map(abs).max() ?? 0 },
        kernels: kernels, tile: tile)
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// Every rule that n updates allow, with every trim.
func rules(_ n: Int) -> [AggregationRule] { [.mean, .median] + (0...(n - 1) / 2).map { .trimmedMean(trim: $0) } }

/// Says how many there are, and never has to hold them.
struct Claimed: UpdateSource {
    var count: Int
    var dimension: Int
    func read(_ index: Int, _ range: Range<Int>, into buffer: UnsafeMutablePointer<Float>) throws(AggregationError) {
        throw .source("the disk is gone")
    }
}
