internal import KernelTable

/// A weighted mean that does not depend on the order of its summands.
///
/// Block floating point: every value times its weight becomes a whole number of 2⁻ˢ, with s chosen from the largest
/// |value|·weight of the round so that each fits in 51 bits and their sum in 63; whole numbers add up without rounding.
/// The error of the mean is at most n·2⁻ˢ⁻¹ divided by the sum of the weights: with ten clients of like size less than
/// 2⁻⁴⁷ of the largest value, far below the rounding of a Float.
struct ExactMean {
    private let factors: [Double]
    private let divisor: Double
    private let kernels: KernelTable
    private var sums: [Int64]

    /// - Parameter columns: that are added up at a time.
    init(
        columns: Int, weights: [Int64], maxAbs: [Float], kernels: KernelTable
    ) throws(AggregationError) {
        guard !weights.isEmpty else { throw .noUpdates }
        guard weights.count == maxAbs.count else {
            throw .counts(updates: weights.count, weights: weights.count, magnitudes: maxAbs.count)
        }
        var (total, largest) = (Int64(0), 0.0)
        for (index, weight) in weights.enumerated() {
            guard weight >= 1 else { throw .weight(index: index, weight) }
            let (sum, overflow) = total.addingReportingOverflow(weight)
            guard !overflow, sum <= Limits.totalWeight else { throw .totalWeight }
            total = sum
            guard maxAbs[index].isFinite, maxAbs[index] >= 0 else { throw .magnitude(index: index) }
            largest = max(largest, Double(maxAbs[index]) * Double(weight))
        }
        // |value|·weight < 2^exponent, and n summands below 2^bits stay below 2^62.
        let exponent = largest == 0 ? 0 : Int(largest.exponent) + 1
        let bits = min(50, 61 - (Int.bitWidth - weights.count.leadingZeroBitCount))
        let scale = Double(sign: .plus, exponent: bits - exponent, significand: 1)
        factors = weights.map { Double($0) * scale }
        divisor = Double(total) * scale
        sums = [Int64](repeating: 0, count: columns)
        self.kernels = kernels
    }

    /// Adds `count` coordinates of the updates from `first` on, which `rows` hold, to the sums from `place` on. Their largest
    /// magnitudes go to `peaks`: a mean that has taken in one larger than its `maxAbs` is worth nothing.
    mutating func absorb(_ first: Int, _ rows: [UnsafePointer<Float>], _ count: Int, at place: Int, _ peaks: inout [UInt32]) {
        precondition(place >= 0 && count >= 0 && place + count <= sums.count && rows.count <= peaks.count)
        precondition(first >= 0 && first + rows.count <= factors.count)
        let (kernels, factors) = (kernels, factors)
        sums.withUnsafeMutableBufferPointer { sums in
            factors.withUnsafeBufferPointer { factors in
                guard let base = sums.baseAddress, let factor = factors.baseAddress else { return }
                kernels.accumulateFixedPoint(base + place, rows, factor + first, rows.count, count, &peaks)
            }
        }
    }

    /// The means of the first `count` sums, which begin again at 0.
    mutating func finish(_ out: UnsafeMutablePointer<Float>, _ count: Int) {
        precondition(count <= sums.count)
        kernels.finishFixedPoint(out, sums, count, divisor)
        sums.withUnsafeMutableBufferPointer { $0[..<count].update(repeating: 0) }
    }
}
