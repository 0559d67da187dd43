package import KernelTable
internal import TensorKernels

/// The squared Euclidean distance of every pair of updates, as the rules need it that judge updates by their neighbours
/// (Krum: Blanchard et al. 2017). Summed in Double and in one order, so every kernel level gives the same bits, and
/// reordering the updates reorders the distances. A distance of d coordinates is off by at most (d/256 + 40)·2⁻⁵³ of itself.
///
/// Reads each update once, in tiles of columns.
/// - Returns: n × n numbers, row by row: symmetric, 0 on the diagonal, finite.
package func pairwiseSquaredDistances(
    _ source: some UpdateSource, kernels: KernelTable? = nil
) throws(AggregationError) -> [Double] {
    let n = source.count
    guard n > 0 else { throw .noUpdates }
    guard n <= Limits.pairedUpdates else { throw .tooManyPairs(n) }
    guard source.dimension <= Limits.dimension else { throw .tooLong(source.dimension) }
    let table = kernels ?? Kernels.active
    // Whole multiples of what the kernel takes at a time: then no tile changes a bit.
    let width = max(256, Limits.sortedValues / n / 256 * 256)
    let values = UnsafeMutablePointer<Float>.allocate(capacity: n * width)
    let scratch = UnsafeMutablePointer<Float>.allocate(capacity: table.distanceScratchCount(n))
    defer {
        values.deallocate()
        scratch.deallocate()
    }
    var distances = [Double](repeating: 0, count: n * n)
    for start in stride(from: 0, to: source.dimension, by: width) {
        let range = start..<min(start + width, source.dimension)
        var rows: [UnsafePointer<Float>] = []
        for index in 0..<n {
            let row = values + index * width
            try readFinite(source, index, range, into: row, table)
            rows.append(UnsafePointer(row))
        }
        table.addSquaredDistances(&distances, rows, n, range.count, scratch)
    }
    for i in 0..<n {
        distances[i * n + i] = 0
        for j in 0..<i { distances[i * n + j] = distances[j * n + i] }
    }
    return distances
}
